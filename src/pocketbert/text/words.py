"""Words of a text with their character offsets: what a part-of-speech tagger expects, nothing lost."""

import re
from enum import Enum
from typing import NamedTuple

MOST_WORDS = 2_000
MOST_CHARACTERS = 20_000


class Kind(Enum):
    """What a token is made of."""

    WORD = "word"
    NUMBER = "number"
    CODE = "code"  # addresses, markup, identifiers: never edited
    MARK = "mark"  # punctuation and symbols


class Token(NamedTuple):
    """One token and where it stands."""

    text: str
    start: int
    end: int
    kind: Kind
    lower: str


_TOKEN = re.compile(
    r"""
    (?P<plain> [A-Za-z]+(?=[\s,;!?]|\Z) )                      # most words, found without trying the rest
  | (?P<code>
        (?:https?://|www\.)[^\s<>"]+                           # addresses of the web
      | [\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,5}         # and of mail
      | </?[A-Za-z!][^<>\n]{0,300}> | &\#?\w{2,10};             # markup
      | `[^`\n]{1,300}` | \{\{[^{}\n]{0,300}\}\}                # quoted code, placeholders
      | [@\#]\w+ | \w*_\w+ | \w+\(\) | -[LR][RSC]B-             # handles, identifiers, treebank brackets
      | [^\W\d_]+\d\w* | \d+[^\W\d_]\w*                         # letters and digits in one
      | (?:[A-Za-z]:)?(?:[/\\][\w.-]+){2,} | \w+\.[a-z]{2,4}\b(?!\.)
    )
  | (?P<number> [+-]?(?:\d+(?:[.,:/]\d+)*|\.\d+)%? )
  | (?P<word>
        (?:[A-Za-z]\.){2,} | (?:Mr|Mrs|Ms|Dr|Prof|St|vs|etc|Jr|Sr|No)\.(?=\s)
      | [^\W\d_]+?(?=n['’]t\b) | n['’]t\b | ['’](?:s|m|d|ll|re|ve)\b
      | [^\W\d_]+(?:-[^\W\d_]+)+
      | [^\W\d_]+
    )
  | (?P<mark> \.{2,} | -{2,} | \S )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_KINDS = {"plain": Kind.WORD, **{kind.value: kind for kind in Kind}}
_ENDS = frozenset(".!?…")
_CLOSING = frozenset("\"'”’)]»")


def word_set(words: str) -> frozenset[str]:
    """The words of a list written with white space between them."""
    return frozenset(words.split())


def tokens_of(text: str) -> tuple[Token, ...]:
    """The tokens of `text`, at most `MOST_WORDS`; what lies beyond is left out, and so never edited."""
    tokens: list[Token] = []
    stop = min(len(text), MOST_CHARACTERS)
    for match in _TOKEN.finditer(text, 0, stop):
        if len(tokens) == MOST_WORDS or (match.end() == stop < len(text)):
            break  # the last token may be cut
        found = match.group()
        kind = _KINDS[match.lastgroup or "mark"]
        tokens.append(Token(found, match.start(), match.end(), kind, found.lower().replace("’", "'")))
    return tuple(tokens)


def sentences_of(text: str, tokens: tuple[Token, ...]) -> tuple[tuple[int, int], ...]:
    """Sentences as ranges of token indices `(first, beyond)`; they cover all tokens."""
    sentences = []
    first = 0
    for place, token in enumerate(tokens):
        beyond = place + 1
        if beyond == len(tokens):
            break
        following = tokens[beyond]
        gap = text[token.end : following.start]
        closes = token.text in _ENDS or (
            token.text in _CLOSING and tokens[place - 1].text in _ENDS and place > first
        )
        if "\n" in gap or (closes and gap and following.text not in _CLOSING | _ENDS):
            sentences.append((first, beyond))
            first = beyond
    if tokens:
        sentences.append((first, len(tokens)))
    return tuple(sentences)

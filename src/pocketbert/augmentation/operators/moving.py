"""Edits that carry a part of a sentence to its front or its back, with commas and capitals put right."""

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Proposal
from pocketbert.text.edits import Edit
from pocketbert.text.tags import is_common
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, word_set

FINAL = frozenset({".", "?", "!"})


def end_of(text: Text, first: int, beyond: int) -> int:
    """The index just past the sentence's last token before its final mark."""
    return beyond - 1 if beyond - first > 1 and text.tokens[beyond - 1].text in FINAL else beyond


INNER_MARKS = ("(", ")", "%", "=", "<", ">", "+", "/")
"""Marks that stand within a phrase and part no clauses."""


def to_front(text: Text, guard: Guard, first: int, part: int, end: int) -> Proposal | None:
    """Carry the tokens `part..end`, which close the sentence, before its `first` token, with a comma."""
    tokens = text.tokens
    place, kept_end = tokens[first].start, tokens[part - 1].end
    if tokens[part - 1].text == ",":
        kept_end = tokens[part - 2].end
    capital = tokens[first].text[0].isupper()
    original = text.string[tokens[part].start : tokens[end - 1].end]
    moved = capitalised(original) if capital else original
    inside = lowered(text, guard, first)
    if moved is None or inside is None or not tokens[part].text.islower():
        return None
    comma = " , " if spaced(text, first, end) else ", "
    edits = [Edit(place, place, moved, moved_from=tokens[part].start), Edit(place, place, comma)]
    if capital and inside != tokens[first].text:
        edits.append(Edit(tokens[first].start, tokens[first].end, inside, moved_from=tokens[first].start))
    edits.append(Edit(kept_end, tokens[end - 1].end, ""))
    return tuple(edits)


def to_back(text: Text, guard: Guard, first: int, comma: int, end: int) -> Proposal | None:
    """Carry the tokens from `first` to the `comma`, which open the sentence, behind its last word."""
    tokens = text.tokens
    start, rest = tokens[first].start, tokens[comma + 1]
    inside = lowered(text, guard, first)
    risen = capitalised(rest.text) if tokens[first].text[0].isupper() else rest.text
    if inside is None or risen is None or rest.kind is not Kind.WORD:
        return None
    moved = inside + text.string[tokens[first].end : tokens[comma - 1].end]
    place = tokens[end - 1].end
    edits = [Edit(start, rest.start, "")]
    if risen != rest.text:
        edits.append(Edit(rest.start, rest.end, risen, moved_from=rest.start))
    return (*edits, Edit(place, place, " "), Edit(place, place, moved, moved_from=start))


def exchanged(text: Text, one: range, other: range, front: str = "", back: str = "") -> tuple[Edit, Edit]:
    """Put the tokens `one` where the tokens `other` stand behind them, and those where `one` stand.

    `front`, `back`: what is written in the place of `one` and of `other`, where that is more than the other's words.
    """
    a = text.tokens[one.start].start, text.tokens[one.stop - 1].end
    b = text.tokens[other.start].start, text.tokens[other.stop - 1].end
    return (
        Edit(*a, front or text.string[slice(*b)], moved_from=b[0]),
        Edit(*b, back or text.string[slice(*a)], moved_from=a[0]),
    )


def spaced(text: Text, first: int, beyond: int) -> bool:
    """Whether marks and clitics stand apart from words, as in tokenised text."""
    return any(
        text.space_before(place) and text.tokens[place].lower in _ATTACHED
        for place in range(first + 1, min(beyond + 1, len(text.tokens)))
    )


_ATTACHED = word_set(", . ? ! 's n't 're 've 'll 'm 'd")


# Names that are words too; a name of two words is told by the second's capital.
_NAMES = word_set(
    """
mark rose bill will grace frank jack rob art pat sue hope faith joy dawn ray gene guy grant miles norm penny pearl
ruby lily ivy daisy iris violet victor chuck drew earl jade amber crystal april may june august march ford baker cook
hunter carter mason john turkey china jordan wood stone young king bush church
"""
)
_TERMS = (
    "tion",
    "tions",
    "ment",
    "ical",
    "ic",
    "al",
    "ed",
    "ing",
    "ity",
    "ness",
    "ous",
    "ive",
    "ary",
    "oma",
    "itis",
)


def lowered(text: Text, guard: Guard, place: int) -> str | None:
    """The first token of a sentence as it stands inside one; None where its case cannot be told."""
    token = text.tokens[place]
    if token.kind is not Kind.WORD:
        return None
    if not token.text[0].isupper() or token.text in ("I", "I'm"):
        return token.text
    if any(letter.isupper() for letter in token.text[1:]):
        return token.text if guard.protects(place) and _is_name(text, place) else None
    if _is_name(text, place):
        named = _is_named(text, place)
        if named is not False:
            return token.text if named else None
    written = token.text[0].lower() + token.text[1:]
    return written if len(written) == len(token.text) else None


def _is_named(text: Text, place: int) -> bool | None:
    """Whether a capitalised word that opens a sentence is a name; None where nothing tells."""
    word, behind = text.tokens[place].lower, text.tokens[place + 1 : place + 2]
    if word in _NAMES or (behind and behind[0].text.istitle() and _is_name(text, place + 1)):
        return True
    common = is_common(word)
    if common is None:
        return False if word.endswith(_TERMS) else None
    return not common


def _is_name(text: Text, place: int) -> bool:
    return text.tags[place] in ("NNP", "NNPS")


def capitalised(string: str) -> str | None:
    """The string with a capital; None where that changes its length."""
    risen = string[0].upper() + string[1:]
    return risen if len(risen) == len(string) else None

"""Words joined by "and" or "or", exchanged where their order says nothing."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Proposal
from pocketbert.text.clauses import DETERMINERS, NOUNS
from pocketbert.text.edits import Edit
from pocketbert.text.inflection import indefinite_article
from pocketbert.text.lexicon import multiwords_in
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, Token, word_set

_JOINED = frozenset({"NN", "NNS", "JJ", "NNP"})
_FIXED = word_set(
    """
black-white pros-cons terms-conditions rock-roll ups-downs trial-error law-order cause-effect supply-demand
profit-loss bed-breakfast salt-pepper name-address day-night cat-mouse life-death head-neck ear-nose back-forth
date-time hit-miss flesh-blood bread-butter heart-soul high-low nook-cranny arts-crafts ins-outs live-learn
"""
)
_ORDERED = word_set("respectively former latter then first second later subsequently")


def coordination_swaps(text: Text, guard: Guard, first: int, beyond: int) -> Iterator[Proposal]:
    """Each pair of joined words or short noun phrases, exchanged."""
    if any(token.lower in _ORDERED for token in text.tokens[first:beyond]):
        return
    for place in range(first + 1, beyond - 1):
        if text.tokens[place].lower not in ("and", "or"):
            continue
        pair = _pair_around(text, place, first, beyond)
        if pair:
            left, left_end, right, right_end = pair
            if not any(map(guard.counts, (*range(left, left_end), *range(right, right_end)))):
                yield _exchange(text, *pair, first)


def _pair_around(text: Text, place: int, first: int, beyond: int) -> tuple[int, int, int, int] | None:
    """Bounds `(first, end, first, end)` of the two sides, alike in form, with nothing that binds one of them."""
    left, right = place - 1, place + 1
    tags, tokens = text.tags, text.tokens
    determined = 0
    if (
        tags[right] in ("DT", "PRP$")
        and right + 1 < beyond
        and left - 1 >= first
        and tags[left - 1] == tags[right]
    ):
        determined = 1
    first_tag, second_tag = tags[left], tags[right + determined]
    if first_tag != second_tag or first_tag not in _JOINED or (determined and first_tag not in NOUNS):
        return None
    a, b = tokens[left], tokens[right + determined]
    if a.lower == b.lower or f"{a.lower}-{b.lower}" in _FIXED or f"{b.lower}-{a.lower}" in _FIXED:
        return None
    if first_tag == "JJ" and "-" in a.text + b.text:
        return None  # a compound noun is easily taken for an adjective
    if a.kind is not Kind.WORD or b.kind is not Kind.WORD or any(multiwords_in([a.lower, "and", b.lower])):
        return None
    before = left - determined - 1
    after = right + determined + 1
    if not _stands_free(text, before, after, first, beyond, first_tag):
        return None
    return left - determined, left + 1, right, right + determined + 1


def _stands_free(text: Text, before: int, after: int, first: int, beyond: int, tag: str) -> bool:
    """Whether no word before or after the pair belongs to one of its sides alone."""
    if any(
        token.lower in ("after", "before", "from")
        for token in text.tokens[max(before - 1, first) : before + 1]
    ):
        return False  # one after the other
    tag_before = text.tags[before] if before >= first else ""
    tag_after = text.tags[after] if after < beyond else ""
    word_before = text.tokens[before].lower if before >= first else ""
    word_after = text.tokens[after].lower if after < beyond else ""
    if word_after in ("and", "or", "of", "to", "that", "who", "which", "for", "-") or tag_after in (
        "POS",
        "CC",
        "VBG",
    ):
        return False
    if tag == "JJ":
        return tag_before not in ("RB", "RBR", "RBS", "JJ", "VBN", "VBG") and tag_after not in (
            "JJ",
            "VBN",
            "VBG",
            "TO",
            "IN",
            "CD",
        )
    determined = tag_before == "DT" and word_before in DETERMINERS - {"a", "an"}
    return tag_after not in NOUNS | {"JJ", "CD", "IN", "TO", "DT", "PRP", "PRP$"} and (
        tag_before in ("", "IN", "TO", ",", "VB", "VBD", "VBP", "VBZ", "(", "PRP$", "CC") or determined
    )


def _exchange(text: Text, left: int, left_end: int, right: int, right_end: int, first: int) -> Proposal:
    tokens, string = text.tokens, text.string
    a_start, a_end = tokens[left].start, tokens[left_end - 1].end
    b_start, b_end = tokens[right].start, tokens[right_end - 1].end
    a, b = string[a_start:a_end], string[b_start:b_end]
    named = text.tags[left] == "NNP"
    if left == first and a[0].isupper() and not a.isupper() and not named:
        a, b = a[0].lower() + a[1:], b[0].upper() + b[1:]
    edits = [Edit(a_start, a_end, b, moved_from=b_start), Edit(b_start, b_end, a, moved_from=a_start)]
    article = tokens[left - 1] if left > first else None
    if article and article.lower in ("a", "an"):
        right_one = _as_written(indefinite_article(b), article)
        if right_one != article.text:
            edits.insert(0, Edit(article.start, article.end, right_one))
    return tuple(edits)


def _as_written(article: str, like: Token) -> str:
    return article.capitalize() if like.text[0].isupper() else article

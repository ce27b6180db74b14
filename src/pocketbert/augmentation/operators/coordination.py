"""Words and phrases joined by "and", "or" or a comma, exchanged where their order says nothing."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Proposal
from pocketbert.augmentation.operators.joined_phrases import (
    DEGREES,
    Side,
    is_word,
    phrase_after,
    phrase_before,
)
from pocketbert.augmentation.operators.moving import capitalised, exchanged, lowered
from pocketbert.text.clauses import AUXILIARIES, DETERMINERS, FINITE, NOUNS, SUBORDINATORS
from pocketbert.text.edits import Edit
from pocketbert.text.inflection import indefinite_article
from pocketbert.text.lexicon import multiwords_in
from pocketbert.text.text import Text
from pocketbert.text.words import Token, word_set

_FIXED = word_set(
    """
black-white pros-cons terms-conditions rock-roll ups-downs trial-error law-order cause-effect supply-demand
profit-loss bed-breakfast salt-pepper name-address day-night cat-mouse life-death head-neck ear-nose back-forth
date-time hit-miss flesh-blood bread-butter heart-soul high-low nook-cranny arts-crafts ins-outs live-learn
"""
)
_ORDERED = word_set("respectively former latter then first second later subsequently followed")
_ROMAN = re.compile(r"[IVX]+|[A-Z]")
# What these say of one noun they may say of the next one too, so the first of two must stay the first; some ask
# for words of their own behind them.
_REACHING = word_set(
    """
other such same many several few more less most own new good bad great high low higher lower normal abnormal total
mean average possible potential different various certain able due like full worth free similar early late
big little old main major minor only whole first last next increased decreased reduced elevated improved
further additional multiple single severe recent better best worse worst much particular real
"""
)
_NARROWING = word_set("only merely hardly barely nearly really not never")
_DIRECTED = word_set("after before from versus vs into")
_NO_PAIR = word_set("other same first last next own only such many few more several certain little old new")
_INTRODUCING = word_set("including involving using by with of both either between")
_BESIDE = ("and", "or", "of", "to", "that", "who", "which", "for", "-", "&", "/")
_BEFORE_NOUNS = ("", "IN", "TO", ",", "VB", "VBD", "VBP", "VBZ", "(", "PRP$", "CC", ":")
_NOT_AFTER_NOUNS = NOUNS | {"JJ", "CD", "IN", "TO", "DT", "PRP", "PRP$", "VBG", "POS", "(", "VBN", "RB", "CC"}
_BEFORE_ONE_ADJECTIVE = ("RB", "RBR", "RBS", "JJ", "VBN", "VBG", "CD", "JJR", "JJS")
_NOT_AFTER_ADJECTIVES = ("JJ", "VBN", "VBG", "TO", "IN", "CD", "CC", "POS")
_OF_ONE = ("with", "that", "for", "from", "as")


def coordination_swaps(text: Text, guard: Guard, first: int, beyond: int) -> Iterator[Proposal]:
    """Each pair of joined words or short phrases, exchanged."""
    if any(token.lower in _ORDERED for token in text.tokens[first:beyond]):
        return
    for place in range(first + 1, beyond - 1):
        if text.tokens[place].lower in ("and", "or", ","):
            pair = _pair(text, place, first, beyond)
            if pair is None or any(map(guard.counts, (*pair[0].uncounted, *pair[1].uncounted))):
                continue
            move = _exchange(text, guard, *pair, first)
            if move:
                yield move


def _pair(text: Text, joint: int, first: int, beyond: int) -> tuple[Side, Side] | None:
    """The two phrases beside a joint, when they may be exchanged."""
    listed = text.tokens[joint].text == ","
    behind_comma = not listed and text.tokens[joint - 1].text == ","  # "pain , fever , and chills"
    left = phrase_before(text, joint - behind_comma, first)
    right = phrase_after(text, joint, beyond, left) if left else None
    if left and right and _shares_determiner(left, right):
        left = left._replace(first=left.first + 1, opening="")
    if not left or not right or (behind_comma and not _is_listed(text, left, first)):
        return None
    if not _words_are_exchangeable(text, left, right):
        return None
    describes = left.tag in ("JJ", "RB")
    around = _Around.of(text, left, right, first, beyond)
    if describes:
        free = _descriptions_agree(text, left, right) and _descriptions_stand_free(
            text, left, right, around, listed
        )
    else:
        free = _nouns_agree(text, left, right, listed) and _nouns_stand_free(
            text, left, right, around, listed, first
        )
    return (left, right) if free else None


def _shares_determiner(left: Side, right: Side) -> bool:
    """ "the size and location": one article for two plain nouns."""
    modified = left.modifier or right.modifier or left.aside or right.aside
    return left.opening in ("DT", "PRP$") and not right.opening and not modified and left.tag == right.tag


class _Around(NamedTuple):
    """The words and tags before and behind a pair, empty where its sentence begins or ends."""

    word_before: str
    tag_before: str
    word_after: str
    tag_after: str
    list_goes_on: bool
    """Whether "and" or "or" and one more of the list follow."""
    directed: bool
    """Whether a word before tells which comes first."""
    opens_clause: bool
    """Whether a finite verb follows where one went before, so that the second phrase may be its subject."""

    @classmethod
    def of(cls, text: Text, left: Side, right: Side, first: int, beyond: int) -> "_Around":
        before, after = left.first - 1, right.end
        inside, ends = before >= first, after >= beyond
        word_after = "" if ends else text.tokens[after].lower
        next_word = text.tokens[after + 1].lower if after + 1 < beyond else ""
        return cls(
            text.tokens[before].lower if inside else "",
            text.tags[before] if inside else "",
            word_after,
            "" if ends else text.tags[after],
            word_after in ("and", "or") or (word_after == "," and next_word in ("and", "or")),
            any(token.lower in _DIRECTED for token in text.tokens[max(before - 1, first) : before + 1]),
            not ends and text.tags[after] in FINITE and _has_verb(text, first, left.first),
        )


def _has_verb(text: Text, first: int, end: int) -> bool:
    """Whether a finite verb stands here, and no word that opens a clause behind it."""
    for place in range(end - 1, first - 1, -1):
        if text.tokens[place].lower in SUBORDINATORS or text.tags[place] in ("WDT", "WP"):
            return False
        if text.tags[place] in FINITE:
            return True
    return False


def _is_listed(text: Text, left: Side, first: int) -> bool:
    """Whether a comma stands before the phrase too."""
    return (
        left.first > first
        and text.tokens[left.first - 1].text == ","
        and left.tag != "NNP"
        and not left.opening
    )


def _words_are_exchangeable(text: Text, left: Side, right: Side) -> bool:
    a, b = text.tokens[left.head].lower, text.tokens[right.head].lower
    return (
        a != b
        and all(
            _is_plain(text, place) for side in (left, right) for place in range(side.first, side.head + 1)
        )
        and f"{a}-{b}" not in _FIXED
        and f"{b}-{a}" not in _FIXED
        and not any(multiwords_in([a, "and", b]))
    )


def _is_plain(text: Text, place: int) -> bool:
    token = text.tokens[place]
    return (is_word(text, place) and not _ROMAN.fullmatch(token.text)) or token.text.isdigit()


def _descriptions_agree(text: Text, left: Side, right: Side) -> bool:
    """Whether neither adverb reaches over to the other adjective; a compound noun is no adjective."""
    words = [text.tokens[place].lower for side in (left, right) for place in range(side.first, side.end)]
    if any("-" in text.tokens[side.head].text for side in (left, right)):
        return False
    if left.opening == right.opening:
        return True
    adverb = text.tokens[left.first if left.opening else right.first].lower
    return adverb.endswith("ly") and not _NARROWING & set(words)


def _descriptions_stand_free(text: Text, left: Side, right: Side, around: _Around, listed: bool) -> bool:
    attributive = left.tag == "JJ" and not listed and around.tag_after in ("NN", "NNS", "JJ")
    before = ("RB", "RBR", "RBS") if attributive else _BEFORE_ONE_ADJECTIVE
    degrees = DEGREES if text.tokens[left.end].lower != "or" else ()  # "very low or undetectable"
    if around.directed or (around.tag_before in before and around.word_before not in degrees):
        return False
    if attributive and not left.opening and not right.opening:
        return True
    if listed and around.list_goes_on:  # "sharp , funny and sad"
        place = right.end + 1 + (around.word_after == ",")
        return around.word_before != "," and text.tags[place : place + 1] in (
            ("JJ",),
            ("RB",),
            ("VBN",),
            ("VBG",),
        )
    if around.tag_after in _NOT_AFTER_ADJECTIVES or around.word_after in _BESIDE:
        return left.tag == "RB" and around.tag_after in ("IN", "VBN", "VBG", "TO")
    if left.tag == "RB":
        return not listed and around.word_after in ("", ".", ",", ";", ")")
    if not listed:
        return True
    a, b = (text.tokens[side.head].lower for side in (left, right))
    # "a smart, funny film": both adjectives stand before the noun.
    return (
        around.tag_after in ("NN", "NNS")
        and around.tag_before in ("DT", "PRP$", "IN", "")
        and not _NO_PAIR & {a, b}
    )


def _nouns_agree(text: Text, left: Side, right: Side, listed: bool) -> bool:
    """Whether both are of one form, and no word of the left one reaches over to the right one."""
    tokens = [text.tokens[place] for side in (left, right) for place in range(side.first, side.head + 1)]
    if "NNP" in (left.tag, right.tag) and left.tag != right.tag:
        return False
    if left.aside:  # brackets part the two: "patients (n = 4) and healthy controls"
        reaches = left.modifier and any(token.lower in _REACHING for token in tokens)
        return left.opening == right.opening and not reaches
    if left.modifier and any(token.lower in _REACHING for token in tokens):
        return False
    if not _openings_agree(text, left, right) or not _modifiers_agree(text, left, right, listed):
        return False
    return left.tag == right.tag or not left.modifier


def _openings_agree(text: Text, left: Side, right: Side) -> bool:
    if left.opening == right.opening:
        words = {text.tokens[side.first].lower for side in (left, right)}
        return left.opening != "DT" or words <= {"the", "a", "an"}
    # "fever and a rash": the article is of the second alone.
    return not left.opening and right.opening == "DT" and text.tokens[right.first].lower in ("a", "an")


def _modifiers_agree(text: Text, left: Side, right: Side, listed: bool) -> bool:
    if not left.modifier and right.modifier:
        if listed:
            return True  # a comma parts them: "fever , severe headache , and cough"
        # "physicians and medical students"; but "epinephrine and dopamine levels"
        return right.modifier == "JJ" and left.tag == "NNS" and right.tag == "NNS"
    if left.modifier and not right.modifier:
        return text.tags[left.head - 1] in NOUNS  # not "high fever and pain"
    return right.modifier not in NOUNS or left.modifier in (
        "",
        *NOUNS,
    )  # "current alcohol and cigarette consumption"


def _nouns_stand_free(text: Text, left: Side, right: Side, around: _Around, listed: bool, first: int) -> bool:
    """Whether no word before or after the pair belongs to one of its sides alone."""
    if around.directed or around.opens_clause:
        return False
    attached = left.first > first and not text.space_before(left.first) and around.word_before != "("
    if attached or around.word_before in ("and", "or"):  # "46,XX and XY"; "drainage and closure or resection"
        return False
    may_precede = around.tag_before in _BEFORE_NOUNS or around.word_before in _INTRODUCING
    if listed:  # only within a list is a comma a joint: "apples, pears and plums"
        opens = not left.opening and around.word_before not in ("and", "or", ",")
        return around.list_goes_on and opens and may_precede and not _within_opening(text, left, first)
    determined = around.tag_before in ("DT", "PRP$") and around.word_before in DETERMINERS - {"a", "an"}
    plain = not left.modifier and not right.modifier and not left.opening and left.tag == right.tag
    if determined and plain and around.tag_after == "IN" and around.word_after not in _OF_ONE:
        return True  # "the incidence and severity of pain": what follows is of both
    named = left.tag == "NNP" and around.tag_after == "VBN"  # "Anna and Peter left"
    if around.word_after in _BESIDE or (around.tag_after in _NOT_AFTER_NOUNS and not named):
        return False
    if around.tag_after == "VBP" and right.tag == "NN" and around.word_after not in AUXILIARIES:
        return False  # as likely one more noun: "the cerebellum and the brain stem"
    if left.tag != right.tag and around.tag_after in FINITE:
        return False  # the verb agrees with what stands beside it
    return may_precede or (determined and plain)


def _within_opening(text: Text, left: Side, first: int) -> bool:
    """Whether the pair may stand in a phrase that opens the sentence and ends with a comma."""
    marks = (token.text for token in text.tokens[first : left.first])
    return text.tags[first] in ("IN", "TO", "VBG") and "," not in marks


def _exchange(text: Text, guard: Guard, left: Side, right: Side, first: int) -> Proposal | None:
    tokens, string = text.tokens, text.string
    a = string[tokens[left.first].start : tokens[left.end - 1].end]
    b = string[tokens[right.first].start : tokens[right.end - 1].end]
    if left.first == first and a[0].isupper():
        opening, risen = lowered(text, guard, first), capitalised(b)
        if opening is None or risen is None:
            return None
        a, b = opening + a[len(opening) :], risen
    edits = [*exchanged(text, range(left.first, left.end), range(right.first, right.end), b, a)]
    article = tokens[left.first - 1] if left.first > first else None
    if article and article.lower in ("a", "an"):
        right_one = _as_written(indefinite_article(b), article)
        if right_one != article.text:
            edits.insert(0, Edit(article.start, article.end, right_one))
    return tuple(edits)


def _as_written(article: str, like: Token) -> str:
    return article.capitalize() if like.text[0].isupper() else article

"""Adverbs around the verb, and the connectives that open a sentence or stand behind its subject."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Proposal
from pocketbert.augmentation.operators.moving import capitalised, end_of, exchanged, lowered, spaced
from pocketbert.text.clauses import AUXILIARIES, FINITE, NOUNS, SUBJECT_PRONOUNS
from pocketbert.text.edits import Edit
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, word_set

# Adverbs that say something else, or nothing, behind a participle; all others in "-ly" stand there as well.
_ONLY_BEFORE = word_set(
    """
only nearly merely relatively particularly especially mainly primarily mostly usually probably possibly approximately
highly newly virtually likely equally presumably generally apparently typically actually really simply truly deeply
largely solely purely barely hardly scarcely totally thereby potentially essentially chiefly supposedly allegedly
reportedly family early daily weekly monthly july reply commonly frequently fully widely ideally normally nominally
vaguely remotely fairly utterly sufficiently
"""
)
# Adverbs of the sentence that stand before its auxiliary or behind it.
_BESIDE_AUXILIARIES = word_set(
    """
also often usually frequently commonly generally typically sometimes occasionally probably apparently certainly
clearly recently previously currently already eventually actually truly always subsequently initially ultimately
undoubtedly surely obviously consistently now
"""
)
_MOVABLE_PAST = word_set("is are was were has have had can could may might will would should must")
_BOUND_TO = word_set("that than as of from")  # "independently of", "separately from"
_BE = word_set("is are was were be been being 's 're")
_CONNECTIVES = word_set(
    """
however therefore moreover furthermore nevertheless nonetheless consequently thus hence additionally instead
meanwhile unfortunately fortunately interestingly surprisingly sadly happily clearly obviously admittedly
ultimately generally typically usually sometimes often recently occasionally finally overall conversely histologically
clinically postoperatively initially similarly likewise specifically subsequently
"""
)
_PHRASES = frozenset(
    {
        ("in", "addition"),
        ("in", "contrast"),
        ("in", "conclusion"),
        ("in", "fact"),
        ("in", "general"),
        ("in", "particular"),
        ("of", "course"),
        ("for", "example"),
        ("for", "instance"),
        ("as", "expected"),
        ("as", "usual"),
        ("after", "all"),
        ("by", "contrast"),
        ("in", "turn"),
        ("in", "summary"),
        ("to", "date"),
        ("by", "comparison"),
    }
)
_SUBJECT_TAGS = NOUNS | {"DT", "PRP$", "JJ", "CD", "PRP", "VBN", "JJR", "JJS", "EX"}
_LONGEST_SUBJECT = 14
_WITHIN_SUBJECTS = word_set("of in for with between on among from at by and")


def adverb_moves(text: Text, guard: Guard, first: int, beyond: int) -> Iterator[Proposal]:
    """Each adverb that may stand on the other side of its participle, and the sentence's connective moved."""
    for place in range(first + 1, beyond - 1):
        word = text.tokens[place].lower
        if word.endswith("ly") and text.tags[place] == "RB" and word not in _ONLY_BEFORE:
            yield from _around_participle(text, place, first, beyond)
        if word in _BESIDE_AUXILIARIES and place > first + 1:
            yield from _around_auxiliary(text, place, first, beyond)
    yield from _behind_subject(text, guard, first, beyond)
    yield from _to_the_front(text, guard, first, beyond)


def _around_participle(text: Text, place: int, first: int, beyond: int) -> Iterator[Proposal]:
    """ "was significantly reduced in" and "was reduced significantly in", the one for the other."""
    tokens, tags = text.tokens, text.tags
    if tokens[place - 1].lower in _BE and tags[place + 1] in ("VBN", "VBD"):
        participle, after = place + 1, place + 2
    elif place - 2 >= first and tokens[place - 2].lower in _BE and tags[place - 1] in ("VBN", "VBD"):
        participle, after = place - 1, place + 1
    else:
        return
    begin = min(place, participle)
    closed = after == beyond or tags[after] == "IN" or tokens[after].text in (".", ";", ")")
    if closed and (after == beyond or tokens[after].lower not in _BOUND_TO):
        yield exchanged(text, range(begin, begin + 1), range(begin + 1, begin + 2))


def _around_auxiliary(text: Text, place: int, first: int, beyond: int) -> Iterator[Proposal]:
    """ "was also seen" as "also was seen"."""
    tokens, tags = text.tokens, text.tags
    subject, auxiliary = place - 2, place - 1
    if (
        tokens[auxiliary].lower in _MOVABLE_PAST
        and (tags[subject] in NOUNS or tokens[subject].lower in SUBJECT_PRONOUNS - {"there"})
        and tags[place + 1] in ("VBN", "VB", "VBG", "VBD", "JJ", "DT", "IN")
        and tokens[subject].kind is Kind.WORD
    ):
        yield exchanged(text, range(auxiliary, place), range(place, place + 1))


def _behind_subject(text: Text, guard: Guard, first: int, beyond: int) -> Iterator[Proposal]:
    """ "However, the dose was low." as "The dose, however, was low." """
    comma = _connective_end(text, first, beyond)
    if comma is None or text.tokens[comma].text != ",":
        return
    verb = _verb_after_subject(text, comma + 1, end_of(text, first, beyond))
    opening = lowered(text, guard, first)
    rest = text.tokens[comma + 1]
    risen = capitalised(rest.text) if text.tokens[first].text[0].isupper() else rest.text
    if verb is None or opening is None or risen is None:
        return
    moved = opening + text.string[text.tokens[first].end : text.tokens[comma - 1].end]
    before, after = (" , ", " ,") if spaced(text, first, beyond) else (", ", ",")
    place = text.tokens[verb - 1].end
    edits = [Edit(text.tokens[first].start, rest.start, "")]
    if risen != rest.text:
        edits.append(Edit(rest.start, rest.end, risen, moved_from=rest.start))
    aside = (
        Edit(place, place, before),
        Edit(place, place, moved, moved_from=text.tokens[first].start),
        Edit(place, place, after),
    )
    yield (*edits, *aside)


def _to_the_front(text: Text, guard: Guard, first: int, beyond: int) -> Iterator[Proposal]:
    """ "The dose, however, was low." as "However, the dose was low." """
    tokens = text.tokens
    for comma in range(first + 1, min(first + _LONGEST_SUBJECT + 1, beyond - 3)):
        if tokens[comma].text != ",":
            continue
        end = _connective_end(text, comma + 1, beyond)
        verb = _verb_after_subject(text, first, comma + 1)
        if end is None or tokens[end].text != "," or verb is not None or not _is_subject(text, first, comma):
            return
        if text.tags[end + 1] not in FINITE and tokens[end + 1].lower not in AUXILIARIES:
            return
        capital = tokens[first].text[0].isupper()
        original = text.string[tokens[comma + 1].start : tokens[end - 1].end]
        moved = capitalised(original) if capital else original
        opening = lowered(text, guard, first)
        if moved is None or opening is None:
            return
        start = tokens[first].start
        edits = [
            Edit(start, start, moved, moved_from=tokens[comma + 1].start),
            Edit(start, start, " , " if spaced(text, first, beyond) else ", "),
        ]
        if opening != tokens[first].text:
            edits.append(Edit(start, tokens[first].end, opening, moved_from=start))
        yield (*edits, Edit(tokens[comma - 1].end, tokens[end].end, ""))
        return


def _connective_end(text: Text, first: int, beyond: int) -> int | None:
    """The index behind a connective that begins at `first`."""
    words = tuple(token.lower for token in text.tokens[first : first + 2])
    if words in _PHRASES and first + 2 < beyond:
        return first + 2
    return first + 1 if words and words[0] in _CONNECTIVES and first + 1 < beyond else None


def _verb_after_subject(text: Text, first: int, end: int) -> int | None:
    """The finite verb that follows a short subject at `first`."""
    for place in range(first + 1, min(first + _LONGEST_SUBJECT + 1, end - 1)):
        if text.tags[place] in FINITE or text.tokens[place].lower in AUXILIARIES:
            apart = bool(text.space_before(place)) and text.tokens[place].text[0] != "'"
            return place if apart and _is_subject(text, first, place) else None
    return None


def _is_subject(text: Text, first: int, end: int) -> bool:
    """A pronoun alone, or determiner, adjectives and nouns, with "of" and "in" between such."""
    words = [token.lower for token in text.tokens[first:end]]
    tags = text.tags[first:end]
    if not words or any(token.kind is not Kind.WORD for token in text.tokens[first:end]):
        return False
    if len(words) == 1 and words[0] in SUBJECT_PRONOUNS - {"there"}:
        return True
    return (
        tags[-1] in NOUNS
        and words[0] not in ("there", "it")
        and all(
            tag in _SUBJECT_TAGS or word in _WITHIN_SUBJECTS for tag, word in zip(tags, words, strict=True)
        )
        and "that" not in words
        and tags[0] not in ("IN", "PRP")
    )

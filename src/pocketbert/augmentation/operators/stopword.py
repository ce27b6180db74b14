"""Stop words put in, taken out or exchanged where grammar leaves a choice, and, as a noise level, where it does not."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Operator, Slot
from pocketbert.augmentation.operators.stopword_exchange import EXCHANGED, exchanges
from pocketbert.augmentation.operators.stopword_insertion import LEADING, room_for
from pocketbert.augmentation.operators.stopword_removal import SUPERFLUOUS, superfluous
from pocketbert.text.clauses import SUBJECT_ONLY
from pocketbert.text.edits import Edit
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, word_set

_NOISE_BEFORE = {
    "V": ("is", "was", "to", "be", "has", "it"),
    "N": ("the", "a", "of", "this"),
    "J": ("the", "so", "is", "of"),
    "I": ("is", "of", "then", "it"),
    "D": ("of", "is", "in", "to"),
}
_NOISE_WITHOUT = word_set(
    "the a an is are was were be been of to in on at for with and that this its it has have had by"
)


def _slots(text: Text, guard: Guard) -> Iterator[Slot]:
    for first, beyond in text.sentences:
        for place in range(first, beyond):
            if not guard.noise and not _may_change(text, place):
                continue
            if text.tokens[place].kind is Kind.WORD and (place == first or text.space_before(place)):
                choices = _choices(text, place, first, beyond, guard)
                edits = [edit for edit in choices if guard.allows((edit,))]
                if edits:
                    proposals = tuple((edit,) for edit in edits)
                    yield Slot(edits[0].start, max(edit.end for edit in edits), proposals)


def _may_change(text: Text, place: int) -> bool:
    """Whether any rule looks at the token; most it does not."""
    return text.tokens[place].lower in _CHANGED or (place > 0 and text.tokens[place - 1].lower in LEADING)


_CHANGED = EXCHANGED | SUPERFLUOUS | SUBJECT_ONLY


def _choices(text: Text, place: int, first: int, beyond: int, guard: Guard) -> Iterator[Edit]:
    """What may be done at the token: the edits that keep grammar, then those that do not."""
    token = text.tokens[place]
    for end, others in exchanges(text, place, first, beyond):
        last = text.tokens[end - 1]
        for other in others:
            yield Edit(token.start, last.end, other.capitalize() if token.text[0].isupper() else other)
    if place == first:
        return
    word = room_for(text, place, first, beyond)
    if word:
        yield Edit(token.start, token.start, f"{word} ")
    gone = superfluous(text, place, first, beyond)
    if gone:
        yield Edit(token.start, text.tokens[place + gone].start, "")
    if guard.noise and not word:
        before = text.tokens[place - 1].lower
        for word in _NOISE_BEFORE.get(text.tags[place][0], ()):
            if word not in (token.lower, before):
                yield Edit(token.start, token.start, f"{word} ")
        if token.lower in _NOISE_WITHOUT and not gone and place + 1 < beyond and text.space_before(place + 1):
            yield Edit(token.start, text.tokens[place + 1].start, "")


STOPWORD = Operator(
    name="stopword",
    title="Stop words",
    description="Small words put in, taken out or exchanged where grammar leaves a choice; at the highest strength, "
    "put in and taken out anywhere.",
    preserves="meaning, word order, protected words; below the noise level, grammar",
    source="optional function words (Quirk et al. 1985, A Comprehensive Grammar)",
    rate=0.2,
    slots=_slots,
    english=True,
)

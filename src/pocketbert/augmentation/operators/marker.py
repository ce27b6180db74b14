"""Discourse markers: what links a sentence to the talk around it, put in, taken out or exchanged."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Operator, Proposal, Slot
from pocketbert.augmentation.operators.moving import spaced
from pocketbert.text.clauses import DETERMINERS, FINITE, SUBJECT_PRONOUNS
from pocketbert.text.edits import Edit
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, word_set

_ALIKE = (
    ("in addition", "moreover", "furthermore", "additionally"),
    ("therefore", "thus", "hence", "consequently"),
    ("however", "nevertheless", "nonetheless"),
    ("in conclusion", "in summary", "to conclude", "to sum up"),
    ("for example", "for instance"),
    ("in fact", "indeed", "as a matter of fact"),
    ("of course", "naturally"),
    ("in contrast", "by contrast"),
    ("similarly", "likewise"),
    ("in general", "generally"),
    ("in short", "in brief"),
    ("specifically", "in particular"),
    ("subsequently", "afterwards"),
    ("meanwhile", "in the meantime"),
    ("unfortunately", "sadly", "regrettably"),
    ("fortunately", "luckily"),
    ("nowadays", "these days"),
    ("surprisingly", "to our surprise"),
)
"""Markers of one meaning, before a comma."""

_IDLE = (
    "in addition", "moreover", "furthermore", "additionally", "in conclusion", "in summary", "in fact", "indeed",
    "as a matter of fact", "of course", "to be sure", "needless to say", "in short", "in brief", "well", "so",
    "actually", "basically", "anyway", "you know", "i mean", "mind you", "thus", "therefore",
)  # fmt: skip
"""Markers that a sentence may lose."""

_LINKS = {"but": ("however",), "however": ("but",), "also": ("in addition",), "in addition": ("also",)}
"""Openings of one meaning of which one takes no comma, or the other way about."""

_WITHOUT_COMMA = ("but",)
_WITHIN = ("however", "nevertheless", "nonetheless", "therefore", "thus", "moreover", "furthermore", "for example",
           "for instance", "in fact", "indeed", "of course", "naturally")  # fmt: skip
"""Markers that also stand between commas."""

_LONGEST = 5  # words of a marker
_SHORTEST_LEFT = 4  # tokens that a sentence keeps

_EXCHANGED = {word: tuple(other for other in group if other != word) for group in _ALIKE for word in group}
_FIRST_WORDS = {name.split()[0] for name in (*_EXCHANGED, *_IDLE, *_LINKS)}
_TALKING = word_set("i you my")
_ASKING = word_set(
    "what how why when where who can could is are do does did will would"
)  # opening a question
_SUBJECTS = (DETERMINERS | SUBJECT_PRONOUNS) - {"that", "a", "an"}
_SAID_FREELY = ("so", "well")
_WRITTEN = ("in fact", "indeed")


def _slots(text: Text, guard: Guard) -> Iterator[Slot]:
    for first, beyond in text.sentences:
        token = text.tokens[first]
        proposals: list[Proposal] = []
        marker = _marker_at(text, first, beyond) if token.lower in _FIRST_WORDS else None
        if marker:
            proposals += _changed_opening(text, first, beyond, marker)
        elif first == 0:  # once a text; more is a tic
            proposals += _opening(text, first, beyond)
        allowed = tuple(proposal for proposal in proposals if guard.allows(proposal))
        if allowed:
            yield Slot(token.start, token.end, allowed)
        yield from _asides(text, guard, first, beyond)


def _marker_at(text: Text, first: int, beyond: int) -> str | None:
    """The longest known marker that opens the sentence, before a comma or of those that take none."""
    words: list[str] = []
    found = None
    for place in range(first, min(first + _LONGEST, beyond - 1)):
        words.append(text.tokens[place].lower)
        name = " ".join(words)
        comma = text.tokens[place + 1].text == ","
        if comma != (name in _WITHOUT_COMMA) and (name in _EXCHANGED or name in _IDLE or name in _LINKS):
            found = name
    return found


def _changed_opening(text: Text, first: int, beyond: int, marker: str) -> Iterator[Proposal]:
    tokens = text.tokens
    last = first + len(marker.split()) - 1
    start, end = tokens[first].start, tokens[last].end
    rest = last + 1 if marker in _WITHOUT_COMMA else last + 2
    if beyond - rest < _SHORTEST_LEFT or tokens[rest].kind is not Kind.WORD:
        return
    capital = tokens[first].text[0].isupper()
    if capital and tokens[first].text.isupper() and len(tokens[first].text) > 1:
        return
    for other in _EXCHANGED.get(marker, ()):
        yield (Edit(start, end, _cased(other, capital)),)
    for other in _LINKS.get(marker, ()) if _opens_clause(text, rest, beyond) else ():
        comma = " ," if spaced(text, first, beyond) else ","
        commas = "" if other in _WITHOUT_COMMA else comma
        yield (Edit(start, tokens[rest - 1].end, _cased(other, capital) + commas),)
    if marker in _IDLE and (first == 0 or marker not in ("thus", "therefore")):
        following = tokens[rest].text
        risen = following[0].upper() + following[1:] if capital else following
        gone = Edit(start, tokens[rest].start, "")
        if risen == following:
            yield (gone,)
        elif len(risen) == len(following):
            yield (gone, Edit(tokens[rest].start, tokens[rest].end, risen, moved_from=tokens[rest].start))


def _opens_clause(text: Text, place: int, beyond: int) -> bool:
    """Whether a subject stands at `place` and a finite verb later."""
    opens = text.tokens[place].lower in SUBJECT_PRONOUNS | DETERMINERS or text.tags[place] in ("NNP", "NNS")
    return opens and any(tag in FINITE for tag in text.tags[place:beyond])


def _asides(text: Text, guard: Guard, first: int, beyond: int) -> Iterator[Slot]:
    """Markers between two commas within the sentence, exchanged."""
    tokens = text.tokens
    for place in range(first + 2, beyond - 1):
        if tokens[place].lower not in _FIRST_WORDS or tokens[place - 1].text not in ",;":
            continue
        for width in (2, 1):
            name = " ".join(token.lower for token in tokens[place : place + width])
            if name in _WITHIN and place + width < beyond and tokens[place + width].text == ",":
                start, end = tokens[place].start, tokens[place + width - 1].end
                proposals = tuple(
                    (Edit(start, end, other),) for other in _EXCHANGED[name] if other in _WITHIN
                )
                if proposals and guard.allows(proposals[0]):
                    yield Slot(start, end, proposals)
                break


def _opening(text: Text, first: int, beyond: int) -> Iterator[Proposal]:
    """Markers put before a full sentence."""
    token = text.tokens[first]
    question = text.tokens[beyond - 1].text == "?"
    talking = token.lower in _TALKING or (question and token.lower in _ASKING)
    if token.kind is not Kind.WORD or not _is_sentence(text, first, beyond):
        return
    if not talking and token.lower not in _SUBJECTS:
        return
    comma = " , " if spaced(text, first, beyond) else ", "
    capital = token.text[0].isupper()
    kept = token.text if not capital or token.lower in ("i", "'m") else token.lower
    for marker in _SAID_FREELY if talking else _WRITTEN:
        yield (Edit(token.start, token.end, _cased(marker, capital) + comma + kept),)


def _cased(marker: str, capital: bool) -> str:
    return marker[0].upper() + marker[1:] if capital else marker


def _is_sentence(text: Text, first: int, beyond: int) -> bool:
    """A finite verb within, beside those of relative clauses, and a full stop or question mark at the end."""
    closed = text.tokens[beyond - 1].text in (".", "?", "!")
    return (
        closed
        and beyond - first >= 5
        and any(
            text.tags[place] in FINITE and text.tokens[place - 1].lower not in _RELATIVES
            for place in range(first + 1, beyond)
        )
    )


_RELATIVES = word_set("that who which")


MARKER = Operator(
    name="marker",
    title="Discourse markers",
    description="Words that link a sentence to the talk around it put in, taken out or exchanged.",
    preserves="meaning, grammar, word order, protected words",
    source="conjuncts and discourse markers (Quirk et al. 1985, A Comprehensive Grammar)",
    rate=0.05,
    slots=_slots,
    english=True,
    most=2,
)

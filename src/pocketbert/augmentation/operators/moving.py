"""Edits that carry a part of a sentence to its front or its back, with commas and capitals put right."""

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Proposal
from pocketbert.text.edits import Edit
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, word_set

FINAL = frozenset({".", "?", "!"})


def end_of(text: Text, first: int, beyond: int) -> int:
    """The index just past the sentence's last token before its final mark."""
    return beyond - 1 if beyond - first > 1 and text.tokens[beyond - 1].text in FINAL else beyond


def to_front(text: Text, guard: Guard, first: int, part: int, end: int) -> Proposal | None:
    """Carry the tokens `part..end`, which close the sentence, before its `first` token, with a comma."""
    tokens = text.tokens
    place, kept_end = tokens[first].start, tokens[part - 1].end
    if tokens[part - 1].text == ",":
        kept_end = tokens[part - 2].end
    capital = tokens[first].text[0].isupper()
    original = text.string[tokens[part].start : tokens[end - 1].end]
    moved = _capitalised(original) if capital else original
    lowered = _lowered(text, guard, first)
    if moved is None or lowered is None or not tokens[part].text.islower():
        return None
    comma = " , " if spaced(text, first, end) else ", "
    edits = [Edit(place, place, moved, moved_from=tokens[part].start), Edit(place, place, comma)]
    if capital and lowered != tokens[first].text:
        edits.append(Edit(tokens[first].start, tokens[first].end, lowered, moved_from=tokens[first].start))
    edits.append(Edit(kept_end, tokens[end - 1].end, ""))
    return tuple(edits)


def to_back(text: Text, guard: Guard, first: int, comma: int, end: int) -> Proposal | None:
    """Carry the tokens from `first` to the `comma`, which open the sentence, behind its last word."""
    tokens = text.tokens
    start, rest = tokens[first].start, tokens[comma + 1]
    lowered = _lowered(text, guard, first)
    risen = _capitalised(rest.text) if tokens[first].text[0].isupper() else rest.text
    if lowered is None or risen is None or rest.kind is not Kind.WORD:
        return None
    moved = lowered + text.string[tokens[first].end : tokens[comma - 1].end]
    place = tokens[end - 1].end
    edits = [Edit(start, rest.start, "")]
    if risen != rest.text:
        edits.append(Edit(rest.start, rest.end, risen, moved_from=rest.start))
    return (*edits, Edit(place, place, " "), Edit(place, place, moved, moved_from=start))


def spaced(text: Text, first: int, beyond: int) -> bool:
    """Whether marks and clitics stand apart from words, as in tokenised text."""
    return any(
        text.space_before(place) and text.tokens[place].lower in _ATTACHED
        for place in range(first + 1, min(beyond + 1, len(text.tokens)))
    )


_ATTACHED = word_set(", . ? ! 's n't 're 've 'll 'm 'd")


def _lowered(text: Text, guard: Guard, place: int) -> str | None:
    """The token as it stands inside a sentence; None where its case cannot be told."""
    token = text.tokens[place]
    if token.kind is not Kind.WORD:
        return None
    if (
        not token.text[0].isupper()
        or token.text in ("I", "I'm")
        or (guard.protects(place) and _is_name(text, place))
    ):
        return token.text
    if token.text.isupper() and len(token.text) > 1:
        return None
    lowered = token.text[0].lower() + token.text[1:]
    return lowered if len(lowered) == len(token.text) else None


def _is_name(text: Text, place: int) -> bool:
    return text.tags[place] in ("NNP", "NNPS")


def _capitalised(string: str) -> str | None:
    risen = string[0].upper() + string[1:]
    return risen if len(risen) == len(string) else None

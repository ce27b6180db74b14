""" "blood pressure (BP)" and "BP (blood pressure)", the one for the other."""

import re
from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Proposal
from pocketbert.augmentation.operators.moving import exchanged, lowered
from pocketbert.text.text import Text
from pocketbert.text.words import Kind

_NAMED_WITH_A_VOWEL = "AEFHILMNORSX"
_ABBREVIATION = re.compile(r"[A-Z][A-Za-z]*[A-Z][A-Za-z]*")


def abbreviation_swaps(text: Text, guard: Guard, first: int, beyond: int) -> Iterator[Proposal]:
    """Each abbreviation in brackets exchanged with the words before it that it stands for."""
    tokens = text.tokens
    for place in range(first + 1, beyond - 2):
        short = tokens[place + 1].text
        if (tokens[place].text, tokens[place + 2].text) != ("(", ")") or not _ABBREVIATION.fullmatch(short):
            continue
        begin = _spelt_out(text, short, place, first)
        inside = None if begin is None else lowered(text, guard, begin)
        if begin is not None and inside is not None and _article_fits(text, begin, short, first):
            words = text.string[tokens[begin].start : tokens[place - 1].end]
            opening = inside if begin == first else tokens[begin].text
            spelt_out, bracketed = range(begin, place), range(place + 1, place + 2)
            yield exchanged(text, spelt_out, bracketed, back=opening + words[len(opening) :])


def _article_fits(text: Text, begin: int, short: str, first: int) -> bool:
    """Whether an article before the words is also that of the letters: "a BP" and "an MRI"."""
    article = text.tokens[begin - 1].lower if begin > first else ""
    return article not in ("a", "an") or (article == "an") == (short[0] in _NAMED_WITH_A_VOWEL)


def _spelt_out(text: Text, short: str, bracket: int, first: int) -> int | None:
    """Where the words begin that the abbreviation stands for.

    From the right, each of its letters is looked for in the words before it; the first must open a word (Schwartz and
    Hearst 2003, A simple algorithm for identifying abbreviation definitions, section 3).
    """
    letters = [letter.lower() for letter in short.removesuffix("s")]
    fewest = max(first, bracket - min(len(letters) + 5, 2 * len(letters)))
    place, within = bracket, 0
    for index in reversed(range(len(letters))):
        while True:
            if within == 0:
                place -= 1
                if place < fewest or (
                    text.tokens[place].kind is Kind.MARK and text.tokens[place].text != "-"
                ):
                    return None
                within = len(text.tokens[place].lower)
            within -= 1
            opens = (within == 0 and text.space_before(place)) or place == first
            if text.tokens[place].lower[within] == letters[index] and (index or opens):
                break
    plural = short.endswith("s")
    return place if plural == (text.tags[bracket - 1] in ("NNS", "NNPS")) else None

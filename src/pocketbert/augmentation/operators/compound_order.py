""" "levels of insulin" and "insulin levels", the one for the other."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Proposal
from pocketbert.text.clauses import NOUNS
from pocketbert.text.edits import Edit
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, word_set

# What has an amount or a course, of which both orders are said.
_HEADS = word_set(
    """
level levels concentration concentrations rate rates score scores count counts incidence prevalence secretion release
production synthesis uptake excretion infusion administration deficiency activity measurement measurements content
intake consumption dose doses
"""
)
# These are mostly said of one thing, so that its name may go behind them too.
_DIVISIBLE = word_set(
    """
level levels concentration concentrations secretion release production synthesis uptake excretion infusion
administration intake consumption
"""
)
_CARRIERS = word_set("serum plasma blood urine urinary tissue")
_NO_NAMES = word_set(
    """
use change response number time age day week month year hour group care case study drug peak base baseline follow-up
control test dose death mortality success failure heart energy others them which blood pressure temperature side
stage risk trace training stress exercise acid receptor antibody antigen sea protein cell enzyme hormone sound
"""
)
_DEGREES = word_set(
    "high low normal elevated increased decreased mean total initial daily higher lower median final peak basal"
)
_OPENS = ("", "DT", "JJ", "IN", "PRP$", "VBD", "VBZ", "VBP", "VB", "TO", "CD")
_TAKES_MORE = ("CC", "SYM", "JJ", "CD", "POS", "VBN", "VBG", "(", ":", "TO", *NOUNS)


def compound_swaps(text: Text, guard: Guard, first: int, beyond: int) -> Iterator[Proposal]:
    """Each amount of something with the thing's name on its other side."""
    for place in range(first, beyond - 1):
        if text.tokens[place].lower not in _HEADS or text.tags[place] not in ("NN", "NNS"):
            continue
        move = _name_to_front(text, place, first, beyond) or _name_to_back(text, place, first, beyond)
        if move:
            yield move


def _name_to_front(text: Text, head: int, first: int, beyond: int) -> Proposal | None:
    """ "high levels of insulin" as "high insulin levels"."""
    tokens = text.tokens
    name = head + 2
    if head == first or name >= beyond or tokens[head + 1].lower != "of" or not _is_name(text, name):
        return None
    before, after = text.tags[head - 1], text.tags[name + 1] if name + 1 < beyond else ""
    determined = tokens[head - 1].lower in ("a", "an")
    if before not in (*_OPENS, "NN") or determined or after in _TAKES_MORE or _is_hyphen(text, name + 1):
        return None
    if after == "IN" and tokens[name + 1].lower not in ("in", "during", "after", "before", "at"):
        return None
    if before == "NN" and tokens[head - 1].lower not in _CARRIERS:
        return None
    start = tokens[head].start
    return (
        Edit(start, start, tokens[name].text, moved_from=tokens[name].start),
        Edit(start, start, " "),
        Edit(tokens[head].end, tokens[name].end, ""),
    )


def _name_to_back(text: Text, head: int, first: int, beyond: int) -> Proposal | None:
    """ "high insulin levels" as "high levels of insulin"."""
    tokens, name = text.tokens, head - 1
    if name <= first or tokens[head].lower not in _DIVISIBLE or not _is_name(text, name):
        return None
    before, after = text.tags[name - 1], text.tags[head + 1] if head + 1 < beyond else ""
    carried = before == "NN" and tokens[name - 1].lower in _CARRIERS
    following = tokens[head + 1].lower if head + 1 < beyond else ""
    if before == "JJ" and tokens[name - 1].lower not in _DEGREES:
        return None  # "fatty acid levels"
    if not (carried or before in _OPENS) or tokens[name - 1].lower in ("a", "an"):
        return None
    if after in _TAKES_MORE or following in ("of", "by", "-") or not text.space_before(name):
        return None
    return (
        Edit(tokens[name].start, tokens[head].start, ""),
        Edit(tokens[head].end, tokens[head].end, " of "),
        Edit(tokens[head].end, tokens[head].end, tokens[name].text, moved_from=tokens[name].start),
    )


def _is_name(text: Text, place: int) -> bool:
    """A noun in the singular that stands for a thing of which there is more or less."""
    token = text.tokens[place]
    return (
        text.tags[place] == "NN"
        and token.kind is Kind.WORD
        and token.lower not in _NO_NAMES | _HEADS | _CARRIERS
        and not token.lower.endswith("s")
        and token.text.islower()
    )


def _is_hyphen(text: Text, place: int) -> bool:
    return place < len(text.tokens) and text.tokens[place].text in ("-", "/")

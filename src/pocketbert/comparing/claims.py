"""The five questions and their answers in words, every word of which follows from a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pocketbert.comparing.content import CLEAN, UNSEEN, Answer, Export, Gain, Question, Row, Saving
from pocketbert.comparing.differences import LESS, MORE
from pocketbert.comparing.grid import WORDS
from pocketbert.comparing.wording import figures_of, first_upper, p_value, prose
from pocketbert.evaluation.report.wording import (
    SHARES,
    figure,
    gain,
    percent,
    signed_minus,
    size,
)
from pocketbert.evaluation.verdict import BETTER, NO_DIFFERENCE, WORSE

if TYPE_CHECKING:
    from pocketbert.comparing.content import ComparisonContent

ASKED: dict[Question, str] = {
    "generalisation": "Does augmentation help on clean text?",
    "robustness": "Does augmentation help on messy text of kinds that training never saw?",
    "cost": "Does training less of the model cost less, and at what quality?",
    "phone": "Does the model fit a phone?",
    "simpler": "Would something simpler do?",
}
ASKED_OF_RECIPES: dict[Question, str] = {
    "generalisation": "Is another recipe better than {} on clean text?",
    "robustness": "Is another recipe better than {} on messy text of kinds that training never saw?",
    "cost": "Does another recipe cost less than {}, and at what quality?",
}
"""What is asked instead where several recipes are compared as they stand: of each against the first."""
NOT_ASKED = "not asked"
NOT_SIMPLER = "no"
MESSY = "messy text of kinds that training never saw"
MARGIN = 0.01
"""A point: how much worse a cheaper method may be and still be called as good, where its interval shows that."""
TAKEN = {"seconds": "time", "peak_memory_bytes": "memory"}
SAVED_TITLES = {
    "seconds": "time",
    "peak_memory_bytes": "memory",
    "trainable": "trained parameters",
    "shipped_bytes": "bytes on disk for a task",
}


def answers_to(content: ComparisonContent) -> tuple[Answer, ...]:
    """An answer to each question."""
    told = {
        "generalisation": _of_augmentation(content, "generalisation", CLEAN),
        "robustness": _of_augmentation(content, "robustness", UNSEEN),
        "cost": _of_cost(content),
        "phone": _of_phone(content),
        "simpler": _of_simpler(content),
    }
    asked = dict(ASKED)
    if (first := content.first_listed) is not None:
        asked |= {question: words.format(first.title) for question, words in ASKED_OF_RECIPES.items()}
    return tuple(Answer(question, words, *told[question]) for question, words in asked.items())


Told = tuple[str, str, tuple[str, ...]]
"""Verdict, sentence, evidence."""


def _of_augmentation(content: ComparisonContent, question: Question, on: str) -> Told:
    gains = [one for one in content.gains if one.question == question and one.input == on]
    if not gains:
        scored = any(one.name == on for one in content.inputs)
        missing = "there is no pair of variants for it" if scored else "no unseen suite was scored"
        return NOT_ASKED, f"This comparison does not say: {missing}.", ()
    evidence = [_gain_line(content, one) + _won_back(content, one) for one in gains]
    if on == CLEAN:
        evidence += [
            _gain_line(content, one) for one in content.gains if one.question == question and one.input != on
        ]
    else:
        evidence += _suites_line(content, question)
    return summary(gains), f"{_by_verdict(content, gains)}.", tuple(evidence)


def _won_back(content: ComparisonContent, one: Gain) -> str:
    """What share of the plain model's drop the gain wins back, where there is a drop to win back."""
    if one.input == CLEAN:
        return ""
    baseline = content.row(one.baseline)
    drop = baseline.figures[CLEAN].value - baseline.figures[one.input].value
    if drop <= 0:
        return f"; {prose(baseline)} loses nothing there"
    told = f"; {prose(baseline)} loses {gain(content.metric, drop).lstrip('+')} there"
    shown = one.verdict == BETTER and drop >= MARGIN
    return told + (f", of which {percent(one.value / drop)} is won back" if shown else "")


def _suites_line(content: ComparisonContent, question: Question) -> list[str]:
    """How many single suites show a gain or a loss, for all seeds that might have been and for these."""
    lines = []
    for kind in ("unseen", "seen"):
        single = [
            one for one in content.gains if one.question == question and content.input(one.input).kind == kind
        ]
        better, worse = (sum(one.verdict == word for one in single) for word in (BETTER, WORSE))
        if single:
            lines.append(
                f"{kind} suites one by one, {len(single)} comparisons corrected together: {better} better, "
                f"{worse} worse, {len(single) - better - worse} without a difference shown"
                + _of_these_seeds(content, single)
            )
    return lines


def _of_these_seeds(content: ComparisonContent, gains: Sequence[Gain]) -> str:
    """`; by McNemar's test of these 3 seeds alone, 12 better, 0 worse`"""
    if len(content.seeds) == 1 or any(one.mcnemar is None for one in gains):
        return ""
    shown = [one.value > 0 for one in gains if one.mcnemar and one.mcnemar.p_holm < 1 - content.confidence]
    seeds, better = len(content.seeds), sum(shown)
    return f"; by McNemar's test of these {seeds} seeds alone, {better} better, {len(shown) - better} worse"


def _of_cost(content: ComparisonContent) -> Told:
    gains = [one for one in content.gains if one.question == "cost" and one.input == CLEAN]
    if not gains:
        return NOT_ASKED, "This comparison does not say: no method was trained beside full tuning.", ()
    lines = []
    for one in gains:
        saved = _savings_of(content, one).values()
        costs = ", ".join(f"{_change(saving)} {SAVED_TITLES[saving.figure]}" for saving in saved)
        lines.append(f"{_gain_line(content, one)}{_margin(content, one)}; {costs}")
    lines += [
        _gain_line(content, one) for one in content.gains if one.question == "cost" and one.input != CLEAN
    ]
    shown = [one for one in gains if one.variant == content.featured] or gains[-1:]
    sentence = "; ".join(_cost_sentence(content, one) for one in shown)
    return _cost_verdict(content, shown[0]), f"{sentence}.", tuple(lines)


def _cost_verdict(content: ComparisonContent, one: Gain) -> str:
    """`less time and memory; quality: no difference shown`"""
    saved = _savings_of(content, one)
    parts = [
        f"{word} {' and '.join(named)}"
        for word in (LESS, MORE)
        if (named := [words for name, words in TAKEN.items() if saved[name].verdict == word])
    ]
    return f"{', '.join(parts) or 'no difference in cost shown'}; quality: {one.verdict}"


def _savings_of(content: ComparisonContent, one: Gain) -> dict[str, Saving]:
    """What the variant of a pair saves, by figure."""
    return {s.figure: s for s in content.savings if (s.baseline, s.variant) == (one.baseline, one.variant)}


def _cost_sentence(content: ComparisonContent, one: Gain) -> str:
    """The featured method against full tuning: what it saves, and what is shown of its quality."""
    row, full = content.row(one.variant), content.row(one.baseline)
    assert row.cost is not None
    saved = _savings_of(content, one)
    share = f"{100 * row.cost.trainable / row.cost.parameters:.2g}%"
    shown = {words: saved[name] for name, words in TAKEN.items() if _is_shown(saved[name])}
    taken = " and ".join(
        f"{abs(one.value):.0%} {LESS if one.value < 0 else MORE} {words}" for words, one in shown.items()
    )
    alike = " or ".join(words for words in TAKEN.values() if words not in shown)
    told = f"{first_upper(prose(row))} trains {share} of the parameters"
    once = " in one run of each" if len(content.seeds) == 1 else ""
    told += f" and takes {taken} than {prose(full)}{once}" if taken else f", against {prose(full)}"
    told += f"; no difference in {alike} is shown" if alike else ""
    return f"{told}; on clean text {_verdict_of(one)} ({figures_of(content, one)}{_margin(content, one)})"


def _is_shown(saving: Saving) -> bool:
    """One seed leaves no interval, and so its figure as it is."""
    return saving.low is None or saving.verdict in (LESS, MORE)


def _verdict_of(one: Gain) -> str:
    return "no difference is shown" if one.verdict == NO_DIFFERENCE else f"it is {one.verdict}"


def _margin(content: ComparisonContent, one: Gain) -> str:
    """Said of what shows no loss beyond a point; of correlations there are no points."""
    return ", within a point" if content.metric in SHARES and one.low > -MARGIN and one.value <= 0 else ""


def _of_phone(content: ComparisonContent) -> Told:
    if not content.exports:
        return NOT_ASKED, "This comparison does not say: nothing was exported.", ()
    lines = tuple(_export_line(content, one) for one in content.exports)
    own = next((one for one in content.exports if one.variant == content.featured), content.exports[0])
    verdict = "yes" if own.passed else "no"
    return verdict, f"{lines[content.exports.index(own)]}.", lines


def _export_line(content: ComparisonContent, one: Export) -> str:
    title = first_upper(prose(content.row(one.variant)))
    if not one.passed or one.bytes is None:
        return f"{title}: refused, {one.refused}"
    times = " and ".join(f"{value:.1f} ms for {tokens} tokens" for tokens, value in one.milliseconds.items())
    answers = (
        f"; it answers as the model does on {one.agreement:.1%} of the validation rows"
        if one.agreement
        else ""
    )
    refused = f"; int8 was refused: {one.refused}" if one.refused else ""
    return f"{title} as {one.made} ONNX: {size(one.bytes)}, {times} on one thread here{answers}{refused}"


def _of_simpler(content: ComparisonContent) -> Told:
    gains = [one for one in content.gains if one.question == "simpler" and one.input == CLEAN]
    if not gains:
        return NOT_ASKED, "This comparison does not say: there is no row of another model.", ()
    featured = content.row(content.featured)
    lines = tuple(_against(content, one) for one in content.gains if one.question == "simpler")
    told = []
    for word, words in ((WORSE, "is worse than"), (NO_DIFFERENCE, "is not shown to be better than")):
        if named := [_simpler(content, one, featured) for one in gains if one.verdict == word]:
            told.append(f"{words} {' and '.join(named)}")
    if not told:
        others = " and ".join(content.row(one.baseline).title for one in gains)
        return NOT_SIMPLER, f"{first_upper(prose(featured))} is better than {others} on clean text.", lines
    verdict = "yes" if any(one.verdict == WORSE for one in gains) else "perhaps"
    return verdict, f"On clean text {prose(featured)} {', and '.join(told)}.", lines


def _simpler(content: ComparisonContent, one: Gain, featured: Row) -> str:
    """`TF-IDF, linear (no network at all; +1.0 points, −0.8 to +2.9)`"""
    row = content.row(one.baseline)
    return f"{row.title} ({_against_size(row, featured)}; {figures_of(content, one)})"


def _against_size(row: Row, featured: Row) -> str:
    """How much simpler another model is."""
    if row.name == WORDS:
        return "no network at all"
    if row.cost is None or featured.cost is None:
        return "of unknown size"
    return f"{row.cost.parameters / featured.cost.parameters:.1f} times the parameters"


def _against(content: ComparisonContent, one: Gain) -> str:
    other, own = content.row(one.baseline), content.row(one.variant)
    return (
        f"{first_upper(prose(own))} against {prose(other)} on {content.input(one.input).title.lower()}: {one.verdict} "
        f"({figure(content.metric, own.figures[one.input].value)} against "
        f"{figure(content.metric, other.figures[one.input].value)}, {figures_of(content, one)})"
    )


def summary(gains: Sequence[Gain]) -> str:
    """One verdict for several comparisons: theirs where they agree, else how many say what."""
    words = {one.verdict for one in gains}
    if len(words) == 1:
        return words.pop()
    counts = [(word, sum(one.verdict == word for one in gains)) for word in (BETTER, WORSE, NO_DIFFERENCE)]
    return ", ".join(f"{word} in {count} of {len(gains)}" for word, count in counts if count)


def _by_verdict(content: ComparisonContent, gains: Sequence[Gain]) -> str:
    """`Better for LoRA (+1.2 points, +0.3 to +2.1); no difference shown for full (...)`."""
    parts = [
        f"{word} for " + " and ".join(f"{_short(content, one)} ({figures_of(content, one)})" for one in named)
        for word in (BETTER, WORSE, NO_DIFFERENCE)
        if (named := [one for one in gains if one.verdict == word])
    ]
    return first_upper("; ".join(parts))


def _short(content: ComparisonContent, one: Gain) -> str:
    """The method of a pair that differs in its text, else the variant's title."""
    row = content.row(one.variant)
    return row.title.removesuffix(", augmented") if row.role == "grid" else row.title


def _gain_line(content: ComparisonContent, one: Gain) -> str:
    old, new = content.row(one.baseline), content.row(one.variant)
    tests = f", McNemar p {p_value(one.mcnemar.p_holm)}" if one.mcnemar else ""
    return (
        f"{first_upper(prose(new))} against {prose(old)} on {content.input(one.input).title.lower()}: {one.verdict} "
        f"({figures_of(content, one)}; corrected p {p_value(one.p_holm)}{tests})"
    )


def _change(saving: Saving) -> str:
    """`−31% (−35% to −27%)`"""
    told = f"{saving.value:+.0%}" if abs(saving.value) < 0.995 else f"{saving.value:+.1%}"
    if (
        saving.low is not None
        and saving.high is not None
        and saving.figure in ("seconds", "peak_memory_bytes")
    ):
        told += f" ({saving.low:+.0%} to {saving.high:+.0%})"
    return signed_minus(told)

"""Figures in words: percentages, points, times, sizes, and the sentence on top."""

from __future__ import annotations

from collections.abc import Sequence

from pocketbert.augmentation import OPERATORS
from pocketbert.evaluation.report.content import Condition, Interval
from pocketbert.evaluation.verdict import NO_DIFFERENCE, WORSE
from pocketbert.wording import counted

METRIC_TITLES = {
    "accuracy": "accuracy",
    "f1": "F1",
    "f1_micro": "micro F1",
    "f1_macro": "macro F1",
    "matthews": "Matthews correlation",
    "pearson": "Pearson correlation",
    "spearman": "Spearman correlation",
    "exact_match": "exact match",
    "f1_tokens": "F1 of the answers' words",
}
SHARES = ("accuracy", "f1", "f1_micro", "f1_macro", "exact_match", "f1_tokens")
"""Metrics written in percent, their differences in points; the others are correlations."""

MINUS = "−"


def figure(metric: str, value: float) -> str:
    """`91.3%`, or for a correlation `0.653`."""
    return signed_minus(f"{100 * value:.1f}%" if metric in SHARES else f"{value:.3f}")


def gain(metric: str, value: float, *, unit: bool = True) -> str:
    """`+4.2 points`, or for a correlation `+0.021`."""
    if metric not in SHARES:
        return signed_minus(_unsigned_zero(f"{value:+.3f}"))
    return signed_minus(_unsigned_zero(f"{100 * value:+.1f}")) + (" points" if unit else "")


def signed_minus(text: str) -> str:
    return text.replace("-", MINUS)


def between(metric: str, interval: Interval, *, signed: bool) -> str:
    """`1.1 to 7.4`: the ends of an interval; of a difference with their signs."""
    ends = (interval.low, interval.high)
    if signed:
        return " to ".join(gain(metric, end, unit=False) for end in ends)
    return " to ".join(figure(metric, end).removesuffix("%") for end in ends)


def percent(share: float) -> str:
    """`12%`, with a decimal where it is small."""
    return f"{100 * share:.1f}%" if 0 < share < 0.1 else f"{100 * share:.0f}%"


def seconds(value: float) -> str:
    """`38 s`, `4 min 10 s`, `2 h 5 min`."""
    whole = round(value)
    if whole < 60:
        return f"{value:.1f} s" if value < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size(value: float) -> str:
    """Bytes in MB or GB, of a million and a thousand million."""
    return f"{value / 1e9:.2f} GB" if value >= 1e9 else f"{value / 1e6:.0f} MB"


def count(value: float) -> str:
    """`24,755,972`."""
    return f"{value:,.0f}"


def suite_title(name: str) -> str:
    """A suite in a reader's words: `Typing slips, light`; a suite of one's own keeps its name."""
    operator, at, severity = name.partition("@")
    if operator not in OPERATORS:
        return name
    strength = {"1": ", light", "2": ", medium", "3": ", heavy"}.get(severity, "") if at else ""
    return OPERATORS[operator].title + strength


def answer_of_run(
    metric: str, conditions: Sequence[Condition], rows: int, confidence: float, split: str
) -> str:
    """The sentence on top of a report on one model."""
    clean = conditions[0].values[0]
    start = (
        f"On {counted(rows, f'{split} row')} the model reaches {figure(metric, clean.value)} {METRIC_TITLES[metric]} "
        f"({percent(confidence)} interval {between(metric, clean, signed=False)})"
    )
    suites = [one for one in conditions[1:] if one.kind in ("seen", "unseen") and one.change is not None]
    if not suites:
        return f"{start}."
    kinds = len({one.name.partition("@")[0] for one in suites})
    lowered = [one for one in suites if one.verdict == WORSE]
    average = next((one for one in conditions if one.kind == "average" and one.verdict == WORSE), None)
    if not lowered and average is None:
        return f"{start}, and none of {counted(kinds, 'kind')} of messy input is shown to lower it."
    parts = []
    if average is not None and average.change is not None:
        cost = gain(metric, -average.change.value).removeprefix("+")
        parts.append(f"messy input of kinds not seen in training costs it {cost} on average")
    if lowered:
        worst = min(lowered, key=lambda one: one.values[0].value)
        among = f"of {counted(kinds, 'kind')}" + ("" if parts else " of messy input")
        left = figure(metric, worst.values[0].value)
        parts.append(f"{among} “{lower_first(worst.title)}” costs it most, leaving {left}")
    return f"{'; '.join([start, *parts])}."


def answer_of_comparison(
    metric: str, conditions: Sequence[Condition], variants: Sequence[str], headline: str
) -> str:
    """The sentence on top of a comparison; `headline` names the condition that matters most."""
    clean = conditions[0]
    chosen = next((one for one in conditions if one.name == headline), clean)
    where = "clean text" if chosen is clean else lower_first(chosen.title)
    first = f"{_verdict_sentence(chosen, variants, where)} ({_evidence(metric, chosen)})"
    if chosen is clean:
        return f"{first}."
    if clean.verdict != NO_DIFFERENCE:
        second = f"; on clean text it is {clean.verdict}"
    elif chosen.verdict == NO_DIFFERENCE:
        second = ", nor on clean text"
    else:
        second = "; on clean text no difference is shown"
    change = clean.change or clean.values[0]
    return (
        f"{first}{second} ({gain(metric, change.value, unit=False)}, {between(metric, change, signed=True)})."
    )


def _verdict_sentence(condition: Condition, variants: Sequence[str], where: str) -> str:
    if condition.verdict == NO_DIFFERENCE:
        return f"No difference is shown between the {variants[1]} and the {variants[0]} model on {where}"
    return f"The {variants[1]} model is {condition.verdict} than the {variants[0]} one on {where}"


def _evidence(metric: str, condition: Condition) -> str:
    """`+4.2 points of accuracy, interval +1.1 to +7.4`"""
    change = condition.change or condition.values[0]
    unit = f"{gain(metric, change.value)} {'of' if metric in SHARES else 'in'} {METRIC_TITLES[metric]}"
    return f"{unit}, interval {between(metric, change, signed=True)}"


def lower_first(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _unsigned_zero(text: str) -> str:
    return text.lstrip("+-") if not text.strip("+-0.") else text

"""Write docs/augmentation.md, every operator with what it makes of real sentences, from the operators and their cases.

python scripts/make_augmentation.py
"""

import json
from difflib import SequenceMatcher
from html import escape
from pathlib import Path

from pocketbert.augmentation import OPERATORS, SEVERITIES, Operator, presets
from pocketbert.augmentation.cases import Case, cases_of, planned_alone
from pocketbert.augmentation.guard import always_protected
from pocketbert.augmentation.operator import NOISE

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "augmentation.md"
QUALITY = ROOT / "benchmarks" / "augmentation" / "quality.json"
"""What readers judged wrong: `error_rates`, by operator, with `wrong` and `of`."""

INTRODUCTION = """# Augmentation

While a model trains, every epoch sees each text in new words. An *operator* finds the places in a text where it can
act, once; each epoch a *view* is drawn from them, the same one for the same seed, epoch and row, in any process. One
operator makes a view, sometimes two. A *guard* lies over all of them: what carries a label stays. This page is made
from the code by `scripts/make_augmentation.py`; every row below is tested.

    pocketbert augment --text "The cat sat on the mat." --n 5

or, in a training loop of your own, `pb.augment(texts, seed=0, epoch=3)`; a whole data set for another program is
[`pocketbert augment DATA --out FILE`](augmented-data.md).

Strength runs from 0 to 1: it scales how many places of a text an operator changes, at least one. Above 0.9 `stopword`
becomes noise. Robustness suites use an operator alone, at strengths {severities} (severities 1, 2 and 3); operators
that are *held out* make suites only, so that a suite shows what a model does with noise it never trained on. No policy
but `everything` trains on them.
"""
GUARD = """
## What stays

Always: numbers, addresses, markup and identifiers, names (capitals within a sentence, acronyms), and these words, with
every contraction of them. A contraction may be spelt out and the other way about: "don't" says what "do not" says. No
operator makes a negation or a number out of other words. `protected` and `protected_patterns` of a [recipe](recipe.md)
add words and regular expressions of your own. A view shorter than half of its text, or longer than twice, is dropped.

"""


def page() -> str:
    """The whole page."""
    severities = ", ".join(f"{strength:g}" for strength in SEVERITIES.values())
    parts = [INTRODUCTION.format(severities=severities), _overview(), _presets(), GUARD]
    parts += [f"- {category}: {', '.join(words)}\n" for category, words in always_protected().items()]
    parts += [_section(operator) for operator in OPERATORS.values()]
    return "".join(parts)


def _overview() -> str:
    rows = [_row("operator", "what it does", "preserves"), "|---|---|---|"]
    for operator in OPERATORS.values():
        name = f"[`{operator.name}`](#{operator.name})" + (", held out" if operator.held_out else "")
        rows.append(_row(name, operator.description, operator.preserves))
    return "\n" + "\n".join(rows) + "\n"


def _presets() -> str:
    title = (
        "\n## Presets\n\nWhat a task allows; a task of the catalogue names its own, a file takes `default` unless "
        "`augmentation.preset` says otherwise, in training and in its suites. Numbers are weights.\n\n"
    )
    rows = [_row("preset", "for", "operators", "also kept", "full strength"), "|---|---|---|---|---|"]
    for name, preset in presets().items():
        weights = ", ".join(f"{operator} {weight:g}" for operator, weight in preset.operators.items())
        side = " (one side of a pair)" if preset.sides == "one" else ""
        kept = ", ".join(preset.protect)
        rows.append(_row(f"`{name}`", preset.title + side, weights, kept, f"{preset.strength:g}"))
    return title + "\n".join(rows) + "\n"


def _section(operator: Operator) -> str:
    facts = [
        f"- Preserves: {operator.preserves}.",
        f"- At full strength: {_strength(operator)}.",
        f"- Needs: {operator.resources or 'nothing besides this package'}.",
        f"- Language: {'English; text in another is left alone' if operator.english else 'any'}.",
        f"- Source: {operator.source}.",
        f"- Wrong by a reader's judgement: {_error_rate(operator)}.",
    ]
    held_out = " Held out for suites." if operator.held_out else ""
    lines = [f"\n## {operator.name}\n", f"{operator.title}. {operator.description}{held_out}\n", *facts, ""]
    cases = cases_of(operator.name)
    if cases:
        lines += [_row("before", "after"), "|---|---|", *(_case(operator.name, case) for case in cases.cases)]
        untouched = "; ".join(f"“{_shown(text)}”" for text in cases.untouched if text)
        lines += ["", f"No place in: {untouched}."]
    return "\n".join(lines) + "\n"


def _strength(operator: Operator) -> str:
    every = round(1 / operator.rate)
    most = f", {operator.most} in a text at most" if operator.most < 1_000 else ""
    return f"one edit in {every} words, at least one{most}"


def _error_rate(operator: Operator) -> str:
    rates = json.loads(QUALITY.read_text("utf-8"))["error_rates"] if QUALITY.is_file() else {}
    if operator.held_out or not operator.english:
        return "does not apply, it is noise"  # letters and marks, in any language
    if operator.name not in rates:
        return "not measured yet"
    wrong, of = rates[operator.name]["wrong"], rates[operator.name]["of"]
    return f"{wrong} of {of} views"


def _case(operator: str, case: Case) -> str:
    grammatical = planned_alone(operator, case.before, NOISE).slots
    noise = planned_alone(operator, case.before, case.strength).slots != grammatical
    return _row(_shown(case.before), _changed(case.before, case.after) + (" (as noise)" if noise else ""))


def _changed(before: str, after: str) -> str:
    """The text after the change, its new words bold."""
    old, new = before.split(" "), after.split(" ")
    shown = []
    for kind, _, _, start, end in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if start == end:
            continue  # taken out
        words = _shown(" ".join(new[start:end])) or "&nbsp;"
        shown.append(words if kind == "equal" or words == "&nbsp;" else f"**{words}**")
    return " ".join(shown)


def _shown(text: str) -> str:
    """Text that Markdown leaves as it is."""
    text = escape(text, quote=False).replace("|", "\\|").replace("  ", " &nbsp;")
    return "".join(f"\\{sign}" if sign in "*_`[]" else sign for sign in text)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

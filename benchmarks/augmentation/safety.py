"""Do views keep negation, numbers, names, protected words and answers?  Counted without any code of the guard.

Views are drawn at full strength, two operators each where two fit, from every preset.  What must stay is found by this
script's own word lists and regular expressions.

python benchmarks/augmentation/safety.py [--quick] [--data FOLDER] [--views N]
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import cycle, islice, product
from pathlib import Path

from record import record
from training_texts import TASK_FILES, training_texts

from pocketbert.augmentation import Engine, Policy, presets
from pocketbert.text.edits import Span

VIEWS, QUICK_VIEWS = 100_000, 4_000
ANSWERS, QUICK_ANSWERS = 20_000, 1_000
EPOCHS = 4  # views drawn of a text before the next one
SHOWN = 10  # failures of a kind that are printed
OWN_WORDS = ("film", "the patients", "movie", "blood pressure")
OWN_PATTERNS = (r"\b[A-Z]{2,}[-\d]*\b", r"\bp (?:less|greater) than [\d.]+")

_APOSTROPHE = r"['’]"
_BARE = "do|does|did|is|was|are|were|has|have|had|would|could|should"
_SPELT = [
    (re.compile(rf"\b(ca|can) ?n?{_APOSTROPHE}t\b|\bcannot\b|\bcant\b"), "can not"),
    (re.compile(rf"\b(wo) ?n{_APOSTROPHE}t\b|\bwont\b"), "will not"),
    (re.compile(rf" ?n{_APOSTROPHE}t\b"), " not"),
    (re.compile(rf"\b({_BARE})nt\b"), r"\1 not"),
]
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|nowhere|neither|nor|without|hardly|barely|scarcely|seldom|rarely)\b"
)
_DIGITS = re.compile(
    r"(?<![^\W\d_])\d+(?:[.,:/]\d+)*%?(?![^\W\d_])"
)  # not in a word: a scanner's "5he" is no number
_NUMBER_WORDS = re.compile(
    r"\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    r"seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|"
    r"billion|dozen|half|twice|first|second|third|fourth|fifth|percent)\b"
)
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+)+")
_CODE = re.compile(r"https?://[^\s<>\"),;]+[^\s<>\"),;.]|[\w.]+@[\w.]+\w|\w+_\w+|`[^`]+`")


def negations(text: str) -> Counter[str]:
    """The words that negate; "don't" counts as "do not"."""
    lower = text.lower()
    for contracted, full in _SPELT:
        lower = contracted.sub(full, lower)
    return Counter(_NEGATION.findall(lower))


def numbers(text: str) -> Counter[str]:
    return Counter(_NUMBER_WORDS.findall(text.lower())) + Counter(_DIGITS.findall(text))


def own(text: str) -> Counter[str]:
    """What the policy's user protects."""
    words = (re.findall(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) for word in OWN_WORDS)
    patterns = (re.findall(pattern, text) for pattern in OWN_PATTERNS)
    return Counter(found for kind in (*words, *patterns) for found in kind)


def names_and_code(text: str) -> Counter[str]:
    return Counter(_NAME.findall(text)) + Counter(_CODE.findall(text))


EXACT: dict[str, Callable[[str], Counter[str]]] = {"negation": negations, "numbers": numbers}
"""What a view has as often as its text."""

KEPT: dict[str, Callable[[str], Counter[str]]] = {
    "protected by the user": own,
    "names and code": names_and_code,
}
"""What a view has at least as often."""


def main() -> None:
    options = parse_options()
    texts = training_texts(options.data)
    failures: dict[str, list[str]] = {kind: [] for kind in (*EXACT, *KEPT, "answers")}
    start = time.perf_counter()
    drawn, operators = check_views(texts, options.views, failures)
    answers, kept = check_answers(texts, options.answers, failures)
    for kind, found in failures.items():
        print(f"{kind}: {len(found)} changed")
        print("".join(f"  {failure}\n" for failure in found[:SHOWN]), end="")
    print(
        f"{drawn} views, {answers} answers of which {kept} stand in a view, {time.perf_counter() - start:.0f} s"
    )
    answer = {
        "texts": {name: len(rows) for name, rows in texts.items()},
        "views": drawn,
        "operators": dict(sorted(operators.items())),
        "answers": answers,
        "answers_in_changed_views": kept,
        "changed": {kind: len(found) for kind, found in failures.items()},
    }
    if not options.quick:
        record("safety", answer)
    sys.exit(any(failures.values()))


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="few views: seconds, and the published answer stays"
    )
    parser.add_argument("--data", type=Path, default=TASK_FILES, help="folder of the tasks' files")
    parser.add_argument("--views", type=int, help=f"changed views to check ({VIEWS:,})")
    options = parser.parse_args()
    options.views = options.views or (QUICK_VIEWS if options.quick else VIEWS)
    options.answers = QUICK_ANSWERS if options.quick else ANSWERS
    return options


def check_views(
    texts: dict[str, list[str]], views: int, failures: dict[str, list[str]]
) -> tuple[int, Counter[str]]:
    """Draw changed views until there are so many; how many, and how often each operator made one."""
    protected = {"protected": OWN_WORDS, "protected_patterns": OWN_PATTERNS}
    policies = [Policy(preset=name, clean_share=0, magnitude=1, second=1, **protected) for name in presets()]
    engines = [Engine(policy) for policy in policies]
    operators: Counter[str] = Counter()
    drawn = 0
    for turn, (text, epoch) in enumerate(product(_mixed(texts, views), range(EPOCHS))):
        engine = engines[turn // EPOCHS % len(engines)]
        view = engine.view((text,), epoch=epoch, row=turn)
        if view.clean:
            continue
        drawn += 1
        operators.update(view.operators)
        new = view.texts[0]
        for kind, count in EXACT.items():
            if count(text) != count(new):
                failures[kind].append(_told(view.operators, text, new, count))
        for kind, count in KEPT.items():
            if any(new.count(kept) < times for kept, times in count(text).items()):
                failures[kind].append(_told(view.operators, text, new, count))
        if drawn == views:
            break
    return drawn, operators


def _told(operators: tuple[str, ...], text: str, new: str, count: Callable[[str], Counter[str]]) -> str:
    before, after = count(text), count(new)
    return (
        f"{operators} {dict(before - after)} -> {dict(after - before)}\n    {text[:300]!r}\n    {new[:300]!r}"
    )


def _mixed(texts: dict[str, list[str]], views: int) -> Iterator[str]:
    """As many rows, of every source in turns and in any order."""
    generator = random.Random(0)
    sources = cycle([cycle(generator.sample(rows, len(rows))) for rows in texts.values()])
    return (next(source) for source in islice(sources, views))


def check_answers(
    texts: dict[str, list[str]], answers: int, failures: dict[str, list[str]]
) -> tuple[int, int]:
    """Draw views that must keep a span drawn at random; how many, and how many of them were changed."""
    generator = random.Random(1)
    engine = Engine(Policy(preset="everything", clean_share=0, magnitude=1, second=1))
    changed = 0
    for turn, text in enumerate(islice(_mixed(texts, answers), answers)):
        first = generator.randrange(len(text))
        answer = Span(first, min(len(text), first + generator.randint(1, 60)))
        view = engine.view((text,), epoch=turn, row=turn, kept=[(0, answer)])
        changed += not view.clean
        place = view.offsets[0].span(answer)
        if place is None or view.texts[0][place.start : place.end] != text[answer.start : answer.end]:
            failures["answers"].append(f"{text[answer.start : answer.end]!r} in {view.texts[0][:300]!r}")
    return answers, changed


if __name__ == "__main__":
    main()

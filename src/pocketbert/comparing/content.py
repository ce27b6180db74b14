"""What a comparison found, as plain data: `compare.json`, which the page, the terminal and the paper's tables show.

Metrics are shares between 0 and 1, correlations between -1 and 1.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from pocketbert.evaluation.report.content import Interval

SCHEMA = 1
CLEAN, UNSEEN = "clean", "unseen"
"""Names of two inputs: the text as it is, and the average over suites that no training may draw from."""

InputKind = Literal["clean", "average", "unseen", "seen", "file"]
Question = Literal["generalisation", "robustness", "cost", "phone", "simpler"]


@dataclass(frozen=True)
class Input:
    """One kind of text that every variant was scored on: clean, perturbed, an average of suites, or rows of a file."""

    name: str
    title: str
    kind: InputKind
    rows: int
    suites: tuple[str, ...] = ()
    operator: str = ""
    severity: int | None = None
    sha256: str = ""


@dataclass(frozen=True)
class Cost:
    """What one run of a variant takes, meaned over seeds; of each figure its value at every seed.

    `shipped_bytes` are what a task adds on disk: the adapter where one was trained, else the whole model.
    """

    seconds: tuple[float, ...]
    examples_per_second: tuple[float, ...]
    peak_memory_bytes: tuple[float, ...]
    trainable: int
    parameters: int
    shipped_bytes: int
    model_bytes: int


@dataclass(frozen=True)
class Row:
    """A variant: its figures of the main metric by input, and all metrics on clean text."""

    name: str
    title: str
    backbone: str
    method: str
    augmented: bool
    role: str
    seeds: tuple[int, ...]
    runs: tuple[str, ...]
    figures: dict[str, Interval]
    per_seed: dict[str, tuple[float, ...]]
    metrics: dict[str, Interval]
    cost: Cost | None = None


@dataclass(frozen=True)
class McNemar:
    """McNemar's exact test seed by seed, of the rows with all seeds, and that corrected over its family."""

    only_baseline: tuple[int, ...]
    only_variant: tuple[int, ...]
    per_seed: tuple[float, ...]
    p: float
    p_holm: float


@dataclass(frozen=True)
class Gain:
    """The main metric of a variant less that of a baseline on one input, paired by row and seed.

    `p` is the bootstrap's; `p_holm` is corrected over `family`, and alone decides `verdict`.
    """

    question: Question
    family: str
    baseline: str
    variant: str
    input: str
    value: float
    low: float
    high: float
    per_seed: tuple[float, ...]
    p: float
    p_holm: float
    verdict: str
    mcnemar: McNemar | None = None


@dataclass(frozen=True)
class Saving:
    """How a figure of cost changes, as a share of the baseline's; ends are None where one seed leaves them open."""

    baseline: str
    variant: str
    figure: str
    value: float
    low: float | None
    high: float | None
    verdict: str


@dataclass(frozen=True)
class Export:
    """A variant's first run as a file for phones, and what the gate said; a refusal says why."""

    variant: str
    made: str
    passed: bool
    bytes: int | None
    agreement: float | None
    milliseconds: dict[str, float]
    refused: str = ""


@dataclass(frozen=True)
class Answer:
    """A question, its answer in words, and what stands behind it, a line for each."""

    question: Question
    asked: str
    verdict: str
    sentence: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChangedRow:
    """A row that two variants answer differently: on `input` it reads `text`, and `clean` before it was perturbed.

    `before` and `after` are the most frequent answers of the seeds that are right where most are, else of the others;
    of a regression their means.  `right_before` and `right_after` count the seeds that are right, None of a regression.
    """

    input: str
    clean: tuple[str, ...]
    text: tuple[str, ...]
    label: str
    before: str
    after: str
    right_before: int | None
    right_after: int | None


@dataclass(frozen=True)
class ChangedRows:
    """What the featured variant answers otherwise than its baseline: how often over all inputs, and some rows of it.

    Won is what most seeds of the variant answer right and most of the baseline do not, lost the reverse; of a
    regression, what comes nearer to its label by more than a tenth of the range of labels.
    """

    baseline: str
    variant: str
    answers: int
    won: int
    lost: int
    shown_won: tuple[ChangedRow, ...] = ()
    shown_lost: tuple[ChangedRow, ...] = ()


@dataclass(frozen=True)
class ComparisonContent:
    """Everything that a comparison found; `answer` is the one sentence on top, `besides` what goes with it."""

    title: str
    task: str
    answer: str
    answers: tuple[Answer, ...]
    featured: str
    metric: str
    split: Literal["test", "validation"]
    rows: int
    seeds: tuple[int, ...]
    confidence: float
    bootstrap_samples: int
    inputs: tuple[Input, ...]
    variants: tuple[Row, ...]
    gains: tuple[Gain, ...]
    savings: tuple[Saving, ...]
    exports: tuple[Export, ...]
    environment: dict[str, Any]
    notes: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()
    changed: ChangedRows | None = None
    schema: int = SCHEMA

    def as_dict(self) -> dict[str, Any]:
        """What `compare.json` holds."""
        return {"schema": self.schema, **asdict(self)}

    def row(self, name: str) -> Row:
        """A variant by name."""
        return next(row for row in self.variants if row.name == name)

    @property
    def first_listed(self) -> Row | None:
        """Where several recipes are compared as they stand, the one that the others are compared with."""
        return next((row for row in self.variants if row.role == "listed"), None)

    def input(self, name: str) -> Input:
        """An input by name."""
        return next(one for one in self.inputs if one.name == name)

    def gain(self, question: Question, baseline: str, variant: str, on: str) -> Gain | None:
        """A paired difference, if it was asked for."""
        return next(
            (
                gain
                for gain in self.gains
                if (gain.question, gain.baseline, gain.variant, gain.input)
                == (question, baseline, variant, on)
            ),
            None,
        )

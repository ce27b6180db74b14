"""What a report says: plain data, every part but the headline optional."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pocketbert.evaluation.report.operators import OperatorRow
from pocketbert.evaluation.schema import FileSuiteMetrics, Measured, PromiseMetrics

Kind = Literal["clean", "seen", "unseen", "average", "average of seen"]
"""`average` is over unseen suites."""


@dataclass(frozen=True)
class Interval:
    """A figure with the ends of its interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, measured: Measured) -> Interval:
        return cls(measured["value"], measured["low"], measured["high"])


@dataclass(frozen=True)
class Condition:
    """The main metric on one kind of input, for each variant.

    `change` is the gain of the second variant over the first; in a report on a single model it is that of the
    perturbed over the clean text.  `verdict` goes with it.
    """

    name: str
    title: str
    kind: Kind
    values: tuple[Interval, ...]
    change: Interval | None = None
    verdict: str = ""
    flip_rates: tuple[float, ...] = ()
    changed: float | None = None
    sha256: str = ""


@dataclass(frozen=True)
class Line:
    """One curve: points (x, y) of one run of one variant."""

    variant: str
    seed: int | None
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Curves:
    """Curves over the epochs that share a vertical axis."""

    title: str
    lines: tuple[Line, ...]
    metric: str = ""


@dataclass(frozen=True)
class ConfusionMatrix:
    """Rows of the test split by label (down) and answer (across)."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class ClassRow:
    """How well one label is found; `trained`: its training rows."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    trained: int | None = None


@dataclass(frozen=True)
class DoubtedLabel:
    """A row whose label the model doubts, with the probabilities of that label and of the one it would give."""

    text: tuple[str, ...]
    label: str
    likely: str
    share_of_label: float
    share_of_likely: float


@dataclass(frozen=True)
class DoubtedLabels:
    """The rows to look at again; `found` of `rows` validation rows, of which `shown` are the first."""

    rows: int
    found: int
    shown: tuple[DoubtedLabel, ...]


@dataclass(frozen=True)
class CalibrationRow:
    """How far probabilities lie from the truth on one kind of input, before and after scaling."""

    title: str
    unscaled_ece: float
    ece: float
    unscaled_brier: float
    brier: float
    surest_half: float | None
    """Accuracy of the half of the rows that the model is surest of; None where rows may have several labels."""


@dataclass(frozen=True)
class Certainty:
    """How much the probabilities are worth.  `curves`: accuracy by share of rows answered, none where rows may have
    several labels; `promises` as in metrics.
    """

    temperature: float
    rows: tuple[CalibrationRow, ...]
    curves: tuple[Line, ...]
    promises: tuple[PromiseMetrics, ...] = ()


@dataclass(frozen=True)
class Flip:
    """A row whose answer a perturbation changed.  Probabilities are None for a regression."""

    suite: str
    label: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    answer_before: str
    answer_after: str
    probability_before: float | None
    probability_after: float | None


@dataclass(frozen=True)
class Sample:
    """A training text and one augmented view of it."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True)
class AnsweredQuestion:
    """A question with the part of its context around the answer: stretches of text, and what each of them is.

    A stretch is "" for text, "right" for a right answer, "wrong" for another that was given.
    """

    question: str
    context: tuple[tuple[str, str], ...]
    given: str
    score: float
    right: tuple[str, ...]
    is_right: bool


@dataclass(frozen=True)
class Cost:
    """What one stage of one variant cost, averaged over its seeds."""

    variant: str
    stage: str
    method: str
    seconds: float
    examples_per_second: float
    tokens_per_second: float
    peak_memory_bytes: float
    parameters: int
    trainable: int


@dataclass(frozen=True)
class ReportContent:
    """A report on one model, or on two variants of it.

    `answer` is the one sentence on top.  `variants` names the models, the baseline first.  `seeds` are those
    trained; `confidence` is of every interval.  `conditions` starts with the
    clean text; `headline` names the one that `answer` is about.
    """

    title: str
    answer: str
    metric: str
    variants: tuple[str, ...]
    rows: int
    conditions: tuple[Condition, ...]
    headline: str = ""
    split: Literal["test", "validation"] = "test"
    seeds: tuple[int, ...] = ()
    confidence: float = 0.95
    bootstrap_samples: int = 0
    metrics: tuple[tuple[str, tuple[Interval, ...]], ...] = ()
    curves: tuple[Curves, ...] = ()
    confusion: ConfusionMatrix | None = None
    classes: tuple[ClassRow, ...] = ()
    certainty: Certainty | None = None
    doubted: DoubtedLabels | None = None
    file_suites: Mapping[str, FileSuiteMetrics] = field(default_factory=dict)
    flips: tuple[Flip, ...] = ()
    samples: tuple[Sample, ...] = ()
    operators: tuple[OperatorRow, ...] = ()
    costs: tuple[Cost, ...] = ()
    questions: tuple[AnsweredQuestion, ...] = ()
    predictions: tuple[tuple[str, str, float | None], ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    recipe: str = ""
    facts: tuple[tuple[str, str], ...] = field(default=())

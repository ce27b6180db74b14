"""The shape of `metrics.json`, which is also what `evaluate --json` prints.

Other programs read it: keys are added, never changed; a change of meaning raises SCHEMA.
All metrics are shares between 0 and 1, correlations between -1 and 1; higher is better.
"""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

SCHEMA = 1


class Bounds(TypedDict):
    """Ends of a bootstrap interval."""

    low: float
    high: float


class Measured(Bounds):
    """A figure with its bootstrap interval over rows."""

    value: float


class ClassMetrics(TypedDict):
    """How well one label is found; support is its number of rows."""

    precision: float
    recall: float
    f1: float
    support: int


class Confusion(TypedDict):
    """Rows of one label that got another."""

    label: str
    predicted: str
    count: int


class CalibrationMetrics(TypedDict):
    """How far probabilities lie from the truth; lower is better."""

    temperature: float
    """By which logits are divided, fitted on validation rows; 1 for a run that has none."""
    ece: float
    """Expected calibration error, over 15 equal bins of the answers' probability; where rows may have several labels
    of that of every label."""
    brier: float
    """Squared distance from the truth added up over labels, the mean over rows: 0 to 2, of several labels a row to
    their number."""
    unscaled_ece: float
    """The same of the probabilities as the model gives them."""
    unscaled_brier: float


class CoveragePoint(TypedDict):
    """The surest rows: their share of all, and the share of them that is answered right."""

    coverage: float
    accuracy: float


class PromiseMetrics(TypedDict):
    """A threshold that validation rows choose for an accuracy, tried on these rows."""

    wanted: float
    threshold: float
    coverage: float
    """Share of rows whose probability reaches the threshold."""
    accuracy: Measured
    """Of those rows, with Wilson's interval."""


class Drop(TypedDict):
    """What perturbed text costs against clean text, on the same rows."""

    drop: float
    """Clean minus perturbed value of the main metric; above 0 the perturbation hurts."""
    drop_interval: Bounds
    verdict: str
    """`better`, `worse` or `no difference shown`: perturbed against clean."""


class SuiteMetrics(Drop):
    """A perturbed copy of the split against the clean one, on the same rows."""

    metrics: dict[str, Measured]
    flip_rate: float
    """Share of rows whose answer is another than on the clean text."""
    flip_rate_interval: Bounds
    seen: bool
    """Whether training may have used the operator that made it."""
    sha256: str
    """Of the frozen file under `suites/`."""
    changed: float
    """Share of rows that the operator could change; the others stand in the suite as they are."""
    calibration: NotRequired[CalibrationMetrics]
    """Of labels: at the temperature of the clean validation rows."""
    coverage: NotRequired[list[CoveragePoint]]


class AverageMetrics(Drop):
    """The main metric averaged over suites, against clean on the same rows."""

    suites: int
    value: float
    low: float
    high: float


class CategoryMetrics(TypedDict):
    """The rows of a category: the task's metrics, and Matthews correlation, by which GLUE scores its diagnostic set."""

    n: int
    metrics: dict[str, float]


class TestMetrics(TypedDict):
    """One test of a CheckList suite."""

    name: str
    capability: str
    type: str
    """`MFT`, `INV` or `DIR`."""
    cases: int
    """Cases that could fail."""
    filtered: int
    """Cases that could not, because the probability watched was at its end already."""
    failures: int
    failure_rate: Measured
    """Share of the cases that fail, with Wilson's interval."""


class FileSuiteMetrics(TypedDict):
    """A suite that somebody wrote: rows of its own, so nothing is paired with the split's."""

    kind: str
    """`rows`, `groups` or `checklist`."""
    file: str
    sha256: str
    """Of the file."""
    n: int
    """Rows; of a checklist, cases."""
    notes: list[str]
    metrics: NotRequired[dict[str, Measured]]
    """Of rows and groups."""
    drop: NotRequired[float]
    """Clean value of the main metric on the split minus its value here; the interval is that of two samples."""
    drop_interval: NotRequired[Bounds]
    verdict: NotRequired[str]
    """`better`, `worse` or `no difference shown`: here against the split."""
    calibration: NotRequired[CalibrationMetrics]
    """Of labels."""
    flip_rate: NotRequired[Measured]
    """Where the file has the texts before they were changed: share of rows with another answer, Wilson's interval."""
    groups: NotRequired[int]
    consistency: NotRequired[Measured]
    """Share of groups of which every row is right, Wilson's interval."""
    categories: NotRequired[dict[str, dict[str, CategoryMetrics]]]
    """By column and value."""
    failure_rates: NotRequired[dict[str, Measured]]
    """Of a checklist, by type of test."""
    tests: NotRequired[list[TestMetrics]]


class SplitMetrics(TypedDict):
    """Everything measured on one split."""

    n: int
    main_metric: str
    confidence: float
    bootstrap_samples: int
    seed: int
    clean: dict[str, Measured]
    per_class: dict[str, ClassMetrics]
    """By label; empty for a regression."""
    confused: list[Confusion]
    """Labels taken for another, most frequent first; with per_class this is the confusion matrix."""
    suites: dict[str, SuiteMetrics]
    file_suites: NotRequired[dict[str, FileSuiteMetrics]]
    """Suites from files, by name; absent where there are none."""
    worst_suite: NotRequired[str]
    """The suite of `suites` with the largest drop, where any lowers the main metric."""
    worst_operator: NotRequired[str]
    """The operator whose suites drop most on average over their severities, where any does."""
    averages: NotRequired[dict[str, AverageMetrics]]
    """Over the suites that training may have `seen` and the `unseen` ones; absent where there are none."""
    calibration: NotRequired[CalibrationMetrics]
    """Of labels."""
    coverage: NotRequired[list[CoveragePoint]]
    promises: NotRequired[list[PromiseMetrics]]
    """Of labels, in a run that keeps what its validation rows say."""
    notes: list[str]
    """One line each: metrics that are undefined on these rows, suites that do not keep this task's labels."""


class Parameters(TypedDict):
    """Parameter counts of a stage."""

    total: int
    trainable: int


class StageMetrics(TypedDict):
    """What one stage of training cost; peak memory is above what importing the libraries takes."""

    name: str
    method: str
    seconds: float
    examples_per_second: float
    tokens_per_second: float
    peak_memory_bytes: int
    parameters: Parameters


class OperatorMetrics(TypedDict):
    """What guards said of an operator, on a sample of the training texts, and what it was drawn by."""

    made: int
    """Proposals that came before the hard rules and, where a policy names one, the context guard."""
    passed: int
    views: NotRequired[int]
    """Views it has a part in that the agreement guard saw."""
    agreed: NotRequired[int]
    weight: NotRequired[float]
    """Of an adaptive policy: what the last epoch drew it by."""


class Metrics(TypedDict):
    """`metrics.json`."""

    schema: int
    task: str
    splits: dict[str, SplitMetrics]
    stages: NotRequired[list[StageMetrics]]
    operators: NotRequired[dict[str, OperatorMetrics]]
    """Of augmented training, by operator."""

"""Metrics, robustness suites, comparison of variants, and the report."""

from pocketbert.evaluation.metrics import compute_metrics, confusion_matrix, metric_notes
from pocketbert.evaluation.predictor import Predictor
from pocketbert.evaluation.scoring import Scored, score
from pocketbert.evaluation.settings import EvaluationSettings
from pocketbert.evaluation.suites import Suite, build_suites, freeze_given
from pocketbert.evaluation.summary import evaluate, summarise

__all__ = [
    "EvaluationSettings",
    "Predictor",
    "Scored",
    "Suite",
    "build_suites",
    "compute_metrics",
    "confusion_matrix",
    "evaluate",
    "freeze_given",
    "metric_notes",
    "score",
    "summarise",
]

"""The report: one self-contained page for a product manager and a reviewer."""

from pocketbert.evaluation.report.assemble import (
    comparison_conditions,
    comparison_content,
    doubted_of,
    run_content,
)
from pocketbert.evaluation.report.content import Condition, DoubtedLabels, ReportContent, Sample
from pocketbert.evaluation.report.operators import operator_rows
from pocketbert.evaluation.report.page import write_report
from pocketbert.evaluation.report.questions import answered_questions
from pocketbert.evaluation.report.trained import costs_of, curves_of

__all__ = [
    "Condition",
    "DoubtedLabels",
    "ReportContent",
    "Sample",
    "answered_questions",
    "comparison_conditions",
    "comparison_content",
    "costs_of",
    "curves_of",
    "doubted_of",
    "operator_rows",
    "run_content",
    "write_report",
]

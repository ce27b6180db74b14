"""Suites from files that people have: AdvGLUE, CheckList, contrast sets, rows of another domain."""

from pocketbert.evaluation.suite_files.given import Checklist, GivenSuite, LabelledSuite
from pocketbert.evaluation.suite_files.reading import read_suite_files
from pocketbert.evaluation.suite_files.scoring import GivenAnswers, score_given, summarise_given

__all__ = [
    "Checklist",
    "GivenAnswers",
    "GivenSuite",
    "LabelledSuite",
    "read_suite_files",
    "score_given",
    "summarise_given",
]

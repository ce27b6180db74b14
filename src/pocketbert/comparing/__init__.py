"""Comparing variants of training: a grid of runs, paired statistics, and answers in words."""

from pocketbert.comparing.comparison import Comparison, compare
from pocketbert.comparing.content import ComparisonContent
from pocketbert.comparing.grid import Grid, plan

__all__ = ["Comparison", "ComparisonContent", "Grid", "compare", "plan"]

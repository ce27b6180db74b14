"""What is asked of an export, and whether a run can give it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from pocketbert.deployment.formats import Quantisation, check_format
from pocketbert.deployment.gate import Precision
from pocketbert.errors import ArgumentError, PocketBertError

if TYPE_CHECKING:
    from pocketbert.data import Encoder
    from pocketbert.tasks import Task

SHORTEST = 4
"""Tokens that a signature has at least."""


@dataclass(frozen=True)
class Request:
    """What is asked for."""

    to: str
    precision: Precision
    quantisation: Quantisation
    reads_text: bool
    """Whether the tokenizer goes into the file."""
    lengths: tuple[int, ...]

    @classmethod
    def of(
        cls, to: str, precision: str, quantisation: str, lengths: Sequence[int], *, reads_text: bool
    ) -> Request:
        """Raises ArgumentError for a format that cannot do it, or whose libraries are not installed."""
        check_format(to, precision, quantisation, lengths, reads_text=reads_text)
        known = cast("Precision", precision), cast("Quantisation", quantisation)
        return cls(to, *known, reads_text, tuple(sorted(set(lengths))))

    @property
    def folder_name(self) -> str:
        static = "-static" if self.precision == "int8" and self.quantisation == "static" else ""
        return f"{self.to}-{self.precision}{static}{'-text' if self.reads_text else ''}"

    def longest(self, encoder: Encoder) -> int:
        """Tokens of the longest text that the file reads."""
        return max(self.lengths, default=encoder.max_length)

    def check(self, task: Task, encoder: Encoder, positions: int) -> None:
        """Whether a run can give it whose model has so many positions.

        Raises ArgumentError where something else must be asked for, PocketBertError where the run must be another.
        """
        if self.reads_text:
            _check_tokenizer(task)
        for label in task.labels:
            if len(label.splitlines()) != 1 or label.strip() != label:
                raise PocketBertError(
                    f"the label {label!r} does not fit a line of labels.txt; rename it in the data and train again"
                )
        if encoder.max_length > positions:
            raise PocketBertError(
                f"the run cuts texts at {encoder.max_length} tokens but its model has {positions} positions; "
                f"set max_length = {positions} or less in its recipe.toml"
            )
        for length in self.lengths:
            if not SHORTEST <= length <= positions:
                raise ArgumentError(
                    f"--length {length}: the model reads from {SHORTEST} to {positions} tokens"
                )


def _check_tokenizer(task: Task) -> None:
    from pocketbert.deployment.text_input import require_extensions

    require_extensions()
    if task.kind == "spans":
        raise ArgumentError(
            "a tokenizer inside the graph does not tell where in a context its tokens stand, which an answer needs; "
            "leave out --tokenizer"
        )

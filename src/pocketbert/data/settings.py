"""Settings of the data: which file or task, which columns, which splits."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class DataSettings(BaseModel):
    """What to learn from.  Splits depend on the texts alone, so there is no seed here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(description="A data file (CSV, TSV, JSONL, JSON, Parquet) or the name of a task.")
    data_dir: Path | None = Field(
        default=None, description="Folder with the published files of a task; without it the hub is asked."
    )
    text: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = Field(
        default=(),
        description="Text column of a data file, two for a pair; guessed when not named.",
        max_length=2,
    )
    label: str | None = Field(
        default=None, description="Label column of a data file; guessed when not named."
    )
    label_separator: str | None = Field(
        default=None,
        min_length=1,
        description="What stands between the labels of a row in the label column, where rows have several or none.",
    )
    label_columns: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = Field(
        default=(), description="Columns of 0 and 1, one a label, where rows have several labels or none."
    )
    kind: Literal["classification", "multilabel", "regression", "spans"] | None = Field(
        default=None,
        description="What the labels are: names (classification), several names a row or none (multilabel), numbers "
        "(regression) or answers that stand in the second text (spans).",
    )
    validation: Path | None = Field(
        default=None, description="File for choosing the checkpoint; without it a share of the training rows."
    )
    test: Path | None = Field(default=None, description="File for the final measurement.")
    validation_share: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="Share of the training rows held back where no validation file is.",
    )
    limit: int | None = Field(
        default=None, ge=1, description="Train on a fixed sample of this many rows, spread over the labels."
    )
    max_length: int = Field(
        default=128,
        ge=8,
        le=512,
        description="Longest input in tokens; the rest is cut off.  Of answer spans (where it is 384): of a question "
        "with a window of its context.",
    )
    stride: int = Field(
        default=128,
        ge=0,
        le=511,
        description="Tokens that two windows of a long context share, at most half a window.",
    )
    cache_dir: Path | None = Field(
        default=None, description="Folder for the prepared rows; without it the `datasets` library's own."
    )


class CorpusSettings(BaseModel):
    """Plain text to pre-train on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sources: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = Field(
        min_length=1,
        description="Text files (plain, JSONL; also .gz, .xz, .zst), folders of them, or hub sets as "
        "`hub:NAME` or `hub:NAME:CONFIG`.  A line is a passage, a blank line ends a document.",
    )
    field: str = Field(
        default="text", min_length=1, description="Field of the text in JSONL and in sets of the hub."
    )
    split: str = Field(default="train", min_length=1, description="Split of sets of the hub.")
    revision: str | None = Field(
        default=None, description="Branch, tag or commit of sets of the hub; left out, their main branch."
    )

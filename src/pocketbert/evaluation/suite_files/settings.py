"""What a suite's file is called and what its columns mean: an entry of the recipe's `[evaluation] suites`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pocketbert.data.files import SUFFIXES
from pocketbert.errors import unknown_name

DESCRIPTION = ".toml"
PICKLES = (".pkl", ".pickle")


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Columns = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


class SuiteFile(BaseModel):
    """A suite that somebody wrote: its file, and its columns where they are not called as the run's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Path = Field(description="The rows: AdvGLUE's JSON, a CheckList export (JSONL), or any data file.")
    name: str | None = Field(
        None, min_length=1, description="What the report calls it; else the file's name."
    )
    text: Columns = Field((), max_length=2, description="Its text columns; else as in the run's own data.")
    label: str | None = Field(None, description="Its label column; else as in the run's own data.")
    labels: dict[str, str] = Field(
        {}, description="The run's label for each of the file's; \"\" leaves the rows of a label out."
    )
    group: str | None = Field(
        None,
        description="Column that tells which rows belong together, as in a contrast set; else `group` or `batch_id`.",
    )
    original: Columns = Field(
        (), max_length=2, description="Columns of the texts before they were changed; they give a flip rate."
    )
    categories: Columns = Field(
        (), description="Columns by whose values rows are scored; `;` separates several values of a row."
    )
    part: str | None = Field(
        None, description="Part of a file that holds several tasks; else the run's task, as AdvGLUE calls it."
    )

    @property
    def title(self) -> str:
        """What the report calls it."""
        return self.name or self.file.stem

    @classmethod
    def of(cls, value: object) -> SuiteFile | str:
        """A suite's entry: a name stays a name; a file, its description in a `.toml`, or a table becomes a suite file.

        Raises ValueError, in one line, for a description that does not fit.
        """
        if isinstance(value, Path):
            value = str(value)
        if isinstance(value, str):
            suffix = Path(value).suffix.lower()
            if suffix == DESCRIPTION:
                return cls._described(Path(value))
            if suffix in PICKLES:
                raise ValueError(
                    f"{value} is a pickle, which runs code when it is opened, and is not read; docs/suites.md shows "
                    "how CheckList writes its suites as JSON lines"
                )
            return cls(file=Path(value)) if suffix in SUFFIXES else value
        if isinstance(value, dict):
            return cls._of_table(value, f"suite {value.get('file', '')}".strip())
        if isinstance(value, cls):
            return value
        raise ValueError(f"a suite is a name, a file or a table, not {value!r:.60}")

    @classmethod
    def _described(cls, path: Path) -> SuiteFile:
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise ValueError(f"cannot read the suite {path}: {error.strerror or error}") from None
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ValueError(f"{path} is not TOML: {error}") from None
        suite = cls._of_table(table, str(path))
        return suite.model_copy(update={"file": path.parent / suite.file, "name": suite.name or path.stem})

    @classmethod
    def _of_table(cls, table: dict[str, Any], where: str) -> SuiteFile:
        try:
            return cls.model_validate(table)
        except ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(str(part) for part in problem["loc"])
            if problem["type"] == "extra_forbidden":
                raise ValueError(f"{where}: {unknown_name('key', place, cls.model_fields)}") from None
            if problem["type"] == "missing":
                raise ValueError(f"{where}: '{place}' is missing") from None
            raise ValueError(f"{where}: {place}: {problem['msg'].replace('Input should', 'must')}") from None

    def placed(self) -> SuiteFile:
        """The same file from any working directory."""
        return self.model_copy(update={"file": self.file.absolute()})

"""What lies in a folder of shards: of which text, by which tokenizer, and how far it got."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.writing import whole

SCHEMA = 1
FILE = "manifest.json"
ANEW = "delete its folder, and the shards are made anew"


class Shard(BaseModel):
    """One file of tokens, and one beside it of the places where passages begin."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str = Field(pattern=r"^\d+\.tokens$", description="Name of the file of tokens.")
    tokens: int = Field(gt=0, description="Tokens in it.")
    passages: int = Field(ge=0, description="Passages that begin in it.")
    read: int = Field(gt=0, description="Passages of the corpus that it was made from, empty ones too.")


class Manifest(BaseModel):
    """The file `manifest.json` of a folder of shards."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokenizer: str = Field(description="Fingerprint of the tokenizer.")
    sources: list[dict[str, Any]] = Field(description="State of each source of the corpus.")
    dtype: str = Field(pattern="^<u[24]$", description="How a token is stored, in numpy's words.")
    finished: bool = Field(default=False, description="Whether the whole corpus is there.")
    shards: tuple[Shard, ...] = Field(default=(), description="The finished shards, in their order.")

    @property
    def tokens(self) -> int:
        return sum(shard.tokens for shard in self.shards)

    @classmethod
    def read(cls, folder: Path) -> Manifest | None:
        """The manifest of a folder, or None where the folder is empty or does not exist.

        Raises:
            ArgumentError: it holds something else.
            PocketBertError: the manifest is damaged, or another version's.
        """
        path = folder / FILE
        if not path.is_file():
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                raise ArgumentError(f"{folder} holds other files; name a new or empty folder for the shards")
            return None
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            schema = content.pop("schema")
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            raise PocketBertError(f"{path} is damaged; {ANEW}") from None
        if schema != SCHEMA:
            raise PocketBertError(f"{path} is of schema {schema}, this version writes {SCHEMA}; {ANEW}")
        try:
            return cls.model_validate(content)
        except ValidationError:
            raise PocketBertError(f"{path} is damaged; {ANEW}") from None

    def write(self, folder: Path) -> None:
        """Write the manifest, whole or not at all."""
        content = {"schema": SCHEMA, **self.model_dump()}
        with whole(folder / FILE) as partial:
            partial.write_text(json.dumps(content, indent=1), encoding="utf-8")

    def with_shard(self, shard: Shard) -> Manifest:
        """The same with one shard more."""
        return self.model_copy(update={"shards": (*self.shards, shard)})

    def require_tokenizer(self, folder: Path, fingerprint: str) -> None:
        """Raises `ArgumentError` unless this tokenizer made the shards."""
        if self.tokenizer != fingerprint:
            raise ArgumentError(
                f"{folder} holds shards made by another tokenizer; name another folder, or delete it"
            )

    def require_sources(self, folder: Path, sources: list[dict[str, Any]]) -> None:
        """Raises `ArgumentError`, with the first source that differs, unless this text is in the shards."""
        if self.sources == sources:
            return
        before = {source["name"]: source for source in self.sources}
        changed = [source["name"] for source in sources if before.get(source["name"]) != source]
        gone = sorted(before.keys() - {source["name"] for source in sources})
        name = (changed or gone or ["the order of files"])[0]
        raise ArgumentError(
            f"{folder} holds shards of other text ({name} differs); name another folder, or delete it"
        )

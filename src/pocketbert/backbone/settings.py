"""Which backbone a run starts from."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

BUNDLED = "bundled"


class BackboneSettings(BaseModel):
    """The recipe's `[backbone]` section."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(
        "google/mobilebert-uncased",
        min_length=1,
        description="A model's name on the hub, a folder that holds one, or `bundled` (in this package).",
    )
    revision: str | None = Field(
        None, description="Branch, tag or commit of a model on the hub; left out, its main branch."
    )
    precision: Literal["fp32", "bf16"] = Field(
        "fp32", description="Numbers that training computes in; weights are kept in fp32 either way."
    )

    @field_validator("precision", mode="before")
    @classmethod
    def _refuse_half_precision(cls, precision: object) -> object:
        if precision in ("fp16", "float16", "16", 16):
            raise ValueError(
                "must be fp32 or bf16 (MobileBERT's hidden values reach 1e7 and fp16 overflows at 65504)"
            )
        return precision

"""Recipe sections of the distillation room: `[teacher]`, `[student]`, `[schedule]` and `[training]`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, model_validator

KEPT_CHECKPOINT = 1_000_000  # scorings without a better one: a stage of pre-training never stops early


class BottleneckShape(BaseModel):
    """The sizes of a model of the MobileBERT family (MobileBERT, table 1)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layers: PositiveInt = Field(6, description="Blocks.")
    heads: PositiveInt = Field(4, description="Attention heads of a block.")
    hidden: PositiveInt = Field(384, description="Width between blocks.")
    bottleneck: PositiveInt = Field(112, description="Width within a block; a multiple of `heads`.")
    embedding: PositiveInt = Field(96, description="Width of a token's embedding.")
    feed_forward: PositiveInt = Field(384, description="Width inside a feed-forward network.")
    feed_forward_networks: PositiveInt = Field(2, description="Feed-forward networks of a block.")
    positions: PositiveInt = Field(512, description="Longest text it reads, in tokens.")

    @model_validator(mode="after")
    def _heads_share_the_bottleneck(self) -> BottleneckShape:
        if self.bottleneck % self.heads:
            raise ValueError(f"bottleneck {self.bottleneck} must be a multiple of heads {self.heads}")
        return self


class TeacherSettings(BaseModel):
    """The recipe's `[teacher]` section: a model that exists, or one that this run pre-trains first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str | None = Field(
        None,
        min_length=1,
        description="A model's name on the hub, a folder that holds one, or `bundled`; left out, an IB-BERT of the "
        "shape below is pre-trained by masked LM.",
    )
    revision: str | None = Field(None, description="Branch, tag or commit of a model on the hub.")
    shape: BottleneckShape = Field(
        BottleneckShape(bottleneck=256, feed_forward=1024, feed_forward_networks=1),
        description="Sizes of the IB-BERT to pre-train, where no name is given.",
    )
    steps: PositiveInt = Field(10_000, description="Updates of its pre-training.")
    learning_rate: PositiveFloat = Field(
        1e-3, allow_inf_nan=False, description="Peak learning rate of its pre-training."
    )
    reads: Literal["masked", "original"] = Field(
        "masked",
        description="What the teacher reads: the text as masked for the student, or the original; then nothing is "
        "transferred where the student is asked for a token, and soft targets are not to be had.",
    )


class StudentSettings(BaseModel):
    """The recipe's `[student]` section."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start_from: str | None = Field(
        None,
        min_length=1,
        description="A folder or `bundled` whose weights it starts from; left out, a new MobileBERT of this shape.",
    )
    shape: BottleneckShape = Field(BottleneckShape(), description="Sizes of a new student.")
    teacher_embeddings: bool = Field(
        True,
        description="A new student starts from the teacher's embeddings, narrowed by SVD where its own are narrower, "
        "and from its masked-LM head where that fits.",
    )


class ScheduleSettings(BaseModel):
    """The recipe's `[schedule]` section: what the student learns, and when (MobileBERT, sections 3.3 and 3.4)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["auxiliary", "joint", "progressive"] = Field(
        "progressive",
        description="Transfer beside pre-training distillation, before it for all layers at once, or before it one "
        "layer after another.",
    )
    attention: float = Field(1.0, ge=0, description="Weight of attention transfer; 0 leaves it out.")
    feature_maps: float = Field(100.0, ge=0, description="Weight of feature-map transfer.")
    means: float = Field(
        0.0, ge=0, description="Weight of the means of the states; the paper's code has 5000."
    )
    variances: float = Field(
        0.0, ge=0, description="Weight of the variances of the states; the paper's code has 5."
    )
    masked_lm: float = Field(1.0, ge=0, description="Weight of masked LM.")
    true_share: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Share of the true token in masked LM's target; the rest is the teacher's answer (pre-training "
        "distillation).",
    )
    next_sentence: float = Field(0.0, ge=0, description="Weight of next-sentence prediction.")
    embeddings: bool = Field(False, description="Transfer the feature map after the embeddings too.")
    layers: tuple[PositiveInt, ...] | None = Field(
        None,
        description="The teacher's layer for each of the student's, counted from 1; left out, evenly spread up to "
        "the last.",
    )
    transfer_share: float = Field(
        0.32, gt=0, lt=1, description="Share of the updates that go to transfer alone, if not auxiliary."
    )
    current_layer_rate: float = Field(
        3.0,
        ge=0,
        description="Multiple of the learning rate for the layer being transferred, if progressive.",
    )
    earlier_layer_rate: float = Field(0.3, ge=0, description="The same for the layers before it.")

    @property
    def transfer(self) -> dict[str, float]:
        """Weights of the transfer terms in use, by name."""
        weights = {name: getattr(self, name) for name in ("attention", "feature_maps", "means", "variances")}
        return {name: weight for name, weight in weights.items() if weight}

    @property
    def pretraining(self) -> dict[str, float]:
        """Weights of the pre-training terms in use, by name."""
        weights = {name: getattr(self, name) for name in ("masked_lm", "next_sentence")}
        return {name: weight for name, weight in weights.items() if weight}

    @model_validator(mode="after")
    def _something_is_learned(self) -> ScheduleSettings:
        if not self.transfer and not self.pretraining:
            raise ValueError("every weight is 0, so nothing would be learned")
        return self

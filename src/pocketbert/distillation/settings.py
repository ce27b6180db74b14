"""The recipe of a distillation: `[text]`, `[masking]`, `[teacher]`, `[student]`, `[schedule]` and what follows."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, model_validator

from pocketbert.backbone.settings import BUNDLED
from pocketbert.data.masking import MaskingSettings
from pocketbert.data.settings import CorpusSettings
from pocketbert.distillation.task_settings import FinetuningTeacherSettings
from pocketbert.errors import ArgumentError
from pocketbert.training.settings import TrainingSettings


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
            raise ArgumentError(
                f"bottleneck = {self.bottleneck} cannot be shared by heads = {self.heads}; choose a multiple"
            )
        return self


class TeacherShape(BottleneckShape):
    """The same for an IB-BERT, which is wide within its blocks."""

    bottleneck: PositiveInt = Field(512, description="Width within a block; a multiple of `heads`.")
    feed_forward: PositiveInt = Field(1024, description="Width inside a feed-forward network.")
    feed_forward_networks: PositiveInt = Field(1, description="Feed-forward networks of a block.")


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
    shape: TeacherShape = Field(
        TeacherShape(), description="Sizes of the IB-BERT to pre-train, where no name is given."
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
    tokenizer: str = Field(
        BUNDLED,
        min_length=1,
        description="Whose tokenizer a new student reads with where its teacher is new too: a model's name on the hub, "
        "a folder, or `bundled`.",
    )
    teacher_embeddings: bool = Field(
        True,
        description="A new student starts from the teacher's embeddings, narrowed by SVD where its own are narrower, "
        "and from its masked-LM head where that fits.",
    )


class ScheduleSettings(BaseModel):
    """The recipe's `[schedule]` section: what the student learns, and when (MobileBERT, sections 3.3 and 3.4)."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

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
        gt=0,
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

    @property
    def wants_soft_targets(self) -> bool:
        """Whether masked LM learns the teacher's answers too."""
        return self.masked_lm > 0 and self.true_share < 1

    @model_validator(mode="after")
    def _something_is_learned(self) -> ScheduleSettings:
        if not self.transfer and not self.pretraining:
            raise ArgumentError("[schedule]: every weight is 0, so nothing would be learned")
        if self.layers is not None and not self.transfer:
            raise ArgumentError(
                "schedule.layers is given, but nothing is transferred; give attention or feature_maps a weight"
            )
        return self


class PretrainingSettings(BaseModel):
    """The recipe's `[training]` section: what all stages share."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(0, ge=0, lt=2**31, description="Seed of new weights, windows, masks and dropout.")
    steps: PositiveInt = Field(10_000, description="Updates of the student, over all its stages.")
    batch_size: PositiveInt = Field(32, description="Windows of the longest length an update.")
    lengths: tuple[PositiveInt, ...] = Field(
        (128,),
        min_length=1,
        description="Tokens of a window; several lengths are taken in turn, one an update.",
    )
    token_budget: PositiveInt = Field(
        8192,
        description="Most tokens that go through the models at once; a larger update is split and its gradients added "
        "up.",
    )
    learning_rate: PositiveFloat = Field(
        1e-3, allow_inf_nan=False, description="Peak learning rate of each of the student's stages."
    )
    course: Literal["linear", "cosine", "constant"] = Field(
        "linear", description="Course of the learning rate in a stage, after its warm-up."
    )
    warm_up: float = Field(
        0.05, ge=0, lt=1, description="Share of a stage's updates over which the rate rises."
    )
    weight_decay: float = Field(
        0.01, ge=0, allow_inf_nan=False, description="AdamW's decay, on matrices only."
    )
    gradient_clipping: PositiveFloat = Field(1.0, description="Largest norm of the gradient.")
    precision: Literal["fp32", "bf16"] = Field(
        "fp32", description="Numbers that both models compute in; weights are kept in fp32 either way."
    )
    held_out_windows: PositiveInt = Field(
        256,
        description="Windows at the end of the text that are not trained on: masked LM is measured on them after each "
        "stage; of a short text, at most a tenth.",
    )
    tokens: Path | None = Field(
        None,
        description="Folder for the tokenised text, to share between runs; left out, `tokens/` in the run's own.",
    )
    checkpoint_seconds: float = Field(
        300, ge=0, description="Seconds between two checkpoints to resume from."
    )
    threads: PositiveInt | None = Field(
        None,
        description="CPU threads of the models; left out, torch's own choice.  A resumed run keeps its number.",
    )

    @property
    def loop(self) -> TrainingSettings:
        """The same in the words of the training loop, which scores at the end of each stage."""
        return TrainingSettings(
            schedule=self.course,
            **{
                name: getattr(self, name)
                for name in (
                    "seed", "batch_size", "token_budget", "warm_up", "weight_decay", "gradient_clipping",
                    "checkpoint_seconds", "threads",
                )
            },
        )  # fmt: skip


class FinetuningSettings(BaseModel):
    """The recipe's `[finetuning]` section: what the student is tried on at the end."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: str | None = Field(
        None,
        min_length=1,
        description="A recipe, a data file or a task that the student is fine-tuned on, whatever backbone it names; "
        "left out, none.",
    )
    teacher: FinetuningTeacherSettings = Field(
        FinetuningTeacherSettings(),
        description="A fine-tuned model that the student learns the task from, beside the labels.",
    )

    @model_validator(mode="after")
    def _a_teacher_has_a_task(self) -> FinetuningSettings:
        if self.teacher.run is not None and self.recipe is None:
            raise ArgumentError("finetuning.teacher.run is given, but no task: name one in finetuning.recipe")
        return self


class DistillationRecipe(BaseModel):
    """A whole distillation: text, teacher, student, and in which stages one learns from the other."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: CorpusSettings = Field(description="The plain text that both models read.")
    masking: MaskingSettings = Field(MaskingSettings(), description="Which tokens the student is asked for.")
    teacher: TeacherSettings = Field(TeacherSettings(), description="Whom the student learns from.")
    student: StudentSettings = Field(StudentSettings(), description="Who learns.")
    schedule: ScheduleSettings = Field(ScheduleSettings(), description="What it learns, and when.")
    training: PretrainingSettings = Field(PretrainingSettings(), description="What all stages share.")
    finetuning: FinetuningSettings = Field(FinetuningSettings(), description="What it is tried on.")

    @property
    def needs_teacher(self) -> bool:
        """Whether anything is learned or taken from a teacher; without, a student learns masked LM alone."""
        return bool(self.schedule.transfer) or self.schedule.wants_soft_targets or self.takes_embeddings

    @property
    def takes_embeddings(self) -> bool:
        """Whether a new student starts from its teacher's embeddings."""
        return self.student.teacher_embeddings and self.student.start_from is None

    @property
    def trains_teacher(self) -> bool:
        """Whether the run pre-trains its teacher first."""
        return self.needs_teacher and self.teacher.name is None

    @model_validator(mode="after")
    def _own_teacher_is_there(self) -> DistillationRecipe:
        if self.finetuning.teacher.is_own and self.teacher.name is None and not self.trains_teacher:
            raise ArgumentError(
                "finetuning.teacher.run = 'own', but the student learns masked LM alone; name a teacher in teacher.name"
            )
        return self

    @model_validator(mode="after")
    def _soft_targets_need_masked_text(self) -> DistillationRecipe:
        if self.teacher.reads == "original" and self.schedule.wants_soft_targets:
            raise ArgumentError(
                "a teacher that reads the original text has no soft targets to give; set schedule.true_share = 1, or "
                "teacher.reads = 'masked'"
            )
        return self

"""Recipe sections of the training room: `[training]` and `[[stages]]`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt


class Stage(BaseModel):
    """One stretch of training.  It starts from the weights that the stage before it left."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field("fine-tuning", min_length=1, description="Name of the stage in reports.")
    data: Literal["clean", "augmented"] = Field(
        "augmented", description="Text as it is, or with fresh views."
    )
    method: Literal["full", "lora", "norms"] = Field(
        "lora",
        description="What trains: every weight, low-rank adapters, or only the norms' weights and biases.",
    )
    epochs: PositiveInt = Field(4, description="Passes over the training rows.")
    learning_rate: PositiveFloat | None = Field(
        None,
        allow_inf_nan=False,
        description="Peak learning rate; left out, one that suits the method and the size of the backbone.",
    )


class TrainingSettings(BaseModel):
    """How a stage trains: the same for all stages of a recipe."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(
        0, ge=0, lt=2**31, description="Seed of the head, the order of rows, views and dropout."
    )
    batch_size: PositiveInt = Field(32, description="Rows an update.")
    token_budget: PositiveInt = Field(
        8192,
        description="Most tokens, padding counted, that go through the model at once; a larger update is split "
        "and its gradients added up.",
    )
    schedule: Literal["linear", "cosine", "constant"] = Field(
        "linear", description="Course of the learning rate after its warm-up."
    )
    warm_up: float = Field(
        0.1, ge=0, lt=1, description="Share of a stage's updates over which the rate rises."
    )
    weight_decay: float = Field(0.01, ge=0, description="AdamW's decay, on matrices only.")
    embedding_rate: float = Field(
        1.0,
        ge=0,
        allow_inf_nan=False,
        description="Multiple of the learning rate at which the embeddings of tokens train, where they do.",
    )
    gradient_clipping: PositiveFloat = Field(1.0, description="Largest norm of the gradient.")
    class_weights: Literal["none", "balanced"] = Field(
        "none",
        description="`balanced` weighs each label by the inverse of its share of the training rows; where rows have "
        "several labels, the rows that have one by how few they are.",
    )
    consistency: float = Field(
        0,
        ge=0,
        allow_inf_nan=False,
        description="Weight of consistency training: each update reads the clean text beside its view, learns the "
        "label of both and brings their answers together (symmetric Kullback-Leibler divergence); twice the work.",
    )
    word_dropout: float = Field(
        0, ge=0, lt=1, description="Share of the tokens of a text whose embeddings are zeroed in training."
    )
    span_cutoff: float = Field(
        0, ge=0, lt=1, description="Share of a text, in one stretch, whose embeddings are zeroed in training."
    )
    mixup: float = Field(
        0,
        ge=0,
        allow_inf_nan=False,
        description="Alpha of the Beta distribution by which embeddings and labels of two rows are mixed; 0 mixes "
        "none.",
    )
    evaluations_per_epoch: PositiveInt = Field(1, description="How often an epoch is scored on validation.")
    patience: PositiveInt = Field(
        4, description="Scorings on validation without a better one after which a stage stops early."
    )
    checkpoint_seconds: float = Field(60, ge=0, description="Seconds between two checkpoints to resume from.")
    workers: int = Field(
        0, ge=0, description="Processes that prepare batches; the result is the same for any."
    )
    threads: PositiveInt | None = Field(
        None,
        description="CPU threads of the model; left out, torch's own choice.  A resumed run keeps its number.",
    )

    @property
    def mixes(self) -> bool:
        """Whether more is asked of a model than the labels of its texts as they are."""
        return any((self.consistency, self.word_dropout, self.span_cutoff, self.mixup))

"""One measurement, in a process of its own: `python contestants.py '{"contestant": "ours", ...}'` prints JSON.

Every contestant starts from the same weights of a 24-layer MobileBERT, trains the same low-rank adapters, sees
the same rows once, 32 an update, and is timed over that whole pass after a few updates to warm up.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from texts import CORPORA, texts_like

DEFAULTS, GROUPED, OURS = "defaults", "length grouping", "ours"
CONTESTANTS = (DEFAULTS, GROUPED, OURS)
ROWS_AN_UPDATE = 32
LEARNING_RATE = 5e-4
RANK, ALPHA = 8, 32


@dataclass(frozen=True)
class Job:
    """What to measure."""

    contestant: str
    corpus: str
    rows: int
    warm_up_rows: int
    max_length: int
    seed: int
    threads: int | None
    augmentation: bool = False

    def as_json(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Material:
    """The same for every contestant."""

    job: Job
    texts: list[str]
    labels: list[int]
    backbone: Any

    def classifier(self) -> Any:
        """The start: all contestants have the same weights."""
        from pocketbert.backbone import classifier

        names = tuple(f"label {number}" for number in range(CORPORA[self.job.corpus].labels))
        return classifier(self.backbone, labels=names, regression=False, seed=self.job.seed)

    def rows(self, *, warm_up: bool) -> dict[str, list[Any]]:
        chosen = slice(self.job.rows, None) if warm_up else slice(self.job.rows)
        return {"text": self.texts[chosen], "label": self.labels[chosen]}


def material(job: Job) -> Material:
    import torch
    from transformers import AutoTokenizer, MobileBertConfig, MobileBertModel

    from pocketbert.backbone import Backbone
    from pocketbert.backbone.load import BUNDLED_FOLDER, zero_padding

    corpus = CORPORA[job.corpus]
    texts, _ = texts_like(corpus, job.rows + job.warm_up_rows, job.seed)
    torch.manual_seed(job.seed)
    encoder = MobileBertModel(MobileBertConfig())
    tokenizer = AutoTokenizer.from_pretrained(BUNDLED_FOLDER)
    zero_padding(encoder, tokenizer.pad_token_id)
    backbone = Backbone(encoder, tokenizer, "random", "random weights")
    return Material(job, texts, [at % corpus.labels for at in range(len(texts))], backbone)


class Witness:
    """Sees what goes through a model: how many rows and tokens, padding included, in how many batches."""

    def __init__(self, model: Any) -> None:
        self.batches = self.rows = self.tokens = 0
        model.get_input_embeddings().register_forward_pre_hook(self._count)

    def _count(self, module: Any, inputs: tuple[Any, ...]) -> None:
        self.batches += 1
        self.rows += inputs[0].shape[0]
        self.tokens += inputs[0].numel()


def trainer_pass(shared: Material, model: Any, *, grouped: bool, warm_up: bool) -> None:
    """One pass of `transformers.Trainer`: its own defaults but for the rows an update and the rate."""
    from datasets import Dataset
    from transformers import Trainer, TrainingArguments
    from transformers.trainer_pt_utils import get_length_grouped_indices

    class GroupingTrainer(Trainer):
        """Groups these few rows as it would a task's many: within 50 batches, not within a quarter of all."""

        def _get_train_sampler(self, train_dataset: Any = None) -> list[int]:
            lengths = [len(ids) for ids in self.train_dataset["input_ids"]]
            return list(get_length_grouped_indices(lengths, ROWS_AN_UPDATE, mega_batch_mult=50))

    tokenizer, rows = shared.backbone.tokenizer, shared.rows(warm_up=warm_up)
    encoded = tokenizer(rows["text"], truncation=True, max_length=shared.job.max_length)
    with tempfile.TemporaryDirectory() as folder:
        options = {"train_sampling_strategy": "group_by_length"} if grouped else {}
        arguments = TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=ROWS_AN_UPDATE,
            num_train_epochs=1,
            learning_rate=LEARNING_RATE,
            seed=shared.job.seed,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            **options,
        )
        data = Dataset.from_dict({**encoded, "labels": rows["label"]})
        kind = GroupingTrainer if grouped else Trainer
        kind(model=model, args=arguments, train_dataset=data, processing_class=tokenizer).train()


def trainer(shared: Material, grouped: bool) -> dict[str, Any]:
    from peft import LoraConfig, get_peft_model

    adapters = LoraConfig(
        task_type="SEQ_CLS", r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=["query", "value"]
    )
    model = get_peft_model(shared.classifier(), adapters)
    trainer_pass(shared, model, grouped=grouped, warm_up=True)
    return measured(model, lambda: trainer_pass(shared, model, grouped=grouped, warm_up=False))


def training_data(shared: Material, *, engine: Any = None, warm_up: bool = False) -> Any:
    from datasets import Dataset

    from pocketbert.data import Encoder
    from pocketbert.data.batching import TrainingData
    from pocketbert.training import TrainingSettings

    return TrainingData(
        dataset=Dataset.from_dict(shared.rows(warm_up=warm_up)),
        encoder=Encoder(shared.backbone.tokenizer, shared.job.max_length),
        engine=engine,
        seed=shared.job.seed,
        epochs=1,
        batch_size=ROWS_AN_UPDATE,
        token_budget=TrainingSettings().token_budget,
    )


def our_pass(model: Any, data: Any) -> None:
    """One pass of the loop behind `pocketbert train`, with the settings it has by default."""
    from pocketbert.training import TrainingSettings
    from pocketbert.training.checkpoint import Checkpoints, Progress
    from pocketbert.training.loop import train_stage
    from pocketbert.training.objective import Classification
    from pocketbert.training.stage_run import StageRun

    with tempfile.TemporaryDirectory() as folder:
        run = StageRun(
            data=data,
            objective=Classification(),
            score=lambda model: {"accuracy": 0.0},
            learning_rate=LEARNING_RATE,
            settings=TrainingSettings(seed=data.seed, batch_size=ROWS_AN_UPDATE),
            precision="fp32",
            checkpoints=Checkpoints(Path(folder) / "checkpoints"),
            history=Path(folder) / "history.jsonl",
            listener=lambda step, steps, figures: None,
        )
        train_stage(model, run, Progress(), {})


def ours(shared: Material) -> dict[str, Any]:
    from pocketbert.adaptation import LoraSettings, apply_method

    settings = LoraSettings(preset="qv", rank=RANK, alpha=ALPHA, dropout=0.0)
    model = apply_method(shared.classifier(), "lora", settings, seed=shared.job.seed)
    our_pass(model, training_data(shared, warm_up=True))
    figures = measured(model, lambda: our_pass(model, training_data(shared)))
    if shared.job.augmentation:
        figures["augmentation"] = augmentation(shared, model, figures["seconds"])
    return figures


def augmentation(shared: Material, model: Any, clean_seconds: float) -> dict[str, float]:
    """What views cost at full strength, three rows in ten clean: alone, and within a pass.

    An engine plans a text once, when it first meets it: `first_epoch` counts that, `later_epochs` do without.
    """
    from pocketbert.augmentation import Engine, Policy

    def prepare(data: Any) -> float:
        return seconds_of(lambda: list(data.updates()))

    policy = Policy(warm_up=0.0, ramp=0.0, clean_share=0.3)
    start_up = seconds_of(lambda: Engine(policy).view(("The cat sat on the mat.",), epoch=0, row=0))
    prepare(training_data(shared, engine=Engine(policy), warm_up=True))
    clean = min(prepare(training_data(shared)) for _ in range(3))
    engine = Engine(policy, seed=shared.job.seed)
    data = training_data(shared, engine=engine)
    first = prepare(data)
    later = min(prepare(data) for _ in range(3))
    witness = Witness(model)
    pass_seconds = seconds_of(lambda: our_pass(model, data))
    return {
        "start_up_seconds": start_up,
        "preparation_seconds": clean,
        "share_first_epoch": (first - clean) / clean_seconds,
        "share_later_epochs": (later - clean) / clean_seconds,
        "examples_per_second": witness.rows / pass_seconds,
        "tokens_with_padding": witness.tokens,
    }


def seconds_of(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measured(model: Any, work: Callable[[], None]) -> dict[str, Any]:
    """Time and memory of a pass; memory is the process's peak, above what it held once all was imported."""
    from pocketbert.backbone import parameters
    from pocketbert.training.meter import forget_peak_memory, memory_of_imports, process_peak_memory

    witness = Witness(model)
    forget_peak_memory()
    seconds = seconds_of(work)
    return {
        "seconds": seconds,
        "examples_per_second": witness.rows / seconds,
        "peak_memory_bytes": process_peak_memory() - memory_of_imports(),
        "rows": witness.rows,
        "batches": witness.batches,
        "tokens_with_padding": witness.tokens,
        "trainable_parameters": parameters(model).trainable,
    }


def measure(job: Job) -> dict[str, Any]:
    import torch
    from transformers import Trainer, logging  # noqa: F401  # the same is imported for all before memory counts

    from pocketbert.training.meter import memory_of_imports

    logging.set_verbosity_error()
    if job.threads:
        torch.set_num_threads(job.threads)
    memory_of_imports()
    shared = material(job)
    figures = ours(shared) if job.contestant == OURS else trainer(shared, job.contestant == GROUPED)
    return {**figures, "threads": torch.get_num_threads()}


if __name__ == "__main__":
    print(json.dumps(measure(Job(**json.loads(sys.argv[1])))))

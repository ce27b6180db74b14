"""Make the bundled backbone: a small MobileBERT that learns from an encoder of sentences, on plain text.

    python scripts/make_backbone.py --teacher FOLDER --text wikipedia.txt.xz --work build/backbone \\
        --out src/pocketbert/assets/backbone

What is read stands in `bundled_backbone/readings.py`, what is learned in `bundled_backbone/losses.py`.  The same
command continues an interrupted run; `--start-from` begins a new one from weights alone.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoTokenizer, MobileBertConfig, MobileBertModel

from bundled_backbone.losses import Student, Teacher, losses
from bundled_backbone.readings import Readings, words_of
from pocketbert.backbone.masked_lm import HEAD_FILE
from pocketbert.data.corpus import Corpus
from pocketbert.data.settings import CorpusSettings
from pocketbert.data.shards import TokenStream, prepare_shards
from pocketbert.data.vocabulary import Vocabulary
from pocketbert.distillation.embeddings import start_from_embeddings

WARM_UP_STEPS = 100
FALLING_SHARE = 0.4  # of the updates, at the end; before them the learning rate is constant
STEPS_BETWEEN_LINES, STEPS_BETWEEN_CHECKPOINTS = 100, 500
TOKENS_COUNTED = 5_000_000
RELATION_FILE = "relation.safetensors"


def student_config(vocabulary_size: int) -> MobileBertConfig:
    return MobileBertConfig(
        vocab_size=vocabulary_size,
        embedding_size=96,
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=4,
        intra_bottleneck_size=112,
        true_hidden_size=112,
        intermediate_size=384,
        num_feedforward_networks=2,
        max_position_embeddings=512,
        hidden_act="relu",
        attention_probs_dropout_prob=0.0,  # no text is read twice
        classifier_activation=False,
    )


def new_student(options: argparse.Namespace, vocabulary_size: int, teacher, stream: TokenStream) -> Student:
    """A student that starts from the teacher's embeddings, or from the weights of another run."""
    encoder = MobileBertModel(student_config(vocabulary_size), add_pooling_layer=False)
    student = Student(encoder)
    if options.start_from is None:
        read = stream.read(np.array([0]), min(TOKENS_COUNTED, stream.tokens))[0]
        start_from_embeddings(
            encoder, teacher, torch.from_numpy(np.bincount(read, minlength=vocabulary_size))
        )
        return student
    encoder.load_state_dict(load_file(options.start_from / "model.safetensors"))
    for name, module in (HEAD_FILE, student.language_model.head), (RELATION_FILE, student.relation):
        if (options.start_from / name).exists():
            module.load_state_dict(load_file(options.start_from / name))
    return student


class Optimizers:
    """Muon for the matrices within the student, AdamW for all else, on one course of the learning rate."""

    def __init__(self, student: Student, peak: float, steps: int) -> None:
        matrices, others = [], []
        for name, weight in student.named_parameters():
            inside = ".encoder.encoder." in name or "embedding_transformation" in name
            (matrices if inside and weight.ndim == 2 else others).append(weight)
        self.peak, self.steps = peak, steps
        self.each = (
            torch.optim.Muon(matrices, lr=peak, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, lr=peak, weight_decay=0.01, fused=True),
        )

    def step(self, number: int) -> None:
        rising, falling = (number + 1) / WARM_UP_STEPS, (self.steps - number) / (FALLING_SHARE * self.steps)
        for optimizer in self.each:
            for group in optimizer.param_groups:
                group["lr"] = self.peak * min(1.0, rising, falling)
            optimizer.step()
            optimizer.zero_grad()

    def state_dict(self) -> list[dict]:
        return [optimizer.state_dict() for optimizer in self.each]

    def load_state_dict(self, states: list[dict]) -> None:
        for optimizer, state in zip(self.each, states, strict=True):
            optimizer.load_state_dict(state)


def save_backbone(student: Student, tokenizer, out: Path) -> None:
    """Weights in fp16, as the package carries them."""
    encoder = student.language_model.encoder
    student.language_model.save_head(out)
    weights = {name: value.detach().half().cpu().contiguous() for name, value in encoder.state_dict().items()}
    weights["embeddings.word_embeddings.weight"][tokenizer.pad_token_id] = 0
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
    encoder.config.dtype = torch.float16
    encoder.config.architectures = ["MobileBertModel"]
    encoder.config.attention_probs_dropout_prob = 0.1  # as of every BERT, for fine-tuning
    encoder.config.save_pretrained(out)
    tokenizer.save_pretrained(out)


def save_checkpoint(path: Path, student: Student, optimizers: Optimizers, step: int) -> None:
    partial = path.with_suffix(".partial")
    state = {"student": student.state_dict(), "optimizers": optimizers.state_dict(), "step": step}
    torch.save(state, partial)
    partial.replace(path)


def main() -> None:
    options = parse_options()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.work.mkdir(parents=True, exist_ok=True)
    device = torch.device(options.device)
    tokenizer = AutoTokenizer.from_pretrained(options.teacher)
    corpus = Corpus(CorpusSettings(sources=(str(options.text),)))
    stream = prepare_shards(corpus, tokenizer, options.tokens or options.work / "tokens")
    vocabulary = tokenizer.get_vocab()
    readings = Readings(stream, Vocabulary.of(tokenizer), words_of(vocabulary), options.seed)
    encoder = AutoModel.from_pretrained(options.teacher)
    student = new_student(options, len(vocabulary), encoder, stream).to(device).train()
    teacher = Teacher(encoder, device)
    optimizers = Optimizers(student, options.peak_learning_rate, options.steps)

    checkpoint, start = options.work / "checkpoint.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True, map_location=device)
        student.load_state_dict(state["student"])
        optimizers.load_state_dict(state["optimizers"])
        start = state["step"]
    log = (options.work / "log.jsonl").open("a")
    clock, seen = time.perf_counter(), {}
    for step in range(start, options.steps):
        reading = readings[step].to(device)
        terms = losses(student, teacher, reading)
        sum(terms.values()).backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimizers.step(step)
        for name, term in (terms | {"tokens": reading.text.real.sum()}).items():
            seen.setdefault(name, []).append(term.detach())
        if (step + 1) % STEPS_BETWEEN_LINES == 0:
            tokens = float(sum(seen.pop("tokens")))
            line = {"step": step + 1, "tokens_per_second": round(tokens / (time.perf_counter() - clock))}
            means = {name: round(float(torch.stack(values).mean()), 4) for name, values in seen.items()}
            print(json.dumps(line | means), file=log, flush=True)
            clock, seen = time.perf_counter(), {}
        if (step + 1) % STEPS_BETWEEN_CHECKPOINTS == 0:
            save_checkpoint(checkpoint, student, optimizers, step + 1)
    save_backbone(student, tokenizer, options.out)
    save_file(student.relation.state_dict(), options.work / RELATION_FILE)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--teacher", type=Path, required=True, help="folder of a BERT-like encoder of sentences"
    )
    parser.add_argument(
        "--text", type=Path, required=True, help="plain text, a sentence a line; .xz, .gz, .zst too"
    )
    parser.add_argument("--work", type=Path, required=True, help="tokens, checkpoint and log")
    parser.add_argument("--tokens", type=Path, help="folder of the text as tokens; left out, in --work")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--start-from", type=Path, help="folder of a backbone; left out, from the teacher's embeddings"
    )
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--peak-learning-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    return parser.parse_args()


if __name__ == "__main__":
    main()

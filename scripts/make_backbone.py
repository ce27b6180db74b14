"""Make the bundled backbone: a small MobileBERT that learns a teacher's feature maps on plain text.

    python scripts/make_backbone.py --teacher FOLDER --text wikipedia.txt.xz --work build/backbone \\
        --out src/pocketbert/assets/backbone

Teacher and student read the same windows of text; the loss is the mean squared error between the
non-affine LayerNorms of their hidden states, after the embeddings and after every layer (feature-map
transfer, MobileBERT section 3.3, all layers jointly).  In half of the windows the student reads the text
with 15 % of its tokens masked and is asked for them (BERT, section 3.1); there it learns no feature maps.
Half of the windows are pairs: a [SEP] and another segment after it, in half of these from elsewhere in the text.
The same command continues an interrupted run; `--start-from` begins a new one from weights alone.
"""

import argparse
import json
import lzma
import os
import time
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch.nn.functional import cross_entropy, layer_norm
from transformers import AutoModel, AutoTokenizer, MobileBertConfig, MobileBertModel

TOKENS_PER_BATCH = 4096
WINDOW_LENGTHS = (64, 64, 64, 128, 64, 64, 256, 64, 64, 512)  # taken in turn, one length a batch
WARM_UP_STEPS = 500
MASKED_WINDOWS, MASKED_TOKENS = 0.5, 0.15
MASKED_LM_WEIGHT = 0.1


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
        classifier_activation=False,
    )


def read_tokens(text: Path, tokenizer, cache: Path) -> np.ndarray:
    """Token ids of the whole text as one uint16 stream, tokenised once into `cache`."""
    if not cache.exists():
        partial = cache.with_suffix(".partial")
        with lzma.open(text, "rt", encoding="utf-8") as lines, partial.open("wb") as out:
            while batch := list(islice(lines, 20_000)):
                encoded = tokenizer(batch, add_special_tokens=False)["input_ids"]
                out.write(np.concatenate([np.asarray(ids, np.uint16) for ids in encoded]).tobytes())
        partial.rename(cache)
    return np.memmap(cache, np.uint16, "r")


def batch_of(tokens: np.ndarray, step: int, tokenizer) -> tuple[torch.Tensor, torch.Tensor]:
    """Windows for one step and their segments, drawn by (seed 0, step) alone.  *Shape:* (windows, length) both"""
    length = WINDOW_LENGTHS[step % len(WINDOW_LENGTHS)]
    draw = np.random.Generator(np.random.Philox(key=step))
    starts = draw.integers(0, len(tokens) - length, TOKENS_PER_BATCH // length)
    windows = np.stack([tokens[start : start + length] for start in starts]).astype(np.int64)
    segments = np.zeros_like(windows)
    for row in range(0, len(windows), 2):
        split = int(draw.integers(length // 4, length - length // 4))
        if row % 4:
            other = int(draw.integers(0, len(tokens) - length))
            windows[row, split:] = tokens[other : other + length - split]
        windows[row, split - 1], segments[row, split:] = tokenizer.sep_token_id, 1
    windows[:, 0], windows[:, -1] = tokenizer.cls_token_id, tokenizer.sep_token_id
    return torch.from_numpy(windows), torch.from_numpy(segments)


def masked(ids: torch.Tensor, step: int, tokenizer) -> tuple[torch.Tensor, torch.Tensor]:
    """The windows as the student reads them, and which tokens it is asked for.  *Shape:* both as `ids`

    Of those, 80 % are replaced by [MASK], 10 % by any token, 10 % stay.
    """
    draw = np.random.Generator(np.random.Philox(key=[step, 1]))
    asked = torch.from_numpy(draw.random(ids.shape) < MASKED_TOKENS)
    asked &= (ids != tokenizer.cls_token_id) & (ids != tokenizer.sep_token_id)
    asked[round(len(ids) * MASKED_WINDOWS) :] = False
    fate = torch.from_numpy(draw.random(ids.shape))
    other = torch.from_numpy(draw.integers(1000, len(tokenizer), ids.shape))  # the first thousand are markers
    replaced = torch.where(fate < 0.8, tokenizer.mask_token_id, torch.where(fate < 0.9, other, ids))
    return torch.where(asked, replaced, ids), asked


class MaskedLanguageModel(torch.nn.Module):
    """The student and a masked-LM head: a projection to the embedding's width, then the embedding itself."""

    def __init__(self, student: MobileBertModel) -> None:
        super().__init__()
        self.student = student
        config = student.config
        self.projection = torch.nn.Linear(config.hidden_size, config.embedding_size)
        self.bias = torch.nn.Parameter(torch.zeros(config.vocab_size))

    def loss(self, states: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """Cross-entropy of the tokens at masked places.  *Shape:* (places, hidden), (places,) -> ()"""
        narrow = self.projection(layer_norm(states, states.shape[-1:]))
        embeddings = self.student.embeddings.word_embeddings.weight
        return cross_entropy((narrow @ embeddings.T).float() + self.bias, tokens)


def start_from_teacher(student: MobileBertModel, teacher, tokens: np.ndarray) -> None:
    """Give the student the teacher's embeddings, narrowed by a frequency-weighted SVD."""
    source, target = teacher.embeddings, student.embeddings
    words = source.word_embeddings.weight
    counts = torch.from_numpy(np.bincount(tokens[:5_000_000], minlength=len(words))).float()
    _, _, directions = torch.linalg.svd((counts + 1).sqrt()[:, None] * words, full_matrices=False)
    basis = directions[: target.word_embeddings.embedding_dim]
    width = basis.shape[0]
    scale = words.std() / 0.02
    with torch.no_grad():
        target.word_embeddings.weight.copy_(words @ basis.T / scale)
        target.embedding_transformation.weight[:, width : 2 * width].copy_(basis.T * scale)
        target.position_embeddings.weight.copy_(source.position_embeddings.weight)
        target.token_type_embeddings.weight.copy_(source.token_type_embeddings.weight)


def feature_map_losses(student_states, teacher_states, kept: torch.Tensor) -> list[torch.Tensor]:
    """A loss a layer, over the tokens `kept`.  *Shape:* (windows, length, hidden) each, (windows, length)"""
    losses = []
    for ours, theirs in zip(student_states, teacher_states, strict=True):
        ours, theirs = (layer_norm(states.float(), states.shape[-1:]) for states in (ours, theirs))
        losses.append(((ours - theirs).square().mean(-1) * kept).sum() / kept.sum())
    return losses


def learning_rate(step: int, steps: int, peak: float) -> float:
    return peak * min((step + 1) / WARM_UP_STEPS, (steps - step) / max(1, steps - WARM_UP_STEPS))


def save_backbone(model: MaskedLanguageModel, tokenizer, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    student = model.student
    head = {
        "projection.weight": model.projection.weight,
        "projection.bias": model.projection.bias,
        "bias": model.bias,
    }
    save_file(
        {name: value.detach().half().contiguous() for name, value in head.items()},
        out / "masked_lm.safetensors",
    )
    weights = {name: value.detach().half().contiguous() for name, value in student.state_dict().items()}
    weights["embeddings.word_embeddings.weight"][tokenizer.pad_token_id] = 0
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
    student.config.dtype = torch.float16
    student.config.architectures = ["MobileBertModel"]
    student.config.save_pretrained(out)
    tokenizer.save_pretrained(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="tokens, checkpoint and log")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--start-from", type=Path, help="folder of a backbone; left out, from the teacher's embeddings"
    )
    parser.add_argument("--steps", type=int, default=12_000)
    parser.add_argument("--peak-learning-rate", type=float, default=1.5e-3)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    arguments.work.mkdir(parents=True, exist_ok=True)
    tokenizer = AutoTokenizer.from_pretrained(arguments.teacher)
    tokens = read_tokens(arguments.text, tokenizer, arguments.work / "tokens.uint16")
    teacher = AutoModel.from_pretrained(arguments.teacher).eval()
    student = MobileBertModel(student_config(len(tokenizer)), add_pooling_layer=False)
    if arguments.start_from:
        student.load_state_dict(load_file(arguments.start_from / "model.safetensors"))
    else:
        start_from_teacher(student, teacher, tokens)
    device = torch.device(arguments.device)
    model = MaskedLanguageModel(student).to(device)
    teacher = teacher.to(device, torch.bfloat16)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.01, fused=True)

    checkpoint, start = arguments.work / "checkpoint.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        start = state["step"]

    log = (arguments.work / "log.jsonl").open("a")
    model.train()
    clock, running = time.perf_counter(), torch.zeros(student.config.num_hidden_layers + 2)
    for step in range(start, arguments.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, arguments.steps, arguments.peak_learning_rate)
        ids, segments = batch_of(tokens, step, tokenizer)
        read, asked = (tensor.to(device) for tensor in masked(ids, step, tokenizer))
        ids, segments = ids.to(device), segments.to(device)
        with torch.no_grad():
            teacher_states = teacher(ids, token_type_ids=segments, output_hidden_states=True).hidden_states
        with torch.autocast(device.type, torch.bfloat16):
            student_states = student(read, token_type_ids=segments, output_hidden_states=True).hidden_states
            masked_lm_loss = model.loss(student_states[-1][asked], ids[asked])
        losses = feature_map_losses(student_states, teacher_states, ~asked)
        optimizer.zero_grad()
        (sum(losses) + MASKED_LM_WEIGHT * masked_lm_loss).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        running += torch.stack([loss.detach() for loss in (*losses, masked_lm_loss)]).cpu()
        if (step + 1) % 100 == 0:
            seconds = time.perf_counter() - clock
            *by_layer, masked_lm = (running / 100).tolist()
            line = {
                "step": step + 1,
                "loss": round(sum(by_layer), 4),
                "by_layer": [round(value, 4) for value in by_layer],
                "masked_lm": round(masked_lm, 4),
                "tokens_per_second": round(100 * TOKENS_PER_BATCH / seconds),
            }
            log.write(json.dumps(line) + "\n")
            log.flush()
            clock, running = time.perf_counter(), running * 0
        if (step + 1) % 500 == 0:
            partial = checkpoint.with_suffix(".partial")
            torch.save(
                {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1},
                partial,
            )
            partial.rename(checkpoint)
            save_backbone(model, tokenizer, arguments.work / "snapshot")
    save_backbone(model, tokenizer, arguments.out)


if __name__ == "__main__":
    main()

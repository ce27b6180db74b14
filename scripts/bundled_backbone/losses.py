"""What the student of the bundled backbone learns: feature maps, the sense of a sentence, of a pair, masked words."""

from __future__ import annotations

import torch
from torch.nn.functional import cross_entropy, layer_norm, mse_loss, normalize
from transformers import PreTrainedModel

from bundled_backbone.readings import Reading, Rows
from pocketbert.backbone.masked_lm import MaskedLanguageModel
from pocketbert.distillation.losses import feature_map_transfer

INNER_WEIGHT = 0.1  # of every layer's feature map but the last
SENTENCE_WEIGHT = 20.0  # how many tokens [CLS] counts as, where it stands for a sentence
MASKED_LM_WEIGHT = 0.1
COSINE_SCALE = 4.0  # brings the cosine's error to the size of the others


class Student(torch.nn.Module):
    """A backbone with its masked-LM head and what tells the relation of a pair, which is dropped at the end."""

    def __init__(self, encoder: PreTrainedModel) -> None:
        super().__init__()
        self.language_model = MaskedLanguageModel(encoder)
        self.relation = torch.nn.Linear(encoder.config.hidden_size, encoder.config.hidden_size + 1)

    def forward(self, reading: Reading) -> tuple[torch.Tensor, ...]:
        """Hidden states after the embeddings and after every layer.  *Shape:* (rows, length, hidden) each"""
        inputs = {**reading.text.inputs, "input_ids": reading.read}
        states: tuple[torch.Tensor, ...] = self.language_model.encoder(
            **inputs, output_hidden_states=True
        ).hidden_states
        return states


class Teacher:
    """A frozen encoder of sentences, in bfloat16; it reads the text unmasked."""

    def __init__(self, encoder: PreTrainedModel, device: torch.device) -> None:
        self.encoder = encoder.eval().to(device, torch.bfloat16)

    @torch.no_grad()
    def states(self, rows: Rows) -> tuple[torch.Tensor, ...]:
        """As the student's.  *Shape:* (rows, length, hidden) each"""
        states: tuple[torch.Tensor, ...] = self.encoder(
            **rows.inputs, output_hidden_states=True
        ).hidden_states
        return states

    @torch.no_grad()
    def sentences(self, rows: Rows) -> torch.Tensor:
        """Embeddings of sentences.  *Shape:* (rows, hidden), each of length 1"""
        return normalize(mean_over_tokens(self.encoder(**rows.inputs).last_hidden_state, rows), dim=-1)


def losses(student: Student, teacher: Teacher, reading: Reading) -> dict[str, torch.Tensor]:
    """Each term of the loss, weighted.  *Shape:* () each"""
    theirs = teacher.states(reading.text)
    with torch.autocast(reading.read.device.type, torch.bfloat16):
        ours = student(reading)
    terms = feature_map_terms(ours, theirs, reading)
    if reading.apart is not None:
        terms["relation"] = relation_loss(student, ours[-1][:, 0], *teacher.sentences(reading.apart).chunk(2))
    if reading.asked.any():
        places = reading.asked.flatten().nonzero().squeeze(1)
        with torch.autocast(reading.read.device.type, torch.bfloat16):
            scores = student.language_model.score(ours[-1], places)
        terms["masked_lm"] = MASKED_LM_WEIGHT * cross_entropy(scores, reading.text.ids.flatten()[places])
    return terms


def feature_map_terms(
    ours: tuple[torch.Tensor, ...], theirs: tuple[torch.Tensor, ...], reading: Reading
) -> dict[str, torch.Tensor]:
    """Feature-map transfer (MobileBERT, section 3.3), a mean over the tokens that the student is not asked for.

    After the last layer [CLS] has a target of its own: the mean of the teacher's states, which is how this teacher
    puts a sentence into one vector.  In a pair [CLS] is left to tell the relation.
    """
    kept = reading.text.real.bool() & ~reading.asked
    kept[:, 0] &= ~reading.is_pair
    tokens = kept.sum()
    terms = {
        f"layer_{number}": INNER_WEIGHT * feature_map_transfer(our, their, kept) / tokens
        for number, (our, their) in enumerate(zip(ours[:-1], theirs[:-1], strict=True))
    }
    terms["last_layer"] = feature_map_transfer(ours[-1][:, 1:], theirs[-1][:, 1:], kept[:, 1:]) / tokens
    sentences = mean_over_tokens(theirs[-1], reading.text)[:, None]
    sentence_loss = feature_map_transfer(ours[-1][:, :1], sentences, kept[:, :1])
    terms["sentence"] = SENTENCE_WEIGHT * sentence_loss / tokens
    return terms


def relation_loss(
    student: Student, states: torch.Tensor, first: torch.Tensor, second: torch.Tensor
) -> torch.Tensor:
    """How well a pair's [CLS] tells in what the two sentences agree: their embeddings' product and its sum, the cosine.

    *Shape:* states (pairs, hidden), first and second (pairs, hidden), each of length 1 -> ()
    """
    told = student.relation(layer_norm(states.float(), states.shape[-1:]))
    product = first * second
    cosine = COSINE_SCALE * product.sum(-1)
    return mse_loss(told[:, 1:], product * product.shape[-1]) + mse_loss(told[:, 0], cosine)


def mean_over_tokens(states: torch.Tensor, rows: Rows) -> torch.Tensor:
    """*Shape:* states (rows, length, hidden) -> (rows, hidden), fp32"""
    real = rows.real[..., None]
    return (states.float() * real).sum(1) / real.sum(1)

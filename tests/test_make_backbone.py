"""scripts/make_backbone.py: what is read, what is learned from it, and a run that was interrupted."""

import json
import sys
from pathlib import Path

import pytest
import torch
from corpora import corpus_of, lines, small_tokenizer
from safetensors.torch import load_file
from transformers import AutoModel, BertConfig, BertModel, BertTokenizer, MobileBertModel

from pocketbert.backbone.masked_lm import load_masked_lm
from pocketbert.data.shards import prepare_shards
from pocketbert.data.vocabulary import Vocabulary
from tiny_mobilebert import randomised, tiny_config

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

import make_backbone
from bundled_backbone import losses, readings
from bundled_backbone.readings import Reading, Readings, Rows, words_of


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Updates of a few rows, with a line and a checkpoint every four."""
    for name, value in {"TOKENS_IN_WINDOWS": 1024, "SENTENCES": 8, "PAIRS": 8}.items():
        monkeypatch.setattr(readings, name, value)
    monkeypatch.setattr(make_backbone, "STEPS_BETWEEN_LINES", 4)
    monkeypatch.setattr(make_backbone, "STEPS_BETWEEN_CHECKPOINTS", 4)


@pytest.fixture
def tokenizer(tmp_path: Path) -> BertTokenizer:
    return small_tokenizer(tmp_path)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(lines(60), encoding="utf-8")
    return path


@pytest.fixture
def read(tmp_path: Path, tokenizer: BertTokenizer, text: Path, small: None) -> Readings:
    stream = prepare_shards(corpus_of(text), tokenizer, tmp_path / "tokens")
    return Readings(stream, Vocabulary.of(tokenizer), words_of(tokenizer.get_vocab()), seed=3)


def test_an_update_reads_the_same_whatever_came_before(read: Readings) -> None:
    first, again = read[5], read[5]
    assert torch.equal(first.text.ids, again.text.ids)
    assert torch.equal(first.asked, again.asked)
    assert not torch.equal(first.text.ids, read[9].text.ids)


def test_windows_are_masked_in_half_and_pairs_in_every_second_row(read: Readings, tokenizer) -> None:
    window = read[3]
    half = len(window.read) // 2
    assert window.asked[:half].any()
    assert not window.asked[half:].any()
    assert torch.equal(window.read[~window.asked], window.text.ids[~window.asked])
    assert (window.read[window.asked] == tokenizer.mask_token_id).float().mean() > 0.5
    assert window.is_pair.tolist() == [True, False] * half
    for ids, types in zip(window.text.ids[::2], window.text.types[::2], strict=True):
        assert ids[types == 0][-1] == tokenizer.sep_token_id


def test_a_sentence_is_one_line_of_the_text_or_begins_as_one(read: Readings, tokenizer) -> None:
    sentences = read[1]
    assert not sentences.is_pair.any()
    assert not sentences.text.types.any()
    texts = tokenizer.batch_decode(sentences.text.ids, skip_special_tokens=True)
    assert any(written.startswith("the cat") for written in texts)


def test_each_sentence_of_a_pair_also_stands_by_itself(read: Readings) -> None:
    pairs = read[0]
    firsts, seconds = (part[0] for part in zip(*[pairs.apart.ids.chunk(2)], strict=True))
    for row, (first, second) in enumerate(zip(firsts, seconds, strict=True)):
        ids, real, types = pairs.text.ids[row], pairs.text.real[row].bool(), pairs.text.types[row].bool()
        first, second = first[first != 0], second[second != 0]
        assert torch.equal(ids[real & ~types], first)
        assert torch.equal(ids[types], second[1:])


def test_words_are_two_letters_or_more() -> None:
    vocabulary = {"[CLS]": 0, "the": 1, "##ing": 2, "a": 3, "##s": 4, "19": 5, "é": 6, "don't": 7}
    assert words_of(vocabulary).tolist() == [1, 2]


def test_cls_learns_the_mean_of_the_teachers_states() -> None:
    rows = Rows(torch.ones(1, 4).long(), torch.tensor([[1, 1, 1, 0]]), torch.zeros(1, 4).long())
    theirs = torch.tensor([[[1.0, -1.0], [1.0, -1.0], [1.0, -1.0], [9.0, 0.0]]])
    ours = torch.tensor([[[-1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [5.0, 0.0]]])
    alone, pair = (
        losses.feature_map_terms(
            (ours, ours), (theirs, theirs), Reading(rows, rows.ids, rows.ids > 1, torch.tensor([is_pair]))
        )
        for is_pair in (False, True)
    )
    wrong = 4.0  # squared error of a state of the other sign, normalised
    assert alone["layer_0"].item() == pytest.approx(losses.INNER_WEIGHT * 2 * wrong / 3, rel=1e-3)
    assert alone["last_layer"].item() == pytest.approx(wrong / 3, rel=1e-3)
    assert alone["sentence"].item() == pytest.approx(losses.SENTENCE_WEIGHT * wrong / 3, rel=1e-3)
    assert pair["layer_0"].item() == pytest.approx(losses.INNER_WEIGHT * wrong / 2, rel=1e-3)
    assert pair["last_layer"].item() == pytest.approx(wrong / 2, rel=1e-3)
    assert pair["sentence"].item() == 0


def test_a_pair_is_asked_in_what_its_sentences_agree() -> None:
    student = losses.Student(randomised(MobileBertModel(tiny_config(), add_pooling_layer=False)))
    width = student.relation.in_features
    torch.nn.init.zeros_(student.relation.weight)
    torch.nn.init.zeros_(student.relation.bias)
    first = torch.zeros(1, width)
    first[0, 0] = 1.0
    loss = losses.relation_loss(student, torch.randn(1, width), first, first)
    assert loss.item() == pytest.approx(width**2 / width + losses.COSINE_SCALE**2)


@pytest.fixture
def teacher(tmp_path: Path, tokenizer: BertTokenizer) -> Path:
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=4,
        intermediate_size=16,
    )
    folder = tmp_path / "teacher"
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


class PowerCut(Readings):
    def __getitem__(self, step: int) -> Reading:
        if step == 6:
            raise InterruptedError
        return super().__getitem__(step)


def test_an_interrupted_run_ends_as_an_unbroken_one(
    tmp_path: Path, teacher: Path, text: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(name: str) -> Path:
        options = {"--teacher": teacher, "--text": text, "--work": tmp_path / name, "--out": tmp_path / name / "out",
                   "--steps": 8, "--threads": 1}  # fmt: skip
        monkeypatch.setattr(
            sys, "argv", ["make_backbone", *(str(part) for pair in options.items() for part in pair)]
        )
        make_backbone.main()
        return tmp_path / name / "out"

    unbroken = load_file(make("unbroken") / "model.safetensors")
    with monkeypatch.context() as killed:
        killed.setattr(make_backbone, "Readings", PowerCut)
        with pytest.raises(InterruptedError):
            make("broken")
    again = make("broken")
    weights = load_file(again / "model.safetensors")
    assert all(torch.equal(weights[name], unbroken[name]) for name in unbroken)
    steps = [
        json.loads(line)["step"] for line in (tmp_path / "broken" / "log.jsonl").read_text().splitlines()
    ]
    assert steps == [4, 8]
    assert AutoModel.from_pretrained(again).config.num_hidden_layers == 6
    load_masked_lm(again)

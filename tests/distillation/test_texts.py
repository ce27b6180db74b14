"""Held-out text is never trained on; the stages of a run walk through the text one after another."""

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer

from pocketbert.data.corpus import Corpus
from pocketbert.data.shards import prepare_shards
from pocketbert.data.vocabulary import Vocabulary
from pocketbert.distillation.texts import PartOfStream, Stretch, Texts
from pocketbert.distilling import distill


@pytest.fixture
def texts(tmp_path, recipes, tiny_backbone) -> Texts:
    tokenizer, recipe = AutoTokenizer.from_pretrained(tiny_backbone), recipes()
    stream = prepare_shards(Corpus(recipe.text), tokenizer, tmp_path / "tokens", tokens_per_shard=500)
    return Texts(recipe, stream, Vocabulary.of(tokenizer))


def test_a_part_of_a_stream_is_a_ring_of_its_own(texts):
    whole = texts.stream.read(np.array([0]), texts.stream.tokens)[0]
    part = PartOfStream(texts.stream, 100, 50)
    assert part.read(np.array([0, 30]), 20).tolist() == [whole[100:120].tolist(), whole[130:150].tolist()]
    assert part.read(np.array([45]), 20).tolist() == [[*whole[145:150], *whole[100:115]]]
    assert part.read(np.array([10]), 120).tolist() == [[*whole[110:150], *whole[100:150], *whole[100:130]]]
    assert part.tokens == 50


def test_passages_of_a_part_begin_where_those_of_the_stream_do(texts):
    part = PartOfStream(texts.stream, 100, 50)
    inside = [place - 100 for place in texts.stream.breaks(100, 150)]
    assert part.breaks(0, 500).tolist() == inside
    assert 0 <= part.next_passage(49) < 50


def test_held_out_text_is_not_trained_on(texts):
    trained, scored = texts.training(1).stream, texts.held_out().stream
    assert scored.tokens == texts.stream.tokens // 10
    assert (trained.first, trained.first + trained.tokens) == (0, scored.first)
    assert scored.first + scored.tokens == texts.stream.tokens


def test_stages_go_on_in_the_text_where_the_one_before_ended(texts):
    data = texts.training(12)
    whole = [batch.original_ids for (batch,) in data.updates()]
    first, second = Stretch(data, 0, 5), Stretch(data, 5, 7)
    found = [batch.original_ids for stage in (first, second) for (batch,) in stage.updates()]
    assert all(torch.equal(mine, other) for mine, other in zip(found, whole, strict=True))
    resumed = [batch.original_ids for (batch,) in second.updates(3)]
    assert all(torch.equal(mine, other) for mine, other in zip(resumed, whole[8:], strict=True))
    assert torch.equal(second.sample.original_ids, whole[5][:1])


def test_next_sentence_can_be_learned_beside(tmp_path, recipes):
    metrics = distill(recipes(schedule={"next_sentence": 1.0, "kind": "auxiliary"}), tmp_path / "run")
    terms = metrics["stages"][0]["loss_by_term"]
    assert terms.keys() == {"attention", "feature_maps", "masked_lm", "next_sentence"}
    assert 0.3 < terms["next_sentence"] < 2

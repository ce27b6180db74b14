"""The stages of each schedule, against FACTS of the paper's code: factors, layer counts, learning rates."""

import pytest
import torch
from tiny_pairs import windows

from pocketbert.distillation.course import objective_of
from pocketbert.distillation.course import share_of_rate as rate
from pocketbert.distillation.mapping import Shape, map_layers
from pocketbert.distillation.reading import read_masked, read_original
from pocketbert.distillation.schedule import StagePlan, plan_stages
from pocketbert.distillation.settings import ScheduleSettings
from pocketbert.errors import ArgumentError


def plan(layers: int = 24, **fields) -> tuple[StagePlan, ...]:
    return plan_stages(ScheduleSettings(**fields), layers)


def test_auxiliary_is_one_stage_of_everything():
    (stage,) = plan(kind="auxiliary")
    assert stage.terms == pytest.approx({"attention": 1 / 24, "feature_maps": 100 / 24, "masked_lm": 1})
    assert stage.layers == tuple(range(1, 25))
    assert stage.share == 1
    assert rate(stage, "anything") == 1


def test_joint_transfers_every_layer_then_pretrains():
    first, second = plan(kind="joint", transfer_share=0.3)
    assert (first.terms.keys(), first.layers, first.share) == (
        {"attention", "feature_maps"}, tuple(range(1, 25)), 0.3,
    )  # fmt: skip
    assert (second.terms, second.layers, second.share) == ({"masked_lm": 1}, (), pytest.approx(0.7))


def test_progressive_is_a_stage_a_layer_then_pretraining():
    *transfer, last = plan(transfer_share=0.24, means=5000, variances=5)
    assert [stage.layers for stage in transfer] == [(layer,) for layer in range(1, 25)]
    assert [stage.share for stage in transfer] == pytest.approx([0.01] * 24)
    assert transfer[0].terms == pytest.approx(
        {"attention": 1 / 24, "feature_maps": 100 / 24, "means": 5000 / 24, "variances": 5 / 24}
    )
    assert (last.terms, last.multipliers) == ({"masked_lm": 1}, ())
    assert sum(stage.share for stage in (*transfer, last)) == pytest.approx(1)


def test_a_progressive_stage_moves_its_layer_threefold_earlier_ones_slowly_and_nothing_else():
    third = plan(layers=12)[2]
    layer = "language_model.encoder.encoder.layer.{}.attention.self.query.weight"
    assert [rate(third, layer.format(index)) for index in (0, 1, 2, 3, 10, 11)] == [0.3, 0.3, 3, 0, 0, 0]
    assert rate(third, "projections.3.weight") == 3
    for name in (
        "projections.2.weight",
        "projections.13.weight",
        "language_model.encoder.embeddings.word_embeddings.weight",
        "language_model.head.projection.weight",
    ):
        assert rate(third, name) == 0


def test_embeddings_can_come_first():
    stages = plan(layers=2, embeddings=True, transfer_share=0.3)
    assert [stage.layers for stage in stages] == [(0,), (1,), (2,), ()]
    assert "attention" not in stages[0].terms
    words = "language_model.encoder.embeddings.word_embeddings.weight"
    assert [rate(stage, words) for stage in stages] == [3, 0.3, 0.3, 1]
    assert rate(stages[0], "language_model.encoder.encoder.layer.0.output.dense.weight") == 0


def test_embeddings_have_no_attention_to_transfer():
    stages = plan(layers=2, embeddings=True, feature_maps=0)
    assert [stage.layers for stage in stages] == [(1,), (2,), ()]


@pytest.mark.parametrize("kind", ["auxiliary", "joint", "progressive"])
def test_without_transfer_there_is_only_pretraining(kind):
    (stage,) = plan(kind=kind, attention=0, feature_maps=0)
    assert (stage.terms, stage.layers, stage.share) == ({"masked_lm": 1}, (), 1)


def test_without_pretraining_joint_transfer_takes_the_whole_run():
    (stage,) = plan(kind="joint", masked_lm=0)
    assert (stage.terms.keys(), stage.share) == ({"attention", "feature_maps"}, 1)


def test_without_pretraining_progressive_transfer_takes_the_whole_run():
    assert [stage.share for stage in plan(layers=4, masked_lm=0)] == [0.25] * 4


def test_nothing_to_learn_is_refused():
    with pytest.raises(ArgumentError, match="nothing would be learned"):
        ScheduleSettings(attention=0, feature_maps=0, masked_lm=0)


@pytest.mark.parametrize(
    ("reads", "reader", "counts_asked"), [("masked", read_masked, True), ("original", read_original, False)]
)
def test_a_teacher_that_sees_what_is_asked_teaches_nothing_there(recipes, reads, reader, counts_asked):
    recipe = recipes(
        teacher={"reads": reads}, schedule={"kind": "auxiliary", "true_share": 1.0, "means": 1.0}
    )
    (stage,) = plan_stages(recipe.schedule, 2)
    objective = objective_of(stage, recipe, torch.nn.Identity(), map_layers(Shape(2, 2, 8), Shape(2, 2, 8)))
    assert objective.teacher.read_own is reader
    batch = windows()
    counts, asked = objective.counts(batch), len(batch.places)
    assert counts.pop("masked_lm") == asked > 0
    assert counts == dict.fromkeys(
        ("attention", "feature_maps", "means"), batch.tokens - (0 if counts_asked else asked)
    )

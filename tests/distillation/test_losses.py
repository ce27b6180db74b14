"""Transfer losses against values worked out by hand; the worked lines stand beside them."""

import math

import pytest
import torch
from torch.nn.functional import softmax

from pocketbert.distillation.losses import (
    attention_transfer,
    feature_map_transfer,
    masked_lm_loss,
    mean_transfer,
    softened_logits_loss,
    variance_transfer,
)

LN2 = math.log(2)
BOTH = torch.tensor([[True, True]])


def test_attention_transfer_is_cross_entropy_over_keys_mean_over_heads_sum_over_queries():
    teacher = torch.tensor([[[[1.0, 0.0], [0.5, 0.5]], [[0.25, 0.75], [0.5, 0.5]]]])
    student = torch.tensor([[[[0.5, 0.5], [0.5, 0.5]], [[0.5, 0.5], [0.25, 0.75]]]])
    # head 1: ln 2 and ln 2; head 2: ln 2 and (ln 4 + ln 4/3) / 2
    expected = (2 * LN2 + LN2 + (2 * LN2 + math.log(4 / 3)) / 2) / 2
    assert float(attention_transfer(student, teacher, BOTH)) == pytest.approx(expected)


def test_attention_transfer_of_equal_attention_is_its_entropy_not_nothing():
    """Cross-entropy, as in the paper's code, not divergence."""
    even = torch.full((1, 1, 2, 2), 0.5)
    assert float(attention_transfer(even, even, BOTH)) == pytest.approx(2 * LN2)


def test_attention_on_padding_costs_nothing():
    teacher = torch.tensor([[[[1.0, 0.0], [0.3, 0.7]]]])
    student = torch.tensor([[[[1.0, 0.0], [math.nan, math.nan]]]])
    kept = torch.tensor([[True, False]])
    assert float(attention_transfer(student, teacher, kept)) == 0


def test_attention_transfer_pulls_scores_as_cross_entropy_of_their_softmax_does():
    """The gradient by the scores is the difference of the probabilities."""
    scores = torch.tensor([[[[2.0, -1.0, 0.5]]]], requires_grad=True)
    teacher = softmax(torch.tensor([[[[0.0, 1.0, -1.0]]]]), -1)
    attention_transfer(softmax(scores, -1), teacher, torch.tensor([[True]])).backward()
    torch.testing.assert_close(scores.grad, softmax(scores, -1).detach() - teacher)


def test_feature_map_transfer_compares_normalised_states():
    """(1, 3) and (5, 9) both normalise to (-1, 1); (3, 1) to (1, -1): squares 4 and 4, mean 4."""
    student = torch.tensor([[[1.0, 3.0], [3.0, 1.0]]])
    teacher = torch.tensor([[[5.0, 9.0], [5.0, 9.0]]])
    assert float(feature_map_transfer(student, teacher, BOTH)) == pytest.approx(4, rel=1e-4)


def test_feature_map_transfer_leaves_padding_out():
    student = torch.tensor([[[1.0, 3.0], [math.inf, 1.0]]])
    teacher = torch.tensor([[[5.0, 9.0], [5.0, 9.0]]])
    assert float(feature_map_transfer(student, teacher, torch.tensor([[True, False]]))) < 1e-6


def test_means_are_compared_squared_and_variances_in_their_size():
    student = torch.tensor([[[1.0, 3.0], [0.0, 0.0]]])  # means 2 and 0, variances 1 and 0
    teacher = torch.tensor([[[4.0, 8.0], [1.0, 3.0]]])  # means 6 and 2, variances 4 and 1
    assert float(mean_transfer(student, teacher, BOTH)) == 16 + 4
    assert float(variance_transfer(student, teacher, BOTH)) == 3 + 1
    first = torch.tensor([[True, False]])
    assert float(mean_transfer(student, teacher, first)) == 16
    assert float(variance_transfer(student, teacher, first)) == 3


def test_masked_lm_without_a_teacher_is_cross_entropy_summed_over_places():
    logits = torch.tensor([[0.0, 0.0], [0.0, math.log(3)]])
    # 1/2 of the first, 3/4 of the second
    assert float(masked_lm_loss(logits, torch.tensor([0, 1]))) == pytest.approx(LN2 + math.log(4 / 3))


def test_soft_targets_are_half_the_truth_half_the_teacher():
    """Target of token 0 with a teacher of (1/4, 3/4): (5/8, 3/8)."""
    student = torch.log(torch.tensor([[0.5, 0.5], [0.2, 0.8]]))
    teacher = torch.log(torch.tensor([[0.25, 0.75], [0.25, 0.75]]))
    expected = LN2 - (5 / 8 * math.log(0.2) + 3 / 8 * math.log(0.8))
    assert float(masked_lm_loss(student, torch.tensor([0, 0]), teacher, 0.5)) == pytest.approx(expected)
    assert float(masked_lm_loss(student, torch.tensor([0, 0]), teacher, 1.0)) == pytest.approx(
        LN2 - math.log(0.2)
    )


def test_softened_logits_are_compared_at_the_temperature_and_scaled_by_its_square():
    student, teacher = torch.tensor([[0.0, 0.0]]), torch.tensor([[2 * math.log(3), 0.0]])
    # at temperature 2 the teacher says (3/4, 1/4)
    expected = 4 * (0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5))
    assert float(softened_logits_loss(student, teacher, 2.0)) == pytest.approx(expected)
    assert float(softened_logits_loss(teacher, teacher, 2.0)) == pytest.approx(0, abs=1e-6)


def test_the_temperature_keeps_the_size_of_gradients():
    """For small logits the gradient is that of half the squared difference, whatever the temperature."""
    teacher = torch.tensor([[0.02, -0.01, -0.01]])
    found = []
    for temperature in (1.0, 10.0):
        student = torch.zeros(1, 3, requires_grad=True)
        softened_logits_loss(student, teacher, temperature).backward()
        found.append(student.grad)
    torch.testing.assert_close(found[0], found[1], rtol=0.02, atol=0)


def test_half_precision_is_compared_in_full():
    student, teacher = torch.randn(2, 1, 3, 5, 8, generator=torch.Generator().manual_seed(0)).bfloat16()
    whole = feature_map_transfer(student.float()[0], teacher.float()[0], torch.ones(3, 5, dtype=torch.bool))
    found = feature_map_transfer(student[0], teacher[0], torch.ones(3, 5, dtype=torch.bool))
    assert found.dtype == torch.float32
    assert float(found) == float(whole)

"""Pairs of unequal depth, heads, width and vocabulary: mapped, or refused by name of the dimension."""

import pytest
import torch
from transformers import BertConfig, BertModel, MobileBertModel

from pocketbert.distillation.embeddings import narrowing_basis, start_from_embeddings
from pocketbert.distillation.mapping import Shape, check_tokenizers, group_heads, map_layers, spread_layers
from pocketbert.errors import ArgumentError
from tiny_mobilebert import WORDS, tiny_config, tokenizer_over


@pytest.mark.parametrize(
    ("student", "teacher", "expected"),
    [
        (24, 24, tuple(range(1, 25))),
        (6, 12, (2, 4, 6, 8, 10, 12)),
        (4, 6, (2, 3, 5, 6)),
        (1, 6, (6,)),
    ],
)
def test_layers_are_spread_evenly_and_the_last_learns_from_the_last(student, teacher, expected):
    assert spread_layers(student, teacher) == expected


def test_a_pair_of_one_shape_maps_one_to_one():
    mapping = map_layers(Shape(2, 4, 32), Shape(2, 4, 32))
    assert mapping.layers == (0, 1, 2)
    assert not mapping.projected


def test_another_width_is_projected():
    assert map_layers(Shape(2, 4, 32), Shape(2, 4, 48)).projected


@pytest.mark.parametrize(
    ("student", "teacher", "fields", "named"),
    [
        (Shape(2, 4, 32), Shape(2, 6, 32), {}, "teacher's 6 heads .* student's 4"),
        (Shape(2, 8, 32), Shape(2, 4, 32), {}, "teacher's 4 heads .* student's 8"),
        (Shape(3, 4, 32), Shape(2, 4, 32), {}, "student's 3 layers .* teacher's 2"),
        (
            Shape(2, 4, 32),
            Shape(4, 4, 32),
            {"layers": (4,)},
            "names 1 of the teacher's layers .* student's 2",
        ),
        (Shape(2, 4, 32), Shape(4, 4, 32), {"layers": (4, 5)}, "layer 5; the teacher has layers 1 to 4"),
    ],
)
def test_a_pair_that_cannot_be_mapped_names_the_dimension(student, teacher, fields, named):
    with pytest.raises(ArgumentError, match=named) as refused:
        map_layers(student, teacher, **fields)
    assert "\n" not in str(refused.value)


def test_heads_matter_only_where_attention_is_transferred():
    assert map_layers(Shape(2, 4, 32), Shape(2, 6, 32), attention=False).heads == 4


def test_layers_can_be_named_and_then_a_deeper_student_learns_too():
    assert map_layers(Shape(3, 4, 32), Shape(2, 4, 32), layers=(1, 1, 2)).layers == (0, 1, 1, 2)


def test_a_group_of_heads_attends_as_its_members_do_on_average():
    attention = torch.tensor([[[[1.0, 0.0]], [[0.5, 0.5]], [[0.0, 1.0]], [[0.2, 0.8]]]])
    torch.testing.assert_close(group_heads(attention, 2), torch.tensor([[[[0.75, 0.25]], [[0.1, 0.9]]]]))
    assert torch.equal(group_heads(attention, 4), attention)


def test_equal_tokenizers_pass(tmp_path):
    check_tokenizers(tokenizer_over(WORDS, tmp_path / "one"), tokenizer_over(WORDS, tmp_path / "two"))


@pytest.mark.parametrize(
    ("words", "options", "named"),
    [
        (WORDS[:-1], {}, "student's has 19 tokens, the teacher's 18"),
        ([*WORDS[:5], "a", "the", *WORDS[7:]], {}, "token 5 is 'the', another"),
        (WORDS, {"do_lower_case": False}, "cut the same text differently"),
    ],
)
def test_different_tokenizers_are_refused(tmp_path, words, options, named):
    student = tokenizer_over(WORDS, tmp_path / "one")
    teacher = tokenizer_over(words, tmp_path / "two", **options)
    with pytest.raises(ArgumentError, match=named) as refused:
        check_tokenizers(student, teacher)
    assert "\n" not in str(refused.value)


def mobilebert(embedding: int, **changes: int) -> MobileBertModel:
    torch.manual_seed(embedding)
    config = tiny_config(embedding_size=embedding, max_position_embeddings=16, **changes)
    return MobileBertModel(config, add_pooling_layer=False).eval()


def bert(hidden: int = 32) -> BertModel:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=hidden, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=20,
    )  # fmt: skip
    return BertModel(config, add_pooling_layer=False).eval()


IDS = torch.tensor([[2, 7, 9, 3, 11, 4]])


def test_a_student_of_the_same_embeddings_starts_with_the_teachers_states():
    student, teacher = mobilebert(8), mobilebert(8)
    with torch.no_grad():
        for weight in teacher.embeddings.parameters():
            weight.add_(torch.randn(weight.shape) * 0.1)
        teacher.embeddings.LayerNorm.load_state_dict(student.embeddings.LayerNorm.state_dict())
    start_from_embeddings(student, teacher)
    torch.testing.assert_close(student.embeddings(IDS), teacher.embeddings(IDS))


def test_a_narrower_student_starts_as_near_to_the_teacher_as_its_rank_allows():
    """Where the teacher's table has no more directions than the student's, nothing is lost."""
    teacher = bert()
    with torch.no_grad():
        table = teacher.embeddings.word_embeddings.weight
        table.copy_(torch.randn(len(WORDS), 8) @ torch.randn(8, 32))
    student = mobilebert(8)
    start_from_embeddings(student, teacher)
    theirs = teacher.embeddings
    expected = (
        theirs.word_embeddings(IDS)
        + theirs.position_embeddings.weight[:6]
        + theirs.token_type_embeddings.weight[0]
    )
    torch.testing.assert_close(student.embeddings(IDS), expected, rtol=1e-4, atol=1e-4)


def test_what_is_left_out_is_the_least_by_weight_of_frequency():
    """Two tokens on two axes: the frequent one's axis is kept though the other is longer."""
    words = torch.tensor([[1.0, 0.0], [0.0, 3.0]])
    assert narrowing_basis(words, 1).abs().flatten().tolist() == pytest.approx([0, 1])
    often = narrowing_basis(words, 1, torch.tensor([1000, 0]))
    assert often.abs().flatten().tolist() == pytest.approx([1, 0])


def test_a_student_of_another_width_takes_the_tokens_alone():
    student, teacher = mobilebert(8, hidden_size=48), mobilebert(8)
    before = student.embeddings.position_embeddings.weight.clone()
    start_from_embeddings(student, teacher)
    assert torch.equal(student.embeddings.word_embeddings.weight, teacher.embeddings.word_embeddings.weight)
    assert torch.equal(student.embeddings.position_embeddings.weight, before)


@pytest.mark.parametrize(
    ("student", "named"),
    [
        ({"embedding": 12}, "embeddings are 12 wide, the teacher's 8"),
        ({"embedding": 8, "vocab_size": 60}, "19 tokens, the student 60"),
    ],
)
def test_embeddings_that_cannot_be_taken_name_the_dimension(student, named):
    with pytest.raises(ArgumentError, match=named):
        start_from_embeddings(mobilebert(**student), mobilebert(8))

"""Attention of two models for one text: what is paired, what is refused, and that the page holds it safely."""

import re
from pathlib import Path

import pytest
import torch
from transformers import BertConfig, BertModel

from pocketbert.backbone import Backbone
from pocketbert.backbone.ib_bert import IBBertConfig, IBBertModel
from pocketbert.distillation.attention_page import Head, check_page, draw, write_page
from pocketbert.distillation.attention_page.drawing import elsewhere
from pocketbert.distillation.attention_page.page import render, shades
from pocketbert.errors import ArgumentError, PocketBertError
from tiny_mobilebert import WORDS, randomised, tiny_backbone, tokenizer_over

TEXT = "the cat sat on the mat ."


@pytest.fixture
def student(tmp_path: Path) -> Backbone:
    return tiny_backbone(tmp_path / "student")


def teacher_of(folder: Path, heads: int = 8, layers: int = 4, words: list[str] = WORDS) -> Backbone:
    config = IBBertConfig(
        vocab_size=len(words), embedding_size=8, hidden_size=16, num_hidden_layers=layers, num_attention_heads=heads,
        intra_bottleneck_size=48, intermediate_size=32, max_position_embeddings=64, classifier_activation=False,
    )  # fmt: skip
    encoder = randomised(IBBertModel(config, add_pooling_layer=False), seed=3)
    return Backbone(encoder, tokenizer_over(words, folder), "teachers/large", "made in the test")


def test_a_student_alone_is_drawn_as_it_looks(student: Backbone) -> None:
    drawing = draw(TEXT, student)
    assert drawing.tokens == ("[CLS]", *TEXT.split(), "[SEP]")
    assert [pair.layer for pair in drawing.layers] == [1, 2]
    assert drawing.teacher is None
    inputs = student.tokenizer(TEXT, return_tensors="pt")
    with torch.no_grad():
        attention = student.encoder(**inputs, output_attentions=True).attentions
    for pair, expected in zip(drawing.layers, attention, strict=True):
        found = torch.tensor([head.shares for head in pair.student])
        torch.testing.assert_close(found, expected[0])
        torch.testing.assert_close(torch.tensor(pair.student_mean.shares), expected[0].mean(0))


def test_layers_and_heads_are_paired_as_transfer_pairs_them(tmp_path: Path, student: Backbone) -> None:
    teacher = teacher_of(tmp_path / "teacher")
    drawing = draw(TEXT, student, teacher)
    assert [pair.teacher_layer for pair in drawing.layers] == [2, 4]
    inputs = teacher.tokenizer(TEXT, return_tensors="pt")
    with torch.no_grad():
        second = teacher.encoder(**inputs, output_attentions=True).attentions[1][0]
    assert len(drawing.layers[0].teacher) == 4
    torch.testing.assert_close(torch.tensor(drawing.layers[0].teacher[1].shares), (second[2] + second[3]) / 2)
    assert all(pair.elsewhere is not None and 0 < pair.elsewhere < 1 for pair in drawing.layers)


def test_a_model_beside_itself_looks_nowhere_else(student: Backbone) -> None:
    assert [pair.elsewhere for pair in draw(TEXT, student, student).layers] == [0, 0]


def test_what_goes_elsewhere_is_half_of_what_differs() -> None:
    ours = torch.tensor([[[0.5, 0.5], [1.0, 0.0]]])
    theirs = torch.tensor([[[0.2, 0.8], [0.0, 1.0]]])
    assert elsewhere(ours, theirs) == pytest.approx((0.3 + 1.0) / 2)


@pytest.mark.parametrize("text", ["", "   "])
def test_a_text_without_words_is_one_line(student: Backbone, text: str) -> None:
    with pytest.raises(ArgumentError, match="no words in it"):
        draw(text, student)


def test_a_long_text_is_one_line(student: Backbone) -> None:
    with pytest.raises(ArgumentError, match="has 42 tokens, and 32 are the most"):
        draw("cat " * 40, student)


def test_pairs_that_cannot_be_are_one_line(tmp_path: Path, student: Backbone) -> None:
    with pytest.raises(ArgumentError, match="teacher's 6 heads cannot be shared evenly by the student's 4"):
        draw(TEXT, student, teacher_of(tmp_path / "heads", heads=6))
    with pytest.raises(ArgumentError, match="has 1 layer and the student 2; swap the two, or name a deeper"):
        draw(TEXT, student, teacher_of(tmp_path / "layers", layers=1))
    with pytest.raises(ArgumentError, match="different tokenizers"):
        draw(TEXT, student, teacher_of(tmp_path / "words", words=[*WORDS, "rug"]))


def test_the_page_shows_both_and_needs_nothing_else(tmp_path: Path, student: Backbone) -> None:
    drawing = draw("the <script>alert(1)</script> cat & mat", student, teacher_of(tmp_path / "teacher"))
    page = tmp_path / "new" / "page.html"
    write_page(drawing, page)
    content = page.read_text(encoding="utf-8")
    assert "teachers/large" in content
    assert "from the teacher's layer 4" in content
    assert "heads 1 to 2" in content
    assert "<script" not in content
    assert "&lt;script&gt;alert(1)" in content
    assert not re.search(r"(src|href)=|url\(|@import", content)
    assert content.count('<svg class="whole"') == 2 * 2
    assert [path.name for path in page.parent.iterdir()] == ["page.html"]


def test_every_share_can_be_read_off(student: Backbone) -> None:
    drawing = draw(TEXT, student)
    row = drawing.layers[0].student_mean.shares[2]
    content = render(drawing)
    for token, share in zip(drawing.tokens, row, strict=True):
        if share >= 0.005:
            assert f"<title>Student: cat looks at {token}: {100 * share:.0f} %</title>" in content


def test_a_small_square_is_one_path_a_shade() -> None:
    drawn = shades(Head(((1.0, 0.0), (0.25, 0.75))))
    assert [opacity for opacity, _ in drawn] == [0.5, 0.83, 1.0]
    assert drawn[0][1] == "M0 10h10v10h-10z"
    assert drawn[2][1] == "M0 0h10v10h-10z"


def test_an_encoder_without_heads_that_tell_is_one_line(student: Backbone) -> None:
    class Silent(BertModel):
        def forward(self, **inputs: object) -> object:
            return super().forward(**{**inputs, "output_attentions": False})

    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=4, intermediate_size=8
    )
    with pytest.raises(ArgumentError, match="does not tell its attention"):
        draw(TEXT, Backbone(Silent(config).eval(), student.tokenizer, "silent", "a test"))


def test_only_pages_are_written_over(tmp_path: Path, student: Backbone) -> None:
    with pytest.raises(ArgumentError, match=r"is no page; give a name that ends in \.html"):
        check_page(tmp_path / "rows.csv")
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(ArgumentError, match="is a folder"):
        check_page(tmp_path / "folder.html")
    (tmp_path / "file").write_text("")
    with pytest.raises(PocketBertError, match="cannot write"):
        write_page(draw(TEXT, student), tmp_path / "file" / "page.html")

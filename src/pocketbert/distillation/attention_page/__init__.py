"""Teacher's and student's attention for one text, side by side on a page of its own."""

from pocketbert.distillation.attention_page.drawing import Drawing, Head, LayerPair, draw
from pocketbert.distillation.attention_page.page import check_page, write_page

__all__ = ["Drawing", "Head", "LayerPair", "check_page", "draw", "write_page"]

"""A text before and after, with the words that differ marked, short enough to read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import NamedTuple

LONGEST = 320
ELLIPSIS = "…"
TOKEN = re.compile(r"\s+|[\u3040-\u30ff\u3400-\u9fff]|[^\s\u3040-\u30ff\u3400-\u9fff]+")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Piece(NamedTuple):
    """A stretch of a text that stayed or changed."""

    text: str
    changed: bool


def mark(before: str, after: str, longest: int = LONGEST) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces, cut around the first difference to at most `longest` characters each.

    An ellipsis stands where text was cut away; characters that cannot be printed become U+FFFD.
    """
    start = _start(before, after, longest)
    old, new = (TOKEN.findall(printable(text[start : start + longest])) for text in (before, after))
    same = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    kept_old = {at for block in same for at in range(block.a, block.a + block.size)}
    kept_new = {at for block in same for at in range(block.b, block.b + block.size)}
    sides = []
    for text, tokens, kept in ((before, old, kept_old), (after, new, kept_new)):
        pieces = _joined(Piece(token, at not in kept) for at, token in enumerate(tokens))
        head = [Piece(ELLIPSIS, False)] if start else []
        tail = [Piece(ELLIPSIS, False)] if start + longest < len(text) else []
        sides.append(head + pieces + tail)
    return sides[0], sides[1]


def shortened(text: str, longest: int = LONGEST) -> str:
    """The text, or its beginning and an ellipsis."""
    text = printable(text[: longest + 1])
    return text if len(text) <= longest else text[: longest - 1] + ELLIPSIS


def printable(text: str) -> str:
    """The text with U+FFFD for every character that no page may hold."""
    return UNPRINTABLE.sub("\ufffd", text)


def _start(before: str, after: str, longest: int) -> int:
    """Where to begin so that the first difference is in sight: at a word, a third of the way before it."""
    if max(len(before), len(after)) <= longest:
        return 0
    shorter = min(len(before), len(after))
    same = next(
        (at for at, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), shorter
    )
    start = max(0, same - longest // 3)
    space = before.rfind(" ", 0, start)
    return space + 1 if start and start - space < longest // 6 else start


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Neighbours of a kind made one piece; space around changed words is not marked, changed space alone is."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].changed == piece.changed:
            joined[-1] = Piece(joined[-1].text + piece.text, piece.changed)
        else:
            joined.append(piece)
    return [part for piece in joined for part in _without_space_around(piece)]


def _without_space_around(piece: Piece) -> list[Piece]:
    words = piece.text.strip()
    if not piece.changed or not words:
        return [piece]
    before, after = piece.text.split(words, 1)
    parts = (Piece(before, False), Piece(words, True), Piece(after, False))
    return [part for part in parts if part.text]

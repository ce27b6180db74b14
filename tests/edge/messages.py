"""Texts that exports are asked, made of words of a vocabulary."""

import random
from collections.abc import Sequence

TORTURE = [
    "", "   ", "\ttabs\nand\r\nlines ", "The café's naïve façade, déjà vu: ÀÉÎÕÜ.", "中文字 and 日本", "안녕하세요",
    "fine 😀👍🏽 thanks", "zero\u200bwidth\u00adhyphen", "a" * 100, "a" * 101, "x" * 5000, "bell\x07 and \x01control",
    "don't pay $5.00 (U.S.) @me #now", "½ Ⅷ ﬁ", "e\u0301 n\u0303 combined", "—–“quotes”…", "\u3000wide\u00a0spaces",
    "ünïcödé" * 300, "word " * 20_000, "शब्द और कविता", "\ufffd\ufeff", "nul\x00inside", "[SEP] and [MASK] in a text",
]  # fmt: skip
"""Accents, scripts, emoji, zero-width, long words, control characters, 100,000 characters."""


def messages(words: Sequence[str], count: int, seed: int = 0) -> list[str]:
    """ASCII texts of 1 to 40 words, among them unknown ones, numbers, capitals and punctuation."""
    draw = random.Random(seed)

    def word() -> str:
        chosen = draw.choice(words)
        kind = draw.random()
        if kind < 0.1:
            return chosen + draw.choice(words)
        if kind < 0.2:
            return f"{draw.randrange(10_000)}{draw.choice(['', '.5', ',000', '%', 'th'])}"
        if kind < 0.3:
            return draw.choice([str.upper, str.title])(chosen)
        return chosen + draw.choice(["", "", "", ",", ".", "!?", "'s", " -", ' "', "@"])

    return [" ".join(word() for _ in range(draw.randint(1, 40))) for _ in range(count)]

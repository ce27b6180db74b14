"""Texts that tokenizers disagree on, one or two a row.

Left out: characters younger than the tables of the tokenizer that trains (Unicode 9, 2016): newer run times know them.
"""

_TEXTS = [
    "", " ", "plain ascii text.", "don't can't it's", "C++ #tag @user price: $5, 100% 1,000.50",
    "Café naïve Ångström résumé", "e\u0301 A\u030a n\u0303 a\u0301\u0302\u0303b", "İstanbul ISTANBUL ı", "straße ẞ ﬁ ﬂ",
    "Σίσυφος ΣΑΣ ὈΔΥΣΣΕΎΣ", "中文字符混在English里", "中" * 300, "日本語のテキスト、ひらがな ﾊﾝｶｸ ＦＵＬＬ",
    "한국어 텍스트 각", "हिन्दी में पाठ கி", "العربية مرحبا", "עִבְרִית שָׁלוֹם", "ไทยสวัสดี ำ", "\U00020000 \U0002a6df",
    "👍😀 👩\u200d🚀 🏳\ufe0f\u200d🌈 🇩🇪 ❤\ufe0f", "𝓯𝓪𝓷𝓬𝔂 𝟏𝟐 ½ ² ③",
    "zero\u200bwidth\u200cnon\u200djoin\ufeffbom\u2060x", "soft\u00adhyphen", "\u200e\u200f\u202ertl\u202c",
    "nbsp\u00a0thin\u2009ideo\u3000space\u1680\u202f\u205f", "line\nbreak\ttab\rcr\u2028ls\u2029ps",
    "a\x0bvt a\x0cff a\x85nel", "control\x00nul\x01soh\x1besc\x7fdel\x9fc1", "\ufffdreplacement", "private\ue000use",
    "“quoted” ‘single’ — dash… «x» ，。！？「」", "$^`~+<=>|", "!" * 200, "\u0301" * 50,
    "a" * 99 + " " + "b" * 100 + " " + "c" * 101, "x" * 5_000, "é" * 3_000, "word " * 20_000, "x" * 100_000,
    " " * 100_000, "   lead and trail   ", "[SEP] [CLS] [MASK] [PAD] [UNK] [sep] ##ing",
    "http://a.example/b/c?d=e&f=g mail@a.example",
]  # fmt: skip
_PAIRS = [
    ("one", "two"), ("", ""), ("", "two"), ("short", "word " * 500), ("word " * 500, "short"),
    ("word " * 500, "other " * 500), ("word " * 63, "other " * 62), ("word " * 62, "other " * 63),
    ("word " * 62, "other " * 500), ("Σ", "👍"),
]  # fmt: skip
TORTURE = [(text,) for text in _TEXTS] + _PAIRS

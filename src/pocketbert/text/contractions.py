"""Contracted words and what they stand for, written together ("don't") or apart as in tokenised text ("do n't")."""

import re
from functools import lru_cache

_WHOLE = {"can't": "can not", "cannot": "can not", "won't": "will not", "shan't": "shall not", "'t": "not"}
_CLITICS = {"n't": " not", "'m": " am", "'re": " are", "'ve": " have", "'ll": " will", "'d": " would"}
_VERBS = ["do", "does", "did", "is", "was", "are", "were", "has", "have", "had", "would", "could", "should"]
_BARE = {f"{verb}nt": f"{verb} not" for verb in _VERBS} | {"cant": "can not", "wont": "will not"}
"""How a hurried hand writes them."""

_GAP = re.compile(r"\s+(?=n't\b|'(?:m|re|ve|ll|d)\b)")
_CLITIC = re.compile(r"(?:n't|'(?:m|re|ve|ll|d))\b")
_WORD = re.compile(r"[\w']+")


@lru_cache(maxsize=10_000)
def spelt_out(string: str) -> str:
    """The string in lower case, one space between words, its contractions written in full; "'s" stays.

    "'d" is read as "would".
    """
    joined = _GAP.sub("", string.lower().replace("’", "'"))
    whole = _WORD.sub(lambda word: _WHOLE.get(word[0]) or _BARE.get(word[0]) or word[0], joined)
    return " ".join(_CLITIC.sub(lambda clitic: _CLITICS[clitic[0]], whole).split())


def restates(old: str, new: str) -> bool:
    """Whether two strings are the same words, contracted or in full."""
    return spelt_out(old) == spelt_out(new)

"""A pair of translation models that says sentences anew: any sequence-to-sequence models of `transformers`.

Import this module inside functions: it loads torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from hashlib import blake2b
from itertools import groupby
from typing import TYPE_CHECKING

import torch

from pocketbert.errors import ArgumentError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

ROWS = 32
"""Sentences that go through a model at once, all of one length: padding changes no word."""

BEAMS = 4
LONGEST = 128
"""Tokens that a translation may have."""


class Translator:
    """One model, from one language to another."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        self._model, self._tokenizer = model.eval(), tokenizer
        self._device = next(model.parameters()).device

    @classmethod
    def load(cls, name: str) -> Translator:
        """A model of the hub, or a folder.  Raises ArgumentError when there is none that translates."""
        from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

        try:
            model = AutoModelForSeq2SeqLM.from_pretrained(name)
            tokenizer = AutoTokenizer.from_pretrained(name)
        except (OSError, ValueError, KeyError, ImportError) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0][:160]
            raise ArgumentError(f"{name} is no translation model that loads here: {reason}") from None
        return cls(model.to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the weights, the vocabulary and the way sentences are made."""
        digest = blake2b(repr((BEAMS, LONGEST, sorted(self._tokenizer.get_vocab().items()))).encode())
        for name, weight in self._model.state_dict().items():
            digest.update(f"{name} {tuple(weight.shape)}".encode())
            digest.update(weight.detach().cpu().float().contiguous().numpy())
        return digest.hexdigest()[:32]

    def __call__(self, sentences: Sequence[str], count: int = 1) -> list[list[str]]:
        """The `count` best translations of each sentence, by beam search; no two runs differ."""
        ids = [tuple(self._tokenizer(one, truncation=True)["input_ids"]) for one in sentences]
        said: dict[tuple[int, ...], list[str]] = {}
        for _, alike in groupby(sorted(set(ids), key=lambda one: (len(one), one)), len):
            row = list(alike)
            for at in range(0, len(row), ROWS):
                said |= self._translated(row[at : at + ROWS], count)
        return [said[one] for one in ids]

    def _translated(self, batch: list[tuple[int, ...]], count: int) -> dict[tuple[int, ...], list[str]]:
        inputs = torch.tensor(batch, device=self._device)
        with torch.inference_mode():
            made = self._model.generate(
                input_ids=inputs,
                attention_mask=torch.ones_like(inputs),
                num_beams=max(BEAMS, count),
                num_return_sequences=count,
                do_sample=False,
                max_new_tokens=LONGEST,
            )
        texts = self._tokenizer.batch_decode(made, skip_special_tokens=True)
        return {ids: texts[at * count : (at + 1) * count] for at, ids in enumerate(batch)}


class ThereAndBack:
    """Two translators, one after the other.  `ways`: how many translations come back."""

    def __init__(self, there: Translator, back: Translator, ways: int = 3) -> None:
        self._there, self._back, self._ways = there, back, ways

    @classmethod
    def load(cls, there: str, back: str) -> ThereAndBack:
        """Two models of the hub, or folders.  Raises ArgumentError as `Translator.load` does."""
        return cls(Translator.load(there), Translator.load(back))

    @property
    def fingerprint(self) -> str:
        told = f"{self._there.fingerprint} {self._back.fingerprint} {self._ways}"
        return blake2b(told.encode(), digest_size=16).hexdigest()

    def __call__(self, sentences: Sequence[str]) -> list[list[str]]:
        """Of each sentence, what comes back from its best translation and the next best ones."""
        abroad = self._there(sentences, self._ways)
        distinct = list(dict.fromkeys(one for of in abroad for one in of))
        home = {one: of[0] for one, of in zip(distinct, self._back(distinct), strict=True)}
        return [list(dict.fromkeys(home[one] for one in of)) for of in abroad]

"""Any sequence-to-sequence models of transformers, there and back: tiny ones, built here."""

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import BartConfig, BartForConditionalGeneration, PreTrainedTokenizerFast

from pocketbert.backbone.translation import ThereAndBack, Translator
from pocketbert.errors import ArgumentError

WORDS = [
    *[
        "<pad>",
        "<s>",
        "</s>",
        "<unk>",
        "the",
        "a",
        "cat",
        "dog",
        "sat",
        "ran",
        "on",
        "mat",
        "home",
        "old",
        ".",
        ",",
    ],
    *["der", "eine", "katze", "hund", "matte"],
]
SENTENCES = ["the cat sat on the mat .", "a dog ran home .", "the old cat , the old dog ."]


def translator_folder(folder: Path, seed: int) -> Path:
    """A translation model of a few thousand drawn weights, with its tokenizer."""
    plain = Tokenizer(WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="<unk>"))
    plain.pre_tokenizer = Whitespace()
    plain.post_processor = TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)])
    special = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain, model_max_length=32, **special)
    config = BartConfig(
        vocab_size=len(WORDS), d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, max_position_embeddings=160,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=2, forced_eos_token_id=2,
        init_std=1.0,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        BartForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("translators")
    return str(translator_folder(folder / "there", 1)), str(translator_folder(folder / "back", 2))


def test_a_sentence_is_translated_as_the_library_would(folders):
    translate = Translator.load(folders[0])
    model = BartForConditionalGeneration.from_pretrained(folders[0]).eval()
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folders[0])
    for sentence, said in zip(SENTENCES, translate(SENTENCES, 2), strict=True):
        inputs = tokenizer(sentence, return_tensors="pt")
        made = model.generate(
            input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"],
            num_beams=4, num_return_sequences=2, max_new_tokens=128,
        )  # fmt: skip
        assert said == tokenizer.batch_decode(made, skip_special_tokens=True)


def test_what_comes_back_hangs_on_the_sentence_alone(folders):
    round_trip = ThereAndBack.load(*folders)
    together = round_trip(SENTENCES)
    assert [round_trip([one])[0] for one in SENTENCES] == together
    assert round_trip(SENTENCES[::-1]) == together[::-1]
    assert all(of for of in together)
    assert round_trip([]) == []


def test_what_comes_back_is_the_translation_of_the_translation(folders):
    there, back = map(Translator.load, folders)
    abroad = there(SENTENCES, 3)
    for of, home in zip(abroad, ThereAndBack(there, back)(SENTENCES), strict=True):
        assert home == list(dict.fromkeys(back([one])[0][0] for one in of))


def test_other_weights_or_ways_are_another_round_trip(folders):
    there, back = map(Translator.load, folders)
    known = {ThereAndBack(*pair).fingerprint for pair in ((there, back), (back, there), (there, there))}
    known.add(ThereAndBack(there, back, ways=1).fingerprint)
    assert len(known) == 4
    assert ThereAndBack.load(*folders).fingerprint in known


def test_what_is_no_translator_is_refused(folders, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(ArgumentError, match="is no translation model that loads here"):
        ThereAndBack.load(folders[0], str(tmp_path / "empty"))

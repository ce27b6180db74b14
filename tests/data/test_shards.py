"""Shards: every token of the corpus once, kept over a kill, refused for another tokenizer or other text."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from corpora import corpus_of, lines, small_tokenizer
from transformers import BertTokenizer

from disks import fill, small_disk
from pocketbert.data import shards
from pocketbert.data.corpus import Corpus
from pocketbert.data.shards import TokenStream, open_shards, prepare_shards
from pocketbert.data.vocabulary import Vocabulary
from pocketbert.errors import ArgumentError, PocketBertError


@pytest.fixture
def tokenizer(tmp_path: Path) -> BertTokenizer:
    return small_tokenizer(tmp_path)


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """200 passages in 40 documents; tokenised 16 passages at a time, so that shards can be small."""
    monkeypatch.setattr(shards, "PASSAGES_AT_ONCE", 16)
    (tmp_path / "text.txt").write_text(lines(40))
    return corpus_of(tmp_path / "text.txt")


def contents(stream: TokenStream) -> list[int]:
    return stream.read(np.array([0]), stream.tokens)[0].tolist()


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def expected(corpus: Corpus, tokenizer: BertTokenizer) -> list[int]:
    texts = [passage.text for passage in corpus.passages()]
    return [number for ids in tokenizer(texts, add_special_tokens=False)["input_ids"] for number in ids]


def test_the_stream_is_the_corpus_token_by_token(tmp_path, corpus, tokenizer):
    stream = prepare_shards(corpus, tokenizer, tmp_path / "shards", tokens_per_shard=300)
    assert len(list((tmp_path / "shards").glob("*.tokens"))) > 4
    assert contents(stream) == expected(corpus, tokenizer)
    whole = prepare_shards(corpus, tokenizer, tmp_path / "whole")
    assert len(list((tmp_path / "whole").glob("*.tokens"))) == 1
    assert contents(whole) == contents(stream)


def test_reading_goes_on_over_shards_and_from_the_end_to_the_start(tmp_path, corpus, tokenizer):
    stream = prepare_shards(corpus, tokenizer, tmp_path / "shards", tokens_per_shard=300)
    ids = contents(stream)
    starts = np.array([0, 299, 300, len(ids) - 3, len(ids) - 1])
    assert stream.read(starts, 40).tolist() == [(ids + ids)[start : start + 40] for start in starts]
    assert contents(pickle.loads(pickle.dumps(stream))) == ids
    assert len(pickle.dumps(stream)) < 10_000


def test_where_passages_begin(tmp_path, corpus, tokenizer):
    stream = prepare_shards(corpus, tokenizer, tmp_path / "shards", tokens_per_shard=10**6)
    passages = list(corpus.passages())
    sizes = [len(ids) for ids in tokenizer([p.text for p in passages], add_special_tokens=False)["input_ids"]]
    starts = np.cumsum([0, *sizes])
    within = [int(start) for start, passage in zip(starts, passages, strict=False) if not passage.opens]
    assert stream.breaks(0, stream.tokens).tolist() == within
    assert stream.breaks(within[3], within[5]).tolist() == within[3:5]
    assert stream.breaks(stream.tokens, stream.tokens + 9).tolist() == []
    assert stream.next_passage(int(starts[4])) == starts[4]
    assert stream.next_passage(int(starts[4]) + 1) == starts[5]
    assert stream.next_passage(stream.tokens - 1) == 0


def test_passages_are_found_in_every_shard(tmp_path, corpus, tokenizer):
    one = prepare_shards(corpus, tokenizer, tmp_path / "one", tokens_per_shard=10**6)
    many = prepare_shards(corpus, tokenizer, tmp_path / "many", tokens_per_shard=300)
    assert [many.next_passage(at) for at in range(many.tokens)] == [
        one.next_passage(at) for at in range(one.tokens)
    ]
    found = [place for start in range(many.tokens) for place in many.breaks(start, start + 1).tolist()]
    assert found == one.breaks(0, one.tokens).tolist()


@pytest.mark.parametrize("after", [1, 3])
def test_a_killed_process_goes_on_with_the_shards_it_finished(tmp_path, corpus, tokenizer, after):
    prepare_shards(corpus, tokenizer, tmp_path / "unbroken", tokens_per_shard=300)
    told: list[int] = []

    def kill(tokens: int) -> None:
        told.append(tokens)
        if len(told) == after:
            raise KeyboardInterrupt

    folder = tmp_path / "shards"
    with pytest.raises(KeyboardInterrupt):
        prepare_shards(corpus, tokenizer, folder, tokens_per_shard=300, progress=kill)
    (folder / f".partial-{after:05d}.passages").write_bytes(b"half of a shard")
    (folder / f"{after:05d}.tokens").write_bytes(b"a shard that the manifest does not list yet")
    with pytest.raises(ArgumentError, match="no finished shards"):
        open_shards(folder, tokenizer)
    kept = {path.name: path.stat().st_mtime_ns for path in folder.glob("0*") if int(path.stem) < after}
    prepare_shards(corpus, tokenizer, folder, tokens_per_shard=300)
    assert len(kept) == 2 * after
    assert {name: (folder / name).stat().st_mtime_ns for name in kept} == kept
    assert files(folder) == files(tmp_path / "unbroken")


def test_a_full_disk_is_one_line_and_the_same_command_goes_on(tmp_path, corpus, tokenizer):
    ids = contents(prepare_shards(corpus, tokenizer, tmp_path / "whole"))
    with small_disk(tmp_path / "disk", 1) as disk:
        filler = fill(disk, leave=3 * 4096)
        with pytest.raises(PocketBertError, match="the disk is full; make room, then the same") as caught:
            prepare_shards(corpus, tokenizer, disk / "shards", tokens_per_shard=300)
        assert "\n" not in str(caught.value)
        filler.unlink()
        stream = prepare_shards(corpus, tokenizer, disk / "shards", tokens_per_shard=300)
        assert contents(stream) == ids
        del stream


def test_finished_shards_are_opened_without_the_corpus(tmp_path, corpus, tokenizer):
    ids = contents(prepare_shards(corpus, tokenizer, tmp_path / "shards"))
    before = files(tmp_path / "shards")
    assert contents(prepare_shards(corpus, tokenizer, tmp_path / "shards")) == ids
    (tmp_path / "text.txt").unlink()
    assert contents(open_shards(tmp_path / "shards", tokenizer)) == ids
    assert files(tmp_path / "shards") == before


def test_the_tokenizers_padding_and_truncation_make_no_other_tokenizer(tmp_path, corpus, tokenizer):
    prepare_shards(corpus, tokenizer, tmp_path / "shards")
    tokenizer(["the cat", "cat"], padding=True, truncation=True, max_length=8)
    open_shards(tmp_path / "shards", tokenizer)
    tokenizer.save_pretrained(tmp_path / "saved")
    open_shards(tmp_path / "shards", BertTokenizer.from_pretrained(tmp_path / "saved"))


def refusal(call, *arguments: object) -> str:
    with pytest.raises(PocketBertError) as caught:
        call(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_another_tokenizer_is_refused(tmp_path, corpus, tokenizer):
    folder = tmp_path / "shards"
    prepare_shards(corpus, tokenizer, folder)
    cased = BertTokenizer(str(tmp_path / "vocabulary0.txt"), do_lower_case=False)
    for other in (small_tokenizer(tmp_path, more=("lake",)), cased):
        for answer in (refusal(open_shards, folder, other), refusal(prepare_shards, corpus, other, folder)):
            assert answer == (
                f"{folder} holds shards made by another tokenizer; name another folder, or delete it"
            )


def test_other_text_is_refused(tmp_path, corpus, tokenizer):
    folder = tmp_path / "shards"
    prepare_shards(corpus, tokenizer, folder)
    (tmp_path / "more.txt").write_text(lines(3))
    more = corpus_of(tmp_path / "text.txt", tmp_path / "more.txt")
    assert "holds shards of other text (more.txt differs)" in refusal(prepare_shards, more, tokenizer, folder)
    (tmp_path / "text.txt").write_text(lines(41))
    answer = refusal(prepare_shards, corpus, tokenizer, folder)
    assert (
        answer == f"{folder} holds shards of other text (text.txt differs); name another folder, or delete it"
    )


def test_a_corpus_that_was_wrong_can_be_put_right_in_the_same_folder(tmp_path, tokenizer):
    path = tmp_path / "text.jsonl"
    path.write_text('{"text": "the cat sat."}\n{"text"')
    assert "line 2 is not JSON" in refusal(prepare_shards, corpus_of(path), tokenizer, tmp_path / "shards")
    path.write_text('{"text": "the cat sat."}')
    assert (
        contents(prepare_shards(corpus_of(path), tokenizer, tmp_path / "shards"))
        == tokenizer("the cat sat.", add_special_tokens=False)["input_ids"]
    )


def test_damaged_shards_and_a_folder_of_something_else_are_refused(tmp_path, corpus, tokenizer):
    folder = tmp_path / "shards"
    prepare_shards(corpus, tokenizer, folder)
    tokens = folder / "00000.tokens"
    tokens.write_bytes(tokens.read_bytes()[:-2])
    assert "00000.tokens has " in refusal(open_shards, folder, tokenizer)
    tokens.unlink()
    assert "00000.tokens is missing; delete its folder" in refusal(prepare_shards, corpus, tokenizer, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "schema": 99}))
    assert "is of schema 99" in refusal(prepare_shards, corpus, tokenizer, folder)
    for content in ("{", "[]", json.dumps({"schema": 1, "finished": True})):
        (folder / "manifest.json").write_text(content)
        assert "manifest.json is damaged" in refusal(prepare_shards, corpus, tokenizer, folder)
    assert "cannot write tokens to" in refusal(
        prepare_shards, corpus, tokenizer, tmp_path / "text.txt" / "in"
    )
    assert "holds other files" in refusal(prepare_shards, corpus, tokenizer, tmp_path)


def test_what_looks_like_a_special_token_in_the_text_is_text(tmp_path, tokenizer):
    (tmp_path / "odd.txt").write_text("the [MASK] sat [SEP] on")
    stream = prepare_shards(corpus_of(tmp_path / "odd.txt"), tokenizer, tmp_path / "shards")
    vocabulary = Vocabulary.of(tokenizer)
    assert not {vocabulary.mask, vocabulary.sep} & set(contents(stream))
    assert tokenizer("a [MASK]")["input_ids"].count(vocabulary.mask) == 1


def test_a_vocabulary_over_65536_tokens_is_stored_in_four_bytes(tmp_path):
    large = small_tokenizer(tmp_path, more=tuple(f"w{number}" for number in range(70_000)))
    (tmp_path / "text.txt").write_text("the w69999 sat")
    stream = prepare_shards(corpus_of(tmp_path / "text.txt"), large, tmp_path / "shards")
    assert contents(stream) == large("the w69999 sat", add_special_tokens=False)["input_ids"]
    assert max(contents(stream)) > 1 << 16

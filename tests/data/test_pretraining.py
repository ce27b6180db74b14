"""Updates of pre-training: from any start the same, the whole corpus every epoch, cut and masked anew."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from corpora import corpus_of, lines, small_tokenizer
from transformers import BertTokenizer

from pocketbert.data.masking import MaskingSettings
from pocketbert.data.pretraining import PretrainingBatch, PretrainingData
from pocketbert.data.shards import TokenStream, prepare_shards
from pocketbert.data.vocabulary import Vocabulary
from pocketbert.data.windows import Windows
from pocketbert.errors import ArgumentError, PocketBertError


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> BertTokenizer:
    return small_tokenizer(tmp_path_factory.mktemp("words"))


@pytest.fixture(scope="module")
def vocabulary(tokenizer: BertTokenizer) -> Vocabulary:
    return Vocabulary.of(tokenizer)


@pytest.fixture(scope="module")
def stream(tokenizer: BertTokenizer, tmp_path_factory: pytest.TempPathFactory) -> TokenStream:
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "text.txt").write_text(lines(60))
    return prepare_shards(corpus_of(folder / "text.txt"), tokenizer, folder / "shards")


def data(stream: TokenStream, vocabulary: Vocabulary, **changes: object) -> PretrainingData:
    settings = {"seed": 3, "batch_size": 4, "epochs": 3, "lengths": (16,), **changes}
    return PretrainingData(stream, vocabulary, **settings)


def contents(updates) -> list[object]:
    return [
        [
            (
                {name: value.tolist() for name, value in batch.inputs.items()},
                batch.original_ids.tolist(),
                batch.asked.tolist(),
                None if batch.next_sentence is None else batch.next_sentence.tolist(),
            )
            for batch in batches
        ]
        for batches in updates
    ]


VARIANTS = [
    pytest.param({}, id="one length"),
    pytest.param({"lengths": (8, 8, 16, 40)}, id="several lengths"),
    pytest.param({"next_sentence": True, "token_budget": 40}, id="pairs within a budget"),
    pytest.param({"masking": MaskingSettings(whole_words=True)}, id="whole words"),
    pytest.param({"steps": 100}, id="steps"),
]


@pytest.mark.parametrize("changes", VARIANTS)
def test_updates_from_any_start_are_those_of_the_whole(stream, vocabulary, changes) -> None:
    whole = contents(data(stream, vocabulary, **changes).updates())
    again = data(stream, vocabulary, **changes)
    assert len(whole) == again.updates_per_epoch * again.epochs
    for start in (0, 1, len(whole) // 3, len(whole) // 2 + 1, len(whole) - 1, len(whole)):
        assert contents(again.updates(start)) == whole[start:]


def test_steps_end_where_they_say_within_an_epoch_or_after_several(stream, vocabulary) -> None:
    whole = contents(data(stream, vocabulary).updates())
    epoch = data(stream, vocabulary).updates_per_epoch
    for steps in (5, epoch + 3):
        stopped = data(stream, vocabulary, epochs=1, steps=steps)
        assert stopped.updates_per_epoch * stopped.epochs == steps
        assert contents(stopped.updates()) == whole[:steps]


def test_a_window_is_text_between_cls_and_sep(stream, vocabulary) -> None:
    ids = stream.read(np.array([0]), stream.tokens)[0].tolist()
    written = " ".join(map(str, ids + ids))
    for batches in data(stream, vocabulary, epochs=1).updates():
        for batch in batches:
            assert batch.original_ids[:, 0].eq(vocabulary.cls).all()
            assert batch.original_ids[:, -1].eq(vocabulary.sep).all()
            for row in batch.original_ids[:, 1:-1].tolist():
                assert " ".join(map(str, row)) in written


def places(stream: TokenStream, vocabulary: Vocabulary, epoch: int, **changes: object) -> list[np.ndarray]:
    """Where the text of each update's windows stands in the stream."""
    windows = data(stream, vocabulary, **changes).windows
    found = []
    for number in range(windows.updates_per_epoch):
        starts, length = windows.update(epoch, number)
        found.append((starts[:, None] + np.arange(length - 2)) % stream.tokens)
    return found


@pytest.mark.parametrize("lengths", [(16,), (8, 8, 16, 40)])
def test_an_epoch_reads_the_corpus_once_and_the_next_one_is_cut_and_ordered_anew(
    stream, vocabulary, lengths
) -> None:
    epochs = [places(stream, vocabulary, epoch, lengths=lengths) for epoch in range(3)]
    for updates in epochs:
        read = Counter(np.concatenate([update.ravel() for update in updates]).tolist())
        assert set(read.values()) == {1}
        if len(lengths) == 1:
            assert len(read) > stream.tokens - 4 * 14 - 14
    starts = [{int(row[0]) for update in updates for row in update} for updates in epochs]
    assert all(len(one & other) < len(one) / 3 for one, other in pairwise(starts))
    for updates in epochs:
        assert sum(update[0, 0] < following[0, 0] for update, following in pairwise(updates)) < 0.8 * len(
            updates
        )


def test_the_order_of_a_release_stays_that_of_a_release() -> None:
    """A run that goes on after an update of this package or of numpy must read on where it was."""
    windows = Windows(1000, (8, 16), 2, 2, seed=5)
    assert windows.updates_per_epoch == 35
    read = [windows.update(1, 0), windows.update(1, 1), windows.update(2, 1)]
    assert [(starts.tolist(), length) for starts, length in read] == [
        ([224, 840, 868, 420], 8),
        ([812, 784], 16),
        ([196, 910], 16),
    ]


def test_every_update_has_as_many_tokens_whatever_its_length(stream, vocabulary) -> None:
    sizes = [
        (batch.original_ids.shape[1], batch.rows)
        for batches in data(stream, vocabulary, lengths=(8, 8, 16, 40), epochs=1).updates()
        for batch in batches
    ]
    assert [length for length, _ in sizes[:5]] == [8, 8, 16, 40, 8]
    assert dict(sizes) == {8: 20, 16: 8, 40: 4}


def test_neighbours_in_the_text_are_dealt_to_different_updates(stream, vocabulary) -> None:
    updates = places(stream, vocabulary, 0, lengths=(8, 40), batch_size=2)[::2]
    neighbours = [
        len(set(update[:, 0].tolist()) & set((update[:, -1] + 1).tolist())) / len(update)
        for update in updates
    ]
    assert np.mean(neighbours) < 0.3  # of 4 in 5 that stand beside each other in the text


def test_what_is_asked_is_marked_and_listed(stream, vocabulary) -> None:
    for batches in data(stream, vocabulary, epochs=1).updates():
        for batch in batches:
            read = batch.inputs["input_ids"]
            assert read[~batch.asked].equal(batch.original_ids[~batch.asked])
            assert batch.asked_ids.equal(batch.original_ids[batch.asked])
            assert batch.original_inputs["input_ids"] is batch.original_ids
            assert batch.tokens == read.numel()
            assert batch.rows == len(read)


def test_epochs_mask_the_same_text_anew(stream, vocabulary) -> None:
    def asked(epoch: int) -> set[int]:
        whole = data(stream, vocabulary)
        found = set()
        for number in range(whole.updates_per_epoch):
            starts, _ = whole.windows.update(epoch, number)
            marks = whole.update(epoch, number).asked[:, 1:-1].numpy()
            rows, columns = np.nonzero(marks)
            found |= set(((starts[rows] + columns) % stream.tokens).tolist())
        return found

    first, second = asked(0), asked(1)
    assert 0.1 < len(first) / stream.tokens < 0.2
    assert len(first & second) < 0.3 * len(first)


def test_the_budget_cuts_an_update_into_batches_and_changes_nothing_else(stream, vocabulary) -> None:
    whole = data(stream, vocabulary, next_sentence=True, epochs=1)
    parts = data(stream, vocabulary, next_sentence=True, epochs=1, token_budget=16 * 3)
    for (one,), batches in zip(whole.updates(), parts.updates(), strict=True):
        assert [batch.rows for batch in batches] == [3, 1]
        for name in ("original_ids", "asked", "asked_ids", "next_sentence"):
            assert torch.cat([getattr(batch, name) for batch in batches]).equal(getattr(one, name))


def test_processes_share_an_update_row_by_row(stream, vocabulary) -> None:
    (batch,) = next(data(stream, vocabulary, next_sentence=True).updates())
    shares = [batch.select(slice(process, None, 2)) for process in range(2)]
    assert [share.rows for share in shares] == [2, 2]
    for process, share in enumerate(shares):
        assert share.original_ids.equal(batch.original_ids[process::2])
        assert share.inputs["token_type_ids"].equal(batch.inputs["token_type_ids"][process::2])
        assert share.asked_ids.equal(share.original_ids[share.asked])
        assert share.next_sentence.equal(batch.next_sentence[process::2])
    moved = batch.to(torch.device("cpu"))
    assert contents([[moved]]) == contents([[batch]])
    assert moved.places.equal(batch.places)


def sides(batch: PretrainingBatch, row: int) -> tuple[list[int], list[int]]:
    ids, types = batch.original_ids[row], batch.inputs["token_type_ids"][row]
    return ids[types == 0].tolist(), ids[types == 1].tolist()


def test_half_of_the_second_sentences_follow_the_first(stream, vocabulary) -> None:
    ids = stream.read(np.array([0]), stream.tokens)[0].tolist()
    written = " ".join(map(str, ids + ids))
    labels, by_chance = [], 0
    for batches in data(stream, vocabulary, next_sentence=True, lengths=(40,)).updates():
        for batch in batches:
            for row, label in enumerate(batch.next_sentence.tolist()):
                first, second = sides(batch, row)
                assert first[0] == vocabulary.cls
                assert first[-1] == second[-1] == vocabulary.sep
                assert len(first) + len(second) == 40
                follows = " ".join(map(str, first[1:-1] + second[:-1])) in written
                assert follows or label == 1
                by_chance += follows and label == 1
                labels.append(label)
    assert by_chance < 0.05 * len(labels)
    assert 0.3 < np.mean(labels) < 0.7


def test_a_second_sentence_begins_where_a_passage_does(stream, vocabulary) -> None:
    the = 6  # every passage begins with it
    begins = [
        sides(batch, row)[1][0] == the
        for batches in data(stream, vocabulary, next_sentence=True, lengths=(40,)).updates()
        for batch in batches
        for row in range(batch.rows)
    ]
    assert np.mean(begins) > 0.9


def test_a_corpus_shorter_than_an_update_is_one_line(stream, vocabulary) -> None:
    with pytest.raises(PocketBertError) as caught:
        data(stream, vocabulary, batch_size=stream.tokens)
    assert str(caught.value) == (
        f"text.txt: the text has {stream.tokens:,} tokens to learn from, fewer than the "
        f"{14 * stream.tokens:,} of one update; add text, or choose a smaller batch size or shorter windows"
    )


def test_impossible_windows_and_words_are_one_line(stream, vocabulary, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="windows of 4 tokens are too short"):
        data(stream, vocabulary, lengths=(16, 4))
    file = tmp_path / "vocabulary.txt"
    file.write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nword")
    without = Vocabulary.of(BertTokenizer(str(file)))
    with pytest.raises(ArgumentError, match="does not mark pieces of words"):
        data(stream, without, masking=MaskingSettings(whole_words=True))

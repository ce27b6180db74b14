"""Updates: the same for any number of workers and from any start, of similar lengths, within the budget."""

import pickle
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st
from transformers import BertTokenizer

from pocketbert.augmentation import Engine, Policy
from pocketbert.data import Encoder, Features
from pocketbert.data.batches import Batch, EncodedRows, split_by_budget
from pocketbert.data.batching import Chunks, TrainingData

LETTERS = [*"abcdefghijklmnopqrstuvwxyz", *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")]
VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    ".",
    "the",
    "cat",
    "sat",
    "on",
    "mat",
    "old",
    *LETTERS,
]
ROWS = 300


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    vocabulary = tmp_path_factory.mktemp("words") / "vocabulary.txt"
    vocabulary.write_text("\n".join(VOCABULARY), encoding="utf-8")
    return Encoder(BertTokenizer(str(vocabulary)), 32)


def dataset(*, pairs: bool = False) -> Dataset:
    """Row n has n as its label, and one to thirteen words."""
    texts = [f"the {'old ' * (row % 7)}cat sat{' on the mat' * (row % 2)}." for row in range(ROWS)]
    columns = {"text": texts, "label": list(range(ROWS))}
    return Dataset.from_dict(columns | ({"text_pair": texts[::-1]} if pairs else {}))


def training(
    encoder: Encoder, *, augmented: bool = True, pairs: bool = False, **changes: int
) -> TrainingData:
    engine = Engine(Policy(warm_up=0.0, ramp=0.0, clean_share=0.1), seed=3) if augmented else None
    sizes = {"seed": 3, "epochs": 2, "batch_size": 2, "token_budget": 8192, **changes}
    return TrainingData(dataset(pairs=pairs), encoder, engine, **sizes)


def contents(updates: Iterator[list[Batch]]) -> list[object]:
    return [
        [
            ({name: value.tolist() for name, value in batch.inputs.items()}, batch.labels.tolist())
            for batch in batches
        ]
        for batches in updates
    ]


@pytest.mark.parametrize("pairs", [False, True])
def test_any_number_of_workers_prepares_the_same_updates(encoder, pairs):
    alone = contents(training(encoder, pairs=pairs).updates())
    assert len(alone) == 300
    for workers in (1, 4):
        assert contents(training(encoder, pairs=pairs, workers=workers).updates()) == alone


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("start", [0, 1, 63, 64, 149, 150, 214, 299, 300])
def test_updates_from_any_start_are_those_of_the_whole(encoder, start, workers):
    if workers and start not in (63, 150):
        pytest.skip("workers are slow to start; two places will do")
    whole = contents(training(encoder).updates())
    assert contents(training(encoder, workers=workers).updates(start)) == whole[start:]


def test_a_worker_elsewhere_prepares_the_same(encoder):
    """As where processes are not forked: what a worker gets is pickled."""
    data = training(encoder)
    copy = pickle.loads(pickle.dumps(Chunks(data)))
    for key in ((0, 0), (1, 2)):
        assert copy[key].labels.tolist() == data.chunk(*key).labels.tolist()
        assert copy[key].rows.input_ids.tolist() == data.chunk(*key).rows.input_ids.tolist()


def test_every_epoch_has_every_row_once_in_an_order_and_words_of_its_own(encoder):
    updates = list(training(encoder).updates())
    epochs = [updates[:150], updates[150:]]
    orders = [
        [label for batches in epoch for batch in batches for label in batch.labels.tolist()]
        for epoch in epochs
    ]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(ROWS))
    assert orders[0] != orders[1]
    ids = [
        {
            label: row.tolist()
            for batches in epoch
            for batch in batches
            for label, row in zip(batch.labels.tolist(), batch.inputs["input_ids"], strict=True)
        }
        for epoch in epochs
    ]
    differing = sum(ids[0][row] != ids[1][row] for row in range(ROWS))
    assert differing > ROWS / 3


def test_a_later_stage_goes_on_with_the_orders_and_words_of_later_epochs(encoder):
    both = contents(training(encoder).updates())
    later = contents(training(encoder, epochs=1, first_epoch=1).updates())
    assert later == both[150:]


def test_a_batch_selects_rows_as_they_are(encoder):
    (batch,) = next(training(encoder, augmented=False, batch_size=64).updates())
    part = batch.select(slice(1, None, 3))
    assert part.labels.tolist() == batch.labels[1::3].tolist()
    assert torch.equal(part.inputs["input_ids"], batch.inputs["input_ids"][1::3])
    assert part.tokens == int((part.inputs["input_ids"] != encoder.pad_token_id).sum())


def test_without_an_engine_texts_are_those_of_the_file(encoder):
    texts = dataset()["text"]
    for batches in training(encoder, augmented=False, epochs=1).updates():
        for batch in batches:
            for label, row in zip(batch.labels.tolist(), batch.inputs["input_ids"].tolist(), strict=True):
                expected = encoder.tokenizer(texts[label])["input_ids"]
                assert row[: len(expected)] == expected
                assert set(row[len(expected) :]) <= {encoder.pad_token_id}


def test_rows_of_an_update_have_similar_lengths(encoder):
    """Padding is the first cost of training: little of it is left."""
    batches = [
        batch for update in training(encoder, augmented=False, batch_size=4).updates() for batch in update
    ]
    padded = sum(batch.inputs["input_ids"].numel() for batch in batches)
    assert sum(batch.tokens for batch in batches) / padded > 0.97


def test_a_batch_without_padding_has_no_mask_and_one_with_padding_marks_it(encoder):
    masks = set()
    for batches in training(encoder, batch_size=16).updates():
        for batch in batches:
            real = batch.inputs["input_ids"] != encoder.pad_token_id
            mask = batch.inputs.get("attention_mask")
            masks.add(mask is None)
            assert real.all() if mask is None else torch.equal(mask.bool(), real) and not real.all()
            assert batch.tokens == int(real.sum())
    assert masks == {True, False}


def test_the_budget_is_kept_and_no_row_is_lost(encoder):
    data = training(encoder, batch_size=16, token_budget=64)
    updates = list(data.updates())
    assert len(updates) == 2 * data.updates_per_epoch
    sizes = [batch.inputs["input_ids"].numel() for update in updates for batch in update]
    assert max(sizes) <= 64
    assert all(sum(batch.rows for batch in update) in (16, ROWS % 16) for update in updates)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30), st.integers(1, 100))
def test_slices_keep_every_row_in_order_within_the_budget(lengths, budget):
    slices = split_by_budget(lengths, budget)
    assert [length for part in slices for length in lengths[part]] == lengths
    for part in slices:
        rows = lengths[part]
        assert len(rows) == 1 or len(rows) * max(rows) <= budget
    for one, following in pairwise(slices):  # none could have been longer
        longer = lengths[one.start : following.start + 1]
        assert len(longer) * max(longer) > budget


@given(st.lists(st.lists(st.integers(1, 99), min_size=1, max_size=9), min_size=1, max_size=9), st.randoms())
def test_padding_is_the_tokenizers(rows, random):
    encoded = EncodedRows.of([Features(ids, [at % 2 for at in range(len(ids))]) for ids in rows])
    chosen = [random.randrange(len(rows)) for _ in range(random.randint(1, 5))]
    inputs = encoded.padded(np.array(chosen), 0)
    longest = max(len(rows[at]) for at in chosen)
    assert inputs["input_ids"].tolist() == [rows[at] + [0] * (longest - len(rows[at])) for at in chosen]
    types = [[at % 2 for at in range(len(rows[row]))] + [0] * (longest - len(rows[row])) for row in chosen]
    assert inputs["token_type_ids"].tolist() == types
    assert ("attention_mask" in inputs) == (min(len(rows[at]) for at in chosen) < longest)


def test_many_workers_need_few_open_files(encoder):
    """Tensors would pass between processes as an open file each: hundreds a chunk."""
    import resource

    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    expected = contents(training(encoder, batch_size=1).updates())
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, limits[1]))
    try:
        assert contents(training(encoder, batch_size=1, workers=4).updates()) == expected
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


class WithoutTheWord:
    """Agrees with views in which a word does not stand."""

    def __init__(self, word: str) -> None:
        self.word = word

    def __call__(self, texts, views):
        return [self.word not in " ".join(view) for view in views]


@pytest.mark.parametrize("workers", [0, 2])
def test_views_that_a_guard_rejects_are_others_or_clean(encoder, workers):
    guarded = replace(training(encoder, workers=workers), agreement=WithoutTheWord("old"))
    plain = training(encoder)
    views, before = ({} for _ in range(2))
    for data, found in ((guarded, views), (plain, before)):
        for batch in (batch for batches in data.updates() for batch in batches):
            for ids, label in zip(batch.inputs["input_ids"].tolist(), batch.labels.tolist(), strict=True):
                found.setdefault(label, []).append([token for token in ids if token])
    old = encoder.tokenizer.convert_tokens_to_ids("old")
    clean = {row: encoder([(text,)])[0].input_ids for row, text in enumerate(plain.dataset["text"])}
    assert any(ids != clean[row] for row, of in views.items() for ids in of)
    for row, of in views.items():
        assert all(old not in ids or ids == clean[row] for ids in of)
        unguarded = [ids for ids in before[row] if old not in ids]
        assert all(ids in of for ids in unguarded)  # what the guard lets pass stays as it was


@dataclass
class Learned:
    """Weights that another epoch draws by, as the loop would set them."""

    current: dict[str, float]


@pytest.mark.parametrize("workers", [0, 1, 4])
def test_weights_learned_between_epochs_draw_the_next_epoch_and_no_earlier_one(encoder, workers):
    only_typo, only_casing = {"typo": 1.0, "casing": 0.0}, {"typo": 0.0, "casing": 1.0}
    weights = Learned(only_typo)
    engine = Engine(Policy(warm_up=0.0, ramp=0.0, operators={"typo": 1, "casing": 1}, preset="everything"))
    data = replace(training(encoder, workers=workers), engine=engine, operator_weights=weights)
    found = []
    for number, update in enumerate(data.updates(), start=1):
        found.append(contents(iter([update])))
        if number == data.updates_per_epoch:
            weights.current = only_casing
    by_one = [
        contents(replace(data, engine=engine.weighted(of), operator_weights=None, workers=0).updates())
        for of in (only_typo, only_casing)
    ]
    half = data.updates_per_epoch
    assert [one for (one,) in found] == by_one[0][:half] + by_one[1][half:]
    assert contents(data.updates(half + 70)) == by_one[1][half + 70 :]


@pytest.mark.parametrize("workers", [0, 2])
def test_clean_texts_stand_beside_their_views(encoder, workers):
    data = replace(training(encoder, pairs=True, workers=workers, token_budget=60), with_clean=True)
    whole = training(encoder, pairs=True, token_budget=60)
    texts = list(zip(data.dataset["text"], data.dataset["text_pair"], strict=True))
    for batches, plain in zip(data.updates(), whole.updates(), strict=True):
        for batch, view in zip(batches, plain, strict=True):
            assert torch.equal(batch.inputs["input_ids"], view.inputs["input_ids"])
            assert view.clean is None
            clean = [[token for token in ids if token] for ids in batch.clean["input_ids"].tolist()]
            assert clean == [encoder([texts[row]])[0].input_ids for row in batch.labels.tolist()]
            assert batch.tokens == view.tokens + sum(map(len, clean))
            half = batch.select(slice(0, 1))
            assert half.tokens == view.select(slice(0, 1)).tokens + len(clean[0])

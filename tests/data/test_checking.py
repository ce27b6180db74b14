"""`check` finds what would spoil a training run, and says nothing of data that is well."""

import json

import pytest
from review_files import Load, Write, reviews
from transformers import PreTrainedTokenizerFast

from pocketbert.backbone import BackboneSettings, load_backbone
from pocketbert.data import CheckReport, check


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return load_backbone(BackboneSettings(name="bundled")).tokenizer


def found(report: CheckReport, part: str) -> bool:
    return any(part in line for line in report.warnings)


def test_good_data_gives_no_warning(
    write: Write, load_file: Load, tokenizer: PreTrainedTokenizerFast
) -> None:
    splits = load_file(write("good.csv", reviews(200)), test=write("t.csv", reviews(20, begin=500)))
    report = check(splits, tokenizer, 32)
    assert report.warnings == []
    assert report.rows == {"train": 180, "validation": 20, "test": 20}
    assert report.label_counts["train"] == {"neg": 90, "pos": 90}
    assert report.length_percentiles == {
        "50": 7,
        "90": 7,
        "95": 7,
        "99": 7,
        "100": 7,
    }  # [CLS] and [SEP] count


def test_duplicates_leaks_and_conflicts(
    write: Write, load_file: Load, tokenizer: PreTrainedTokenizerFast
) -> None:
    train = reviews(40) + "Same  text here,pos\nsame text here,neg\nsame text here,neg\n"
    splits = load_file(
        write("train.csv", train),
        validation=write("v.csv", "text,label\nfresh,pos\nSAME TEXT HERE,neg\n"),
        test=write(
            "t.csv", "text,label\nreview number 3 is good,pos\nunseen,neg\nreview number 3 is good,pos\n"
        ),
    )
    report = check(splits, tokenizer, 32)
    assert report.duplicates == {"train": 2, "validation": 0, "test": 1}
    assert report.shared == {"train and validation": 1, "train and test": 2, "validation and test": 0}
    assert report.conflicting == 1
    assert found(report, "test: 2 of 3 texts also in train")
    assert found(report, "train: 1 text with more than one label, such as 'Same text here'")


def test_labels_out_of_balance_rare_and_alike(
    write: Write, load_file: Load, tokenizer: PreTrainedTokenizerFast
) -> None:
    lines = [f"text {n},common" for n in range(200)] + [f"odd {n},rare" for n in range(4)]
    lines += [f"third {n},Common" for n in range(30)]
    report = check(load_file(write("a.csv", "text,label\n" + "\n".join(lines))), tokenizer, 32)
    assert found(report, "fewer than 5 rows have the label 'rare'")
    assert found(report, "'common' has 180 rows and 'rare' 3; consider --class-weights")
    assert found(report, "labels 'Common' and 'common' differ only in case")


def test_truncation_and_language(write: Write, load_file: Load, tokenizer: PreTrainedTokenizerFast) -> None:
    lines = [f"{'der Hund und die Katze sind nicht im Haus ' * 3}{n},{'ab'[n % 2]}" for n in range(60)]
    report = check(load_file(write("a.csv", "text,label\n" + "\n".join(lines))), tokenizer, 16)
    assert report.truncated_share == 1.0
    assert found(report, "100% of the texts are longer than 16 tokens")
    assert report.not_english_share == 1.0
    assert found(report, "do not look English")


def test_empty_rows_are_reported(write: Write, load_file: Load, tokenizer: PreTrainedTokenizerFast) -> None:
    report = check(load_file(write("a.csv", reviews(40) + '"",pos\n')), tokenizer, 32)
    assert report.empty == {"train": 1}
    assert found(report, "train: 1 row without text left out")


def test_the_report_is_plain_data(write: Write, load_file: Load) -> None:
    report = check(load_file(write("a.csv", reviews())), None, 32)
    assert json.loads(json.dumps(report.as_dict()))["schema"] == 1
    assert report.length_percentiles["50"] == pytest.approx(5)


def test_a_regression_has_no_labels_to_count(
    write: Write, load_file: Load, tokenizer: PreTrainedTokenizerFast
) -> None:
    splits = load_file(write("a.csv", "text,score\n" + "".join(f"text {n},{n / 7}\n" for n in range(100))))
    report = check(splits, tokenizer, 32)
    assert report.label_counts == {}
    assert report.conflicting == 0

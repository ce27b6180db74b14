"""Plain text from anywhere: the same passages however it is packed, and one line for what is wrong."""

import gzip
import json
import lzma
from itertools import islice
from pathlib import Path

import datasets
import pyarrow
import pytest
from corpora import corpus_of, lines
from review_files import Write

from pocketbert.data.corpus import LONGEST_PASSAGE, Corpus, Passage
from pocketbert.errors import ArgumentError, PocketBertError

TEXT = "One line.\nAnother — with ünïcode 😀.\n\n\n  A second document.  \r\nIts end."
PASSAGES = [
    Passage("One line.", True),
    Passage("Another — with ünïcode 😀.", False),
    Passage("A second document.", True),
    Passage("Its end.", False),
]


def zstd(content: bytes) -> bytes:
    return pyarrow.Codec("zstd").compress(content, asbytes=True)


PACKED = {
    "plain.txt": bytes,
    "no ending": bytes,
    "packed.txt.gz": gzip.compress,
    "packed.TXT.XZ": lzma.compress,
    "packed.txt.zst": zstd,
    "several.gz": lambda content: gzip.compress(content[:20]) + gzip.compress(content[20:]),
    "several.xz": lambda content: lzma.compress(content[:20]) + lzma.compress(content[20:]),
    "several.zst": lambda content: zstd(content[:20]) + zstd(content[20:]),
    "mark.txt": lambda content: b"\xef\xbb\xbf" + content,
}


def failure(corpus: Corpus) -> str:
    with pytest.raises(PocketBertError) as caught:
        list(corpus.passages())
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", PACKED)
def test_the_same_passages_however_a_file_is_packed(write: Write, name: str) -> None:
    path = write(name, PACKED[name](TEXT.encode()))
    assert list(corpus_of(path).passages()) == PASSAGES


def test_documents_are_passages_put_together(write: Write) -> None:
    corpus = corpus_of(write("one.txt", TEXT), write("two.txt", "Third."))
    assert list(corpus.documents()) == [
        "One line.\nAnother — with ünïcode 😀.",
        "A second document.\nIts end.",
        "Third.",
    ]


def test_a_folder_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.txt", "c.txt", ".hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert [passage.text for passage in corpus_of(tmp_path).passages()] == ["a/z.txt", "b.txt", "c.txt"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_record_is_a_document_whatever_lines_it_has(write: Write, pack) -> None:
    records = [
        {"body": "First.\n\nStill first."},
        {"body": None},
        {"body": ""},
        {"body": "Second.", "text": 1},
    ]
    content = "\n\n".join(map(json.dumps, records)).encode()
    path = write("r.jsonl.gz" if pack is gzip.compress else "r.jsonl", pack(content))
    assert list(corpus_of(path, field="body").passages()) == [
        Passage("First.", True),
        Passage("Still first.", False),
        Passage("Second.", True),
    ]


def test_a_set_of_the_hub(tmp_path: Path) -> None:
    rows = datasets.Dataset.from_dict({"text": ["One.\nTwo.", None, "Three."]})
    rows.to_parquet(str(tmp_path / "train.parquet"))
    hub = f"hub:{tmp_path}"
    assert list(corpus_of(hub).passages()) == [
        Passage("One.", True),
        Passage("Two.", False),
        Passage("Three.", True),
    ]
    assert "no field 'txt'; did you mean 'text'?" in failure(corpus_of(hub, field="txt"))
    assert f"cannot read '{tmp_path}' from the Hugging Face hub" in failure(corpus_of(hub, split="holdout"))


def test_passages_arrive_before_the_file_is_read_to_its_end(write: Write) -> None:
    content = lzma.compress(("word " * 9 + "\n").encode() * 100_000)
    passages = corpus_of(write("cut.xz", content[:-40])).passages()
    assert next(passages) == Passage("word " * 8 + "word", True)


@pytest.mark.parametrize("text", ["word " * 100_000, "x" * 300_000])
def test_a_line_without_end_comes_in_parts_and_loses_nothing(write: Write, text: str) -> None:
    texts = [passage.text for passage in corpus_of(write("line.txt", text)).passages()]
    assert max(map(len, texts)) <= LONGEST_PASSAGE
    assert "".join(texts).replace(" ", "") == text.replace(" ", "")
    assert {word for part in texts for word in part.split()} <= {"word"} or "x" in texts[0]


def test_the_state_of_a_source_is_its_content_not_its_place_or_time(tmp_path: Path) -> None:
    states = []
    for folder, content in (("a", "same"), ("b", "same"), ("c", "else")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "text.txt").write_text(content * 1_000_000)
        states.append(corpus_of(tmp_path / folder).sources())
    assert states[0] == states[1] != states[2]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.txt", b"", "empty.txt is empty"),
        ("blank.txt", b" \n\n\t\n", "blank.txt has no text"),
        ("blank.txt.gz", gzip.compress(b"\n", mtime=0), "blank.txt.gz has no text"),
        ("nul.txt", b"good\nbad \0 byte", "nul.txt is no text: a NUL byte at byte 9 of its content"),
        ("latin.txt", "caf\xe9".encode("latin-1"), "byte 0xe9, which is not UTF-8, at byte 3"),
        ("half.txt", "é".encode()[:1], "byte 0xc3, which is not UTF-8, at byte 0"),
        ("late.txt", b"a" * (1 << 20) + b"\xff", "at byte 1048576"),
        ("wide.txt", "text".encode("utf-16"), "wide.txt is UTF-16; save it as UTF-8"),
        ("cut.gz", gzip.compress(b"text" * 100, mtime=0)[:-12], "cut.gz is cut off; fetch it again"),
        ("cut.xz", lzma.compress(b"text" * 100)[:-12], "cut.xz is cut off; fetch it again"),
        ("cut.zst", zstd(bytes(range(32, 127)) * 10)[:-12], "cut.zst is cut off; fetch it again"),
        ("wrong.gz", b"no archive", "wrong.gz cannot be read"),
        ("wrong.xz", b"no archive", "wrong.xz cannot be read"),
        ("wrong.zst", b"no archive", "wrong.zst cannot be read"),
        ("bad.jsonl", b'{"text": "a"}\n{"text": \n', "bad.jsonl: line 2 is not JSON"),
        ("list.jsonl", b"[1]\n", "list.jsonl: line 1 is a list, not a record"),
        ("number.jsonl", b'{"text": "a"}\n\n{"text": 3}', "line 3: the field 'text' is not text"),
        ("other.jsonl", b'{"texts": "a"}', "line 1: no field 'text'; did you mean 'texts'?"),
        ("none.jsonl", b'{"text": null}', "none.jsonl has no text"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_line(write: Write, name: str, content: bytes, message: str) -> None:
    assert message in failure(corpus_of(write(name, content)))


def test_a_missing_source_names_its_neighbour(tmp_path: Path, write: Write) -> None:
    write("wikipedia.txt", lines(1))
    with pytest.raises(ArgumentError, match=r"no file 'wikipedia.text'; did you mean 'wikipedia\.txt'\?"):
        corpus_of(tmp_path / "wikipedia.text").sources()
    with pytest.raises(ArgumentError, match="no such file or folder"):
        corpus_of(tmp_path / "nowhere" / "at all").sources()
    (tmp_path / "bare").mkdir()
    with pytest.raises(ArgumentError, match="is a folder without files"):
        corpus_of(tmp_path / "bare").sources()


def test_the_corpus_beside_the_repository(shared: Path) -> None:
    path = shared / "corpus" / "wikipedia.txt.xz"
    if not path.is_file():
        pytest.skip("needs corpus/wikipedia.txt.xz in ../shared/data")
    first = list(islice(corpus_of(path).passages(), 1000))
    opened = [number for number, passage in enumerate(first) if passage.opens]
    assert opened == [0, 562, 794, 863]  # articles: Alaska, alphabet, atomic number, acid
    assert first[2].text.startswith("To the north are the Chukchi and Beaufort seas")
    assert all(passage.text.strip() == passage.text != "" for passage in first)

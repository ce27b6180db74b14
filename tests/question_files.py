"""Questions about made-up contexts, and the files that hold them: a question asks how something was."""

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from commands import ADJECTIVES, DAYS, NOUNS

Record = dict[str, Any]
"""A row as on the hub: id, question, context, answers."""

SETTINGS = {
    "data.max_length": 48, "data.stride": 16, "evaluation.suites": ["typo@3", "shuffle"],
    "evaluation.bootstrap_samples": 100,
}  # fmt: skip
"""Of a run on them: contexts take several windows."""

FILLERS = ("a book on sunday .", "on monday the film .", "the hotel , the phone .", "on friday a hotel .")


def questions(count: int, *, unanswerable: float = 0.0, longest: int = 6, seed: int = 0) -> list[Record]:
    """Each context has an adjective, which is the answer, among up to `longest` sentences without one."""
    random = Random(seed)
    rows = []
    for number in range(count):
        before, after = ([random.choice(FILLERS) for _ in range(random.randint(0, longest))] for _ in "ab")
        thing, word = random.choice(NOUNS), random.choice([*ADJECTIVES["good"], *ADJECTIVES["bad"]])
        told = f"the {thing} {number} was {word} on {random.choice(DAYS)} ."
        if random.random() < unanswerable:
            told, answers = f"the {thing} {number} on {random.choice(DAYS)} .", []
        else:
            answers = [told.index(word) + len(" ".join([*before, ""]))]
        rows.append(
            {
                "id": f"{seed}-{number}",
                "question": f"was the {thing} {number} good ?",
                "context": " ".join([*before, told, *after]),
                "answers": {"text": [word for _ in answers], "answer_start": answers},
            }
        )
    return rows


def write_squad(path: Path, rows: Sequence[Record], version: str = "v2.0") -> Path:
    """SQuAD's own JSON: an article and a paragraph for each row."""
    articles = []
    for row in rows:
        pairs = zip(row["answers"]["text"], row["answers"]["answer_start"], strict=True)
        answers = [{"text": text, "answer_start": start} for text, start in pairs]
        asked = {
            "id": row["id"],
            "question": row["question"],
            "answers": answers,
            "is_impossible": not answers,
        }
        articles.append({"title": row["id"], "paragraphs": [{"context": row["context"], "qas": [asked]}]})
    path.write_text(json.dumps({"version": version, "data": articles}), encoding="utf-8")
    return path


def write_lines(path: Path, rows: Sequence[Record]) -> Path:
    """The hub's layout, a record a line."""
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path

"""The context guard takes what fits badly out of plans, and asks about a word in its sentence once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pocketbert.augmentation import Engine, Policy
from pocketbert.augmentation.context import ContextGuard, Replacement, replacement_of
from pocketbert.augmentation.context_cache import CachedScorer
from pocketbert.text.edits import Edit

TEXTS = [
    "The physician gave an unusual answer, although the answer was right.",
    "I think it was a difficult film, but the children liked the big house near the sea.",
    "We bought a car because of the rain.",
    "12 13 14",
    "",
]
POLICY = Policy(operators={"synonym": 1, "related": 1, "stopword": 1, "typo": 1}, clean_share=0, warm_up=0)


@dataclass
class ByLength:
    """A scorer to which short words fit better."""

    asked: list[Replacement] = field(default_factory=list)
    fingerprint: str = "by length"

    def __call__(self, replacements: Sequence[Replacement]) -> list[float]:
        self.asked += replacements
        return [-len(found.new) for found in replacements]


def proposals(engine: Engine, text: str, operator: str) -> list[str]:
    return [
        edits[-1].replacement
        for slot in engine.plan(text).slots.get(operator, ())
        for edits in slot.proposals
    ]


def test_words_that_fit_worse_than_most_are_taken_out_and_nothing_else_is() -> None:
    plain, guarded = Engine(POLICY), Engine(POLICY)
    guard = ContextGuard(ByLength(), {"replaced": 0.5, "inserted": 0.5})
    guarded.prepare(TEXTS, refiners=[guard])
    rejected = 0
    for text in TEXTS:
        for operator in ("synonym", "related"):
            before, after = proposals(plain, text, operator), proposals(guarded, text, operator)
            kept = [
                edits[-1].replacement
                for slot in plain.plan(text).slots.get(operator, ())
                for edits in slot.proposals
                if -len(replacement_of(text, edits).new) >= guard.least["replaced"]
            ]
            assert after == kept
            rejected += len(before) - len(after)
        assert guarded.plan(text).slots.keys() <= plain.plan(text).slots.keys()
        assert all(len(slot.proposals) for slot in guarded.plan(text).slots.get("synonym", ()))
        assert list(guarded.plan(text).slots.get("typo", ())) == list(plain.plan(text).slots.get("typo", ()))
    assert rejected > 0


def test_plans_do_not_hang_on_those_beside_them() -> None:
    together, alone = Engine(POLICY), Engine(POLICY)
    together.prepare(TEXTS, refiners=[ContextGuard(ByLength())])
    for text in reversed(TEXTS):
        alone.prepare([text], refiners=[ContextGuard(ByLength())])
    for text in TEXTS:
        for operator in ("synonym", "related", "stopword"):
            assert proposals(together, text, operator) == proposals(alone, text, operator)


def test_the_share_rejected_changes_the_fingerprint_of_the_guard() -> None:
    same = ContextGuard(ByLength()).fingerprint
    assert same == ContextGuard(ByLength()).fingerprint
    assert same != ContextGuard(ByLength(), {"replaced": 0.5, "inserted": 0.5}).fingerprint
    assert same != ContextGuard(ByLength(fingerprint="another")).fingerprint


def test_scores_are_kept_on_disk_by_content(tmp_path: Path) -> None:
    asked = [Replacement("a ", "big", "large", " dog"), Replacement("a ", "big", "great", " dog")]
    first = ByLength()
    assert CachedScorer(first, tmp_path)(asked) == [-5, -5]
    again = ByLength()
    assert CachedScorer(again, tmp_path)([*asked, asked[0]._replace(new="huge")]) == [-5, -5, -4]
    assert [found.new for found in again.asked] == ["huge"]
    other = ByLength(fingerprint="another")
    CachedScorer(other, tmp_path)(asked)
    assert len(other.asked) == 2


def test_a_proposal_as_words_in_their_place() -> None:
    text = "He saw a big dog."
    assert replacement_of(text, (Edit(9, 12, "large"),)) == ("He saw a ", "big", "large", " dog.")
    assert replacement_of(text, (Edit(7, 8, "an"), Edit(9, 12, "enormous"))) == (
        "He saw ",
        "a big",
        "an enormous",
        " dog.",
    )
    assert replacement_of(text, (Edit(9, 9, "very "),)).kind == "inserted"
    assert replacement_of(text, (Edit(9, 13, ""),)) is None
    assert replacement_of(text, (Edit(0, 3, ""), Edit(16, 16, "He ", 0))) is None

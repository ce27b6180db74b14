"""The agreement guard: what it rejects is drawn again, and what it rejects again is the clean text."""

from collections.abc import Sequence

from pocketbert.augmentation import Engine, Policy, View
from pocketbert.augmentation.acceptance import accepted_proposals, accepted_views, sample_of
from pocketbert.augmentation.agreement import RETRY, agreed
from pocketbert.augmentation.engine import clean_view
from pocketbert.augmentation.planning import Planner
from pocketbert.augmentation.refining import Refiner

TEXTS = [
    ("The physician gave an unusual answer, although the answer was right.",),
    ("I think it was a difficult film, but the children liked the big house near the sea.",),
    ("We bought a car because of the rain.",),
    ("12",),
]
ENGINE = Engine(Policy(clean_share=0, warm_up=0), seed=5)


class ByWord:
    """Agrees with views in which a word does not stand; keeps what it was asked."""

    def __init__(self, word: str = "") -> None:
        self.word = word
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, texts: Sequence[tuple[str, ...]], views: Sequence[tuple[str, ...]]) -> list[bool]:
        assert len(texts) == len(views)
        self.asked += views
        return [self.word not in view[0] for view in views]


def drawn(place: int, view: int = 0) -> View:
    return ENGINE.view(TEXTS[place], epoch=0, row=place, view=view)


def redrawn(place: int) -> View:
    return drawn(place, RETRY)


VIEWS = [drawn(place) for place in range(len(TEXTS))]


def test_what_agrees_stays_and_clean_views_are_not_asked_about() -> None:
    guard = ByWord("no such word")
    assert agreed(TEXTS, VIEWS, redrawn, guard) == VIEWS
    assert guard.asked == [view.texts for view in VIEWS if not view.clean]
    assert VIEWS[3].clean


def test_what_is_rejected_twice_is_the_clean_text() -> None:
    guard = ByWord()  # the empty word stands everywhere
    assert agreed(TEXTS, VIEWS, redrawn, guard) == [clean_view(texts) for texts in TEXTS]
    assert len(guard.asked) == 2 * sum(not view.clean for view in VIEWS)


def test_what_is_rejected_once_is_drawn_again() -> None:
    first, second = VIEWS[1].texts[0], redrawn(1).texts[0]
    assert first != second
    (word,) = [part for part in first.split() if part not in second.split()][:1]
    kept = agreed(TEXTS[:2], VIEWS[:2], redrawn, ByWord(word))
    assert kept[1] == redrawn(1)


def test_acceptance_of_views_is_counted_by_operator() -> None:
    texts = TEXTS * 20
    every, none = (accepted_views(ENGINE, texts, ByWord(word)) for word in ("no such word", ""))
    assert every.keys() == none.keys() >= {"synonym", "typo"}
    assert all(counted.share == 1 and counted.made == none[name].made for name, counted in every.items())
    assert all(counted.share == 0 for counted in none.values())


class WithoutSynonyms:
    fingerprint = "without synonyms"

    def __call__(self, plans):
        kept = [{name: of for name, of in plan.slots.items() if name != "synonym"} for plan in plans]
        return [type(plan)(plan.text, plan.words, slots) for plan, slots in zip(plans, kept, strict=True)]


def test_acceptance_of_proposals_is_counted_by_operator() -> None:
    refiner: Refiner = WithoutSynonyms()
    counted = accepted_proposals(Planner.of(Policy()), [refiner], [text for (text,) in TEXTS])
    assert counted["synonym"].made > 0
    assert counted["synonym"].share == 0
    others = {name for name in counted if name != "synonym"}
    assert others
    assert all(counted[name].share == 1 for name in others)


def test_a_sample_is_spread_over_the_texts() -> None:
    assert sample_of([str(number) for number in range(10)], 5) == ["0", "2", "4", "6", "8"]
    assert sample_of(["a"], 5) == ["a"]
    assert sample_of([], 5) == []

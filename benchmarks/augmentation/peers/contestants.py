"""One peer's speed, in the peers' environment: `python contestants.py NAME`, sentences as JSON on standard input.

`python contestants.py NAME views` gives a view of each sentence instead, as JSON.

EDA and AEDA have no package: these are a few lines of our own after the papers, with their authors' settings.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable

SEED = 0
NOT_TIMED = 5  # sentences, while WordNet loads


def nlpaug() -> Callable[[str], object]:
    import nlpaug.augmenter.word as augmenters

    return augmenters.SynonymAug(aug_src="wordnet").augment


def textattack() -> Callable[[str], object]:
    from textattack.augmentation import WordNetAugmenter

    return WordNetAugmenter().augment


def textattack_easydata() -> Callable[[str], object]:
    from textattack.augmentation import EasyDataAugmenter

    return EasyDataAugmenter(transformations_per_example=1).augment


def eda() -> Callable[[str], object]:
    """Wei and Zou 2019, "EDA: Easy Data Augmentation Techniques", section 2: one of four operations, alpha 0.1."""
    from nltk.corpus import stopwords, wordnet

    alpha, stop = 0.1, frozenset(stopwords.words("english"))

    def synonyms(word: str) -> list[str]:
        found = {lemma.name() for synset in wordnet.synsets(word) for lemma in synset.lemmas()}
        return sorted({name.replace("_", " ").replace("-", " ").lower() for name in found} - {word})

    def replace(words: list[str], count: int) -> list[str]:
        candidates = list({word for word in words if word not in stop})
        random.shuffle(candidates)
        for word in candidates:
            found = synonyms(word) if count else []
            if found:
                choice = random.choice(found)
                words = [choice if other == word else other for other in words]
                count -= 1
        return words

    def insert(words: list[str], count: int) -> list[str]:
        for _ in range(count):
            for _ in range(10):
                found = synonyms(random.choice(words))
                if found:
                    words.insert(random.randint(0, len(words) - 1), found[0])
                    break
        return words

    def swap(words: list[str], count: int) -> list[str]:
        for _ in range(count):
            one, other = random.randrange(len(words)), random.randrange(len(words))
            words[one], words[other] = words[other], words[one]
        return words

    def delete(words: list[str], _: int) -> list[str]:
        return [word for word in words if random.random() > alpha] or [random.choice(words)]

    def augment(sentence: str) -> str:
        words = sentence.split()
        operation = random.choice((replace, insert, swap, delete))
        return " ".join(operation(words, max(1, int(alpha * len(words)))))

    return augment


def aeda() -> Callable[[str], object]:
    """Karimi, Rossi and Prati 2021, "AEDA", section 3: marks put in at random, for up to a third of the words."""
    marks = [".", ";", "?", ":", "!", ","]

    def augment(sentence: str) -> str:
        words = sentence.split()
        places = set(random.sample(range(len(words)), random.randint(1, max(1, len(words) // 3))))
        return " ".join(
            f"{random.choice(marks)} {word}" if place in places else word for place, word in enumerate(words)
        )

    return augment


PEERS = {
    "nlpaug": nlpaug,
    "textattack": textattack,
    "textattack_easydata": textattack_easydata,
    "eda": eda,
    "aeda": aeda,
}


def views(augment: Callable[[str], object], sentences: list[str]) -> list[str]:
    """A view of each sentence; some peers give a list of one."""
    made = (augment(sentence) for sentence in sentences)
    return [str(view[0]) if isinstance(view, list) else str(view) for view in made]


def per_second(augment: Callable[[str], object], sentences: list[str]) -> float:
    """Sentences augmented in a second of processor time."""
    for sentence in sentences[:NOT_TIMED]:
        augment(sentence)
    started = time.process_time()
    for sentence in sentences:
        augment(sentence)
    return len(sentences) / (time.process_time() - started)


if __name__ == "__main__":
    random.seed(SEED)
    augment, sentences = PEERS[sys.argv[1]](), json.load(sys.stdin)
    if sys.argv[2:] == ["views"]:
        print(json.dumps(views(augment, sentences)))
    else:
        print(json.dumps({"per_second": per_second(augment, sentences)}))

"""How many different views do ten epochs bring?  At clean share 0 and full strength, and what limits it.

python benchmarks/augmentation/variety.py [--quick] [--data FOLDER] [--preset NAME]
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from pathlib import Path

from record import record
from training_texts import TASK_FILES, training_texts

from pocketbert.augmentation import Engine, Policy, presets

EPOCHS = 10
WORDS = 8  # shorter texts do not count
WANTED = 5  # different views, the text itself not counted
SENTENCES, QUICK_SENTENCES = 20_000, 500


def main() -> None:
    options = parse_options()
    answers = {}
    for name, rows in training_texts(options.data).items():
        texts = [text for text in rows if len(text.split()) >= WORDS]
        texts = random.Random(0).sample(texts, min(options.sentences, len(texts)))
        with_slips = answer_of(texts, options.preset, slips=True)
        answers[name] = {
            "with typing slips": with_slips,
            "without": answer_of(texts, options.preset, slips=False),
        }
        for kind, answer in answers[name].items():
            print(
                f"{name}, {kind}: {answer['share']:.1%} of {answer['texts']} texts have {WANTED} views or more in "
                f"{EPOCHS} epochs, {answer['mean']:.1f} on average; clean views {answer['clean']:.1%}"
            )
            print(f"  texts with a place for: {answer['places']}")
    if not options.quick:
        record(
            "variety",
            {"preset": options.preset, "epochs": EPOCHS, "words": WORDS, "wanted": WANTED, **answers},
        )


def answer_of(texts: list[str], preset: str, *, slips: bool) -> dict[str, object]:
    """The share of texts with enough different views.  `slips`: whether typing slips are drawn too."""
    operators = dict(presets()[preset].operators)
    if not slips:
        operators.pop("typo", None)
    engine = Engine(Policy(preset=preset, operators=operators, clean_share=0))
    views = [
        {engine.view((text,), epoch=epoch, row=row).texts[0] for epoch in range(EPOCHS)} - {text}
        for row, text in enumerate(texts)
    ]
    clean = sum(
        engine.view((text,), epoch=epoch, row=row).clean
        for row, text in enumerate(texts[:500])
        for epoch in range(EPOCHS)
    )
    places = Counter(name for text in texts for name in engine.plan(text).slots)
    return {
        "texts": len(texts),
        "share": sum(len(found) >= WANTED for found in views) / len(texts),
        "mean": sum(map(len, views)) / len(texts),
        "different": dict(sorted(Counter(map(len, views)).items())),
        "clean": clean / (EPOCHS * len(texts[:500])),
        "places": {name: round(count / len(texts), 3) for name, count in places.most_common()},
    }


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="few texts: seconds, and the published answer stays"
    )
    parser.add_argument("--data", type=Path, default=TASK_FILES, help="folder of the tasks' files")
    parser.add_argument("--preset", choices=list(presets()), default="default")
    options = parser.parse_args()
    options.sentences = QUICK_SENTENCES if options.quick else SENTENCES
    return options


if __name__ == "__main__":
    main()

"""The peers' environment: a virtual environment, and the data that NLTK would download, from where they can be had.

NLTK's servers are not asked.  WordNet 3.0 is Debian's (`apt-get install wordnet-base`), which leaves out two small
files that NLTK opens and hardly reads; stop words are scikit-learn's; the weights of NLTK's tagger are learned anew,
from sentences that textblob tagged, so that nlpaug runs the tagger it always runs, at its usual cost.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
WORDNET = Path("/usr/share/wordnet")
TORCH = "torch==2.13.0"
READY = "ready"

# WordNet's lexicographer files in their order: lexnames(5WN).
_LEXNAMES = """
adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute noun.body noun.cognition
noun.communication noun.event noun.feeling noun.food noun.group noun.location noun.motive noun.object noun.person
noun.phenomenon noun.plant noun.possession noun.process noun.quantity noun.relation noun.shape noun.state
noun.substance noun.time verb.body verb.change verb.cognition verb.communication verb.competition verb.consumption
verb.contact verb.creation verb.emotion verb.motion verb.perception verb.possession verb.social verb.stative
verb.weather adj.ppl
"""
_CLASSES = {"noun": 1, "verb": 2, "adj": 3, "adv": 4}

_LEARN = """
import json, sys
from pathlib import Path
from nltk.tag.perceptron import PerceptronTagger
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
data = Path(sys.argv[1])
(data / "corpora/stopwords").mkdir(parents=True, exist_ok=True)
(data / "corpora/stopwords/english").write_text("\\n".join(sorted(ENGLISH_STOP_WORDS)) + "\\n")
tagger = PerceptronTagger(load=False)
tagger.train([[tuple(pair) for pair in sentence] for sentence in json.load(sys.stdin)])
folder = data / "taggers/averaged_perceptron_tagger_eng"
folder.mkdir(parents=True, exist_ok=True)
for content, name in zip(tagger.encode_json_obj(), tagger.param_files("eng")):
    (folder / name).write_text(json.dumps(content))
"""


def peers_python(folder: Path, sentences: list[str]) -> Path:
    """The interpreter of the peers' environment in `folder`, made there if need be; `sentences` teach the tagger.

    Raises: subprocess.CalledProcessError when something cannot be installed, OSError where WordNet is missing.
    """
    python = folder / "venv" / "bin" / "python"
    if (folder / READY).exists():
        return python
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder / "venv"], check=True)
    pip = [python, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, TORCH], check=True)
    subprocess.run([*pip, "--requirement", HERE / "requirements.txt"], check=True)
    subprocess.run([*pip, "--no-deps", "--requirement", HERE / "without-dependencies.txt"], check=True)
    data = nltk_data(folder)
    wordnet = data / "corpora" / "wordnet"
    wordnet.mkdir(parents=True, exist_ok=True)
    for path in WORDNET.iterdir():
        if path.is_file():
            shutil.copy(path, wordnet)
    (wordnet / "index.sense").touch()
    lines = [
        f"{at:02d}\t{name}\t{_CLASSES[name.split('.')[0]]}\n" for at, name in enumerate(_LEXNAMES.split())
    ]
    (wordnet / "lexnames").write_text("".join(lines))
    tagged = json.dumps([_tagged(sentence) for sentence in sentences])
    subprocess.run([python, "-c", _LEARN, data], input=tagged, text=True, check=True)
    (folder / READY).touch()
    return python


def nltk_data(folder: Path) -> Path:
    """Where NLTK finds its data."""
    return folder / "nltk_data"


def _tagged(sentence: str) -> list[tuple[str, str]]:
    from pocketbert.text.text import Text

    text = Text(sentence)
    return [(token.text, tag) for token, tag in zip(text.tokens, text.tags, strict=True)]

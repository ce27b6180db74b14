"""Data: files and tasks become splits on disk; checks; token ids."""

from pocketbert.data.checking import CheckReport, check
from pocketbert.data.encoding import Encoder, Features, texts_of
from pocketbert.data.files import open_source
from pocketbert.data.loading import load, read_examples
from pocketbert.data.settings import DataSettings
from pocketbert.data.source import Source
from pocketbert.data.splits import Splits

__all__ = [
    "CheckReport",
    "DataSettings",
    "Encoder",
    "Features",
    "Source",
    "Splits",
    "check",
    "load",
    "open_source",
    "read_examples",
    "texts_of",
]

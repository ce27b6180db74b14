"""How much of a model trains: all of it, low-rank adapters, or only norms; merging and saving adapters."""

from pocketbert.adaptation.files import merge, save_adapter
from pocketbert.adaptation.method import apply_method
from pocketbert.adaptation.settings import LoraSettings

__all__ = ["LoraSettings", "apply_method", "merge", "save_adapter"]

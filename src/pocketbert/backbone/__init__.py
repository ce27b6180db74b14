"""MobileBERT or another text encoder, from the hub, a folder or the package; a head on it; its size."""

from pocketbert.backbone.accounting import ParameterCount, parameters
from pocketbert.backbone.classifier import answerer, classifier
from pocketbert.backbone.load import Backbone, load_answerer, load_backbone, load_classifier
from pocketbert.backbone.save import save_base, save_classifier
from pocketbert.backbone.settings import BackboneSettings

__all__ = [
    "Backbone",
    "BackboneSettings",
    "ParameterCount",
    "answerer",
    "classifier",
    "load_answerer",
    "load_backbone",
    "load_classifier",
    "parameters",
    "save_base",
    "save_classifier",
]

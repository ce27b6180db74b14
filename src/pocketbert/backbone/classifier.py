"""A head on a backbone: for classification, regression or answer spans."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from pocketbert.backbone.load import Backbone
from pocketbert.backbone.quiet import quiet

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel


def classifier(
    backbone: Backbone, *, labels: tuple[str, ...], regression: bool, seed: int, several: bool = False
) -> PreTrainedModel:
    """The backbone, copied, under a new head that `seed` alone draws.

    The head has one output for each label, or one for regression; `several`: whether a text may have several labels.
    The global random state is left as it was.
    """
    from transformers import AutoModelForSequenceClassification

    config = copy.deepcopy(backbone.encoder.config)
    config.num_labels = 1 if regression else len(labels)
    names = ("value",) if regression else labels
    config.id2label = dict(enumerate(names))
    config.label2id = {name: index for index, name in enumerate(names)}
    of_labels = "multi_label_classification" if several else "single_label_classification"
    config.problem_type = "regression" if regression else of_labels
    return _under(backbone, AutoModelForSequenceClassification, config, seed)


def answerer(backbone: Backbone, *, seed: int) -> PreTrainedModel:
    """The backbone, copied, under a new head for answer spans (`qa_outputs`) that `seed` alone draws.

    The head has two outputs a token: how well it begins an answer, and how well it ends one.
    The global random state is left as it was.
    """
    from transformers import AutoModelForQuestionAnswering

    config = copy.deepcopy(backbone.encoder.config)
    config.num_labels = 2
    return _under(backbone, AutoModelForQuestionAnswering, config, seed)


def _under(backbone: Backbone, kind: Any, config: PreTrainedConfig, seed: int) -> PreTrainedModel:
    """The backbone's weights under a head of transformers' own."""
    import torch

    with quiet(), torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        model: PreTrainedModel = kind.from_config(config, dtype=torch.float32)
    encoder = model.base_model
    own = encoder.state_dict()
    weights = backbone.encoder.state_dict()
    encoder.load_state_dict({name: weights[name] for name in own if name not in backbone.fresh}, strict=False)
    encoder.get_input_embeddings().padding_idx = backbone.tokenizer.pad_token_id
    model.fresh_modules = tuple(
        sorted({f"{model.base_model_prefix}.{name.split('.')[0]}" for name in backbone.fresh if name in own})
    )
    return model.eval()

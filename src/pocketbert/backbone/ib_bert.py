"""IB-BERT: BERT with inverted bottlenecks, the teacher that MobileBERT was made from (MobileBERT, section 3.2).

Its blocks are MobileBERT's turned around: 512 wide between blocks, 1,024 within, and query, key and value read
the 512-wide input.  Once imported, this module's classes are known to `AutoConfig`, `AutoModel`,
`AutoModelForSequenceClassification` and `AutoModelForQuestionAnswering`.  Import it inside functions: it loads torch.
"""

from typing import Any

from torch import nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    MobileBertConfig,
    MobileBertForQuestionAnswering,
    MobileBertForSequenceClassification,
    MobileBertModel,
    PreTrainedModel,
)
from transformers.models.mobilebert.modeling_mobilebert import MobileBertSelfAttention


class IBBertConfig(MobileBertConfig):
    """Sizes of an IB-BERT; IB-BERT_LARGE where nothing else is said (MobileBERT, table 1)."""

    model_type = "ib_bert"

    intra_bottleneck_size: int = 1024
    intermediate_size: int = 4096
    num_feedforward_networks: int = 1
    hidden_act: str = "gelu"
    hidden_dropout_prob: float | int = 0.1
    normalization_type: str = "layer_norm"
    key_query_shared_bottleneck: bool = False

    def __post_init__(self, **others: Any) -> None:
        if self.key_query_shared_bottleneck or self.use_bottleneck_attention or not self.use_bottleneck:
            raise ValueError(
                "query, key and value of an IB-BERT read its input: use_bottleneck must be true, "
                "key_query_shared_bottleneck and use_bottleneck_attention false"
            )
        super().__post_init__(**others)


class IBBertModel(MobileBertModel):
    """The encoder.  *Shape:* input_ids (rows, length) -> last_hidden_state (rows, length, hidden)"""

    config_class = IBBertConfig

    def __init__(self, config: IBBertConfig, add_pooling_layer: bool = True) -> None:
        super().__init__(config, add_pooling_layer)
        _invert_bottlenecks(self)


class IBBertForSequenceClassification(MobileBertForSequenceClassification):
    """The encoder under a classifier or a regression."""

    config_class = IBBertConfig

    def __init__(self, config: IBBertConfig) -> None:
        super().__init__(config)
        _invert_bottlenecks(self)


class IBBertForQuestionAnswering(MobileBertForQuestionAnswering):
    """The encoder under a head for answer spans."""

    config_class = IBBertConfig

    def __init__(self, config: IBBertConfig) -> None:
        super().__init__(config)
        _invert_bottlenecks(self)


def _invert_bottlenecks(model: PreTrainedModel) -> None:
    """Make query and key read the input between blocks, as the value does, and all norms use one epsilon."""
    for module in list(model.modules()):
        if isinstance(module, MobileBertSelfAttention):
            module.query = nn.Linear(model.config.hidden_size, module.all_head_size)
            module.key = nn.Linear(model.config.hidden_size, module.all_head_size)
        elif isinstance(module, nn.LayerNorm):  # transformers gives it to some of them only
            module.eps = model.config.layer_norm_eps
    model.init_weights()


AutoConfig.register(IBBertConfig.model_type, IBBertConfig, exist_ok=True)
AutoModel.register(IBBertConfig, IBBertModel, exist_ok=True)
AutoModelForSequenceClassification.register(IBBertConfig, IBBertForSequenceClassification, exist_ok=True)
AutoModelForQuestionAnswering.register(IBBertConfig, IBBertForQuestionAnswering, exist_ok=True)

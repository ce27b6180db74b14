"""The family's counts: known totals, parts that add up, multiply-adds and bytes worked out by hand."""

import pytest
import torch

from pocketbert.backbone.family import Counted, count_family, explanation
from pocketbert.backbone.multiply_adds import multiply_adds


@pytest.fixture(scope="module")
def family() -> dict[str, Counted]:
    return {counted.name: counted for counted in count_family()}


def test_totals_are_the_known_ones(family: dict[str, Counted]) -> None:
    assert {name: counted.parameters for name, counted in family.items() if name != "bundled"} == {
        "BERT_LARGE": 335_141_888 - 1024 * 1025,  # without its pooler
        "BERT_BASE": 109_482_240 - 768 * 769,
        "IB-BERT_LARGE": 294_205_184,
        "MobileBERT": 24_581_888,
        "MobileBERT_TINY": 15_485_696,
    }
    assert 5_000_000 < family["bundled"].parameters < 10_000_000


def test_the_bundled_count_is_the_one_of_the_loaded_encoder(family: dict[str, Counted]) -> None:
    from pocketbert.backbone import BackboneSettings, load_backbone, parameters

    loaded = parameters(load_backbone(BackboneSettings(name="bundled")).encoder)
    assert (family["bundled"].parameters, family["bundled"].by_part) == (loaded.total, loaded.by_part)


def test_parts_add_up_and_bytes_follow(family: dict[str, Counted]) -> None:
    for counted in family.values():
        assert sum(counted.by_part.values()) == counted.parameters
        assert counted.fp32_bytes == 4 * counted.parameters
        assert not {"pooler", "head"} & counted.by_part.keys()


def test_int8_keeps_four_bytes_for_biases_and_norms(family: dict[str, Counted]) -> None:
    biases = 2 * 128 + 4 * 128 + 4 * (512 + 128) + 512  # bottlenecks, attention, feed-forward, widening
    vectors = 24 * biases + 512 + 68_608  # and the embeddings' own, and all NoNorms
    assert family["MobileBERT"].int8_bytes == 24_581_888 + 3 * vectors


def test_the_origins_comparison_of_heads_norm_and_activation(family: dict[str, Counted]) -> None:
    rows = {
        name: (one.heads, one.norm, one.activation, one.published_millions) for name, one in family.items()
    }
    assert rows["BERT_LARGE"] == (16, "LayerNorm", "GELU", 334)
    assert rows["IB-BERT_LARGE"] == (4, "LayerNorm", "GELU", 293)
    assert rows["MobileBERT"] == (4, "NoNorm", "ReLU", 25.3)


@pytest.mark.parametrize(
    ("name", "inputs", "block"),
    [
        # MobileBERT: two bottlenecks, query and key, value, output, four feed-forward networks, widening
        ("MobileBERT", 384 * 512, 3 * 512 * 128 + 3 * 128 * 128 + 512 * 128 + 4 * 2 * 128 * 512),
        # TINY: one bottleneck, all of attention within it, two feed-forward networks, widening
        ("MobileBERT_TINY", 384 * 512, 2 * 512 * 128 + 4 * 128 * 128 + 2 * 2 * 128 * 512),
        ("IB-BERT_LARGE", 384 * 512, 5 * 512 * 1024 + 1024 * 1024 + 2 * 1024 * 4096),
        ("BERT_LARGE", 0, 4 * 1024 * 1024 + 2 * 1024 * 4096),
    ],
)
def test_multiply_adds_are_the_products_by_hand(
    family: dict[str, Counted], name: str, inputs: int, block: int
) -> None:
    attention = 2 * 128 * 128 * family[name].inner
    assert family[name].multiply_adds == 128 * inputs + 24 * (128 * block + attention)


def test_mobilebert_takes_5_39_billion_operations(family: dict[str, Counted]) -> None:
    assert 2 * family["MobileBERT"].multiply_adds / 1e9 == pytest.approx(5.39, abs=0.005)


def test_multiply_adds_of_one_product() -> None:
    class Widening(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.dense = torch.nn.Embedding(5, 3), torch.nn.Linear(3, 7)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return self.dense(self.embedding(ids))

    assert multiply_adds(Widening(), 4) == 4 * 3 * 7


def test_the_explanation_speaks_of_what_was_counted(family: dict[str, Counted]) -> None:
    agreement, smaller, cost, _ = explanation(family)
    assert "IB-BERT_LARGE comes out 0.4% higher" in agreement
    assert "MobileBERT 2.8% lower; with a pooler (0.26 M)" in agreement
    assert "it has 25.1 M" in agreement
    assert "counted alike it is 4.4 times. Against BERT_LARGE it is 13.6 times." in smaller
    assert "5.39 G for MobileBERT" in cost

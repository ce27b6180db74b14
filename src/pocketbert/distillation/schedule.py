"""When a student learns what: the stages of auxiliary, joint and progressive knowledge transfer."""

from __future__ import annotations

from dataclasses import dataclass

from pocketbert.distillation.settings import ScheduleSettings

PRETRAINING = "pre-training distillation"
EVERYTHING_ELSE = "*"


@dataclass(frozen=True)
class StagePlan:
    """One stage: what its loss is made of, for which layers, for how long, and what trains how fast."""

    name: str
    terms: dict[str, float]
    """Weight of each term of the loss, by name; a transfer term's holds for each of its layers."""
    layers: tuple[int, ...] = ()
    """The student's layers whose states and attention are transferred, from 1; 0 is the embeddings."""
    share: float = 1.0
    """Share of the run's updates."""
    multipliers: tuple[tuple[str, float], ...] = ()
    """Multiples of the learning rate by pattern of parameter names; the first that fits holds, else it is 1."""


def plan_stages(settings: ScheduleSettings, layers: int) -> tuple[StagePlan, ...]:
    """The stages of a schedule for a student of so many layers (MobileBERT, section 3.4).

    A transfer term is divided by the number of layers, as in the paper's code.
    """
    transfer = {name: weight / layers for name, weight in settings.transfer.items()}
    pretraining = settings.pretraining
    has_states = bool(transfer.keys() - {"attention"})  # the embeddings attend to nothing
    every = tuple(range(0 if settings.embeddings and has_states else 1, layers + 1))
    if not transfer:
        return (StagePlan(PRETRAINING, pretraining),)
    if settings.kind == "auxiliary":
        return (StagePlan("auxiliary transfer", transfer | pretraining, every),)
    share = settings.transfer_share if pretraining else 1.0
    last = (StagePlan(PRETRAINING, pretraining, share=1 - share),) if pretraining else ()
    if settings.kind == "joint":
        return (StagePlan("joint transfer", transfer, every, share), *last)
    return (*progressive_stages(settings, transfer, every, share), *last)


def progressive_stages(
    settings: ScheduleSettings, transfer: dict[str, float], layers: tuple[int, ...], share: float
) -> tuple[StagePlan, ...]:
    """One layer after another, each while the earlier ones follow slowly and all else stands still."""
    return tuple(
        StagePlan(
            f"transfer of layer {layer}" if layer else "transfer of the embeddings",
            {name: weight for name, weight in transfer.items() if layer or name != "attention"},
            (layer,),
            share / len(layers),
            multipliers_of(layer, settings),
        )
        for layer in layers
    )


def multipliers_of(current: int, settings: ScheduleSettings) -> tuple[tuple[str, float], ...]:
    """Learning rates while one layer is transferred: its own and its projection's, earlier ones', none elsewhere."""
    return (
        (weights_of_layer(current), settings.current_layer_rate),
        (f"projections.{current}.*", settings.current_layer_rate),
        *((weights_of_layer(layer), settings.earlier_layer_rate) for layer in range(1, current)),
        *(((weights_of_layer(0), settings.earlier_layer_rate),) if current and settings.embeddings else ()),
        (EVERYTHING_ELSE, 0.0),
    )


def weights_of_layer(layer: int) -> str:
    """Pattern of the names of a layer's weights, layers counted from 1; 0 is the embeddings."""
    return f"*.layer.{layer - 1}.*" if layer else "*.embeddings.*"

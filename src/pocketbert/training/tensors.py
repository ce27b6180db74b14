"""What a checkpoint takes from a model and its optimiser, and puts back exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pocketbert.errors import PocketBertError

if TYPE_CHECKING:
    import torch

    from pocketbert.training.checkpoint import Tensors


def all_weights(model: torch.nn.Module) -> Tensors:
    """Every weight and buffer, by name."""
    return {name: _plain(weight) for name, weight in model.state_dict().items()}


def trained_weights(model: torch.nn.Module) -> Tensors:
    """The weights that training changes, by name."""
    return {name: _plain(weight) for name, weight in _trainable(model).items()}


def restore_weights(model: torch.nn.Module, weights: Tensors) -> None:
    """Put trained weights back.  Raises PocketBertError when they are another model's."""
    import torch

    own = _trainable(model)
    if {name: weight.shape for name, weight in own.items()} != {name: w.shape for name, w in weights.items()}:
        raise PocketBertError(
            "the checkpoint holds the weights of another model; choose another --out folder"
        )
    with torch.no_grad():
        for name, weight in own.items():
            weight.copy_(weights[name])


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> Tensors:
    """The moments and step counts of AdamW, by parameter number and name."""
    return {
        f"{index}.{name}": _plain(value)
        for index, state in optimizer.state_dict()["state"].items()
        for name, value in state.items()
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Tensors) -> None:
    """Put the moments and step counts of AdamW back."""
    states: dict[int, Tensors] = {}
    for name, value in tensors.items():
        index, moment = name.split(".", 1)
        states.setdefault(int(index), {})[moment] = value.clone()  # not a view of the file
    optimizer.load_state_dict({**optimizer.state_dict(), "state": states})


def _trainable(model: torch.nn.Module) -> dict[str, torch.nn.Parameter]:
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}


def _plain(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().cpu().contiguous()

"""A few real updates, for tests."""

import torch


def train(model: torch.nn.Module, batch: dict[str, torch.Tensor], steps: int = 4) -> torch.nn.Module:
    """AdamW with weight decay on made-up labels; back in evaluation mode after."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=1e-2, weight_decay=0.1)
    labels = torch.arange(len(batch["input_ids"])) % model.config.num_labels
    model.train()
    for _ in range(steps):
        optimizer.zero_grad()
        model(**batch, labels=labels).loss.backward()
        optimizer.step()
    return model.eval()


def logits(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    with torch.no_grad():
        return model(**batch).logits


def relative_difference(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).abs().max() / a.abs().max())

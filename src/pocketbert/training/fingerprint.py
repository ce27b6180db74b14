"""Fingerprints of what a run was started with, so that it never goes on with anything else."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from datasets import Dataset

    from pocketbert.data import Splits

ROWS_AT_ONCE = 10_000


def fingerprint_of_data(splits: Splits) -> str:
    """Hash of every training and validation row, in their order."""
    digest = hashlib.sha256()
    for rows in (splits.train, splits.validation):
        digest.update(f"{rows.num_rows} {rows.column_names}".encode())
        _add(digest, rows)
    return digest.hexdigest()


def _add(digest: hashlib._Hash, rows: Dataset) -> None:
    for part in rows.with_format("arrow").iter(ROWS_AT_ONCE):
        for batch in part.combine_chunks().to_batches():
            digest.update(batch.serialize())


def fingerprint_of_weights(model: torch.nn.Module) -> str:
    """Hash of a model's weights, their names and shapes."""
    digest = hashlib.sha256()
    for name, weight in model.state_dict().items():
        digest.update(f"{name} {tuple(weight.shape)}".encode())
        digest.update(weight.detach().cpu().contiguous().numpy())
    return digest.hexdigest()

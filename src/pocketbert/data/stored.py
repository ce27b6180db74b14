"""What `datasets` reads for us: Parquet files and data sets of the hub."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from logging import CRITICAL
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pocketbert.data.source import Row, Source
from pocketbert.errors import ArgumentError, PocketBertError, unknown_name
from pocketbert.tasks import HubLayout

if TYPE_CHECKING:
    from datasets import Dataset

_BATCH = 1000
_PATIENCE = 5.0  # seconds to wait for the hub's first answer


def quiet_datasets() -> Any:
    """The `datasets` library, and the hub's below it, without progress bars and warnings."""
    import datasets
    from huggingface_hub.utils import logging
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()
    logging.set_verbosity(CRITICAL)
    datasets.disable_progress_bars()
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)
    return datasets


def parquet_source(path: Path) -> Source:
    """The rows of a Parquet file, read in small batches.

    Raises:
        PocketBertError: the file is no Parquet.
    """
    import glob

    import pyarrow
    import pyarrow.parquet

    datasets = quiet_datasets()
    try:
        schema = pyarrow.parquet.read_schema(path)
        features = datasets.Features.from_arrow_schema(schema)
    except (pyarrow.ArrowException, OSError) as error:
        raise PocketBertError(
            f"{path} is not a readable Parquet file: {str(error).splitlines()[0]}"
        ) from None
    for name in schema.names:
        if schema.names.count(name) > 1:
            raise PocketBertError(f"{path} has two columns named '{name}'; rename one")

    def rows(names: Sequence[str]) -> Iterator[Row]:
        wanted = list(dict.fromkeys(names))
        try:
            stream = datasets.load_dataset(
                "parquet",
                data_files=glob.escape(str(path)),
                split="train",
                streaming=True,
                columns=wanted,
                batch_size=_BATCH,
            )
            batches = stream.with_format("arrow").iter(_BATCH)
            yield from _rows_of(batches, names, {name: features[name] for name in wanted})
        except (pyarrow.ArrowException, OSError) as error:
            raise PocketBertError(f"{path}: damaged Parquet file: {str(error).splitlines()[0]}") from None

    return Source(str(path), tuple(schema.names), rows, Source.state_of(path))


def hub_source(layout: HubLayout, split: str, cache_dir: Path | None) -> Source:
    """The rows of one split of a data set on the hub, fetched once and kept.

    Raises:
        PocketBertError: the hub does not answer and nothing was kept.
    """
    datasets = quiet_datasets()
    try:
        with _no_second_asking(layout.repository):
            dataset = datasets.load_dataset(
                layout.repository,
                layout.config,
                split=split,
                revision=layout.revision,
                cache_dir=None if cache_dir is None else str(cache_dir),
            )
    except Exception as error:  # the hub's client fails in many ways, each with its own class
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise PocketBertError(
            f"cannot read '{layout.repository}' from the Hugging Face hub ({reason[:120]}); "
            "name a folder with the task's files with --data-dir"
        ) from None
    return dataset_source(dataset, f"{layout.repository} {split}")


def hub_stream(name: str, config: str | None, split: str, revision: str | None, field: str) -> Iterator[str]:
    """The texts in one field of a data set on the hub, read as they arrive; missing ones are left out.

    Raises:
        ArgumentError: there is no such field, or it holds no text.
        PocketBertError: the hub does not answer, or stops answering.
    """
    datasets = quiet_datasets()
    try:
        with _no_second_asking(name):
            rows = datasets.load_dataset(name, config, split=split, revision=revision, streaming=True)
            for row in rows:
                if field not in row:
                    raise ArgumentError(f"hub:{name}: {unknown_name('field', field, row)}")
                if isinstance(row[field], str):
                    yield row[field]
                elif row[field] is not None:
                    raise ArgumentError(f"hub:{name}: the field '{field}' is not text")
    except PocketBertError:
        raise
    except Exception as error:  # the hub's client fails in many ways, each with its own class
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise PocketBertError(
            f"cannot read '{name}' from the Hugging Face hub ({reason[:120]}); name a file or folder of text"
        ) from None


@contextmanager
def _no_second_asking(repository: str) -> Iterator[None]:
    """Asks the hub once; where it does not answer, what was kept is used without trying for half a minute."""
    import datasets
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError

    before = constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE
    try:
        if not Path(repository).is_dir():
            get_hf_file_metadata(hf_hub_url(repository, "README.md", repo_type="dataset"), timeout=_PATIENCE)
    except HfHubHTTPError:
        pass  # it answered: what is wrong will come out when the data set is read
    except Exception:  # the client's way of saying that there is no connection depends on its own client
        constants.HF_HUB_OFFLINE = datasets.config.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE = before


def dataset_source(dataset: "Dataset", where: str) -> Source:
    """The rows of a data set; class numbers become names."""

    def rows(names: Sequence[str]) -> Iterator[Row]:
        wanted = dataset.select_columns(list(dict.fromkeys(names))).with_format("arrow")
        yield from _rows_of(wanted.iter(_BATCH), names, dataset.features)

    return Source(where, tuple(dataset.column_names), rows, (where, dataset._fingerprint))


def _rows_of(batches: Any, names: Sequence[str], features: Any) -> Iterator[Row]:
    row = 0
    class_names = {name: _class_names(features[name]) for name in names}
    for batch in batches:
        columns = []
        for name in names:
            values = batch[name].to_pylist()
            if known := class_names[name]:
                values = [_named(value, known) for value in values]
            columns.append(values)
        for values in zip(*columns, strict=True):
            row += 1
            yield row, values


def _class_names(feature: Any) -> Sequence[str] | None:
    """The names of a column of class numbers, or of lists of them."""
    return getattr(feature, "names", None) or getattr(getattr(feature, "feature", None), "names", None)


def _named(value: Any, names: Sequence[str]) -> Any:
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    return names[value] if value is not None and value >= 0 else None

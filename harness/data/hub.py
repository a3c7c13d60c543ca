"""Data sets of the Hugging Face hub: the local cache is asked first; no code of a data set is run."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.data.arrow import arrow_pieces
from harness.data.folders import class_names_of, digest_files, pick_split
from harness.data.source import PIECE, Reading, Source, column_problems
from harness.errors import DataError, MissingExtra, raise_all

if TYPE_CHECKING:
    from harness.data.spec import HubTable

_COMMIT = re.compile(r"[0-9a-f]{40}")
_OFFLINE = (
    "Check the network, HF_ENDPOINT and HF_HUB_OFFLINE, or save it to a folder and give path."
)


def open_hub(source: Source, hub: HubTable) -> Reading:
    """Open a data set of the hub.

    Raises:
        DataError: If it is neither in the cache nor to be had, needs code of its own to be read, or
            its subset or split is not clear.
        MissingExtra: If ``datasets`` is not installed.
    """
    _check(source, hub)
    with _quiet():
        found = _load(source, hub)
        part = found.splits[pick_split(source, sorted(found.splits))]
    raise_all(DataError, column_problems(source, part.column_names))
    names = list(dict.fromkeys(source.wanted.values()))
    classes = class_names_of(part.features.to_dict())
    files = sorted(Path(one["filename"]) for one in part.cache_files)
    return Reading(
        arrow_pieces(source, _batches(part, names), names, classes),
        digest_files(files[0].parent, files) if files else None,
        found.revision,
    )


class Loaded:
    """The splits of a data set.

    Args:
        splits: Name → ``datasets.Dataset``.
        revision: Commit, where it is known.
    """

    def __init__(self, splits: dict[str, Any], revision: str | None) -> None:
        self.splits = splits
        self.revision = revision


def _check(source: Source, hub: HubTable) -> None:
    try:
        import datasets
    except ImportError as err:
        raise MissingExtra(
            f"{source.where}.hub needs the package 'datasets', which is not installed. "
            "Run: pip install 'modelassay[audit]', or give a file."
        ) from err
    is_id = re.fullmatch(r"[\w][\w.-]*(/[\w][\w.-]*)?", hub.id) is not None
    # such a name would be taken for a reader of files, or for a folder of this machine
    if not is_id or hub.id in datasets.packaged_modules._PACKAGED_DATASETS_MODULES:
        what = "be a data set of the hub, owner/name"
        raise DataError(source.problem("hub", what, repr(hub.id), do="For files write path."))
    if Path(hub.id).exists():
        got = f"{hub.id!r}, which is a folder here"
        raise DataError(source.problem("hub", "name a data set of the hub", got, do="Write path."))


def _load(source: Source, hub: HubTable) -> Loaded:
    cached = _cached(hub)
    if cached is not None:
        return cached
    at = f" at revision {hub.revision}" if hub.revision else ""
    what = f"name a data set of the hub{at} that can be read"
    try:
        return _downloaded(hub)
    except FileNotFoundError as err:  # DatasetNotFoundError is one; gated data sets raise it too
        is_gated = "gated" in str(err)
        got = f"{hub.id!r}, which is gated" if is_gated else f"{hub.id!r}, which is not there"
        do = "Ask its owners and set HF_TOKEN." if is_gated else "Check the spelling."
        raise DataError(source.problem("hub", what, got, do=do)) from err
    except (ConnectionError, TimeoutError) as err:
        got = f"{hub.id!r}, which is not in the cache, and no answer from the hub"
        raise DataError(source.problem("hub", what, got, do=_OFFLINE)) from err
    except ValueError as err:
        raise DataError(_subset_problem(source, hub, err)) from err
    except RuntimeError as err:
        if "script" not in str(err):
            raise
        got = f"{hub.id!r}, which needs a script of its own to be read"
        do = "Scripts are not run; ask its owners for Parquet files, or save it to a folder."
        raise DataError(source.problem("hub", what, got, do=do)) from err
    except _other_errors() as err:
        got = f"{hub.id!r}, and {type(err).__name__} while it was read"
        raise DataError(source.problem("hub", what, got, do=_OFFLINE)) from err


def _subset_problem(source: Source, hub: HubTable, err: ValueError) -> str:
    text = " ".join(str(err).split())
    known = re.search(r"(?:available configs|Available): \[([^\]]*)\]", text)
    if known:
        names = known.group(1).replace("'", "").replace('"', "")
        got = "none" if hub.subset is None else repr(hub.subset)
        return source.problem("subset", f"be one of {names}", got)
    what = "name a data set that can be read"
    return source.problem("hub", what, f"{hub.id!r}: {text[:200]}")


def _downloaded(hub: HubTable) -> Loaded:
    from datasets import load_dataset_builder
    from datasets.packaged_modules.cache.cache import Cache

    builder = load_dataset_builder(hub.id, name=hub.subset, revision=hub.revision)
    if isinstance(builder, Cache):
        # the library falls back to any copy that it has, whatever revision was asked for
        raise ConnectionError("no answer from the hub")
    builder.download_and_prepare()
    return _built(builder, hub)


def _cached(hub: HubTable) -> Loaded | None:
    """Return the newest prepared copy of that subset and commit; None where there is none."""
    from datasets.packaged_modules.cache.cache import Cache

    folder = next(iter(sorted(_copies(hub), key=lambda one: -one.stat().st_mtime)), None)
    if folder is None:
        return None
    subset, version, commit = folder.parts[-3:]
    builder = Cache(
        dataset_name=hub.id.split("/")[-1],
        repo_id=hub.id,
        config_name=subset,
        version=version,
        hash=commit,
    )
    return _built(builder, hub)


def _copies(hub: HubTable) -> list[Path]:
    import datasets
    from datasets.naming import camelcase_to_snakecase

    *owner, name = hub.id.split("/")
    root = Path(datasets.config.HF_DATASETS_CACHE).expanduser()
    root /= "___".join([*owner, camelcase_to_snakecase(name)])
    found = [path.parent for path in root.glob("*/*/*/dataset_info.json")]
    if hub.subset is not None:
        found = [path for path in found if path.parts[-3] == hub.subset]
    elif len({path.parts[-3] for path in found}) > 1:
        found = [path for path in found if path.parts[-3] == "default"]
    if hub.revision is not None:
        # the folder is named by the commit; what a branch or tag means only the hub can say
        found = [path for path in found if path.parts[-1] == hub.revision]
    return found


def _built(builder: Any, hub: HubTable) -> Loaded:
    splits = builder.as_dataset()
    commit = str(builder.hash or "")
    return Loaded(dict(splits), commit if _COMMIT.fullmatch(commit) else hub.revision)


def _batches(part: Any, names: list[str]) -> Iterator[Any]:
    rows = part.select_columns(names).with_format("arrow")
    yield from rows.iter(batch_size=PIECE)


def _other_errors() -> tuple[type[BaseException], ...]:
    from datasets.exceptions import DatasetsError
    from huggingface_hub.errors import HfHubHTTPError

    return (DatasetsError, HfHubHTTPError, OSError)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the bars and warnings of ``datasets`` away from a reader who did not ask for them."""
    import datasets
    from huggingface_hub.utils import logging as hub_logging

    had_bars, level = datasets.are_progress_bars_disabled(), datasets.logging.get_verbosity()
    hub_level = hub_logging.get_verbosity()
    datasets.disable_progress_bars()
    datasets.logging.set_verbosity_error()
    hub_logging.set_verbosity(logging.CRITICAL)  # five retries are five errors to it
    try:
        yield
    finally:
        hub_logging.set_verbosity(hub_level)
        datasets.logging.set_verbosity(level)
        if not had_bars:
            datasets.enable_progress_bars()

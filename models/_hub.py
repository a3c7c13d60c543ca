"""Where a Hugging Face model comes from: a folder, or a hub id that is brought into one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ModelError, Phrase, must
from models._guards import quiet

_WANTED = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")


@dataclass(frozen=True, slots=True)
class Source:
    """A model folder on this machine.

    Attributes:
        folder: Where the files lie.
        name: Folder name or hub id, for the record.
        revision: Commit of a hub id; None for folders.
        trust_code: Whether Python code of the folder may run.
    """

    folder: Path
    name: str
    revision: str | None
    trust_code: bool


def resolve(source: str, *, revision: str | None = None, trust_code: bool = False) -> Source:
    """Find a folder, or bring a hub id into the local cache; the cache is asked first.

    Raises:
        ModelError: If there is neither, the hub does not answer, or code is trusted without a
            pinned revision.
    """
    folder = Path(source).expanduser()
    if folder.is_dir():
        return Source(folder, folder.resolve().name, None, trust_code)
    if folder.exists():
        raise ModelError(must(f"The model {source}", "be a folder", Phrase("a file")))
    if not _is_hub_id(source):
        raise ModelError(
            f"The model folder {source} must exist, got nothing there. Check the path; it is taken "
            "from the folder in which the command runs."
        )
    if trust_code and revision is None:
        raise ModelError(
            f"trust_code must come with a pinned revision, got none for {source}. "
            "Add revision: <commit>."
        )
    found = _snapshot(source, revision, trust_code=trust_code)
    return Source(found, source, found.name, trust_code)


def _is_hub_id(source: str) -> bool:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(source)
    except HFValidationError:
        return False
    return True


def _snapshot(name: str, revision: str | None, *, trust_code: bool) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    wanted = [*_WANTED, *(["*.py"] if trust_code else [])]
    cached = _cached(name, revision)
    if cached is not None:
        return cached
    do = "Check the spelling, or give a folder."
    try:
        with _bars_only_on_a_terminal():
            return Path(
                snapshot_download(
                    name, revision=revision, allow_patterns=wanted, ignore_patterns=["*/*"]
                )
            )
    except GatedRepoError as err:
        problem = "that is open to you, got a gated repository. Ask its owners and set HF_TOKEN."
        raise ModelError(f"{name} must be a hub model {problem}") from err
    except (RepositoryNotFoundError, RevisionNotFoundError, EntryNotFoundError) as err:
        if not isinstance(err, LocalEntryNotFoundError):
            at = f" at revision {revision}" if revision else ""
            raise ModelError(
                f"{name} must be a folder or a model on the hub{at}, got neither. {do}"
            ) from err
        raise ModelError(
            f"{name} must be a folder or a reachable model of the hub, got no such folder and no "
            "answer from the hub. Give a folder, or check the network, HF_ENDPOINT and "
            "HF_HUB_OFFLINE."
        ) from err
    except (HfHubHTTPError, OSError) as err:
        raise ModelError(
            f"{name} must be a folder or a reachable model of the hub, got no such folder and "
            f"{type(err).__name__} from the hub. Give a folder, or try again later."
        ) from err


def _cached(name: str, revision: str | None) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(name, revision=revision, local_files_only=True))
    except LocalEntryNotFoundError:
        return None
    # an interrupted download leaves a folder with some of the files
    is_whole = (folder / "config.json").exists() and any(folder.glob("*.safetensors"))
    return folder if is_whole else None


@contextmanager
def _bars_only_on_a_terminal() -> Iterator[None]:
    if sys.stderr.isatty():
        yield
        return
    with quiet():
        yield

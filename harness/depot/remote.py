"""A store that lies elsewhere, through fsspec: ``s3://`` with s3fs.

Accounts and endpoints are found in the environment as its library finds them (``AWS_ACCESS_KEY_ID``,
``AWS_ENDPOINT_URL``, ...); none stands in a config.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.depot.place import Source, add_or_compare, unreachable
from harness.errors import MissingExtra, UsageError, must
from harness.files import whole_file
from harness.redaction import redact

_CHUNK = 1 << 20
_RAISED = (
    ("botocore.exceptions", "BotoCoreError"),
    ("botocore.exceptions", "ClientError"),
    ("aiohttp", "ClientError"),
)
_S3 = {
    "use_listings_cache": False,  # other machines write too
    "config_kwargs": {"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 2}},
}


class RemotePlace:
    """An address that fsspec knows.

    Args:
        url: e.g. ``s3://bucket/prefix``.

    Raises:
        MissingExtra: If the library for such addresses is not installed.
        UsageError: If there is none.
    """

    def __init__(self, url: str) -> None:
        self._shown = redact(url)
        scheme = url.partition("://")[0]
        try:
            import fsspec

            settings: dict[str, Any] = _S3 if scheme in ("s3", "s3a") else {}
            self._files = fsspec.filesystem(
                scheme, skip_instance_cache=scheme != "memory", **settings
            )
        except ImportError as err:
            raise MissingExtra(
                f"The store {self._shown} needs a package that is not installed. "
                f"Run: pip install 'modelassay[{'s3' if scheme in ('s3', 's3a') else 'store'}]'"
            ) from err
        except ValueError as err:
            what = "be a folder or start with s3://"
            raise UsageError(must("The address of a store", what, self._shown)) from err
        self._root = url.partition("://")[2].strip("/")

    @property
    def shown(self) -> str:
        """Its address without secrets."""
        return self._shown

    def read(self, name: str) -> bytes | None:
        """See ``Place``."""
        with _reached(self._shown):
            try:
                found: bytes = self._files.cat_file(self._path(name))
            except FileNotFoundError:
                return None
            return found

    def digest(self, name: str) -> str | None:
        """See ``Place``."""
        digest = hashlib.sha256()
        with _reached(self._shown):
            try:
                with self._files.open(self._path(name), "rb") as stream:
                    while piece := stream.read(_CHUNK):
                        digest.update(piece)
            except FileNotFoundError:
                return None
        return digest.hexdigest()

    def names(self, prefix: str) -> list[str]:
        """See ``Place``."""
        with _reached(self._shown):
            found = self._files.find(self._path(prefix))
        lead = f"{self._root}/"
        return sorted(path.strip("/").removeprefix(lead) for path in found)

    def holders(self, prefix: str, name: str) -> list[str]:
        """See ``Place``."""
        steps = (one.removeprefix(f"{prefix}/").split("/") for one in self.names(prefix))
        return sorted(one[0] for one in steps if len(one) == 2 and one[1] == name)

    def add(self, name: str, source: Source) -> bool:
        """See ``Place``."""
        path = self._path(name)
        with _reached(self._shown):
            if self._files.exists(path):
                return False
            try:
                if isinstance(source, bytes):
                    self._files.pipe_file(path, source, mode="create")
                else:
                    self._files.put_file(str(source), path, mode="create")
            except FileExistsError:
                return False
            except OSError as err:
                if "PreconditionFailed" in str(err) or "ConditionalRequestConflict" in str(err):
                    return False  # somebody else was faster
                raise
        return True

    def add_tree(self, prefix: str, files: Sequence[tuple[str, Path]]) -> None:
        """See ``Place``; what was written is read back before the seal is."""
        *parts, seal = files
        for name, source in parts:
            path = f"{prefix}/{name}"
            if add_or_compare(self, path, source):
                add_or_compare(self, path, source)
        add_or_compare(self, f"{prefix}/{seal[0]}", seal[1])

    def fetch(self, name: str, target: Path) -> None:
        """See ``Place``."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(target) as part, _reached(self._shown):
            self._files.get_file(self._path(name), str(part))

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"


@contextmanager
def _reached(shown: str) -> Iterator[None]:
    try:
        yield
    except _errors() as err:
        raise unreachable(shown, str(err) or type(err).__name__) from err


def _errors() -> tuple[type[Exception], ...]:
    """Return what the libraries raise; those behind s3fs share no base class with each other."""
    found: list[type[Exception]] = [OSError]
    for module, name in _RAISED:
        if module in sys.modules:
            found.append(getattr(sys.modules[module], name))
    return tuple(found)

"""Where a store is: a folder or ``s3://bucket/prefix`` for bundles, and an event log as its index."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import IncompleteError, Phrase, UsageError, must
from harness.redaction import HIDDEN, redact, register_secret

if TYPE_CHECKING:
    from harness.config.models import StoreConfig

STORE = "ASSAY_STORE"
INDEX = "ASSAY_INDEX"
INDEX_FILE = "index.db"
_LOGS = ("sqlite:", "postgresql:", "postgresql+", "postgres:")
_READ_ONLY = ("http", "https")
_LOG_FILES = (".db", ".sqlite", ".sqlite3")
_PASSWORD = re.compile(r"://[^/\s:@]+:([^/\s@]+)@")


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """Where bundles and events of a store lie.

    Attributes:
        url: Folder as an absolute path, or an address that fsspec knows, without a slash at the end;
            None where only an event log was named, which holds no bundles.
        index: Address of the event log.
        source: Who named it: ``--store``, ``store of the config`` or ``ASSAY_STORE``.
    """

    url: str | None
    index: str
    source: str

    @property
    def shown(self) -> str:
        """The address as messages may show it."""
        return redact(self.url if self.url is not None else self.index)

    @property
    def is_folder(self) -> bool:
        """True where bundles lie in a folder of this machine."""
        return self.url is not None and "://" not in self.url


def find_address(
    given: StoreAddress | str | None = None,
    config: str | Mapping[str, Any] | StoreConfig | None = None,
    *,
    base: Path | None = None,
    environ: Mapping[str, str] = os.environ,
) -> StoreAddress | None:
    """Return the store that is named: on the command line, else in the config, else in the environment.

    Args:
        given: ``--store``, or what was found before.
        config: ``store`` of a config: an address, or ``url`` and ``index``.
        base: Folder that relative paths of the config start from; None takes the working directory.
        environ: For ``ASSAY_STORE`` and ``ASSAY_INDEX``.

    Returns:
        None where nobody named one.

    Raises:
        UsageError: If the address cannot be one of a store.
        IncompleteError: If the config's address held a password, which records do not keep.
    """
    if isinstance(given, StoreAddress):
        return given
    index = environ.get(INDEX) or None
    if given:
        return parse_address(given, index=index, source="--store")
    if config is not None and not isinstance(config, str | Mapping):
        config = config.model_dump()
    if config and HIDDEN in str(config) and environ.get(STORE):
        config = None  # a record keeps no passwords; the environment does
    if config:
        url, own = (config, None) if isinstance(config, str) else (config["url"], config["index"])
        return parse_address(str(url), index=own or index, source="store of the config", base=base)
    if environ.get(STORE):
        return parse_address(environ[STORE], index=index, source=STORE)
    return None


def parse_address(
    url: str, *, index: str | None, source: str, base: Path | None = None
) -> StoreAddress:
    """Read one address; see ``find_address``."""
    for one in (url, index or ""):
        for password in _PASSWORD.findall(one):
            register_secret(password)  # drivers quote the whole address in their errors
        if HIDDEN in one:
            do = f"Name it with --store, or {STORE} and {INDEX}."
            got = Phrase("one whose password was not recorded")
            raise IncompleteError(must("The store of the run", "be known", got, do=do))
    if url.startswith(_LOGS) or _is_log_file(url):
        return StoreAddress(None, url, source)
    scheme, separator, rest = url.partition("://")
    if separator and scheme != "file":
        if scheme in _READ_ONLY:
            do = f"Files are only read from {scheme}."
            raise UsageError(
                must(
                    f"The store ({source})", "be a folder or s3://bucket/prefix", redact(url), do=do
                )
            )
        if not rest.strip("/"):
            raise UsageError(must(f"The store ({source})", "name a bucket", redact(url)))
        if index is None:
            do = f"Give it as store: {{url: ..., index: postgresql+psycopg://...}} or in {INDEX}."
            what = "have an index, a PostgreSQL address, because it is no folder"
            raise UsageError(must(f"The store {redact(url)}", what, Phrase("none"), do=do))
        return StoreAddress(url.rstrip("/"), index, source)
    folder = (base or Path.cwd()) / Path(rest if separator else url).expanduser()
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - links stay as they are
    return StoreAddress(str(folder), index or f"sqlite:///{folder / INDEX_FILE}", source)


def _is_log_file(url: str) -> bool:
    """Tell a file of an event log, as it could always be named, from a folder."""
    return "://" not in url and (Path(url).is_file() or url.endswith(_LOG_FILES))

"""Where the files of a store lie. Each is written once and never changed; a folder appears whole."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from harness.errors import IncompleteError, IntegrityError, Phrase, must
from harness.files import safe_join, sha256_bytes, sha256_file
from harness.redaction import redact

PART = ".part"
"""Ending of what is not finished; its name starts with a dot, and nobody reads it."""

Source = Path | bytes


class Place(Protocol):
    """A folder, here or far away. Names are paths below it, with ``/``."""

    @property
    def shown(self) -> str:
        """What messages call it."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return a file; None where there is none."""
        ...

    def digest(self, name: str) -> str | None:
        """Return the SHA-256 of a file as it is read back; None where there is none."""
        ...

    def names(self, prefix: str) -> list[str]:
        """Return every file below a folder, sorted; none where there is no such folder."""
        ...

    def holders(self, prefix: str, name: str) -> list[str]:
        """Return the folders right below a folder that hold a file of a name, sorted."""
        ...

    def add(self, name: str, source: Source) -> bool:
        """Write a file where there is none; False where there is one already."""
        ...

    def add_tree(self, prefix: str, files: Sequence[tuple[str, Path]]) -> None:
        """Write a folder so that no reader takes half of it for whole: the last file is its seal.

        Raises:
            IntegrityError: If a file is there already with other content.
        """
        ...

    def fetch(self, name: str, target: Path) -> None:
        """Copy a file to this machine."""
        ...


class FolderPlace:
    """A folder of this machine or of a network that is mounted.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def shown(self) -> str:
        """Its path."""
        return str(self.root)

    def read(self, name: str) -> bytes | None:
        """See ``Place``."""
        with _reached(self.shown):
            path = safe_join(self.root, name)
            return path.read_bytes() if path.is_file() else None

    def digest(self, name: str) -> str | None:
        """See ``Place``."""
        with _reached(self.shown):
            path = safe_join(self.root, name)
            return sha256_file(path) if path.is_file() else None

    def names(self, prefix: str) -> list[str]:
        """See ``Place``."""
        with _reached(self.shown):
            folder = safe_join(self.root, prefix)
            found = (path for path in folder.rglob("*") if path.is_file())
            names = (path.relative_to(self.root).as_posix() for path in found)
            return sorted(name for name in names if not _is_unfinished(name))

    def holders(self, prefix: str, name: str) -> list[str]:
        """See ``Place``. Only these folders are looked into: a thousand bundles hold many files."""
        with _reached(self.shown):
            folder = safe_join(self.root, prefix)
            if not folder.is_dir():
                return []
            found = (one.name for one in folder.iterdir() if (one / name).is_file())
            return sorted(one for one in found if not _is_unfinished(one))

    def add(self, name: str, source: Source) -> bool:
        """See ``Place``."""
        with _reached(self.shown):
            path = safe_join(self.root, name)
            if path.exists():
                return False
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(prefix=f".{path.name}.", suffix=PART, dir=path.parent)
            os.close(handle)
            try:
                _copy(source, Path(part))
                return _taken_name(Path(part), path)
            finally:
                Path(part).unlink(missing_ok=True)

    def add_tree(self, prefix: str, files: Sequence[tuple[str, Path]]) -> None:
        """See ``Place``."""
        with _reached(self.shown):
            final = safe_join(self.root, prefix)
            if not final.exists():
                final.parent.mkdir(parents=True, exist_ok=True)
                part = tempfile.mkdtemp(prefix=f".{final.name}.", suffix=PART, dir=final.parent)
                try:
                    Path(part).chmod(0o755)  # mkdtemp makes it private; evidence is read by others
                    for name, source in files:
                        target = safe_join(Path(part), name)
                        target.parent.mkdir(parents=True, exist_ok=True)
                        _copy(source, target)
                    if _renamed(Path(part), final):
                        return
                finally:
                    shutil.rmtree(part, ignore_errors=True)
        for name, source in files:
            add_or_compare(self, f"{prefix}/{name}", source)

    def fetch(self, name: str, target: Path) -> None:
        """See ``Place``."""
        with _reached(self.shown):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(safe_join(self.root, name), target)


def add_or_compare(place: Place, name: str, source: Source) -> bool:
    """Write a file where there is none, and compare it with the one that is there.

    Returns:
        Whether it was written.

    Raises:
        IntegrityError: If another one is there.
    """
    if place.add(name, source):
        return True
    expected = sha256_bytes(source) if isinstance(source, bytes) else sha256_file(source)
    found = place.digest(name)
    if found != expected:
        do = "Nothing in a store is overwritten: it holds another bundle under this id."
        what = f"have the digest {expected}"
        raise IntegrityError(must(f"{name} in {place.shown}", what, Phrase(str(found)), do=do))
    return False


def unreachable(shown: str, why: str) -> IncompleteError:
    """Return the error of a store that is named and cannot be used: incomplete, never a pass."""
    do = "Mend the address or the connection; without its store nothing is judged or released."
    got = Phrase(redact(" ".join(why.split()))[:300])
    return IncompleteError(must(f"The store {shown}", "be reachable and writable", got, do=do))


@contextmanager
def _reached(shown: str) -> Iterator[None]:
    try:
        yield
    except OSError as err:
        if err.errno in (errno.ENOSPC, errno.EDQUOT):
            do = "Free some space; the same command goes on where it stopped."
            what, got = "have room for what is submitted", Phrase("a full disk")
            raise IncompleteError(must(f"The store {shown}", what, got, do=do)) from err
        raise unreachable(shown, err.strerror or str(err)) from err


def _copy(source: Source, target: Path) -> None:
    if isinstance(source, bytes):
        target.write_bytes(source)
    else:
        shutil.copyfile(source, target)
    target.chmod(0o644)
    with target.open("rb+") as stream:
        os.fsync(stream.fileno())


def _taken_name(part: Path, final: Path) -> bool:
    """Give a finished file its name, unless somebody else was faster."""
    try:
        os.link(part, final)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        if final.exists():
            return False
        part.replace(final)
    return True


def _renamed(part: Path, final: Path) -> bool:
    try:
        part.rename(final)
    except OSError as err:
        if final.exists() and err.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.EACCES):
            return False
        raise
    return True


def _is_unfinished(name: str) -> bool:
    return any(step.startswith(".") and step.endswith(PART) for step in name.split("/"))

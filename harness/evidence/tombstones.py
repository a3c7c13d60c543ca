"""Tombstones: signed statements that something of the personal part was erased.

The run names the digest of the personal part's seal for ever. Each tombstone names the digest of that seal
before and after one erasure, so that a chain of them leads from the seal in the run to the one on disk.
What it says of an example is a salted digest of its id; text, group values and ids stand in none.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.clock import parse_moment
from harness.errors import AssayError, IntegrityError, Phrase, must
from harness.evidence.manifest import ERASURES, MANIFEST, PERSONAL
from harness.evidence.own import OwnStatement, read_own, sign_own
from harness.signing import TOMBSTONE, Envelope, SigningKey, Subject

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One erasure.

    Attributes:
        id: First 12 hex digits of the SHA-256 of what was signed.
        run, run_digest: Whose personal part.
        old, new: SHA-256 of ``personal/MANIFEST.json`` before and after; ``new`` is None where the
            whole part was erased.
        files: File of the part → its digest before, and after or None where it went as a whole.
        n_rows: Rows that were erased; None where the whole part was.
        salt, example: Salt and salted digest of the example's id; None where the whole part was erased.
        reason, role, erased_at: Why, by whom, when.
        envelope: What it came in.
    """

    id: str
    run: str
    run_digest: str
    old: str
    new: str | None
    files: Mapping[str, tuple[str, str | None]]
    n_rows: int | None
    salt: str | None
    example: str | None
    reason: str
    role: str
    erased_at: datetime
    envelope: Envelope

    def is_of(self, example: str | None) -> bool:
        """Tell whether it is about an example id, or about the whole part for None."""
        if example is None or self.salt is None or self.example is None:
            return example is None and self.example is None
        return hmac.compare_digest(salted(example, self.salt), self.example)


def salted(example: str, salt: str) -> str:
    """Return HMAC-SHA256 of an example's id under a salt, 64 hex digits."""
    return hmac.new(
        bytes.fromhex(salt), example.encode("utf-8", "surrogatepass"), hashlib.sha256
    ).hexdigest()


def new_salt() -> str:
    """Draw a salt, 32 hex digits."""
    return secrets.token_hex(16)


def signed_tombstone(predicate: Mapping[str, Any], key: SigningKey) -> tuple[str, bytes]:
    """Return the id of a tombstone and the bytes of its envelope.

    Args:
        predicate: All of ``Tombstone`` but id and envelope, as JSON data.
        key: Who signs.
    """
    subjects = (
        Subject(MANIFEST, str(predicate["run_digest"])),
        Subject(f"{PERSONAL}/{MANIFEST}", str(predicate["old"])),
    )
    return sign_own(subjects, TOMBSTONE, predicate, key)


def read_tombstone(file: Path) -> Tombstone:
    """Read one tombstone and check that its own key signed it.

    Raises:
        IntegrityError: If it is none, stands under another name, or was changed.
    """
    own = read_own(file, f"{ERASURES}/{file.name}", TOMBSTONE)
    try:
        return _tombstone(own)
    except (ValueError, TypeError, KeyError, AssayError) as err:
        raise IntegrityError(must(own.where, "be a tombstone", Phrase("something else"))) from err


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


_FIELDS: Mapping[str, Callable[[Any], bool]] = {
    "run": lambda v: isinstance(v, str),
    "run_digest": _is_digest,
    "old": _is_digest,
    "new": lambda v: v is None or _is_digest(v),
    "files": lambda v: isinstance(v, dict),
    "n_rows": lambda v: v is None or (type(v) is int and v >= 0),
    "salt": lambda v: v is None or re.fullmatch(r"[0-9a-f]{32}", v) is not None,
    "example": lambda v: v is None or _is_digest(v),
    "reason": lambda v: isinstance(v, str),
    "role": lambda v: isinstance(v, str),
    "erased_at": lambda v: isinstance(v, str),
}


def _tombstone(own: OwnStatement) -> Tombstone:
    given = own.predicate
    if set(given) != set(_FIELDS) or not all(_FIELDS[name](given[name]) for name in _FIELDS):
        raise ValueError("fields")
    if len({given[name] is None for name in ("new", "example", "salt", "n_rows")}) != 1:
        raise ValueError("whole or example")
    if own.subjects != (given["run_digest"], given["old"]):
        raise ValueError("subjects")
    files = {name: (pair["old"], pair["new"]) for name, pair in given["files"].items()}
    if not all(_is_digest(old) and (new is None or _is_digest(new)) for old, new in files.values()):
        raise ValueError("files")
    plain = {name: given[name] for name in _FIELDS if name not in ("files", "erased_at")}
    moment = parse_moment(given["erased_at"])
    return Tombstone(id=own.id, files=files, erased_at=moment, envelope=own.envelope, **plain)

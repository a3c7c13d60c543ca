"""Values that must not be written down: what a run knows of its data is looked for in all that it writes.

Looked for as they stand, in other case and width, without separators, and as base64 (wherever it begins),
hex, URL, HTML and JSON write them; in any file, and in the columns of Parquet files. A hit stops the write
and is told by kind and file alone. ``personal/`` holds rows on purpose and is not looked at.

Legend: b bytes of a file, f forms of all values.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from harness.errors import IncompleteError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

MIN_BYTES = 8
"""Shorter values are left out: any table of numbers holds them by chance."""
MIN_DIGITS = 9
"""Numbers with fewer digits are looked for with their separators only, for the same reason."""
MAX_ENCODED = 50_000
"""With more values than this they are looked for as they stand, not in other encodings."""

_DO = "Leave out the audit, column or option that writes it, or clean the data first: assay data scrub."
_BITS = 22
_MIX = 0x9E3779B97F4A7C15
_SEPARATORS = re.compile(r"[\s.()/+-]")


class Unwritten:
    """Values that must not be written, made ready to be looked for.

    Args:
        values: (kind, value); what is shorter than ``MIN_BYTES`` is left out.

    Attributes:
        n_values: Values that are looked for.

    Blind to: values that are compressed, encrypted, translated or cut into pieces.
    """

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        known = sorted({(value, kind) for kind, value in values if _is_long(value)})
        self.n_values = len(known)
        self._by_start: dict[bytes, list[tuple[bytes, str, bool]]] = defaultdict(list)
        seen: set[bytes] = set()
        for value, kind in known:
            for form, is_plain in _forms(value, is_encoded=len(known) <= MAX_ENCODED):
                if len(form) >= MIN_BYTES and form not in seen:
                    seen.add(form)
                    self._by_start[form[:MIN_BYTES]].append((form, kind, is_plain))
        self._marks = _marked(b"".join(self._by_start)) if self._by_start else None

    def found_in(self, raw: bytes) -> frozenset[tuple[str, bytes]]:
        """Return (kind, form) of what stands in bytes [b]."""
        return frozenset(
            (kind, form)
            for place in self._places(raw)
            for form, kind, is_plain in self._by_start.get(raw[place : place + MIN_BYTES], ())
            if raw.startswith(form, place) and not (is_plain and _runs_on(raw, place, form))
        )

    def refuse(self, files: Mapping[str, bytes], *, said: bytes = b"", do: str = _DO) -> None:
        """Stop a write that holds one of the values.

        Args:
            files: Name → bytes.
            said: What somebody wrote to be shown, such as a policy; what stands in it is no secret.
            do: What the reader can do.

        Raises:
            IncompleteError: Naming every such file, with kinds and counts.
        """
        allowed = self.found_in(said)
        _refuse({name: self.found_in(raw) - allowed for name, raw in files.items()}, do)

    def refuse_folder(self, folder: Path, *, without: Iterable[str] = ()) -> None:
        """Stop the seal of a folder in which a file holds one of the values.

        Args:
            folder: Folder that is about to be sealed.
            without: Names directly below it that are not looked at.

        Raises:
            IncompleteError: Naming every such file, with kinds and counts.
        """
        if not self._by_start:
            return
        left_out = {folder / name for name in without}
        found: dict[str, frozenset[tuple[str, bytes]]] = {}
        for parent, folders, names in os.walk(folder):
            folders[:] = sorted(one for one in folders if Path(parent) / one not in left_out)
            for name in sorted(names):
                path = Path(parent) / name
                found[path.relative_to(folder).as_posix()] = self._in_file(path, path.suffix)
        _refuse(found, _DO)

    def refuse_file(self, path: Path, *, name: str, suffix: str, do: str = _DO) -> None:
        """Stop a file that holds one of the values from taking its name.

        Args:
            path: Where it was written to.
            name: The name that it was to take.
            suffix: Its format, such as ``.parquet``.
            do: What the reader can do.

        Raises:
            IncompleteError: With kinds and counts.
        """
        _refuse({name: self._in_file(path, suffix)}, do)

    def _in_file(self, path: Path, suffix: str) -> frozenset[tuple[str, bytes]]:
        found = self.found_in(path.read_bytes())
        if suffix == ".parquet":
            for column in _columns(path):
                found |= self.found_in(column)
        return found

    def _places(self, raw: bytes) -> Iterator[int]:
        """Yield where one of the forms may begin."""
        if self._marks is None:
            return
        import numpy as np

        for offset in range(min(MIN_BYTES, len(raw) - MIN_BYTES + 1)):
            n = (len(raw) - offset) // MIN_BYTES
            words = np.frombuffer(raw, dtype="<u8", count=n, offset=offset)
            for place in np.flatnonzero(self._marks[_slots(words)]).tolist():
                yield place * MIN_BYTES + offset


def _refuse(found: Mapping[str, frozenset[tuple[str, bytes]]], do: str) -> None:
    problems = []
    for name, hits in found.items():
        kinds = Counter(kind for kind, _ in hits)
        counts = ", ".join(f"{kind} {n}" for kind, n in sorted(kinds.items()))
        if hits:
            problems.append(
                f"{name} must hold no personal value of the data and no secret, got {len(hits)} "
                f"({counts}). It was not written. {do}"
            )
    if problems:
        raise IncompleteError(*problems)


def _marked(starts: bytes) -> NDArray[np.bool_]:
    import numpy as np

    marks = np.zeros(1 << _BITS, dtype=np.bool_)
    marks[_slots(np.frombuffer(starts, dtype="<u8"))] = True
    return marks


def _slots(words: NDArray[np.uint64]) -> NDArray[np.int64]:
    import numpy as np

    return ((words * np.uint64(_MIX)) >> np.uint64(64 - _BITS)).astype(np.int64)


def _is_long(value: str) -> bool:
    digits = _SEPARATORS.sub("", value)
    return len(value.encode("utf-8", "replace")) >= MIN_BYTES and not (
        value.isdigit() and len(digits) < MIN_DIGITS
    )


def _forms(value: str, *, is_encoded: bool) -> Iterator[tuple[bytes, bool]]:
    """Yield the ways a value may be written: bytes, and whether a longer word is another value."""
    plain = dict.fromkeys([value, unicodedata.normalize("NFKC", value), value.lower()])
    digits = _SEPARATORS.sub("", value)
    if digits.isdigit() and len(digits) >= MIN_DIGITS:
        plain[digits] = None
    for text in plain:
        raw = text.encode("utf-8", "surrogatepass")
        yield raw, True
        if is_encoded:
            yield from ((form, False) for form in _encoded(text, raw))


def _encoded(text: str, raw: bytes) -> Iterator[bytes]:
    escaped = (json.dumps(text)[1:-1], html.escape(text), quote(raw, safe=""), quote_plus(raw))
    yield from (form.encode() for form in dict.fromkeys(escaped) if form != text)
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for before in range(3):
        # the signs that neighbours have a part in are cut off
        whole = base64.b64encode(b"\0" * before + raw)
        kept = whole[(0, 2, 3)[before] : len(whole) - (0, 3, 2)[(before + len(raw)) % 3]]
        yield kept
        yield kept.translate(bytes.maketrans(b"+/", b"-_"))


def _runs_on(raw: bytes, place: int, form: bytes) -> bool:
    """Whether a word of ASCII goes on before or behind a value, or the value is part of a decimal."""
    stop = place + len(form)
    before, behind = raw[place - 1 : place] if place else b"", raw[stop : stop + 1]
    if (before.isalnum() and form[:1].isalnum()) or (behind.isalnum() and form[-1:].isalnum()):
        return True
    return form.isdigit() and before == b"." and raw[place - 2 : place - 1].isdigit()


def _columns(path: Path) -> Iterator[bytes]:
    """Yield the values of each column of text or whole numbers, each once, one a line."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=65_536):
            for column in batch.columns:
                yield "\n".join(_texts(column)).encode("utf-8", "surrogatepass")


def _texts(column: pa.Array) -> list[str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_struct(kind):
        return [text for inner in column.flatten() for text in _texts(inner)]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _texts(column.flatten())
    if pa.types.is_dictionary(kind):
        return _texts(column.dictionary)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind):
        return [str(one) for one in pc.unique(column).drop_null().to_pylist()]
    return []


_of_runs: dict[str, Unwritten] = {}


def remember(run_id: str, values: Unwritten) -> None:
    """Keep what a run must not write, for what this process writes about it later: its gates."""
    _of_runs[run_id] = values


def remembered(run_id: str) -> Unwritten:
    """Return what a run must not write, as far as this process knows."""
    return _of_runs.get(run_id) or Unwritten(())

"""Standard error as everything in the process writes to it: without secrets and personal values."""

from __future__ import annotations

import io
from typing import Any, TextIO


class Said(io.TextIOBase):
    """A stream that redacts what is written and hands the rest over to another one.

    Blind to: what native code writes to the file descriptor itself, and values cut in two writes.

    Args:
        inner: The stream behind it.
    """

    def __init__(self, inner: TextIO) -> None:
        self._inner = inner

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Encoding of the stream behind it."""
        return self._inner.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        """What the stream behind it does with what it cannot encode."""
        return self._inner.errors

    def write(self, text: str) -> int:
        """Write a text, redacted; returns how many characters were given."""
        from harness.redaction import redact_said

        self._inner.write(redact_said(text))
        return len(text)

    def flush(self) -> None:
        """Flush the stream behind it."""
        self._inner.flush()

    def isatty(self) -> bool:
        """Return whether a person watches."""
        return self._inner.isatty()

    def fileno(self) -> int:
        """Return the file descriptor of the stream behind it."""
        return self._inner.fileno()

    def writable(self) -> bool:
        """Return True: it is there to be written to."""
        return True

    def __getattr__(self, name: str) -> Any:
        # buffer, reconfigure ... are those of the stream behind it
        return getattr(self._inner, name)

"""Personal values in what is said: once rows are read, errors and log lines show masks instead."""

from __future__ import annotations

import re

from harness.redaction import add_hook
from harness.secrecy import mask

# what a personal value or a key has at least; most lines have none of it and cost nothing
_WORTH_A_LOOK = re.compile(
    r"@|(?:[0-9][^0-9A-Za-z]{0,3}){7}|[0-9A-Za-z_-]{20}|://|-----|[Pp]assw|密码"
)


def mask_what_is_said() -> None:
    """From now on, mask what the patterns find in errors, log lines and what libraries write."""
    add_hook(masked)


def masked(text: str) -> str:
    """Return a text with a mask for every personal value and secret that the patterns find."""
    if text.isascii() and _WORTH_A_LOOK.search(text) is None:
        return text
    from harness.detectors import PatternDetector

    [spans] = PatternDetector().find([text])
    at, kept = 0, []
    for one in spans:
        if one.start >= at:  # of overlapping kinds the first stands for all
            kept += [text[at : one.start], mask(one.kind, text[one.start : one.stop])]
        at = max(at, one.stop)
    return "".join([*kept, text[at:]])

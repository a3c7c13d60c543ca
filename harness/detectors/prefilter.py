"""One pass of Hyperscan that says which patterns can occur in a piece of text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib.util import find_spec
from threading import Lock

from harness.detectors.patterns import patterns


def has_prefilter() -> bool:
    """Return whether Hyperscan is installed."""
    return find_spec("hyperscan") is not None


@lru_cache(maxsize=1)
def prefilter() -> Callable[[str], Iterable[int]] | None:
    """Return the prefilter, compiled once; None without Hyperscan."""
    if not has_prefilter():
        return None
    import hyperscan

    hints = [one.hint for one in patterns()]
    database = hyperscan.Database()
    database.compile(
        expressions=[hint.encode() for hint in hints],
        ids=list(range(len(hints))),
        elements=len(hints),
        flags=[hyperscan.HS_FLAG_SINGLEMATCH] * len(hints),
    )

    one_at_a_time = Lock()  # a database has one scratch space

    def occurring(text: str) -> list[int]:
        seen: list[int] = []
        with one_at_a_time:
            database.scan(
                text.encode("utf-8", "surrogatepass"),
                match_event_handler=lambda id, start, stop, flags, context: seen.append(id),
            )
        return seen

    return occurring

"""The one place that reads the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime

from harness.errors import UsageError


def utc_now() -> datetime:
    """Return the present moment in UTC, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def iso(moment: datetime) -> str:
    """Return ``2026-11-23T18:40:00Z``."""
    # strftime writes the year 1 as 1 on some systems, and nothing reads that again
    bare = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{bare.isoformat(timespec='seconds')}Z"


def parse_moment(text: str, where: str = "A moment") -> datetime:
    """Read a date or an ISO 8601 moment; a date stands for its first second in UTC.

    Args:
        text: What was given.
        where: How the message calls it, e.g. ``--now``.

    Raises:
        UsageError: If it is neither, or a moment without a zone.
    """
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        moment = datetime.fromisoformat(text)
    except ValueError as err:
        raise UsageError(
            f"{where} must be ISO 8601, got {text!r}. Write 2026-11-23 or 2026-11-23T18:40:00Z."
        ) from err
    if moment.tzinfo is None:
        raise UsageError(f"{where} must name its zone, got {text!r}. Add Z for UTC.")
    try:
        return moment.astimezone(UTC).replace(microsecond=0)
    except OverflowError as err:
        raise UsageError(f"{where} must lie in the years 1 to 9999 of UTC, got {text!r}.") from err

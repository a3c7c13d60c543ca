"""A moment that a gate is judged as of can be written, and read again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from harness.clock import iso, parse_moment
from harness.errors import UsageError


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00Z", "0999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"]
)
def test_what_is_written_of_a_moment_is_read_again(text):
    assert iso(parse_moment(text)) == text


def test_parts_of_a_second_are_left_out():
    assert iso(datetime(2026, 11, 23, 18, 40, 0, 999_999, tzinfo=UTC)) == "2026-11-23T18:40:00Z"


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_moment_that_no_calendar_holds_in_utc_is_refused(text):
    with pytest.raises(UsageError, match="--now must lie in the years 1 to 9999 of UTC, got "):
        parse_moment(text, "--now")

"""Nouns are written byte for byte as the standard library writes JSON."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.records.codec import _written

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(PLAIN)
@settings(max_examples=50, deadline=None)
def test_plain_data_is_written_as_the_standard_library_writes_it(data: Any) -> None:
    expected = json.dumps(data, allow_nan=False, ensure_ascii=False, indent=2, sort_keys=True)
    assert _written(data, "\n") == expected


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        _written({"value": [number]}, "\n")

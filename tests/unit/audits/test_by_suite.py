"""Defaults of options may differ between suites; the user's own word stands above them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.auditing import Audit, AuditContext, audit
from harness.errors import ContractError
from harness.records import Measure, Measurement

MEASURE = Measure("sizer.share", "Share", "share", "higher", 0.0, 1.0, "{value}", "-", "here")


class Options(BaseModel):
    """Options."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: int = Field(default=200, ge=1)
    method: str = "slow"


def silent(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield nothing."""
    yield from ()


def declare(by_suite: Any, options: Any = Options) -> Audit:
    return audit(
        id="sizer",
        question="How many rows?",
        needs={"predictions"},
        measures=[MEASURE],
        suites={"standard", "deep"},
        cost="none",
        options=options,
        by_suite=by_suite,
    )(silent)


def test_a_suite_has_defaults_of_its_own() -> None:
    one = declare({"quick": {"rows": 50}, "deep": {"rows": 900, "method": "slower"}})
    assert one.settled("quick") == Options(rows=50)
    assert one.settled("standard") == Options()
    assert one.settled("deep") == Options(rows=900, method="slower")
    assert one.settled(None) == Options()


def test_what_the_user_says_stands_above_the_suite() -> None:
    one = declare({"quick": {"rows": 50, "method": "fast"}})
    assert one.settled("quick", {"rows": 7}) == Options(rows=7, method="fast")


@pytest.mark.parametrize("given", [{"rows": 0}, {"row": 5}, 5, [1]])
def test_what_does_not_fit_is_refused_as_ever(given: Any) -> None:
    with pytest.raises(ValidationError):
        declare({"quick": {"rows": 50}}).settled("quick", given)


@pytest.mark.parametrize(
    ("by_suite", "said"),
    [
        ({"fast": {}}, "must name one of quick, standard, deep, got 'fast'"),
        ({"deep": {"rows": 0}}, r"by_suite of sizer, deep: rows must be valid \(.*\), got 0"),
        ({"deep": {"row": 9}}, "by_suite of sizer, deep: row must be valid"),
    ],
)
def test_defaults_that_the_options_would_not_take_break_the_declaration(
    by_suite: Any, said: str
) -> None:
    with pytest.raises(ContractError, match=said):
        declare(by_suite)


def test_an_audit_without_options_has_no_defaults() -> None:
    with pytest.raises(ContractError, match="be left out: it has no options"):
        declare({"quick": {"rows": 1}}, None)

"""Waivers and documents in policy tests: their signatures stand for themselves, by name."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from harness.clock import parse_moment
from harness.errors import UsageError
from harness.policy.values import Strict
from harness.policy.waiver_reading import WHO, ScopeModel, WaiverModel, waiver_of_model
from harness.policy.waivers import Waiver

NAME = "given"
"""Name of the run in a test."""

Who = Annotated[str, Field(pattern=WHO)]


class GivenScope(ScopeModel):
    """What a waiver of a test is about.

    Attributes:
        model: Name of the run; that of the test without it.
    """

    model: str = NAME


class GivenWaiver(WaiverModel):
    """A waiver of a test: as in a waivers file, with the names of those who approve it.

    Attributes:
        id: Id of the waiver.
        scope: Where it holds; everywhere without it.
        reason: Why it is needed.
        ticket: Where it is followed up.
        owner: Who answers for it.
        approved_by: Users who approve it, e.g. user:m.okafor.
    """

    id: str = Field(default="W-1", pattern=r"^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$", max_length=80)
    scope: GivenScope = GivenScope()
    reason: str = "A test."
    ticket: str = "TEST-1"
    owner: str = Field(default="user:owner", pattern=WHO)
    approved_by: list[Who] = Field(default_factory=list)

    def waiver(self) -> Waiver:
        """Return it as the gate takes it, without its approvals."""
        return waiver_of_model(self, place="")


class GivenSample(Strict):
    """A sample of a test.

    Attributes:
        n: Items that people looked at.
        accepted: Items that they accepted.
    """

    n: int = Field(ge=0)
    accepted: int = Field(ge=0)

    @model_validator(mode="after")
    def _no_more(self) -> GivenSample:
        if self.accepted > self.n:
            raise ValueError(
                f"must not accept more than was looked at, got {self.accepted} of {self.n}"
            )
        return self


class GivenDocument(Strict):
    """A document of a test that somebody has signed.

    Attributes:
        document: Which document, as the rule calls it.
        signed_by: Who signed it.
        roles: In which roles.
        signed_at: When; a day or a moment.
        expires: Last day, or the moment, until which it counts; no end without it.
        sample: What a manual sample came to.
    """

    document: str
    signed_by: Who = "user:signer"
    roles: list[str] = Field(default_factory=list)
    signed_at: str
    expires: str | None = None
    sample: GivenSample | None = None

    @field_validator("signed_at", "expires")
    @classmethod
    def _is_moment(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                parse_moment(value)
            except UsageError as err:
                raise ValueError(f"must be a day or a moment with its zone, got {value!r}") from err
        return value

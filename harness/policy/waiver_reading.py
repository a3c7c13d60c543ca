"""Read a waivers file: every problem at once, each with its line.

```yaml
apiVersion: modelassay/v1
kind: Waivers
waivers:
  - id: W-2026-014
    rule: FAIR-IMPACT-RATIO
    scope: {model: cv-screen, slice: "sex=F,race_ethnicity=Asian"}
    accept_until_value: 0.72
    reason: Vendor retrain lands in January; manual second look on all rejects until then.
    compensating: [runbook/manual-second-look.md]
    ticket: MRM-481
    owner: user:li.wei
    requested_on: 2026-11-12
    starts: 2026-11-15
    expires: 2027-01-31
approvals:                               # written by: assay sign --waiver
  - {waiver: W-2026-014, user: "user:m.okafor", signed_at: 2026-11-14T09:30:00Z, keyid: ..., sig: ...}
```
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from harness.clock import iso, parse_moment
from harness.errors import PolicyError, UsageError, must, nearest, raise_all
from harness.files import sha256_bytes
from harness.policy.values import Number, Strict
from harness.policy.waivers import DEFAULT_COVERS, MAX_DAYS, Approval, Waiver, Waivers, day
from harness.records import WaivableOutcome, slice_columns, slice_name
from harness.yamlfile import YamlFile, parse_yaml, read_yaml, spelt, validation_problems

WHO = spelt(r"^(user|group|service):[^\s]+$", "be user:NAME, group:NAME or service:NAME")
_KEYID = spelt(r"^[0-9a-f]{64}$", "be 64 hexadecimal digits")
_ID = spelt(
    r"^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$",
    "hold letters from A to Z, digits and single . _ - between them",
)
Said = Annotated[str, Field(min_length=1, pattern=r"\S")]
"""Words that are not empty."""


class ScopeModel(Strict):
    """What a waiver is about.

    Attributes:
        model: Name of the run in assay.yaml; name@version for one version of it only.
        slice: column=value,column=value, or all; every slice of the rule without it.
        dataset: Name of the data set; every one without it.
    """

    model: Said
    slice: str | None = None
    dataset: Said | None = None

    @field_validator("slice")
    @classmethod
    def _canonical(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            columns = slice_columns(value)
        except ValueError as err:
            raise ValueError(
                f"must be column=value,column=value or all, got {value!r}. "
                "Write commas and spaces inside a value as %2C and %20"
            ) from err
        # people write columns in any order; measurements never do
        return slice_name(columns)


class WaiverModel(Strict):
    """One waiver.

    Attributes:
        id: Id of the waiver; reports name it.
        rule: Id of the rule.
        covers: Outcomes that it may waive; failed and inconclusive without it.
        accept_until_value: Worse than this blocks again.
        reason: Why it is needed, for whoever reads the report.
        compensating: What is done instead, e.g. a runbook.
        ticket: Where it is followed up.
        owner: Who answers for it, e.g. user:li.wei.
        requested_on: Day on which it was asked for.
        starts: First day on which it holds.
        expires: Last day on which it holds, to its end in UTC; at most 180 days after starts.
    """

    id: str = Field(pattern=_ID, max_length=80)
    rule: Said
    scope: ScopeModel
    covers: list[WaivableOutcome] | None = Field(default=None, min_length=1)
    accept_until_value: Number | None = None
    reason: Said
    compensating: list[Said] = Field(default_factory=list)
    ticket: Said
    owner: str = Field(pattern=WHO)
    requested_on: str | None = None
    starts: str
    expires: str

    @field_validator("requested_on", "starts", "expires")
    @classmethod
    def _is_date(cls, value: str | None) -> str | None:
        if value is not None:
            day(value)
        return value

    @model_validator(mode="after")
    def _is_short(self) -> WaiverModel:
        days = (day(self.expires) - day(self.starts)).days
        if days < 0:
            raise ValueError(f"must not end before it starts, got {self.starts} to {self.expires}")
        if days > MAX_DAYS:
            latest = (day(self.starts) + timedelta(days=MAX_DAYS)).date()
            raise ValueError(
                f"must expire at most {MAX_DAYS} days after it starts, got {days}. "
                f"The latest day is {latest}"
            )
        return self


class ApprovalModel(Strict):
    """One signature under a waiver.

    Attributes:
        waiver: Id of the waiver.
        keyid: SHA-256 of the public key.
        signed_at: Moment of the signature.
        sig: The signature, base64.
        user: Who it is said to be from, for readers.
    """

    waiver: str
    keyid: str = Field(pattern=_KEYID)
    signed_at: str
    sig: str
    user: str | None = Field(default=None, pattern=WHO)

    @field_validator("signed_at")
    @classmethod
    def _is_moment(cls, value: str) -> str:
        try:
            is_whole = iso(parse_moment(value)) == value
        except UsageError:
            is_whole = False
        if not is_whole:
            raise ValueError(f"must be a moment such as 2026-11-14T09:30:00Z, got {value!r}")
        return value

    @field_validator("sig")
    @classmethod
    def _is_base64(cls, value: str) -> str:
        try:
            base64.b64decode(value, validate=True)
        except (ValueError, binascii.Error) as err:
            raise ValueError("must be base64, got something else") from err
        return value


class WaiversModel(Strict):
    """A waivers file.

    Attributes:
        apiVersion: Version of the format.
        kind: Says that these are waivers.
        waivers: What is waived.
        approvals: Signatures; assay sign --waiver writes them.
    """

    apiVersion: Literal["modelassay/v1"]  # noqa: N815 - the key as files write it
    kind: Literal["Waivers"]
    waivers: list[WaiverModel]
    approvals: list[ApprovalModel] = Field(default_factory=list)


def read_waivers(path: Path) -> Waivers:
    """Read a waivers file.

    Raises:
        PolicyError: With every problem of the file, each with ``file:line``.
    """
    return _waivers_of(read_yaml(path, error=PolicyError))


def parse_waivers(raw: bytes, name: str) -> Waivers:
    """Read a waivers file from bytes; see ``read_waivers``."""
    return _waivers_of(parse_yaml(raw, name=name, error=PolicyError))


def _waivers_of(file: YamlFile) -> Waivers:
    if not isinstance(file.data, dict):
        raise PolicyError(must(file.name, "hold a mapping", file.data, place=file.place(())))
    try:
        model = WaiversModel.model_validate(file.data)
    except ValidationError as err:
        problems = validation_problems(err, file, known=_known_keys())
        raise PolicyError(*problems, *_reference_problems(file)) from err
    raise_all(PolicyError, list(_reference_problems(file)))
    waivers = tuple(_waiver(file, model, position) for position in range(len(model.waivers)))
    return Waivers(waivers, file.raw, sha256_bytes(file.raw), file.name)


def _waiver(file: YamlFile, whole: WaiversModel, position: int) -> Waiver:
    model = whole.waivers[position]
    approvals = tuple(
        Approval(
            keyid=one.keyid,
            signed_at=parse_moment(one.signed_at),
            sig=base64.b64decode(one.sig),
            user=one.user,
            place=file.place(("approvals", index)),
        )
        for index, one in enumerate(whole.approvals)
        if one.waiver == model.id
    )
    place = file.place(("waivers", position))
    return replace(waiver_of_model(model, place=place), approvals=approvals)


def waiver_of_model(model: WaiverModel, *, place: str) -> Waiver:
    """Return a waiver without its approvals.

    Args:
        model: As it was read.
        place: ``file:line``.
    """
    return Waiver(
        id=model.id,
        rule=model.rule,
        model=model.scope.model,
        reason=model.reason,
        owner=model.owner,
        ticket=model.ticket,
        starts=day(model.starts),
        expires=day(model.expires) + timedelta(days=1),  # the last day counts to its end
        place=place,
        slice=model.scope.slice,
        dataset=model.scope.dataset,
        covers=tuple(model.covers) if model.covers is not None else DEFAULT_COVERS,
        accept_until_value=model.accept_until_value,
        compensating=tuple(model.compensating),
        requested_on=model.requested_on,
    )


def _reference_problems(file: YamlFile) -> Iterator[str]:
    """Check what one waiver alone cannot show; works on raw data, so that all problems come at once."""
    given = file.data.get("waivers")
    first: dict[str, int] = {}
    for position, waiver in enumerate(given if isinstance(given, list) else ()):
        name = waiver.get("id") if isinstance(waiver, dict) else None
        if not isinstance(name, str):
            continue
        if name in first:
            yield must(
                f"waivers.{position}.id",
                "be unique",
                name,
                place=file.place(("waivers", position, "id")),
                do=f"It stands at {file.place(('waivers', first[name], 'id'))} already.",
            )
        first.setdefault(name, position)
    approvals = file.data.get("approvals")
    for position, approval in enumerate(approvals if isinstance(approvals, list) else ()):
        name = approval.get("waiver") if isinstance(approval, dict) else None
        if isinstance(name, str) and name not in first:
            yield must(
                f"approvals.{position}.waiver",
                "name a waiver of this file",
                name,
                place=file.place(("approvals", position, "waiver")),
                do=nearest(name, list(first)).strip(),
            )


def _known_keys() -> list[str]:
    models: list[type[BaseModel]] = [WaiversModel, WaiverModel, ScopeModel, ApprovalModel]
    return sorted({name for model in models for name in model.model_fields})

"""``trust.yaml``: whose signature counts, for what, and from when to when.

```yaml
apiVersion: modelassay/v1
kind: Trust
keys:
  - user: user:m.okafor
    roles: [compliance]
    public_key: MCowBQYDK2VwAyEA...      # PEM, or base64 of the DER
    from: 2026-01-01
    until: 2027-12-31
    # revoked: {at: 2026-11-01, reason: compromised}
identities:                              # signed through Sigstore: compared to the letter
  - user: service:ci
    roles: [ci]
    identity: https://github.com/acme/models/.github/workflows/gate.yml@refs/heads/main
    issuer: https://token.actions.githubusercontent.com
thresholds:
  gate: {ci: 1}                          # role → signatures of different users that verify asks for
  release: {compliance: 1}
  # decision: {model-risk: 1}            # must have signed a gate with warnings before it is released
waivers: {approvals: 2, roles: [compliance, model-risk]}
decisions: {required: true}              # a release needs an approval in the review that stands
single_person: false
```
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from harness.errors import UsageError, must, raise_all
from harness.files import sha256_bytes
from harness.signing.keys import keyid_of, public_der
from harness.yamlfile import YamlFile, parse_yaml, read_yaml, spelt, validation_problems

Reason = Literal["compromised", "superseded"]
Count = Annotated[int, Field(ge=1, le=20)]
ROLE = spelt(r"^\w[\w-]{0,63}$", "be one word of letters, digits, _ and -")
_WHO = spelt(r"^(user|group|service):[^\s]+$", "be user:NAME, group:NAME or service:NAME")
_ISSUER = spelt(r"^https://\S+$", "begin with https:// and hold no spaces")
Role = Annotated[str, Field(pattern=ROLE)]
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key that counts.

    Attributes:
        keyid, public: See ``keyid_of``; DER.
        user: Whose key it is; one user may have several, and still counts once.
        roles: In which roles its signatures count.
        since, until: First moment at which, and the one from which on it no longer, may sign.
        revoked_at, revoked_for: Since when it is revoked, and why. A compromised key counts for nothing,
            whatever date stands beside a signature; a superseded one for what was signed before.
    """

    keyid: str
    public: bytes
    user: str
    roles: frozenset[str]
    since: datetime | None = None
    until: datetime | None = None
    revoked_at: datetime | None = None
    revoked_for: Reason | None = None

    def counts_at(self, moment: datetime) -> bool:
        """Tell whether what the key signs at a moment counts."""
        return _counts_at(self, moment)


@dataclass(frozen=True, slots=True)
class TrustedIdentity:
    """Somebody who signs without a key of his own, through Sigstore: a workflow, or a person who logs in.

    Attributes:
        identity: What the certificate names, to the letter, e.g.
            ``https://github.com/acme/models/.github/workflows/gate.yml@refs/heads/main``.
        issuer: Who vouched for it, e.g. ``https://token.actions.githubusercontent.com``.
        user, roles, since, until, revoked_at, revoked_for: See ``TrustedKey``.
    """

    identity: str
    issuer: str
    user: str
    roles: frozenset[str]
    since: datetime | None = None
    until: datetime | None = None
    revoked_at: datetime | None = None
    revoked_for: Reason | None = None

    def counts_at(self, moment: datetime) -> bool:
        """Tell whether what it signs at a moment counts."""
        return _counts_at(self, moment)


def _counts_at(one: TrustedKey | TrustedIdentity, moment: datetime) -> bool:
    if one.revoked_for == "compromised":
        return False
    if one.revoked_at is not None and moment >= one.revoked_at:
        return False
    after = one.since is None or moment >= one.since
    return after and (one.until is None or moment < one.until)


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe.

    Attributes:
        keys: Trusted public keys.
        thresholds: ``gate``, ``release`` or ``decision`` → role → how many different users must have signed.
        n_approvals: Different users that must approve a waiver.
        approver_roles: Roles of which an approver must have one; empty where any trusted key will do.
        is_single_person: Whether one person may do everything; said on every output.
        raw, digest: The file, and its SHA-256.
        place: Name of the file.
        identities: Trusted identities that sign through Sigstore.
        asks_decision: Whether a release needs an approval in the review that stands.
        n_decisions: Different people that must have approved.
        decision_days: Days after which an approval is too old; None where it does not age.
    """

    keys: tuple[TrustedKey, ...]
    thresholds: dict[str, dict[str, int]]
    n_approvals: int
    approver_roles: frozenset[str]
    is_single_person: bool
    raw: bytes
    digest: str
    place: str
    identities: tuple[TrustedIdentity, ...] = ()
    asks_decision: bool = False
    n_decisions: int = 1
    decision_days: int | None = None


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class RevokedModel(_Strict):
    """Since when a key is revoked, and why.

    Attributes:
        at: Day from which its signatures no longer count.
        reason: Why.
    """

    at: str
    reason: Reason

    @field_validator("at")
    @classmethod
    def _is_date(cls, value: str) -> str:
        _day(value)
        return value


class _ValidityModel(_Strict):
    """Whose it is, what for, and from when to when."""

    user: str = Field(pattern=_WHO)
    roles: list[Role] = Field(min_length=1)
    from_: str | None = Field(default=None, alias="from")
    until: str | None = None
    revoked: RevokedModel | None = None

    @field_validator("from_", "until")
    @classmethod
    def _is_date(cls, value: str | None) -> str | None:
        if value is not None:
            _day(value)
        return value

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.from_ and self.until and _day(self.until) < _day(self.from_):
            raise ValueError(f"until must not be before from ({self.from_}), got {self.until}")
        return self

    def validity(self) -> dict[str, Any]:
        """Return what keys and identities have in common."""
        return {
            "user": self.user,
            "roles": frozenset(self.roles),
            "since": _day(self.from_) if self.from_ else None,
            "until": _end_of_day(self.until) if self.until else None,
            "revoked_at": _day(self.revoked.at) if self.revoked else None,
            "revoked_for": self.revoked.reason if self.revoked else None,
        }


class KeyModel(_ValidityModel):
    """One key.

    Attributes:
        user: Whose it is, e.g. user:li.wei.
        roles: What its owner may sign as, e.g. compliance, model-risk.
        from_: First day on which its signatures count.
        until: Last day on which its signatures count.
        public_key: Public key, as assay keys new prints it.
    """

    public_key: str

    @field_validator("public_key")
    @classmethod
    def _is_key(cls, value: str) -> str:
        public_der(value)
        return value


class IdentityModel(_ValidityModel):
    """One identity that signs through Sigstore.

    Attributes:
        user: Whose it is, e.g. user:li.wei.
        roles: What its owner may sign as, e.g. compliance, model-risk.
        from_: First day on which its signatures count.
        until: Last day on which its signatures count.
        identity: What its certificate names, to the letter.
        issuer: Who vouches for it, to the letter.
    """

    identity: str = Field(min_length=1, pattern=r"^\S+$")
    issuer: str = Field(pattern=_ISSUER)


class ThresholdsModel(_Strict):
    """How many signatures of which role.

    Attributes:
        gate: Role → signatures of it that a gate needs.
        release: Role → signatures of it that a release needs.
        decision: Role → signatures of it that a gate with warnings needs before it is released.
    """

    gate: dict[Role, Count] = {}
    release: dict[Role, Count] = {}
    decision: dict[Role, Count] = {}


class WaiverTrustModel(_Strict):
    """Who may approve waivers.

    Attributes:
        approvals: Signatures that a waiver needs; 2 without it.
        roles: Roles of which each approver must have one; any without it.
    """

    approvals: Count = 2
    roles: list[Role] = []


class DecisionTrustModel(_Strict):
    """What a decision in the review must be.

    Attributes:
        required: Whether a release needs an approval that stands.
        approvals: Different people that must have approved; two where a blocking rule was waived.
        max_age_days: Days after which an approval no longer counts.
    """

    required: bool = False
    approvals: Count = 1
    max_age_days: Annotated[int, Field(ge=1, le=3650)] | None = None


class TrustModel(_Strict):
    """A trust file.

    Attributes:
        apiVersion: Version of the format.
        kind: Says that this is a trust file.
        keys: Whose signatures count.
        identities: Who may sign through Sigstore, without a key.
        single_person: Whether one person may do everything; printed on every output.
    """

    apiVersion: Literal["modelassay/v1"]  # noqa: N815 - the key as files write it
    kind: Literal["Trust"]
    keys: list[KeyModel] = []
    identities: list[IdentityModel] = []
    thresholds: ThresholdsModel = Field(default_factory=ThresholdsModel)
    waivers: WaiverTrustModel = Field(default_factory=WaiverTrustModel)
    decisions: DecisionTrustModel = Field(default_factory=DecisionTrustModel)
    single_person: bool = False


def read_trust(path: Path) -> Trust:
    """Read a trust file.

    Raises:
        UsageError: With every problem, each with ``file:line``.
    """
    return _trust_of(read_yaml(path, error=UsageError))


def parse_trust(raw: bytes, name: str) -> Trust:
    """Read a trust file from bytes; see ``read_trust``."""
    return _trust_of(parse_yaml(raw, name=name, error=UsageError))


def _trust_of(file: YamlFile) -> Trust:
    try:
        model = TrustModel.model_validate(file.data)
    except ValidationError as err:
        raise UsageError(*validation_problems(err, file, known=_known_keys())) from err
    keys = tuple(_key(one) for one in model.keys)
    ids = [one.keyid for one in keys]
    problems = [
        f"keys.{position}.public_key must stand once, got the key of keys.{ids.index(one)} again "
        f"({file.place(('keys', position))})."
        for position, one in enumerate(ids)
        if one in ids[:position]
    ]
    identities = tuple(_identity(one) for one in model.identities)
    pairs = [(one.identity, one.issuer) for one in identities]
    problems += [
        f"identities.{position} must stand once, got {one[0]} again "
        f"({file.place(('identities', position))})."
        for position, one in enumerate(pairs)
        if one in pairs[:position]
    ]
    if model.waivers.approvals < 2 and not model.single_person:
        where = "waivers.approvals"
        place = file.place(("waivers", "approvals"))
        what = "be at least 2 unless single_person is true"
        problems.append(must(where, what, model.waivers.approvals, place=place))
    raise_all(UsageError, problems)
    return Trust(
        keys=keys,
        thresholds={
            "gate": model.thresholds.gate,
            "release": model.thresholds.release,
            "decision": model.thresholds.decision,
        },
        n_approvals=model.waivers.approvals,
        approver_roles=frozenset(model.waivers.roles),
        is_single_person=model.single_person,
        raw=file.raw,
        digest=sha256_bytes(file.raw),
        place=file.name,
        identities=identities,
        asks_decision=model.decisions.required,
        n_decisions=model.decisions.approvals,
        decision_days=model.decisions.max_age_days,
    )


def _key(model: KeyModel) -> TrustedKey:
    der = public_der(model.public_key)
    return TrustedKey(keyid=keyid_of(der), public=der, **model.validity())


def _identity(model: IdentityModel) -> TrustedIdentity:
    return TrustedIdentity(model.identity, model.issuer, **model.validity())


def _end_of_day(text: str) -> datetime:
    """Return the first moment after a day; the last one of the calendar for the last day of all."""
    day = _day(text)
    if day.date() == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return day + timedelta(days=1)


def _day(text: str) -> datetime:
    try:
        if not _DATE.fullmatch(text):
            raise ValueError(text)
        return datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)
    except ValueError as err:
        raise ValueError(f"must be a date such as 2027-05-10, got {text!r}") from err


def _known_keys() -> list[str]:
    models: list[type[BaseModel]] = [
        TrustModel, KeyModel, IdentityModel, RevokedModel, ThresholdsModel, WaiverTrustModel,
        DecisionTrustModel,
    ]  # fmt: skip
    return sorted({f.alias or name for one in models for name, f in one.model_fields.items()})

"""Who looks at a page, and what that person may do; asked again at every view and every write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import streamlit as st

from dashboards.settings import Settings, settings
from harness.clock import utc_now
from harness.depot.actors import LOCAL as LOCAL_ACTOR
from harness.depot.actors import Actor

Right = Literal["view", "data", "comment", "review", "approve", "admin"]

RIGHTS: dict[str, frozenset[Right]] = {
    "viewer": frozenset({"view"}),
    "data-reader": frozenset({"view", "data"}),
    "reviewer": frozenset({"view", "comment", "review"}),
    "approver": frozenset({"view", "comment", "review", "approve"}),
    "admin": frozenset({"view", "comment", "admin"}),
}
"""Role → what it may. An admin approves nothing: who keeps the log must not fill it."""

_SKEW = timedelta(minutes=1)

_ended: dict[tuple[str, str], datetime] = {}
"""Person → when the newest login that was ended here was made. A tab that is open keeps the identity it
began with, whatever becomes of the cookie."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in front of a page.

    Attributes:
        issuer, subject: Who it is, in the words of the identity provider; ``local`` without login.
        name: What pages call the person.
        roles: Our roles.
        login_at: When the person logged in; None where nobody is authenticated.
        is_authenticated: False in the local mode.
        email: Address that the provider tells; compared with authors and owners, no proof of anything.
    """

    issuer: str
    subject: str
    name: str
    roles: frozenset[str]
    login_at: datetime | None = None
    is_authenticated: bool = True
    email: str = ""

    @property
    def actor(self) -> Actor:
        """The same person as the review knows it; names stay out of its log and can be erased."""
        return Actor(
            issuer=self.issuer,
            subject=self.subject,
            name=self.name,
            roles=self.roles,
            login_at=self.login_at,
            is_authenticated=self.is_authenticated,
            aliases=(self.email,) if self.email else (),
        )

    def may(self, right: Right) -> bool:
        """Tell whether one of the person's roles gives a right."""
        return any(right in RIGHTS.get(role, ()) for role in self.roles)

    def must_log_in_again(self, given: Settings, now: datetime | None = None) -> bool:
        """Tell whether the login is too old for a decision."""
        if not self.is_authenticated:
            return False
        limit = timedelta(minutes=given.decide_minutes)
        return self.login_at is None or (now or utc_now()) - self.login_at > limit


LOCAL = Person(
    issuer=LOCAL_ACTOR.issuer,
    subject=LOCAL_ACTOR.subject,
    name=LOCAL_ACTOR.name,
    roles=LOCAL_ACTOR.roles,
    is_authenticated=False,
)
"""The one user of a dashboard without login."""


def person() -> Person | None:
    """Return who looks at this page; None where login is asked for and nobody is logged in.

    A cookie lives for 30 days and knows no end of a session; the age of the login is asked here.
    """
    given = settings()
    if not given.has_login:
        return LOCAL
    # an e-mail address is no proof: only this flag says that somebody logged in
    if not st.user.get("is_logged_in", False):
        return None
    return _logged_in(given, utc_now())


def log_out() -> None:
    """End the login of this page in every tab, and every earlier one of the same person."""
    claims = st.user.to_dict()
    subject, issuer, made = claims.get("sub"), claims.get("iss"), _made_at(claims)
    if isinstance(subject, str) and isinstance(issuer, str) and made:
        one = (issuer, subject)
        _ended[one] = max(made, _ended.get(one, made))
    st.logout()


def _logged_in(given: Settings, now: datetime) -> Person | None:
    claims = st.user.to_dict()
    subject, issuer = claims.get("sub"), claims.get("iss")
    login_at = _moment(claims.get("auth_time")) or _moment(claims.get("iat"))
    if not (isinstance(subject, str) and isinstance(issuer, str) and login_at):
        return None
    is_over = now - login_at > timedelta(minutes=given.session_minutes)
    if is_over or login_at > now + _SKEW or _is_ended(issuer, subject, _made_at(claims)):
        return None
    said = claims.get(given.claim)
    values = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    roles = {role for value in values for role in given.roles.get(str(value), ())}
    told = (claims.get("name"), claims.get("email"))
    name = next((one.strip() for one in told if isinstance(one, str) and _is_seen(one)), subject)
    email = claims.get("email")
    address = email if isinstance(email, str) else ""
    return Person(issuer, subject, name, frozenset(roles), login_at, email=address)


def _is_seen(name: str) -> bool:
    """Whether a name has a character that can be seen: a decision must say who made it."""
    return any(c.isprintable() and not c.isspace() for c in name)


def _made_at(claims: Mapping[str, object]) -> datetime | None:
    """Return when a login was made here; the provider may have seen the person long before."""
    return _moment(claims.get("iat")) or _moment(claims.get("auth_time"))


def _is_ended(issuer: str, subject: str, made: datetime | None) -> bool:
    ended = _ended.get((issuer, subject))
    return ended is not None and (made is None or made <= ended)


def _moment(seconds: object) -> datetime | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float | str):
        return None
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None

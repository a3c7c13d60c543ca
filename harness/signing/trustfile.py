"""Editing ``trust.yaml`` as text, so that its comments and its order stay; every edit is read again."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

from harness.errors import UsageError
from harness.signing.keys import keyid_of
from harness.signing.trust import Reason, Trust, parse_trust
from harness.yamlfile import parse_yaml

_HEAD = "apiVersion: modelassay/v1\nkind: Trust\n"
_EMPTY = re.compile(r"^keys:\s*(\[\s*\])?\s*(#.*)?$")
_FLOW_ITEM = re.compile(r"^(\s*-\s*\{.*?),?\s*\}(\s*(#.*)?)$")


def key_block(public: bytes, *, user: str, roles: Sequence[str], indent: int = 2) -> str:
    """Return the lines that a key has in ``keys`` of a trust file.

    Args:
        public: Public key, DER.
        user: e.g. ``user:m.okafor``.
        roles: Roles in which its signatures are to count.
        indent: Column of the dash.
    """
    start = " " * indent
    return (
        f"{start}- user: {user}\n"
        f"{start}  roles: [{', '.join(roles)}]\n"
        f"{start}  public_key: {base64.b64encode(public).decode()}\n"
    )


def with_key(
    raw: bytes | None, public: bytes, *, user: str, roles: Sequence[str], name: str
) -> bytes:
    """Return a trust file with one more key.

    Args:
        raw: The file; None begins a new one.
        public: Public key, DER.
        user: See ``key_block``.
        roles: See ``key_block``.
        name: How messages call the file.

    Raises:
        UsageError: If the file is not valid, holds the key already, or is written in a way that no line
            can be added to.
    """
    alone = f"{_HEAD}keys:\n{key_block(public, user=user, roles=roles)}".encode()
    parse_trust(alone, name)  # a user or a role that is no word is refused by its own message
    if raw is None:
        return alone
    before = parse_trust(raw, name)
    if any(one.keyid == keyid_of(public) for one in before.keys):
        raise UsageError(f"{name} must name a key once, got the key {keyid_of(public)} again.")
    lines, end = _lines(raw)
    lines = _appended(lines, before, public=public, user=user, roles=roles, name=name)
    what = key_block(public, user=user, roles=roles)
    after = _checked(lines, end, before, what=what, n_keys=len(before.keys) + 1)
    added = [one for one in parse_trust(after, name).keys if one.public == public]
    if [(one.user, one.roles) for one in added] != [(user, frozenset(roles))]:
        raise _by_hand(name, what)
    return after


def with_revoked(raw: bytes, keyid: str, *, at: str, reason: Reason, name: str) -> bytes:
    """Return a trust file in which a key is revoked.

    Args:
        raw: The file.
        keyid: Which key.
        at: From which day on, such as ``2026-11-01``.
        reason: See ``TrustedKey``.
        name: How messages call the file.

    Raises:
        UsageError: If the file is not valid, does not name the key, has it revoked already, or is written
            in a way that no line can be added to.
    """
    before = parse_trust(raw, name)
    index = next((i for i, one in enumerate(before.keys) if one.keyid == keyid), None)
    if index is None:
        raise UsageError(f"{name} must name the key {keyid}, got {len(before.keys)} other keys.")
    kept = before.keys[index]
    if kept.revoked_for in ("compromised", reason):
        raise UsageError(f"{name} has the key {keyid} revoked as {kept.revoked_for} already.")
    lines, end = _lines(raw)
    entry = f"revoked: {{at: {at}, reason: {reason}}}"
    lines = _revoked(lines, raw, index, entry, name=name)
    after = _checked(lines, end, before, what=entry, n_keys=len(before.keys))
    if parse_trust(after, name).keys[index].revoked_for != reason:
        raise _by_hand(name, entry)
    return after


def _lines(raw: bytes) -> tuple[list[str], str]:
    text = raw.decode("utf-8-sig")
    return text.splitlines(), "\r\n" if "\r\n" in text else "\n"


def _appended(
    lines: list[str], before: Trust, *, public: bytes, user: str, roles: Sequence[str], name: str
) -> list[str]:
    start = next((i for i, line in enumerate(lines) if re.match(r"keys\s*:", line)), None)
    if start is None:
        return [*lines, "keys:", *key_block(public, user=user, roles=roles).splitlines()]
    if not before.keys:
        if not _EMPTY.match(lines[start]):
            raise _by_hand(name, key_block(public, user=user, roles=roles))
        comment = lines[start].partition("#")
        lines = [
            *lines[:start],
            "keys:" + (f"  #{comment[2]}" if comment[1] else ""),
            *lines[start + 1 :],
        ]
    stop = _end_of_section(lines, start)
    dashes = [
        len(one) - len(one.lstrip()) for one in lines[start + 1 : stop] if one.lstrip()[:1] == "-"
    ]
    block = key_block(public, user=user, roles=roles, indent=min(dashes, default=2))
    last = _last_content(lines, start, stop)
    return [*lines[: last + 1], *block.splitlines(), *lines[last + 1 :]]


def _revoked(lines: list[str], raw: bytes, index: int, entry: str, *, name: str) -> list[str]:
    file = parse_yaml(raw, name=name, error=UsageError)
    first = file.line(("keys", index)) - 1
    section = next(i for i, line in enumerate(lines) if re.match(r"keys\s*:", line))
    is_last = index + 1 == len(file.data["keys"])
    stop = _end_of_section(lines, section) if is_last else file.line(("keys", index + 1)) - 1
    if "revoked" in file.data["keys"][index]:
        there = file.line(("keys", index, "revoked")) - 1
        return [
            *lines[:there],
            re.sub(r"revoked:\s*\{[^}]*\}", entry, lines[there]),
            *lines[there + 1 :],
        ]
    flow = _FLOW_ITEM.match(lines[first])
    if flow:
        return [*lines[:first], f"{flow[1]}, {entry}}}{flow[2]}", *lines[first + 1 :]]
    block = re.match(r"\s*-\s+", lines[first])
    if block is None:
        raise _by_hand(name, entry)
    last = _last_content(lines, first, stop, with_comments=False)
    return [*lines[: last + 1], " " * len(block[0]) + entry, *lines[last + 1 :]]


def _end_of_section(lines: list[str], start: int) -> int:
    """First line after a top-level key's value; items may stand at the very left as well."""
    for i in range(start + 1, len(lines)):
        if lines[i][:1] not in ("", " ", "\t", "#", "-"):
            return i
    return len(lines)


def _last_content(lines: list[str], start: int, stop: int, *, with_comments: bool = True) -> int:
    for i in range(stop - 1, start, -1):
        text = lines[i]
        is_own_comment = with_comments and text[:1] in (" ", "\t")
        if text.strip() and (not text.lstrip().startswith("#") or is_own_comment):
            return i
    return start


def _checked(lines: list[str], end: str, before: Trust, *, what: str, n_keys: int) -> bytes:
    raw = (end.join(lines) + end).encode()
    try:
        after = parse_trust(raw, before.place)
    except UsageError as err:
        raise _by_hand(before.place, what) from err
    same = {one.keyid for one in before.keys} <= {one.keyid for one in after.keys}
    rest = (
        "thresholds",
        "n_approvals",
        "approver_roles",
        "is_single_person",
        "identities",
        "asks_decision",
    )
    if (
        not same
        or len(after.keys) != n_keys
        or any(getattr(before, one) != getattr(after, one) for one in rest)
    ):
        raise _by_hand(before.place, what)
    return raw


def _by_hand(name: str, what: str) -> UsageError:
    return UsageError(
        f"{name} must have its keys in block style, one `- user:` below the other, got another way of "
        f"writing. Add it by hand:\n{what}"
    )

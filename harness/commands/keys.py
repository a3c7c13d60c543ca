"""Keys of people and of jobs: drawn, listed, entered into a trust file, revoked in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from harness.clock import parse_moment
from harness.errors import AssayError, Phrase, UsageError, must, raise_all
from harness.files import write_whole
from harness.secrecy import key_folder
from harness.signing import (
    SigningKey,
    Trust,
    TrustedIdentity,
    TrustedKey,
    find_key,
    load_key,
    missing_signatures,
    new_key,
    read_trust,
)
from harness.signing.keyfolder import SUFFIX, key_file, save_key
from harness.signing.trust import ROLE, Reason
from harness.signing.trustfile import key_block, with_key, with_revoked

_PREFIX = 8
"""Hex digits of a key id that are enough to name it."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was made.

    Attributes:
        key: The key.
        path: Its file.
        block: The lines for a trust file.
    """

    key: SigningKey
    path: Path
    block: str


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key that lies in the key folder, stands in a trust file, or both.

    Attributes:
        keyid: See ``keyid_of``; empty where the file holds no key.
        names: Of private keys in the key folder.
        user, roles: By the trust file; None without.
        state: ``valid``, ``expired``, ``not-yet-valid``, ``revoked: ...``, ``not-trusted``, ``unreadable``.
    """

    keyid: str
    names: tuple[str, ...]
    user: str | None
    roles: tuple[str, ...]
    state: str


def make_key(name: str, *, user: str | None, roles: Sequence[str], trust: Path | None) -> NewKey:
    """Draw a key, keep its private half in the key folder, and enter it into a trust file.

    Args:
        name: Name of the file in the key folder.
        user: Whose key it is; None takes ``user:<name>``.
        roles: Roles in which it is to count; needed for a trust file.
        trust: File that it is appended to; None only shows the lines.

    Raises:
        UsageError: If the name is taken, or the trust file cannot take it; then no key is made.
    """
    whose = user or f"user:{name.lower()}"
    what = "be a word of letters, digits and dashes"
    raise_all(
        UsageError, [must("--role", what, one) for one in roles if not re.fullmatch(ROLE, one)]
    )
    if key_file(name).exists():
        do = "Take another name; a private key is never overwritten."
        raise UsageError(must(str(key_file(name)), "be a free place", Phrase("a key"), do=do))
    key = new_key()
    block = key_block(key.public_der, user=whose, roles=roles or ["ROLE"])
    edited: bytes | None = None
    if trust is not None:
        if not roles:
            raise UsageError("--role must be given with --trust: it says what the key counts for.")
        before = trust.read_bytes() if trust.exists() else None
        edited = with_key(before, key.public_der, user=whose, roles=roles, name=trust.name)
    path = save_key(name, key)
    if trust is not None and edited is not None:
        write_whole(trust.resolve(), edited)
    return NewKey(key, path, block)


def revoke_key(word: str, trust: Path, *, reason: Reason, at: str) -> TrustedKey:
    """Revoke a key in a trust file.

    Args:
        word: Key id, the first 8 digits or more of it, or a name in the key folder.
        trust: The file.
        reason: See ``TrustedKey``.
        at: From which day on.

    Raises:
        UsageError: If the word names no key of the file, or more than one.
    """
    day = f"{parse_moment(at, '--at'):%Y-%m-%d}"
    keyid = _keyid(word, read_trust(trust))
    raw = trust.read_bytes()
    write_whole(trust.resolve(), with_revoked(raw, keyid, at=day, reason=reason, name=trust.name))
    return next(one for one in read_trust(trust).keys if one.keyid == keyid)


def list_keys(trust: Path | None, now: datetime) -> list[ListedKey]:
    """Return the keys of the key folder and of a trust file.

    Args:
        trust: The file; None lists the key folder alone.
        now: Moment at which they are to count.
    """
    known = read_trust(trust).keys if trust is not None else ()
    names: dict[str, list[str]] = {}
    listed: list[ListedKey] = []
    for path in sorted(key_folder().glob(f"*{SUFFIX}")):
        try:
            keyid = load_key(path.read_bytes(), where=str(path)).keyid
        except (AssayError, OSError):
            listed.append(ListedKey("", (path.stem,), None, (), "unreadable"))
            continue
        names.setdefault(keyid, []).append(path.stem)
    for one in known:
        mine = tuple(names.pop(one.keyid, ()))
        state = _state(one, now)
        listed.append(ListedKey(one.keyid, mine, one.user, tuple(sorted(one.roles)), state))
    for keyid, others in names.items():
        listed.append(ListedKey(keyid, tuple(others), None, (), "not-trusted" if trust else "here"))
    return listed


def unreachable_thresholds(trust: Trust, now: datetime) -> list[str]:
    """Return a sentence for each threshold that the keys and identities valid now cannot meet."""
    signers: list[TrustedKey | TrustedIdentity] = [*trust.keys, *trust.identities]
    pairs = [(one.user, role) for one in signers if one.counts_at(now) for role in one.roles]
    sentences = []
    for what, wanted in trust.thresholds.items():
        missing = missing_signatures(pairs, wanted, is_single_person=trust.is_single_person)
        sentences += [
            f"thresholds.{what} asks for {wanted[role]} user(s) in the role {role}, and {n} of them is "
            "nobody whose key is valid now: it cannot be met."
            for role, n in missing.items()
        ]
    return sentences


def _state(key: TrustedKey, now: datetime) -> str:
    if key.revoked_for is not None and not key.counts_at(now):
        return f"revoked: {key.revoked_for}"
    if key.since is not None and now < key.since:
        return "not-yet-valid"
    if key.until is not None and now >= key.until:
        return "expired"
    return "valid"


def _keyid(word: str, trust: Trust) -> str:
    matches = [
        one.keyid for one in trust.keys if len(word) >= _PREFIX and one.keyid.startswith(word)
    ]
    if not matches:
        matches = [one.keyid for one in trust.keys if one.keyid == _keyid_of_name(word)]
    if len(matches) != 1:
        known = ", ".join(one.keyid[:12] for one in trust.keys) or "none"
        raise UsageError(
            must(
                "KEY",
                "be one key of the trust file",
                word,
                place=trust.place,
                do=f"It names: {known}.",
            )
        )
    return matches[0]


def _keyid_of_name(word: str) -> str | None:
    try:
        return find_key(word).keyid
    except UsageError:
        return None

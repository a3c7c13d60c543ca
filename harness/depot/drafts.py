"""Drafts: what somebody has written of a decision so far, kept until it is made or dropped.

A draft holds the idempotency key of the decision that it becomes: who presses the button again after a
crash or a reload makes the same decision, not a second one.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from typing import Any

from harness.depot.actors import Actor
from harness.depot.store import Store


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft.

    Attributes:
        key: Idempotency key of the decision that it becomes.
        kind, rationale, conditions, expires, accepted: See ``Wish``.
    """

    key: str
    kind: str = ""
    rationale: str = ""
    conditions: tuple[str, ...] = ()
    expires: str | None = None
    accepted: tuple[str, ...] = ()


def new_draft() -> Draft:
    """Return an empty draft with a key of its own."""
    return Draft(key=secrets.token_hex(16))


def draft_of(store: Store, actor: Actor, gate_digest: str) -> Draft | None:
    """Return what an actor has written about a gate; None where there is nothing."""
    found = store.tables.draft(actor.id, gate_digest)
    if found is None:
        return None
    key, body = found
    parts: dict[str, Any] = {
        name: tuple(body.get(name) or ()) for name in ("conditions", "accepted")
    }
    parts |= {name: str(body.get(name) or "") for name in ("kind", "rationale")}
    return Draft(key=key, expires=body.get("expires"), **parts)


def save_draft(store: Store, actor: Actor, gate_digest: str, draft: Draft) -> None:
    """Keep a draft instead of the one that is there."""
    body = {name: value for name, value in asdict(draft).items() if name != "key"}
    store.tables.put_draft(actor.id, gate_digest, draft.key, body)


def drop_draft(store: Store, actor: Actor, gate_digest: str) -> None:
    """Forget a draft."""
    store.tables.drop_draft(actor.id, gate_digest)

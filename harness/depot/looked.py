"""Who looked at row text or small groups, and of which run: each such view is an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.depot.actors import Actor
from harness.depot.review import VIEWED
from harness.depot.store import Store
from harness.evidence import Bundle

if TYPE_CHECKING:
    from harness.store import Event


def log_view(store: Store, bundle: Bundle, actor: Actor, what: str, *, key: str) -> Event:
    """Append that somebody looked.

    Args:
        store: Open.
        bundle: At which run.
        actor: Who.
        what: Which page or part, never text of a row.
        key: Idempotency key: one view of one page is one event.
    """
    store.tables.put_person(actor.id, actor.name)
    body = {"run": bundle.id, "what": what}
    return store.append(VIEWED, bundle.digest, body, actor=actor.id, key=key)

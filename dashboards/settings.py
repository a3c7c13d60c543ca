"""What ``assay dashboard`` hands over to the server that it starts."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from harness.depot import StoreAddress, find_address

VARIABLE = "MODELASSAY_DASHBOARD"
"""Environment variable that holds the settings as JSON; never a secret."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where runs lie, and who may do what.

    Attributes:
        runs: Folder of sealed runs that is read where no store is named.
        store: Store whose runs are reviewed; None reads the folder, and nothing can be decided.
        language: Language where neither the URL nor the browser says one.
        has_login: Whether people log in; without it this is the local mode for one person.
        roles: Value of a claim → our roles.
        claim: Claim of the identity that roles are read from.
        min_cell: Least rows of a figure that somebody without the data role sees.
        session_minutes: Age of a login after which it counts no longer.
        decide_minutes: Age of a login after which a decision asks for a new one.
        due_days: Days from submission to the day on which a decision is due.
    """

    runs: Path
    store: StoreAddress | None = None
    language: str = "en"
    has_login: bool = False
    roles: Mapping[str, tuple[str, ...]] | None = None
    claim: str = "roles"
    min_cell: int = 10
    session_minutes: int = 480
    decide_minutes: int = 15
    due_days: int = 10


def settings() -> Settings:
    """Return the settings of this server."""
    return _read(os.environ.get(VARIABLE, "{}"), os.environ.get("ASSAY_STORE", ""))


@lru_cache(maxsize=4)
def _read(text: str, _store: str) -> Settings:
    data = json.loads(text)
    given = {key: value for key, value in data.items() if key not in ("runs", "store", "roles")}
    return Settings(
        runs=Path(data.get("runs", "runs")),
        store=find_address(data.get("store")),
        roles={key: tuple(value) for key, value in data.get("roles", {}).items()},
        **given,
    )

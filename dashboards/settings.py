"""What ``assay dashboard`` hands over to the server that it starts."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.config.dashboard import LoadedDashboard, load_dashboard
from harness.depot import StoreAddress, find_address

VARIABLE = "MODELASSAY_DASHBOARD"
"""Environment variable that holds paths and addresses as JSON; never a secret."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where runs lie, and who may do what.

    Attributes:
        runs: Folder of sealed runs that is read where no store is named.
        store: Store whose runs are reviewed; None reads the folder, and nothing can be decided.
        trust: File that says whose signatures count; None takes that of the store.
        key: Key by which the service signs what people decide, as ``find_key`` takes it.
        language: Language where neither the URL nor the browser says one.
        has_login: Whether people log in; without it this is the local mode for one person.
        claim: Claim of the identity that roles are read from.
        roles: Value of the claim → our roles.
        min_cell: Least rows of a figure that somebody without the data role sees.
        session_minutes: Age at which a login ends.
        decide_minutes: Age of a login above which a decision asks for a new one.
        due_days: Days from submission to the day on which a decision is due.
        hosts: Names under which browsers may ask for the pages, besides this machine's.
    """

    runs: Path
    store: StoreAddress | None = None
    trust: Path | None = None
    key: str | None = None
    language: str = "en"
    has_login: bool = False
    claim: str = "roles"
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    min_cell: int = 10
    session_minutes: int = 480
    decide_minutes: int = 15
    due_days: int = 10
    hosts: tuple[str, ...] = ()


def settings() -> Settings:
    """Return the settings of this server.

    Raises:
        ConfigError: If the file that was handed over was changed into one that is not valid.
    """
    return _read(os.environ.get(VARIABLE, "{}"), os.environ.get("ASSAY_STORE", ""))


def login_secrets() -> dict[str, Any]:
    """Return what Streamlit's login asks for, with secrets from the environment; empty without login.

    Raises:
        ConfigError: If the file is not valid, or a variable is not set.
    """
    path = json.loads(os.environ.get(VARIABLE, "{}")).get("config")
    return dict(load_dashboard(Path(path)).secrets()) if path else {}


@lru_cache(maxsize=4)
def _read(text: str, _store: str) -> Settings:
    handed: dict[str, Any] = json.loads(text)
    loaded = load_dashboard(Path(handed["config"])) if handed.get("config") else None
    own = _of_file(loaded) if loaded else {}
    runs = Path(handed.get("runs") or own.pop("runs", None) or "runs")
    store = find_address(handed.get("store")) or own.pop("store", None) or find_address()
    own.pop("runs", None)
    own.pop("store", None)
    if handed.get("key"):
        own["key"] = handed["key"]
    if handed.get("trust"):
        own["trust"] = Path(handed["trust"])
    return Settings(runs=runs, store=store, **own)


def _of_file(loaded: LoadedDashboard) -> dict[str, Any]:
    config, login = loaded.config, loaded.config.login
    own: dict[str, Any] = {
        "store": find_address(None, config.store, base=loaded.base) if config.store else None,
        "runs": loaded.base / config.runs if config.runs else None,
        "trust": loaded.trust,
        "key": loaded.key,
        "language": config.language,
        "min_cell": config.review.min_cell,
        "due_days": config.review.due_days,
        "hosts": tuple(config.hosts),
    }
    if login is not None:
        own |= {
            "has_login": True,
            "claim": login.claim,
            "roles": {value: tuple(roles) for value, roles in login.roles.items()},
            "session_minutes": login.session_minutes,
            "decide_minutes": login.decide_minutes,
        }
    return own

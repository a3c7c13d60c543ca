"""``assay dashboard``: starts the server of the reviewers' pages and waits for its end."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from harness.depot import find_address
from harness.errors import ConfigError, MissingExtra, Phrase, UsageError, must

if TYPE_CHECKING:
    from harness.config.dashboard import LoadedDashboard

T = TypeVar("T")

VARIABLE = "MODELASSAY_DASHBOARD"
CONFIG = Path("assay-dashboard.yaml")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_EVERYWHERE = ("0.0.0.0", "::")
_NEEDED = ("streamlit", "duckdb", "altair", "sqlalchemy", "alembic")


@dataclass(frozen=True, slots=True)
class Served:
    """What ``assay dashboard`` was asked for.

    Attributes:
        runs: Folder of sealed runs, read where no store is named.
        config: ``assay-dashboard.yaml``; None takes the one of the working directory, if any.
        store: Address of a store; None takes that of the config or ``ASSAY_STORE``.
        key: Key that signs decisions.
        trust: Whose signatures count.
        host, port: Where it listens; port 0 takes a free one.
    """

    runs: Path
    config: Path | None = None
    store: str | None = None
    key: str | None = None
    trust: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8501


def serve(asked: Served) -> int:
    """Run the server in the foreground until it is ended.

    Raises:
        MissingExtra: If Streamlit is not installed.
        ConfigError: If the config is not valid.
        UsageError: If it is to listen elsewhere than on this machine without login, or the port is taken.
    """
    script = _script()
    handed, hosts = _checked(asked)
    port = asked.port or _free_port()
    _refuse_taken(asked.host, port)
    argv = [sys.executable, "-P", "-m", "streamlit", "run", str(script)]
    argv += ["--server.port", str(port), "--server.address", asked.host]
    argv += [f"--server.allowedHosts={name}" for name in (*LOOPBACK, *hosts)]
    if asked.host in _EVERYWHERE:
        # the greeting would name an address that Streamlit asks a host on the internet for
        argv += ["--logger.hideWelcomeMessage", "true"]
    environ = {**os.environ, VARIABLE: json.dumps(handed)}
    # each session has a thread, and each thread would keep an arena of freed memory
    environ.setdefault("MALLOC_ARENA_MAX", "2")
    environ.setdefault("MALLOC_TRIM_THRESHOLD_", "131072")  # fixed: by itself it grows
    environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    with subprocess.Popen(argv, env=environ, preexec_fn=_tied()) as server:  # noqa: PLW1509 - no threads
        return _until_the_end(server)


def _script() -> Path:
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtra(
            f"The dashboard needs {', '.join(missing)}. Install it with: "
            "pip install 'modelassay[dashboard]'"
        )
    found = importlib.util.find_spec("dashboards")
    if found is None or not found.submodule_search_locations:
        raise UsageError("The package dashboards must be installed, got none. Install modelassay.")
    return Path(found.submodule_search_locations[0]) / "serve.py"


def _checked(asked: Served) -> tuple[dict[str, str], list[str]]:
    """Return what the server is handed over, and under which names it may be asked for."""
    from harness.config.dashboard import load_dashboard
    from harness.signing import find_key, read_trust

    path = asked.config or (CONFIG if CONFIG.is_file() else None)
    handed = {"runs": str(asked.runs.resolve())} if path is None or asked.runs.is_dir() else {}
    hosts: list[str] = []
    has_login = False
    if path is not None:
        loaded = load_dashboard(path)
        config = loaded.config
        # what is wrong with them is said now, and not to the first person who decides
        if asked.key is None and loaded.key is not None:
            _must_read(loaded, "key", find_key, loaded.key)
        if asked.trust is None and loaded.trust is not None:
            _must_read(loaded, "trust", read_trust, loaded.trust)
        handed["config"] = str(path.resolve())
        hosts, has_login = list(config.hosts), config.login is not None
        if config.runs and asked.runs == Path("runs"):
            handed.pop("runs", None)
    if asked.host not in LOOPBACK and not has_login:
        do = "Write login into assay-dashboard.yaml, or leave --host out."
        what = "be this machine where nobody logs in"
        raise UsageError(must("--host", what, asked.host, do=do))
    if asked.store is not None:
        find_address(asked.store)
        handed["store"] = asked.store
    if asked.key is not None:
        find_key(asked.key)
        handed["key"] = asked.key if ":" in asked.key else str(_existing(asked.key))
    if asked.trust is not None:
        read_trust(asked.trust)
        handed["trust"] = str(asked.trust.resolve())
    return handed, hosts


def _must_read(loaded: LoadedDashboard, name: str, read: Callable[[T], object], given: T) -> None:
    """Read what a setting names, and say where the setting stands if that cannot be read."""
    try:
        read(given)
    except UsageError as err:
        place = loaded.file.place((name,))
        problems = [one.replace("--key", "the key", 1) for one in err.problems]
        raise ConfigError(*(f"{name} ({place}): {one}" for one in problems)) from err


def _existing(word: str) -> str:
    path = Path(word)
    return str(path.resolve()) if path.is_file() else word


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _refuse_taken(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((host, port))
        except OSError as err:
            do = "Name another one, or 0 for a free one."
            got = Phrase(f"{port} ({err.strerror})")
            raise UsageError(must("--port", "be free", got, do=do)) from err


def _tied() -> Callable[[], None] | None:
    """Return what ends the server when this process is gone, however it went: nobody would end it then."""
    if sys.platform != "linux":
        return None
    import ctypes

    libc, set_death_signal = ctypes.CDLL(None), 1  # PR_SET_PDEATHSIG, prctl(2)

    def tie() -> None:
        libc.prctl(set_death_signal, signal.SIGTERM)

    return tie


def _until_the_end(server: subprocess.Popen[bytes]) -> int:
    """Wait for the server; a signal for us ends it first, so that no port stays taken."""
    ended: list[int] = []

    def end(number: int, _frame: object) -> None:
        ended.append(128 + number)
        server.terminate()

    before = signal.signal(signal.SIGTERM, end)
    try:
        code = server.wait()
        return ended[0] if ended else code
    except KeyboardInterrupt:
        server.terminate()
        server.wait()
        return 128 + signal.SIGINT
    finally:
        signal.signal(signal.SIGTERM, before)
        if server.poll() is None:
            server.terminate()
            server.wait()

"""A PostgreSQL cluster of this test run: in a folder of its own, on a socket, as nobody who matters."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NUMBERS = itertools.count(1)
USER = "postgres"


def programs() -> Path | None:
    """Return the folder of initdb and pg_ctl; None where no server is installed."""
    known = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("pg_ctl")
    folders = [*([Path(found).resolve().parent] if found else []), *known]
    return next((one for one in folders if (one / "initdb").is_file()), None)


def why_not() -> str | None:
    """Return why no cluster can be started here; None where it can."""
    if programs() is None:
        return "no PostgreSQL server is installed (Debian: apt-get install postgresql)"
    if os.geteuid() == 0 and (not shutil.which("su") or not _has_user()):
        return "a server does not run as root, and there is no user postgres"
    return None


@contextmanager
def running() -> Iterator[str]:
    """Start a cluster; gives the address of its socket folder. It is stopped and removed at the end."""
    root = Path(tempfile.mkdtemp(prefix="assay-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(root, USER)
        bin_folder = programs()
        assert bin_folder is not None
        data = root / "data"
        _run(f"{bin_folder}/initdb -D {data} -U {USER} -A trust --no-sync -E UTF8 --no-locale")
        # no network at all: only a socket in the folder
        options = f"-c listen_addresses= -c unix_socket_directories={root} -c fsync=off"
        _run(f"{bin_folder}/pg_ctl -D {data} -w -t 60 -l {root}/log -o '{options}' start")
        try:
            yield str(root)
        finally:
            _run(f"{bin_folder}/pg_ctl -D {data} -w -m immediate stop")
    finally:
        shutil.rmtree(root, ignore_errors=True)


def database(socket: str) -> str:
    """Make an empty database; returns its address."""
    import psycopg

    name = f"assay_{next(_NUMBERS)}"
    with psycopg.connect(host=socket, user=USER, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"postgresql+psycopg://{USER}@/{name}?host={socket}"


def _has_user() -> bool:
    import pwd

    try:
        pwd.getpwnam(USER)
    except KeyError:
        return False
    return True


def _run(command: str) -> None:
    shell = ["su", USER, "-s", "/bin/sh", "-c"] if os.geteuid() == 0 else ["sh", "-c"]
    with tempfile.TemporaryFile() as said:
        # the server keeps what it is given as its output: a pipe would never end
        done = subprocess.run(
            [*shell, command],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            said.seek(0)
            raise RuntimeError(f"{command}: {said.read().decode(errors='replace')}")

"""What the commands share: options, streams, and the progress that a person sees."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def runs_option(command: F) -> F:
    """Add ``--runs DIR``."""
    return click.option(
        "--runs",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("runs"),
        show_default=True,
        help="Folder that holds runs.",
    )(command)


def budget_option(command: F) -> F:
    """Add ``--budget MINUTES``."""
    return click.option(
        "--budget",
        type=float,
        metavar="MINUTES",
        help="Time for the whole run; what does not fit is measured on a sample, and says so.",
    )(command)


def json_option(command: F) -> F:
    """Add ``--json``."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON document on stdout."
    )(command)


def config_argument(command: F) -> F:
    """Add the argument CONFIG."""
    return click.argument(
        "config", type=click.Path(path_type=Path), default=Path("assay.yaml"), required=False
    )(command)


def run_argument(command: F) -> F:
    """Add the argument RUN."""
    return click.argument("run", default="latest", required=False)(command)


def beside_options(command: F) -> F:
    """Add ``--waivers``, ``--trust`` and ``--store``: what a gate takes beside run and policy."""
    file = click.Path(path_type=Path, dir_okay=False)
    store = "Where last release and ledger lie. Default: store of the config, ASSAY_STORE."
    options = (
        click.option(
            "--waivers", type=file, help="Waivers. Default: policy.waivers of the config."
        ),
        click.option("--trust", type=file, help="Whose signatures count. Default: policy.trust."),
        click.option("--store", metavar="URL", help=store),
    )
    for option in reversed(options):
        command = option(command)
    return command


lock_option = click.option(
    "--lock",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Lock that the run must match. Default: policy.lock of the config; else the run writes its own.",
)


def cache_options(command: F) -> F:
    """Add ``--cache URL`` and ``--cache-max-age DAYS``."""
    options = (
        click.option(
            "--cache",
            metavar="URL",
            help="Reuse what earlier jobs predicted and measured: a folder, or s3://bucket/prefix.",
        ),
        click.option(
            "--cache-max-age",
            type=click.IntRange(min=0),
            default=30,
            show_default=True,
            metavar="DAYS",
            help="What is older is not reused.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def cache_at(url: str | None, days: int) -> Any:
    """Return the cache at an address; None where none is named."""
    if url is None:
        return None
    from harness.clock import utc_now
    from harness.depot import open_cache

    return open_cache(url, utc_now(), days)


vault_option = click.option(
    "--vault",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Also keep what audits found in clear, encrypted, in DIR; read it with assay data vault.",
)
vault_days_option = click.option(
    "--vault-days",
    type=click.IntRange(min=1),
    default=30,
    show_default=True,
    help="Days until the vault may no longer be opened.",
)


def vault_in(folder: Path | None, days: int) -> Any:
    """Return a vault that is written to a folder; None where none is asked for."""
    if folder is None:
        return None
    from harness.vault import Vault

    return Vault(folder, days=days)


def emit(data: Any) -> None:
    """Print one JSON document on stdout."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False))


def say(text: str) -> None:
    """Print a line for a person on stderr."""
    click.echo(text, err=True)


def use_color() -> bool:
    """True when stdout is a terminal that wants colour."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (
        sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    )


def terminal_width() -> int:
    """Return the width that text should keep to."""
    import shutil

    return min(120, shutil.get_terminal_size((100, 24)).columns)


class Progress:
    """Shows stages on stderr: a moving line on a terminal, else a line per stage and minute."""

    def __init__(self) -> None:
        self._moves = (
            sys.stderr.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"
        )
        self._name = ""
        self._started = 0.0
        self._shown = 0.0

    def stage(self, name: str) -> None:
        """Show that a stage begins."""
        self._name, self._started = name, time.monotonic()
        self._shown = self._started
        if self._moves:
            click.echo(f"\r\x1b[2K  {name} ...", nl=False, err=True)

    def step(self, done: int, total: int) -> None:
        """Show how far it is."""
        now = time.monotonic()
        wait = 0.1 if self._moves else 60.0
        if now - self._shown < wait or total <= 0:
            return
        self._shown = now
        left = _words_of((now - self._started) * (total - done) / done) if done > 0 else ""
        text = f"  {self._name}  {done:,} of {total:,}{left}"
        click.echo(f"\r\x1b[2K{text}" if self._moves else text, nl=not self._moves, err=True)

    def note(self, text: str) -> None:
        """Show a line that stays."""
        click.echo(f"\r\x1b[2K    {text}" if self._moves else f"    {text}", err=True)

    def end(self, detail: str) -> None:
        """Show what came of the stage."""
        seconds = time.monotonic() - self._started
        text = f"  {self._name:<20} {seconds:6.1f} s  {detail}".rstrip()
        click.echo(f"\r\x1b[2K{text}" if self._moves else text, err=True)


def _words_of(seconds: float) -> str:
    if seconds < 90:
        return f"  about {seconds:.0f} s left"
    return f"  about {seconds / 60:.0f} min left"


def reporter(*, quiet: bool) -> Any:
    """Return the progress display, or one that says nothing."""
    from harness.pipeline.reporting import Quiet

    return Quiet() if quiet else Progress()


def need_extra(module: str, extra: str, what: str) -> None:
    """Refuse a command whose optional packages are missing.

    Raises:
        MissingExtra: With the line that installs them.
    """
    from importlib.util import find_spec

    from harness.errors import MissingExtra

    if find_spec(module) is None:
        raise MissingExtra(
            f"{what} needs the package {module!r}, which is not installed. "
            f"Run: pip install 'modelassay[{extra}]'"
        )

"""``assay demo``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click

from harness.cli.shared import emit, json_option, need_extra, reporter, say


class HasProblems(Protocol):
    """A story that knows what is wrong with its verdicts."""

    @property
    def problems(self) -> list[str]:
        """Empty when every verdict is right."""
        ...


Told = TypeVar("Told", bound=HasProblems)


@click.command(short_help="the whole story on built-in data, offline, on a CPU, under 2 minutes")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for data and runs.  [default: assay-demo]",
)
@click.option(
    "--data-only",
    type=click.Path(path_type=Path, file_okay=False),
    help="Only write the CSV files and configs to this folder.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Other messages, other models, the same story.",
)
@click.option(
    "--privacy",
    is_flag=True,
    help="The second act: what a small language model remembers of the people in its tickets.",
)
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@json_option
def command(
    out: Path | None, data_only: Path | None, seed: int, privacy: bool, quiet: bool, as_json: bool
) -> int | None:
    """Train a model on data with two planted defects and one on repaired data; judge both.

    Nothing is downloaded. Exit 0 when the first model is blocked by the rules that match its
    defects and the second passes; 70 when a verdict is wrong.

    \b
    Example:  assay demo
              assay demo --privacy
              assay demo --data-only demo-data && assay run demo-data/assay.yaml
    """
    if data_only is None:
        where = out or Path("assay-demo-privacy" if privacy else "assay-demo")
        tell = _tell_privacy if privacy else _tell
        return tell(where, seed, is_quiet=quiet, as_json=as_json)
    if out is not None:
        raise click.UsageError("--out and --data-only exclude each other.")
    write = _write_privacy_data if privacy else _write_data
    write(data_only, seed, as_json=as_json)
    return None


def _tell_privacy(out: Path, seed: int, *, is_quiet: bool, as_json: bool) -> int:
    need_extra("torch", "audit", "assay demo --privacy")
    need_extra("opacus", "privacy", "assay demo --privacy")
    from harness.commands.demo.privacy.screen import as_data, render
    from harness.commands.demo.privacy.story import tell

    return _show(tell, render, as_data, (out, seed), is_quiet=is_quiet, as_json=as_json)


def _tell(out: Path, seed: int, *, is_quiet: bool, as_json: bool) -> int:
    need_extra("torch", "audit", "assay demo")
    from harness.commands.demo.screen import as_data, render
    from harness.commands.demo.story import tell

    return _show(tell, render, as_data, (out, seed), is_quiet=is_quiet, as_json=as_json)


def _show(
    tell: Callable[..., Told],
    render: Callable[..., str],
    as_data: Callable[[Told], dict[str, Any]],
    where: tuple[Path, int],
    *,
    is_quiet: bool,
    as_json: bool,
) -> int:
    """Tell an act in a folder, by its seed; returns the exit code."""
    from harness.errors import EXIT_BUG, EXIT_PASS

    started = time.monotonic()
    story = tell(
        *where, argv=["assay", *sys.argv[1:]], reporter=reporter(quiet=is_quiet or as_json)
    )
    if as_json:
        emit(as_data(story))
    else:
        click.echo(render(story, seconds=time.monotonic() - started))
    for problem in story.problems:
        say(problem)
    return EXIT_BUG if story.problems else EXIT_PASS


def _write_privacy_data(folder: Path, seed: int, *, as_json: bool) -> None:
    from harness.commands.demo.privacy.writing import BASE, BASE_MODEL, EXPORT, write_privacy_files

    files = write_privacy_files(folder, seed)
    _tell_files(files, seed, as_json=as_json)
    if not as_json:
        say(
            f"Next: assay train {folder / BASE}; copy the folder that it prints to {folder / BASE_MODEL};"
        )
        say(f"      then: assay run {folder / EXPORT}")


def _write_data(folder: Path, seed: int, *, as_json: bool) -> None:
    from harness.commands.demo.writing import CONFIG, write_demo_files

    files = write_demo_files(folder, seed)
    _tell_files(files, seed, as_json=as_json)
    if not as_json:
        say(f"Next: assay run {folder / CONFIG}")


def _tell_files(files: list[Path], seed: int, *, as_json: bool) -> None:
    if as_json:
        names = [path.as_posix() for path in files]
        emit({"schema_version": "modelassay/demo-data/v1", "seed": seed, "files": names})
        return
    for path in files:
        click.echo(path)

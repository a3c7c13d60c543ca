"""``assay run``."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from harness.cli.shared import (
    beside_options,
    budget_option,
    cache_at,
    cache_options,
    config_argument,
    emit,
    json_option,
    lock_option,
    reporter,
    runs_option,
    say,
    terminal_width,
    use_color,
    vault_days_option,
    vault_in,
    vault_option,
)


@click.command(short_help="train (if asked) + audit + gate")
@config_argument
@runs_option
@budget_option
@click.option(
    "--fail-on", type=click.Choice(["warn"]), help="Exit 4 when a rule of severity warn fires."
)
@beside_options
@lock_option
@cache_options
@vault_option
@vault_days_option
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@json_option
def command(
    config: Path,
    runs: Path,
    budget: float | None,
    fail_on: str | None,
    waivers: Path | None,
    trust: Path | None,
    store: str | None,
    lock: Path | None,
    cache: str | None,
    cache_max_age: int,
    vault: Path | None,
    vault_days: int,
    quiet: bool,
    as_json: bool,
) -> int:
    """Carry out CONFIG (assay.yaml): train if it asks for it, audit, seal, gate.

    The exit code is the verdict's. A killed run is resumed by the same command.

    \b
    Example:  assay run assay.yaml --runs runs
    """
    from harness.commands.collecting import Beside, collect
    from harness.commands.logbook import log_gated, log_sealed
    from harness.config import load_config, with_budget
    from harness.depot import find_address
    from harness.exports import render_screen
    from harness.pipeline.execute import measure, open_sealed
    from harness.pipeline.gating import gate
    from harness.policy import locate_policy, read_policy
    from harness.records import to_data

    started = time.monotonic()
    loaded = with_budget(load_config(config), budget)
    place = find_address(store, loaded.config.store, base=loaded.base)
    sealed = measure(
        loaded,
        runs=runs,
        argv=["assay", *sys.argv[1:]],
        reporter=reporter(quiet=quiet or as_json),
        vault=vault_in(vault, vault_days),
        cache=cache_at(cache, cache_max_age),
        lock=lock,
        store=place,
    )
    bundle = open_sealed(sealed)
    log_sealed(bundle, place)
    section = loaded.config.policy
    policy = read_policy(
        locate_policy(section.pack or str(loaded.path(section.file or "").absolute()), loaded.base)
    )
    given = collect(bundle, policy, Beside(waivers, trust, place, say), base=loaded.base)
    gated = gate(bundle, policy, given=given, fail_on_warn=fail_on == "warn")
    log_gated(gated.verdict, gated.path, place)
    if as_json:
        emit(to_data(gated.verdict))
    else:
        click.echo(
            render_screen(
                bundle.record,
                bundle.measurements,
                gated.verdict,
                place=str(gated.path),
                color=use_color(),
                width=terminal_width(),
                seconds=time.monotonic() - started,
            )
        )
    return gated.verdict.exit_code

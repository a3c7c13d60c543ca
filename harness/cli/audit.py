"""``assay audit``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from harness.cli.shared import (
    budget_option,
    cache_at,
    cache_options,
    config_argument,
    emit,
    json_option,
    lock_option,
    reporter,
    runs_option,
    vault_days_option,
    vault_in,
    vault_option,
)


@click.command(short_help="measure; never judges")
@config_argument
@runs_option
@budget_option
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
    lock: Path | None,
    cache: str | None,
    cache_max_age: int,
    vault: Path | None,
    vault_days: int,
    quiet: bool,
    as_json: bool,
) -> int:
    """Measure as CONFIG says, seal the run and print its folder. Exit 0 when sealed, 3 after an error.

    \b
    Example:  assay audit assay.yaml && assay gate latest --policy builtin/standard
    """
    from harness.commands.logbook import log_sealed
    from harness.config import load_config, with_budget
    from harness.depot import find_address
    from harness.pipeline.execute import measure, open_sealed
    from harness.records import to_data

    loaded = with_budget(load_config(config), budget)
    sealed = measure(
        loaded,
        runs=runs,
        argv=["assay", *sys.argv[1:]],
        reporter=reporter(quiet=quiet or as_json),
        vault=vault_in(vault, vault_days),
        cache=cache_at(cache, cache_max_age),
        lock=lock,
    )
    bundle = open_sealed(sealed)
    log_sealed(bundle, find_address(None, loaded.config.store, base=loaded.base))
    if as_json:
        emit(to_data(bundle.measurements) | {"run": str(sealed.path)})
    else:
        click.echo(sealed.path)
    return sealed.exit_code

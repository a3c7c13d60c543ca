"""``assay gate``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.shared import (
    beside_options,
    emit,
    json_option,
    run_argument,
    runs_option,
    say,
    terminal_width,
    use_color,
)

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(short_help="hold a sealed run against a policy, in milliseconds")
@run_argument
@click.option(
    "--policy",
    "policy_ref",
    help="A file, or builtin/NAME. Default: the policy of the run's config.",
)
@click.option("--now", help="Judge as of this moment (ISO 8601) instead of the clock.")
@click.option(
    "--fail-on", type=click.Choice(["warn"]), help="Exit 4 when a rule of severity warn fires."
)
@click.option("--junit", type=_FILE, help="Also write JUnit XML here.")
@click.option(
    "--sarif", type=_FILE, help="Also write what did not pass as SARIF here, for code scanning."
)
@click.option("--metrics", type=_FILE, help="Also write OpenMetrics text here, for GitLab.")
@click.option("--summary", type=_FILE, help="Append a Markdown summary here.")
@click.option(
    "--annotations", is_flag=True, help="Also print at most ten GitHub annotations on stderr."
)
@click.option(
    "--baseline",
    metavar="RUN",
    help="Run that stands for the last release. Default: the last release in the store.",
)
@beside_options
@runs_option
@json_option
def command(
    run: str,
    policy_ref: str | None,
    now: str | None,
    fail_on: str | None,
    junit: Path | None,
    sarif: Path | None,
    metrics: Path | None,
    summary: Path | None,
    annotations: bool,
    baseline: str | None,
    waivers: Path | None,
    trust: Path | None,
    store: str | None,
    runs: Path,
    as_json: bool,
) -> int:
    """Judge RUN (a path, an id, a unique prefix, or latest). Nothing is measured again.

    The verdict, a report and a JUnit file are sealed under gates/ of the run. The exit code is the
    verdict's.

    \b
    Example:  assay gate latest --policy policies/mine.policy.yaml --fail-on warn
    """
    from harness.clock import parse_moment
    from harness.commands.collecting import Beside, store_of
    from harness.commands.judging import judge_run
    from harness.commands.logbook import log_gated
    from harness.commands.rendering import check_places, write_exports
    from harness.exports import render_screen
    from harness.records import to_data

    wanted = {"junit": junit, "sarif-alerts": sarif, "metrics": metrics, "md": summary}
    places = {form: path for form, path in wanted.items() if path is not None}
    check_places(places.values())
    bundle, gated = judge_run(
        run,
        runs,
        policy_ref,
        beside=Beside(waivers, trust, store, say, baseline, runs),
        now=parse_moment(now, "--now") if now else None,
        fail_on_warn=fail_on == "warn",
    )
    verdict = gated.verdict
    log_gated(verdict, gated.path, store_of(bundle, store))
    commands = write_exports(
        bundle, verdict, places, policy_path=policy_ref, has_annotations=annotations
    )
    click.echo(commands, nl=False, err=True)
    if as_json:
        emit(to_data(verdict))
    else:
        click.echo(
            render_screen(
                bundle.record,
                bundle.measurements,
                verdict,
                place=str(gated.path),
                color=use_color(),
                width=terminal_width(),
                seconds=None,
            )
        )
    return verdict.exit_code

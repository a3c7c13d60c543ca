"""``assay policy lint``, ``test``, ``explain`` and ``lock``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.shared import config_argument, emit, json_option, say, terminal_width
from harness.errors import EXIT_BLOCKED, EXIT_PASS


@click.group(short_help="lint, test, explain and lock policy files")
def command() -> None:
    """Check policy files before they judge anything, and read them in plain words."""


@command.command("lint")
@click.argument("policies", metavar="POLICY...", nargs=-1, required=True)
@click.option("--now", metavar="DATE", help="Hold dates against this day instead of today.")
@click.option("--strict", "is_strict", is_flag=True, help="Exit 1 where there is a warning.")
@json_option
def lint(policies: tuple[str, ...], now: str | None, is_strict: bool, as_json: bool) -> int:
    """Read each POLICY (a file, or builtin/NAME) and report every problem with its line.

    What cannot be judged by is an error (exit 2). What its owner should mend is a warning: a clause that
    no longer holds or that nobody checked for half a year, a limit that claims to be law where no law sets
    a number, a review that is overdue, a rule that does not say why. With --json one object for one
    policy, a list for several.

    \b
    Example:  assay policy lint builtin/standard
    """
    from harness.clock import parse_moment, utc_now
    from harness.commands.policies import lint_all

    found = lint_all(policies, today=(parse_moment(now, "--now") if now else utc_now()).date())
    if as_json:
        emit(found[0].as_data() if len(found) == 1 else [one.as_data() for one in found])
    else:
        for linted in found:
            click.echo(linted.as_text())
    return EXIT_BLOCKED if is_strict and any(one.warnings for one in found) else EXIT_PASS


@command.command("test")
@click.argument("policies", metavar="POLICY...", nargs=-1, required=True)
@json_option
def test(policies: tuple[str, ...], as_json: bool) -> int:
    """Run the tests of each POLICY: a test file, a policy, builtin/NAME, or a folder. Exit 1 when one fails.

    Tests of x.policy.yaml stand in x.policy_test.yaml beside it.

    \b
    Example:  assay policy test policies/standard.policy_test.yaml
    """
    from harness.commands.policies import files_with_tests
    from harness.gate.cases import run_policy_tests

    paths = dict.fromkeys(path for policy in policies for path in files_with_tests(policy))
    files = [(path, run_policy_tests(path)) for path in paths]
    if as_json:
        emit(
            [
                {
                    "file": path.name,
                    "case": one.name,
                    "place": one.place,
                    "verdict": one.verdict,
                    "problems": list(one.problems),
                }
                for path, cases in files
                for one in cases
            ]
        )
    else:
        for path, cases in files:
            if len(files) > 1:
                click.echo(path.name)
            for one in cases:
                click.echo(f"{'failed' if one.problems else 'passed'}  {one.name}")
                for problem in one.problems:
                    click.echo(f"        {problem}")
    return EXIT_BLOCKED if any(one.problems for _, cases in files for one in cases) else EXIT_PASS


@command.command("explain")
@click.argument("policy")
@click.option(
    "--effective",
    "is_effective",
    is_flag=True,
    help="Also the rules of the packs that it extends, as they hold for it.",
)
@json_option
def explain(policy: str, is_effective: bool, as_json: bool) -> int:
    """Say in plain words what POLICY (a file, or builtin/NAME) asks, and where each value stands.

    \b
    Example:  assay policy explain builtin/standard --effective
    """
    from harness.commands.policies import explained, open_policy, rendered

    data = explained(open_policy(policy), is_effective=is_effective)
    if as_json:
        emit(data)
    else:
        click.echo(rendered(data, width=terminal_width()), nl=False)
    return EXIT_PASS


@command.command("lock")
@config_argument
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write. Default: policy.lock of the config, else policy.lock.json.",
)
@click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="REF",
    help="A further policy that may judge the run: a file, or builtin/NAME.",
)
@json_option
def lock(config: Path, output: Path | None, policies: tuple[str, ...], as_json: bool) -> int:
    """Fix what the run of CONFIG will be measured and judged by, before anything is predicted.

    Digests of the policies, the data, the suite, the versions and options of its audits and the seed are
    written; nothing is measured, and the model need not be there yet. Publish the digest that is printed:
    the run records it, so that everybody can see what was fixed first. Name the file under policy.lock in
    the config, or with assay run --lock FILE.

    \b
    Example:  assay policy lock assay.yaml -o policy.lock.json
    """
    from harness.commands.locking import lock_words, write_lock
    from harness.records import to_data

    found = write_lock(config, output, policies)
    if as_json:
        emit(to_data(found.lock) | {"digest": found.digest, "file": str(found.path)})
    else:
        click.echo(found.digest)
        say(f"{found.path} fixes {lock_words(found.lock)}.")
    return EXIT_PASS

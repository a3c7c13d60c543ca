"""``assay policy lint``, ``test`` and ``explain``."""

from __future__ import annotations

import click

from harness.cli.shared import emit, json_option, terminal_width
from harness.errors import EXIT_BLOCKED, EXIT_PASS


@click.group(short_help="lint, test and explain policy files")
def command() -> None:
    """Check policy files before they judge anything, and read them in plain words."""


@command.command("lint")
@click.argument("policy")
@click.option("--now", metavar="DATE", help="Hold dates against this day instead of today.")
@click.option("--strict", "is_strict", is_flag=True, help="Exit 1 where there is a warning.")
@json_option
def lint(policy: str, now: str | None, is_strict: bool, as_json: bool) -> int:
    """Read POLICY (a file, or builtin/NAME) and report every problem with its line.

    What cannot be judged by is an error (exit 2). What its owner should mend is a warning: a clause that
    no longer holds or that nobody checked for half a year, a limit that claims to be law where no law sets
    a number, a review that is overdue, a rule that does not say why.

    \b
    Example:  assay policy lint builtin/standard
    """
    from harness.clock import parse_moment, utc_now
    from harness.commands.policies import open_policy
    from harness.policy.linting import warnings_of

    moment = parse_moment(now) if now else utc_now()
    opened = open_policy(policy)
    ref, n = opened.policy.ref, len(opened.policy.rules)
    warnings = warnings_of(opened.policy, opened.clauses, today=moment.date(), path=opened.path)
    if as_json:
        emit(
            {
                "schema_version": "modelassay/lint/v1",
                "policy": ref.id,
                "version": ref.version,
                "digest": f"sha256:{ref.digest}",
                "rules": n,
                "warnings": [
                    {"id": one.id, "text": one.text, "place": one.place} for one in warnings
                ],
            }
        )
    else:
        for one in warnings:
            click.echo(f"{one.place}: warning: {one.text} [{one.id}]")
        said = f"{len(warnings)} warning(s)" if warnings else "no problem found"
        click.echo(f"{ref.id} {ref.version}: {n} rules, {said}. Its digest: sha256:{ref.digest}")
    return EXIT_BLOCKED if warnings and is_strict else EXIT_PASS


@command.command("test")
@click.argument("policy")
@json_option
def test(policy: str, as_json: bool) -> int:
    """Run the tests of POLICY: a test file, a policy, builtin/NAME, or a folder. Exit 1 when one fails.

    Tests of x.policy.yaml stand in x.policy_test.yaml beside it.

    \b
    Example:  assay policy test policies/standard.policy_test.yaml
    """
    from harness.commands.policies import files_with_tests
    from harness.gate.cases import run_policy_tests

    files = [(path, run_policy_tests(path)) for path in files_with_tests(policy)]
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

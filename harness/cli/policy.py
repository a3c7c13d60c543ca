"""``assay policy lint``, ``test`` and ``lock``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.shared import config_argument, emit, json_option, say
from harness.errors import EXIT_BLOCKED, EXIT_PASS


@click.group(short_help="lint and test policy files")
def command() -> None:
    """Check policy files before they judge anything."""


@command.command("lint")
@click.argument("policy")
@json_option
def lint(policy: str, as_json: bool) -> int:
    """Read POLICY (a file, or builtin/NAME) and report every problem with its line.

    \b
    Example:  assay policy lint builtin/standard
    """
    from harness import registry
    from harness.errors import PolicyError, raise_all
    from harness.policy import check_measures, locate_policy, read_policy

    found = read_policy(locate_policy(policy, Path.cwd()))
    raise_all(PolicyError, check_measures(found, registry.known_measures()))
    if as_json:
        emit(
            {
                "schema_version": "modelassay/lint/v1",
                "policy": found.ref.id,
                "rules": len(found.rules),
            }
        )
    else:
        click.echo(
            f"{found.ref.id} {found.ref.version}: {len(found.rules)} rules, no problem found."
        )
    return EXIT_PASS


@command.command("test")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
def test(file: Path, as_json: bool) -> int:
    """Run the cases of a policy test FILE. Exit 1 when one of them fails.

    \b
    Example:  assay policy test policies/standard.policy_test.yaml
    """
    from harness.gate.cases import run_policy_tests

    cases = run_policy_tests(file)
    if as_json:
        emit([{"case": one.name, "problems": list(one.problems)} for one in cases])
    else:
        for one in cases:
            click.echo(f"{'failed' if one.problems else 'passed'}  {one.name}")
            for problem in one.problems:
                click.echo(f"        {problem}")
    return EXIT_BLOCKED if any(one.problems for one in cases) else EXIT_PASS


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

"""Write the generated pages: JSON schemas, one page for each audit, the commands, the policies.

``python docs/generate.py`` writes them; a test fails when one of them is out of date.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# docs/ holds folders called policies and audits, which must not stand in for the packages
sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != HERE]


ONLY_NAMED = "none; it runs where the config names it"


def pages() -> dict[str, str]:
    """Return path below docs/ → content of every generated page."""
    return {
        **schemas(),
        **audit_pages(),
        **policy_pages(),
        "suites.md": suites_page(),
        "cli.md": cli_page(),
    }


def schemas() -> dict[str, str]:
    """Return the JSON Schema of every file that Modelassay writes or reads."""
    from harness.commands.schemas import schema_names, schema_of, schema_text
    from harness.evidence import Manifest
    from harness.records import Lock, Measurements, RunRecord, Verdict, json_schema

    found = {
        "run.v1": json_schema(RunRecord),
        "measurements.v1": json_schema(Measurements),
        "verdict.v1": json_schema(Verdict),
        "lock.v1": json_schema(Lock),
        "manifest.v1": json_schema(Manifest),
        **{f"{name}.v1": schema_of(name) for name in schema_names()},
    }
    return {f"schemas/{name}.schema.json": schema_text(schema) for name, schema in found.items()}


def suites_page() -> str:
    """Return which audit is in which suite, and what it asks of a model."""
    from harness import registry
    from harness.auditing import SUITES

    lines = [
        "# Suites",
        "",
        "A config chooses its audits by `audits: {suite: ...}`. Every suite holds what the one before",
        "it holds. Options of an audit add it to any suite; `skip` takes it out.",
        "",
        "* `quick`: every day, on a laptop: 5,000 short rows within five minutes on two cores.",
        "* `standard`: before a release; the default.",
        "* `deep`: before a release that matters, overnight: audits that ask the model many times.",
        "",
        "Model calls are what an audit declares with its default options for one test set of 5,000",
        "rows of 15 words, in 8 groups (4,000 different words, as frequent as words of English are), 5,000 training",
        "and 500 validation rows; `assay plan` gives the numbers for your data, and the time. Measured",
        "times stand in `benchmarks/RESULTS.md`. Where options differ between suites, their calls stand in",
        "the order of the suites; the audit's page says which options.",
        "",
        f"| audit | question | {' | '.join(SUITES)} | model calls | cost |",
        f"|---|---|{'---|' * len(SUITES)}---|---|",
    ]
    for id, one in registry.audits().items():
        marks = " | ".join("yes" if suite in one.suites else "-" for suite in SUITES)
        calls = _calls_text(one)
        lines.append(
            f"| [{id}](audits/{id}.md) | {one.question} | {marks} | {calls} | {one.cost} |"
        )
    return "\n".join(lines) + "\n"


def _calls_text(one: object) -> str:
    """Return the typical calls of an audit: one number, or one for each suite that holds it."""
    from harness.auditing import SUITES, Audit

    assert isinstance(one, Audit)
    if one.calls is None:
        return "none"
    suites = [suite for suite in SUITES if suite in one.suites] or [None]
    found = [f"{sum(_typical_calls(one, suite).values()):,}" for suite in suites]
    return found[0] if len(set(found)) == 1 else " / ".join(found)


def _typical_calls(one: object, suite: str | None) -> dict[str, int]:
    from harness.auditing import Audit, CostFacts, SetFacts

    assert isinstance(one, Audit)
    assert one.calls is not None
    n = 5000
    rows = SetFacts(
        n,
        n,
        n_groups=8,
        lengths=(20,),
        n_parts=(15,),
        part_rows=tuple(min(n, 8000 / rank) for rank in range(1, 4001)),
        label_rows=(n // 2, n // 2),
    )
    return dict(one.calls(CostFacts({"test": rows}, 5000, 500, 2, one.settled(suite))))


def audit_pages() -> dict[str, str]:
    """Return one page for each audit, from its docstring and its measures."""
    from harness import registry

    return {f"audits/{id}.md": _audit_page(one) for id, one in registry.audits().items()}


def _audit_page(one: object) -> str:
    from harness.auditing import SUITES, Audit
    from harness.commands.policies.page import cells
    from harness.commands.schemas import meanings

    assert isinstance(one, Audit)
    lines = [
        f"# {one.id}",
        "",
        one.doc,
        "",
        f"Needs: {', '.join(sorted(one.needs))}.",
        f"Suites: {', '.join(s for s in SUITES if s in one.suites) or ONLY_NAMED}.",
        f"Cost: {one.cost}.",
        "",
        "| measure | unit | better | reads as | blind to | source |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        cells(f"`{m.key}` {m.title}", m.unit, m.better, m.reads_as, m.blind_to, m.source)
        for m in one.measures
    ]
    if one.options is not None:
        lines += ["", "| option | default | meaning |", "|---|---|---|"]
        told = meanings(one.options)
        lines += [
            cells(f"`{name}`", str(field.default), field.description or told.get(name, ""))
            for name, field in one.options.model_fields.items()
        ]
    for suite, defaults in one.by_suite.items():
        told = ", ".join(f"`{name}: {_yaml(value)}`" for name, value in defaults.items())
        lines += ["", f"In the suite `{suite}` the defaults are {told}."]
    return "\n".join(lines) + "\n"


def _yaml(value: object) -> str:
    """Return a value as a config would write it."""
    return json.dumps(value, ensure_ascii=False).replace('"', "")


def policy_pages() -> dict[str, str]:
    """Return one page for each shipped policy: clause → rule → measure → limit → basis."""
    from harness.commands.policies import open_policy
    from harness.commands.policies.page import page
    from harness.policy import builtin_names

    return {
        f"policies/{name}.md": page(name, open_policy(f"builtin/{name}"))
        for name in builtin_names()
    }


def cli_page() -> str:
    """Return the help of every command."""
    import click

    from harness.cli.root import assay

    blocks = ["# Commands", "", "```", _help(assay, "assay"), "```"]
    context = click.Context(assay, info_name="assay", help_option_names=["-h", "--help"])
    for name in assay.list_commands(context):
        command = assay.get_command(context, name)
        blocks += ["", f"## assay {name}", "", "```", _help(command, f"assay {name}"), "```"]
        if isinstance(command, click.Group):
            for child, sub in sorted(command.commands.items()):
                blocks += [
                    "",
                    f"### assay {name} {child}",
                    "",
                    "```",
                    _help(sub, f"assay {name} {child}"),
                    "```",
                ]
    return "\n".join(blocks) + "\n"


def _help(command: object, name: str) -> str:
    import click

    assert isinstance(command, click.Command)
    context = click.Context(
        command,
        info_name=name,
        max_content_width=100,
        terminal_width=100,
        help_option_names=["-h", "--help"],  # as the command tree sets it
    )
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())


def main() -> int:
    """Write what changed."""
    for name, text in pages().items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())

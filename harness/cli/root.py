"""The command tree. Commands are imported when they are called, so that ``--help`` stays light."""

from __future__ import annotations

import importlib

import click

# section → (command, module, one line)
SECTIONS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Start here": (
        ("demo", "demo", "the whole story on built-in data, offline, on a CPU, under 2 minutes"),
        (
            "init",
            "init",
            "look at a table, propose columns, write a commented assay.yaml and policy",
        ),
        ("run", "run", "train (if asked) + audit + gate"),
        ("report", "report", "show a verdict as html, md, junit or json"),
        ("dashboard", "dashboard", "the reviewers' pages in a browser: read, decide, sign"),
    ),
    "Measure": (
        ("train", "train", "fine-tune; a model folder with its lineage"),
        ("audit", "audit", "measure; never judges"),
        ("plan", "plan", "before: what can this data decide, how long, how much memory"),
        ("explain", "explain", "what one decision rests on, in the terminal or as HTML"),
        ("data", "data", "training data before it is learnt: screen, and scrub a copy"),
    ),
    "Judge": (
        ("gate", "gate", "hold a sealed run against a policy, in milliseconds"),
        ("policy", "policy", "lint, test and explain policy files"),
        ("compare", "compare", "runs side by side, differences paired over the same rows"),
        ("mitigate", "mitigate", "what can be done about a difference between groups"),
    ),
    "Prove": (
        ("verify", "verify", "recompute every digest of a run; check who signed it"),
        ("sign", "sign", "sign a verdict, a document or a waiver"),
        ("keys", "keys", "make, list and revoke keys that sign"),
        ("erase", "erase", "an example, or all row text, out of a sealed run; leaves a tombstone"),
        ("retention", "retention", "what may be erased when, legal holds, erasing what is due"),
        ("submit", "submit", "bring a run into the store and open its review"),
        ("decide", "decide", "approve or reject a run in review, or ask for changes"),
        ("release", "release", "let a run stand as what later runs are compared with"),
        ("admit", "admit", "before deployment: is exactly this model released?"),
        ("log", "log", "the event log: show it, sign how far it has come, verify it"),
    ),
    "Tools": (
        ("store", "store", "where several machines keep runs and releases: new, list"),
        ("list", "listing", "audits, measures, models, policies, runs, looks"),
        ("schema", "schema", "JSON Schemas of the files that people write, for editors"),
        ("migrate", "migrate", "upgrade a file of an earlier version, and show what changes"),
        ("doctor", "doctor", "what is installed, and what is wrong with it"),
    ),
}


class Tree(click.Group):
    """A group that knows its commands by name and imports one only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the sections."""
        return [name for rows in SECTIONS.values() for name, _, _ in rows]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        for rows in SECTIONS.values():
            for name, module, _ in rows:
                if name == cmd_name:
                    found = importlib.import_module(f"harness.cli.{module}")
                    command: click.Command = found.command
                    return command
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, or propose the nearest one."""
        from harness.errors import nearest

        if args and self.get_command(ctx, args[0]) is None:
            ctx.fail(f"No such command {args[0]!r}.{nearest(args[0], self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section."""
        for title, rows in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, line) for name, _, line in rows])


@click.command(
    cls=Tree,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 pass · 1 blocked · 2 usage · 3 incomplete · 4 warnings with --fail-on warn · "
    "5 integrity · 70 our bug.",
)
@click.version_option(package_name="modelassay", prog_name="assay", message="%(prog)s %(version)s")
def assay() -> None:
    """Fine-tune, audit and gate models, with evidence that can be checked.

    \b
    New here?        assay demo
    Your own table?  assay init FILE
    """

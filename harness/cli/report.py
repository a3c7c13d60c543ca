"""``assay report``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.lang import lang_option, language_of
from harness.cli.shared import run_argument, runs_option, say
from harness.exports import EXPORTS

if TYPE_CHECKING:
    from harness.evidence import Bundle
    from harness.figures.explained import Held


_SPOKEN = ("html", "md")
"""Forms that people read."""

_FORMS = "; ".join(f"{name}: {export.reads_as}" for name, export in EXPORTS.items())


@click.command(short_help="show a verdict as html, md, junit, sarif, json and more")
@run_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(list(EXPORTS)),
    metavar="FORMAT",
    default="html",
    show_default=True,
    help=f"{_FORMS}.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write here instead of stdout."
)
@click.option(
    "--min-cell",
    type=click.IntRange(min=0),
    metavar="K",
    help="Show no figure of a group that rests on fewer than K rows; 0 shows all. "
    "Without it report.min_cell of the config, 10 where that says nothing.",
)
@click.option(
    "--rows",
    "n_rows",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    metavar="N",
    help="Decisions whose attributions the HTML draws, where the run holds some.",
)
@click.option(
    "--with-text",
    is_flag=True,
    help="Show the texts of these decisions; without it, parts are named by position.",
)
@click.option(
    "--policy-path",
    metavar="PATH",
    help="Where the policy lies in the repository, so that SARIF and annotations point at it.",
)
@lang_option
@runs_option
def command(
    run: str,
    form: str,
    out: Path | None,
    min_cell: int | None,
    n_rows: int,
    with_text: bool,
    policy_path: str | None,
    lang: str,
    runs: Path,
) -> None:
    """Render the newest verdict of RUN, or of RUN@GATE, from the sealed evidence.

    What leaves the house shows no figures of very small groups, nor those that would give them away;
    the sealed evidence keeps them. It holds no text of a row unless --with-text asks for it.

    \b
    Example:  assay report latest --format sarif --out results.sarif
    Example:  assay report latest --lang zh --out report.html
    """
    from harness.commands.proving import open_verified
    from harness.commands.rendering import check_oscal
    from harness.exports import least_cell, placed, render_html, run_shown, without_small_cells
    from harness.exports.view import known_sentences
    from harness.files import check_place, write_whole
    from harness.wording.language import speaking

    language = language_of(lang, form, _SPOKEN)

    if out is not None:
        check_place(out)
    bundle, gate = open_verified(run, runs)
    record = bundle.record
    least = least_cell(record) if min_cell is None else min_cell
    verdict = placed(bundle.verdict(gate), policy_path)
    shown = without_small_cells(record, bundle.measurements, verdict, least)
    record = run_shown(record, bundle.measurements, least)
    with speaking(language, known_sentences(record, *shown)):
        if form == "html":
            held = _held(bundle, n_rows, has_text=with_text)
            text = render_html(record, *shown, read=bundle.read_replicates, held=held)
        else:
            text = EXPORTS[form].render(record, *shown, read=bundle.read_replicates)
    if form == "oscal":
        say(check_oscal(text))
    if gate is None:
        _say_others(bundle)
    if out is None:
        click.echo(text, nl=not text.endswith("\n"))
    else:
        write_whole(out, text)
        click.echo(out)


def _say_others(bundle: Bundle) -> None:
    """Say which gate is shown where a run has several."""
    ids = [gate.id for gate in bundle.gates()]
    if len(ids) > 1:
        newest = bundle.gate().id
        others = ", ".join(f"RUN@{id}" for id in ids if id != newest)
        say(f"This run has {len(ids)} gates; the newest, {newest}, is shown. Others: {others}.")


def _held(bundle: Bundle, n_rows: int, *, has_text: bool) -> Held | None:
    """Return what the run holds of attributions; most runs hold none, and load nothing for it."""
    if not any(name.startswith("attributions/") for name in bundle.manifest.files):
        return None
    from harness.commands.explaining.stored import held_by

    return held_by(bundle, n_rows=n_rows, has_text=has_text)

"""``assay explain``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.lang import lang_option, language_of
from harness.cli.shared import (
    emit,
    json_option,
    need_extra,
    reporter,
    runs_option,
    terminal_width,
    use_color,
)

if TYPE_CHECKING:
    from harness.figures.explained import Explanation

FORMATS = ("text", "html", "json", "csv")
_SPOKEN = ("text", "html")
"""Forms that people read."""


@click.command(short_help="what one decision rests on, in the terminal or as HTML")
@click.argument("model", metavar="MODEL")
@click.argument("text", required=False)
@click.option(
    "--pair",
    metavar="TEXT",
    help="Second text, for models that read pairs; what follows, for language models.",
)
@click.option(
    "--file",
    "source",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Read the text from a file.",
)
@click.option(
    "--id", "ids", multiple=True, metavar="EXAMPLE", help="A row of the test set; may be repeated."
)
@click.option("--data", "dataset", metavar="NAME", help="Test set that --id is looked for in.")
@click.option("--against", metavar="TEXT", help="Show what differs from this text.")
@click.option(
    "--method",
    default="integrated-gradients",
    show_default=True,
    metavar="METHOD",
    help="Also gradient-x-input, gradient-norm, occlusion, shapley-sampling, kernel-shap, lime, or "
    "captum:CLASS.",
)
@click.option(
    "--baseline",
    default="mask",
    show_default=True,
    metavar="mask|pad",
    help="What stands for absence.",
)
@click.option(
    "--unit",
    default="word",
    show_default=True,
    metavar="word|token|sentence",
    help="What has an attribution of its own.",
)
@click.option(
    "--no-check",
    is_flag=True,
    help="Do without the cross-check by occlusion; faster on long texts.",
)
@click.option(
    "--whole",
    is_flag=True,
    help="Read a text that is too long for the model to its end, in windows; without cross-check.",
)
@click.option(
    "--steps", type=click.IntRange(min=0), default=0, help="Fixed steps; 0 takes as many as needed."
)
@click.option("--seed", type=int, default=0, help="Of methods that draw at random.")
@click.option("--top", type=click.IntRange(min=1), default=10, show_default=True, help="Bars.")
@click.option(
    "--evidence",
    "n_training_rows",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Name N training rows behind the decision, where MODEL is a config or a run.",
)
@click.option("--adapter", type=click.Path(path_type=Path, file_okay=False), help="Of MODEL.")
@click.option("--revision", metavar="COMMIT", help="Of a hub id.")
@click.option("--max-tokens", type=click.IntRange(min=1), help="Longest input.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--trust-code", is_flag=True, help="Let code that comes with the model run.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write here instead of stdout; HTML gets its numbers as .json and .csv beside it.",
)
@lang_option
@runs_option
@json_option
def command(
    model: str,
    text: str | None,
    pair: str | None,
    source: Path | None,
    ids: tuple[str, ...],
    dataset: str | None,
    against: str | None,
    method: str,
    baseline: str,
    unit: str,
    no_check: bool,
    whole: bool,
    steps: int,
    seed: int,
    top: int,
    n_training_rows: int,
    adapter: Path | None,
    revision: str | None,
    max_tokens: int | None,
    device: str,
    trust_code: bool,
    form: str,
    out: Path | None,
    lang: str,
    runs: Path,
    as_json: bool,
) -> None:
    """Show what one decision of MODEL rests on: each word with what it adds to the decision.

    MODEL is a model folder, a hub id, a config (its trained model), or a run. The text is the second
    argument, - for stdin, a --file, or rows of the test set by --id. What is explained is the lead of
    the decided class over the second one. An attribution is no proof of a cause: the same decision is
    cross-checked by taking each word away.

    \b
    Example:  assay explain models/mine "You are an idiot"
    Example:  assay explain latest --id 1729 --format html --out why.html
    Example:  assay explain assay.yaml "He is a doctor" --against "She is a doctor"
    """
    need_extra("torch", "audit", "assay explain")
    from harness.commands.explaining import (
        Loading,
        Question,
        check_question,
        explain,
        inputs_given,
        open_subject,
    )

    form = "json" if as_json else form
    language = language_of(lang, form, _SPOKEN)
    question = Question(method, baseline, unit, not no_check, steps, seed, whole)  # type: ignore[arg-type]
    check_question(question)
    read = inputs_given(
        text, pair, source=source, ids=ids, dataset=dataset, against=against, stdin=sys.stdin
    )
    subject = open_subject(model, runs, Loading(adapter, revision, max_tokens, device, trust_code))
    inputs = read(subject)
    shown = reporter(quiet=as_json)
    shown.stage("explain")
    found = explain(
        subject,
        inputs,
        question,
        is_contrast=against is not None,
        n_training_rows=n_training_rows,
        on_progress=shown.step,
    )
    shown.end(f"{len(found.rows)} decision{'s' if len(found.rows) > 1 else ''}")
    _write(found, form, out, top, language)


def _write(found: Explanation, form: str, out: Path | None, top: int, language: str) -> None:
    from harness.exports.explanation import (
        explanation_csv,
        explanation_data,
        explanation_json,
        render_explanation_html,
    )
    from harness.exports.explanation_screen import render_explanation_screen
    from harness.files import write_whole
    from harness.wording.language import speaking

    if form == "json" and out is None:
        emit(explanation_data(found))
        return
    made = {
        "text": lambda: render_explanation_screen(
            found, top=top, color=out is None and use_color(), width=terminal_width()
        ),
        "html": lambda: render_explanation_html(found, top=top),
        "json": lambda: explanation_json(found),
        "csv": lambda: explanation_csv(found),
    }
    with speaking(language):
        text = made[form]()
    if out is None:
        # click takes escapes out where stdout is no terminal; NO_COLOR and FORCE_COLOR decide here
        click.echo(text, nl=False, color=use_color())
        return
    write_whole(out, text)
    click.echo(out)
    if form == "html":
        for other in ("json", "csv"):
            write_whole(out.with_suffix(f".{other}"), made[other]())
            click.echo(out.with_suffix(f".{other}"))

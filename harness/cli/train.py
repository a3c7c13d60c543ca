"""``assay train``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.shared import config_argument, emit, json_option, need_extra, reporter, runs_option


@click.command(short_help="fine-tune; a model folder with its lineage")
@config_argument
@runs_option
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@json_option
def command(config: Path, runs: Path, quiet: bool, as_json: bool) -> None:
    """Fine-tune as CONFIG says and print the model folder. The test set is never read by training.

    \b
    Example:  assay train assay.yaml
    """
    from harness.config import load_config
    from harness.pipeline.execute import train_only

    need_extra("torch", "audit", "assay train")
    folder = train_only(load_config(config), runs=runs, reporter=reporter(quiet=quiet or as_json))
    if as_json:
        emit({"schema_version": "modelassay/trained/v1", "model": str(folder)})
    else:
        click.echo(folder)

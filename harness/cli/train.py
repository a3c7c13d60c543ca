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

    Several devices train one model when several processes are started together; the first writes.
    Without --multi_gpu, accelerate starts one process where it sees fewer than two GPUs, whatever
    --num_processes says.

    \b
    Example:  assay train assay.yaml
    Example:  torchrun --nproc-per-node 2 --no-python assay train assay.yaml
    Example:  accelerate launch --multi_gpu --num_processes 2 --no_python assay train assay.yaml
    """
    from harness.config import load_config
    from harness.pipeline.execute import train_only
    from harness.processes import launched

    need_extra("torch", "audit", "assay train")
    speaks = launched().is_first
    told = reporter(quiet=quiet or as_json or not speaks)
    folder = train_only(load_config(config), runs=runs, reporter=told)
    if not speaks:
        return
    if as_json:
        emit({"schema_version": "modelassay/trained/v1", "model": str(folder)})
    else:
        click.echo(folder)

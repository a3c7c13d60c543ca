"""The bridge to lm-evaluation-harness: run one of its tasks, and take its samples as rows with predictions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.data.lm_eval_samples import ID, read_samples, samples_table, score_columns
from harness.errors import DataError, MissingExtra, ModelError, Phrase, must
from harness.files import write_whole

if TYPE_CHECKING:
    from harness.data.lm_eval_samples import Sample
    from harness.records.run import Normalise

ROWS, CONFIG = "rows.jsonl", "assay.yaml"


def bridge_lm_eval(
    samples: str | Path,
    folder: str | Path,
    *,
    id: str = ID,
    normalise: Normalise = "none",
    name: str | None = None,
) -> Path:
    """Write the samples of a multiple-choice task as rows with scores, and a config that audits them.

    Plain fields of the documents become columns, so that groups, clusters and control features can be
    named in the config by hand.

    Args:
        samples: ``samples_<task>_<time>.jsonl``, as ``lm_eval --log_samples`` wrote it.
        folder: Where ``rows.jsonl`` and ``assay.yaml`` are written; made when missing.
        id: Field of the documents that they are known by.
        normalise: What log-likelihoods are divided by before they are compared.
        name: Of the run; the file's where not given.

    Returns:
        The config: ``assay run`` takes it.

    Raises:
        DataError: If the file holds no such samples, or does not say which choice is right.

    Example:
        >>> harness.bridge_lm_eval("samples_arc_easy.jsonl", "arc")
        PosixPath('arc/assay.yaml')
    """
    path, target = Path(samples), Path(folder)
    found = read_samples(path)
    unknown = [one.line for one in found if one.target is None]
    if unknown:
        what = "say the right choice of every document as its position (target)"
        got = Phrase(f"none on {len(unknown)} lines of {path.name}, first line {unknown[0]}")
        raise DataError(must("samples", what, got))
    table = samples_table(found, normalise=normalise, id=id)
    columns = score_columns(len(found[0].choices))
    scores = zip(*(table.column(one) for one in columns), strict=True)
    target.mkdir(parents=True, exist_ok=True)
    lines = [
        json.dumps(_row(one, key, columns, each), ensure_ascii=False)
        for one, key, each in zip(found, table.column("id"), scores, strict=True)
    ]
    write_whole(target / ROWS, "\n".join(lines) + "\n")
    write_whole(target / CONFIG, _config(name or path.stem, len(columns), normalise))
    return target / CONFIG


def run_lm_eval(
    task: str,
    model: str | Path,
    folder: str | Path,
    *,
    adapter: str | Path | None = None,
    limit: int | None = None,
    device: str = "cpu",
    tasks: str | Path | None = None,
    batch_size: int = 8,
) -> Path:
    """Run one task of lm-evaluation-harness on a model folder and write its samples.

    Args:
        task: Name of the task.
        model: Folder, or hub id, of a causal language model.
        folder: Where ``samples_<task>.jsonl`` is written; made when missing.
        adapter: Folder of a LoRA adapter for it.
        limit: Documents at most; None for all.
        device: Where it computes.
        tasks: Folder with task files of your own.
        batch_size: Requests at once.

    Returns:
        The file of samples, for ``bridge_lm_eval``.

    Raises:
        MissingExtra: If lm-evaluation-harness is not installed.
        ModelError: If it does not know the task, or the model cannot be evaluated.

    Example:
        >>> harness.run_lm_eval("arc_easy", "my-model", "out", limit=200)
        PosixPath('out/samples_arc_easy.jsonl')
    """
    try:
        from lm_eval import simple_evaluate
        from lm_eval.tasks import TaskManager
    except ImportError as err:
        raise MissingExtra(
            "Tasks of lm-evaluation-harness need the package 'lm-eval', which is not installed. "
            "Run: pip install 'modelassay[audit,lm-eval]'; its samples can be read without it."
        ) from err
    manager = TaskManager(include_path=None if tasks is None else str(tasks))
    if task not in manager.all_tasks:
        do = "lm-eval ls tasks lists them; tasks of your own lie in the folder that tasks names."
        raise ModelError(must("task", "be a task of lm-evaluation-harness", task, do=do))
    args = {"pretrained": str(model)} | ({} if adapter is None else {"peft": str(adapter)})
    found = simple_evaluate(
        model="hf",
        model_args=args,
        tasks=[task],
        limit=limit,
        device=device,
        batch_size=batch_size,
        log_samples=True,
        task_manager=manager,
        bootstrap_iters=0,
    )
    logged = (found or {}).get("samples", {}).get(task)
    if not logged:
        raise ModelError(must("task", "be one task that logs samples", task))
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    path = target / f"samples_{task}.jsonl"
    write_whole(
        path, "\n".join(json.dumps(_plain(one), ensure_ascii=False) for one in logged) + "\n"
    )
    return path


def _plain(sample: Mapping[str, Any]) -> dict[str, Any]:
    """Return a sample as lm-evaluation-harness writes it to files."""
    arguments = {
        f"gen_args_{i}": {f"arg_{j}": one for j, one in enumerate(each)}
        for i, each in enumerate(sample["arguments"])
    }
    kept = ("doc_id", "doc", "filtered_resps", "filter")
    plain = {name: sample[name] for name in kept} | {"arguments": arguments}
    plain["target"] = str(sample["target"])
    return dict(json.loads(json.dumps(plain, default=str)))


def _row(one: Sample, key: str, columns: Sequence[str], scores: Sequence[float]) -> dict[str, Any]:
    fields = {
        name: value
        for name, value in one.doc.items()
        if isinstance(value, str | int | float | bool)
    }
    own = {"id": key, "text": one.prompt, "label": one.target}
    choices = {f"choice_{k}": choice for k, choice in enumerate(one.choices)}
    return fields | own | choices | dict(zip(columns, scores, strict=True))


def _config(name: str, n_choices: int, normalise: Normalise) -> str:
    choices = ", ".join(f"choice_{k}" for k in range(n_choices))
    columns = ", ".join(score_columns(n_choices))
    return f"""\
apiVersion: modelassay/v1
kind: Run
name: {json.dumps(name, ensure_ascii=False)}
task: {{kind: multiple-choice, labels: [{choices}], normalise: {normalise}}}
data:
  # name groups, cluster and control columns here: plain fields of the documents are columns
  test: {{path: {ROWS}, id: id, text: text, choices: [{choices}], label: label}}
model:
  predictions: {{path: {ROWS}, id: id, scores: [{columns}]}}
audits: {{suite: standard}}
policy: {{pack: builtin/standard}}
"""

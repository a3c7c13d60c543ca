"""``harness.audit``: measure a model, or stored predictions, and seal the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.api.call import data_section, given_only, load_call, role_values, task_section
from harness.api.live import save_live
from harness.api.plain_errors import raised_at_the_call
from harness.api.subject import Stored, subject_of
from harness.api.views import Run
from harness.errors import must
from harness.records import TEXT_GENERATION

if TYPE_CHECKING:
    from harness.config import LoadedConfig
    from harness.pipeline.reporting import Reporter
    from harness.records import Task

ARGV = ("harness.audit",)
"""What the record of a run says in place of a command line."""


@raised_at_the_call
def audit(
    model: Any,
    data: Any,
    *,
    task: Sequence[str] | Mapping[int, str] | Task,
    text: str | None = "text",
    pair: str | None = None,
    prompt: str | None = None,
    completion: str | None = None,
    choices: Sequence[str] = (),
    label: str | None = "label",
    id: str | None = None,
    groups: str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]] = (),
    control: str | Sequence[str] = (),
    cluster: str | None = None,
    weight: str | None = None,
    label_values: Mapping[Any, str] | None = None,
    train: Any = None,
    validation: Any = None,
    limit: int | None = None,
    tokenizer: Any = None,
    max_tokens: int | None = None,
    revision: str | None = None,
    adapter: str | Path | None = None,
    trust_code: bool = False,
    scores: str | Sequence[str] | None = None,
    decision: str | None = None,
    suite: str = "standard",
    skip: str | Sequence[str] = (),
    options: Mapping[str, Mapping[str, Any]] | None = None,
    favourable: str | None = None,
    name: str = "audit",
    seed: int = 0,
    device: str = "auto",
    token_budget: int | None = None,
    budget: float | None = None,
    system: Mapping[str, Any] | None = None,
    declared: Mapping[str, float] | None = None,
    lock: str | Path | None = None,
    runs: str | Path = "runs",
    reporter: Reporter | None = None,
) -> Run:
    """Measure a model, or stored predictions, on labelled data and seal what was measured.

    The same code as ``assay audit``: the same inputs give the same bytes of measurements and
    predictions. It never judges; see ``harness.gate``. A live model is saved below ``runs/models``
    first, and the saved copy is what is measured: its digest stands in the record. The live model,
    its mode, its device and the global random generators stay as they were.

    Args:
        model: A folder or hub id; a transformers model (with ``tokenizer``); a pair
            ``(model, tokenizer)``; a pipeline of text-classification or text-generation; or stored predictions: an array
            of scores, shape [n, c], rows sum to 1, or of decisions, shape [n]; a table in memory,
            or the path of one.
        data: The test set: a path (CSV, TSV, JSON Lines, Parquet), a pandas DataFrame, a
            ``datasets.Dataset``, an Arrow table or a list of dicts; several as a dict by name.
        task: Names of the classes in the order of their ids, a dict id → name, or a ``Task``; for a
            language model a ``Task`` that says how it is asked.
        text: Column of the text; None for stored predictions about rows without text.
        pair: Column of a second text.
        prompt: Column of what a language model is given, in place of the text.
        completion: Column of what should follow the prompt.
        choices: Columns of a row's own candidates, one for each label.
        label: Column of the true class (a name, or an id); None without labels.
        id: Column of unique ids; None uses the content of the row.
        groups: Columns of sensitive features. A dict in place of a name says what is planned of
            one, as in the config: ``{"column": ..., "separator": ..., "values": [...],
            "reference": ..., "exclude": {group: reason}}``. Cells that are lists are overlapping
            groups.
        control: Columns of control features.
        cluster: Column whose equal values mark rows that are not independent.
        weight: Column of weights. They are read and checked; in this version every row counts alike.
        label_values: Raw value → class name.
        train: Rows that the model learnt from, to find test rows among them; never trained on.
        validation: Rows that chose the model, as a table.
        limit: Use a seeded stratified sample of so many test rows.
        tokenizer: Of a live model.
        max_tokens: Longer texts are cut, and counted.
        revision: Commit of a hub id.
        adapter: Folder of a LoRA adapter for the folder or hub id; audited together with it.
        trust_code: Let code that comes with a model run.
        scores: Columns of stored scores, one for each class (or one for two classes).
        decision: Column of stored decisions.
        suite: ``quick``, ``standard`` or ``deep``.
        skip: Ids of audits to leave out.
        options: Audit id → its options.
        favourable: The class that is good for the person concerned.
        name: Name of the run.
        seed: Seed of the run.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        token_budget: Padded tokens of one batch.
        budget: Minutes; what does not fit is measured on a sample, and says so.
        system: Purpose, domain, limits of use, ...: copied to the record, read by policies.
        declared: Measure → value that its owner declares.
        lock: Lock of an earlier call or of ``assay policy lock`` that the run must match; None lets the run
            write its own, before it predicts anything.
        runs: Folder that holds runs.
        reporter: Is told how far the work is; None says nothing.

    Returns:
        The sealed run: ``measurements.to_frame()``, ``record``, ``path``.

    Raises:
        AssayError: With every independent problem of the arguments, the data or the model.

    Example:
        >>> run = harness.audit(
        ...     "models/my-model", test_frame, task=["benign", "toxic"], groups=["religion"]
        ... )
        >>> run.measurements.to_frame()
    """
    given = dict(locals())
    from harness.commands.logbook import log_sealed
    from harness.config import with_budget
    from harness.pipeline.execute import measure, open_sealed
    from harness.pipeline.reporting import Quiet

    loaded = with_budget(_loaded(given), budget, where="budget")
    sealed = measure(
        loaded,
        runs=Path(runs),
        argv=ARGV,
        reporter=reporter or Quiet(),
        lock=None if lock is None else Path(lock),
    )
    bundle = open_sealed(sealed)
    log_sealed(bundle)
    return Run.of(bundle)


def inputs_of(**given: Any) -> list[Any]:
    """Return the texts of the test sets that ``audit`` would measure: its checks without a model.

    Raises:
        AssayError: With every problem of the arguments or of the data.
    """
    from inspect import signature

    from harness.pipeline.inputs import load_inputs

    call = signature(audit).bind("a model in memory", **given)
    call.apply_defaults()
    found = load_inputs(_loaded(call.arguments))
    return [text for one in found.tests.values() for text in one.inputs]


def _loaded(given: dict[str, Any]) -> LoadedConfig:
    """Return the config that stands for a call; a live model is saved when all else is in order."""
    problems: list[str] = []
    task = task_section(given["task"], given["favourable"], problems)
    roles = role_values(given)
    if given["prompt"] is not None:
        roles.pop("text", None)
    if task.get("kind") == TEXT_GENERATION:  # nothing is decided
        roles.pop("label", None)
    tables = data_section(
        given["data"],
        train=given["train"],
        validation=given["validation"],
        roles=roles,
        limit=given["limit"],
        problems=problems,
    )
    stored = Stored(
        classes=_names(task.get("labels", ())),
        scores=given["scores"],
        decision=given["decision"],
        id=given["id"],
        label_values=roles.get("label_values"),
    )
    subject = subject_of(given["model"], given["tokenizer"], stored, problems)
    own = {key: given[key] for key in ("revision", "max_tokens")}
    own["adapter"] = None if given["adapter"] is None else str(given["adapter"])
    model = subject.section | given_only(own)
    audits = {"suite": given["suite"], "skip": _listed(given["skip"])}
    plain = ("name", "seed", "device", "token_budget", "trust_code", "system", "declared")
    loaded = load_call(
        {
            **{key: given[key] for key in plain},
            "task": task,
            "data": tables.section,
            "model": model,
            "audits": audits | _options(given["options"], problems),
        },
        tables=tables,
        predictions=subject.predictions,
        function="harness.audit",
        problems=problems,
    )
    if subject.live is None:
        return loaded
    folder = save_live(*subject.live, loaded, Path(given["runs"]))
    section = loaded.config.model.model_copy(update={"base": str(folder.resolve())})
    return replace(loaded, config=loaded.config.model_copy(update={"model": section}))


def _names(labels: Any) -> list[str]:
    return [str(one) for one in (labels.values() if isinstance(labels, Mapping) else labels)]


def _listed(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _options(options: Any, problems: list[str]) -> dict[str, Any]:
    if options is None or isinstance(options, Mapping):
        return {str(id): value for id, value in (options or {}).items()}
    problems.append(must("options", "be a dict audit id → its options", options))
    return {}

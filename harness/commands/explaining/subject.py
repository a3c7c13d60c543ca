"""Whose decisions are explained: a model folder or hub id, the model of a config, or that of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from harness import registry
from harness.commands.explaining.rows import Wanted, rows_of_bundle, rows_of_config
from harness.errors import ModelError, Phrase, UsageError, must
from harness.evidence import find_run
from harness.modelling import NamesClasses
from harness.records import TEXT_GENERATION, Message, Prompting, Task

if TYPE_CHECKING:
    from harness.commands.explaining.values import Input
    from harness.data import Dataset
    from harness.evidence import Bundle
    from harness.modelling import Modality, Model
    from harness.records import RunRecord

Kind = Literal["model", "config", "run"]

_WHAT = "be a model folder, a hub id, a config (.yaml) or a run"


@dataclass(frozen=True, slots=True)
class Subject:
    """A model that can be asked, with what is known of it.

    Attributes:
        model: The model.
        classes: Names of its classes, in the order of its logits.
        rows: Finds rows of the test sets by id.
        notes: What a reader must know.
        train: Reads the rows that the model learnt from; None where nobody knows them.
    """

    model: Model
    classes: tuple[str, ...]
    rows: Callable[[Wanted], list[Input]]
    notes: tuple[Message, ...] = ()
    train: Callable[[], Dataset | None] = lambda: None


@dataclass(frozen=True, slots=True)
class Loading:
    """How a model folder or hub id is loaded; configs and runs say it themselves.

    Attributes:
        adapter: Folder of a LoRA adapter.
        revision: Commit of a hub id.
        max_tokens: Longest input.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        trust_code: Let code that comes with the model run.
    """

    adapter: Path | None = None
    revision: str | None = None
    max_tokens: int | None = None
    device: str = "auto"
    trust_code: bool = False


def open_subject(word: str, runs: Path, loading: Loading) -> Subject:
    """Find and load what the first argument names.

    Args:
        word: A model folder, a hub id, a config, or how a run is named.
        runs: Where runs and trained models lie.
        loading: For a folder or hub id.

    Raises:
        UsageError: If nothing of that name is there.
        ModelError: If the model cannot be loaded.
        IntegrityError: If the run is not what its seal says.
    """
    kind = kind_of(word, runs)
    if kind == "model":
        return open_folder(word, loading)
    given = [
        name
        for name, value in (
            ("--adapter", loading.adapter),
            ("--revision", loading.revision),
            ("--max-tokens", loading.max_tokens),
        )
        if value is not None
    ]
    if given:
        do = f"Leave it out: the {kind} says it."
        raise UsageError(must(given[0], "come with a model folder or hub id", Phrase(kind), do=do))
    return _of_config(Path(word), runs) if kind == "config" else _of_run(word, runs)


def kind_of(word: str, runs: Path) -> Kind:
    """Tell a model, a config and a run apart by what is there.

    Raises:
        UsageError: If it can be none of them.
    """
    path = Path(word).expanduser()
    if path.suffix.lower() in (".yaml", ".yml"):
        return "config"
    if path.is_dir() and not (path / "MANIFEST.json").exists() and not (path / "run.json").exists():
        if (path / "adapter_config.json").exists() and not (path / "config.json").exists():
            do = "Give its base as MODEL, and this folder with --adapter."
            raise UsageError(
                must("MODEL", "be a whole model", Phrase(f"the adapter {word}"), do=do)
            )
        return "model"
    try:
        find_run(word, runs)
    except UsageError as err:
        is_path = word.startswith((".", "/", "~")) or path.exists()
        if "/" in word and not is_path:
            return "model"
        if word == "latest" or word[:1].isdigit():
            raise
        got = Phrase(f"{word!r}, which is none of them")
        do = f"Runs are looked for in {runs} (--runs DIR)."
        raise UsageError(must("MODEL", _WHAT, got, do=do)) from err
    return "run"


def open_folder(source: str, loading: Loading) -> Subject:
    """Load a folder or hub id; its classes are those that it names itself.

    A language model is explained by the log-probability of what follows a prompt.
    """
    adapter = None if loading.adapter is None else str(loading.adapter)
    modality, task = _named(source, loading, adapter)
    model = modality.load(
        source,
        task=task,
        device=loading.device,
        revision=loading.revision,
        trust_code=loading.trust_code,
        max_tokens=loading.max_tokens,
        adapter=adapter,
    )
    return Subject(model, task.classes, _no_rows, _notes(model))


def _named(source: str, loading: Loading, adapter: str | None) -> tuple[Modality, Task]:
    """Return who can load a model, and what it decides; a classifier is looked for first."""
    problems = []
    for kind in ("text-classification", TEXT_GENERATION):
        modality = registry.modality_for(kind)
        if not isinstance(modality, NamesClasses):
            got = Phrase(f"modality {modality.id}, which does not")
            problems.append(ModelError(must("The model", "say which classes it has", got)))
            continue
        try:
            classes = modality.classes_of(
                source, revision=loading.revision, trust_code=loading.trust_code, adapter=adapter
            )
        except ModelError as err:
            problems.append(err)
            continue
        prompting = Prompting() if kind == TEXT_GENERATION else None
        return modality, Task(kind, modality.id, classes, prompting=prompting)
    raise problems[0]


def _of_config(path: Path, runs: Path) -> Subject:
    from harness.config import load_config
    from harness.pipeline.plan import make_plan
    from harness.pipeline.work import finished_model, load_stage

    loaded = load_config(path)
    _refuse_predictions(loaded.config.model.predictions is not None, str(path))
    plan = make_plan(loaded)
    trained = None
    if loaded.config.train is not None:
        trained = finished_model(plan, runs)
        if trained is None:
            do = f"Train it with: assay train {path}"
            got = Phrase(f"no finished training in {runs / 'models'}")
            raise ModelError(must(f"The model of {path}", "be trained", got, do=do))
    model = load_stage(plan, trained)
    if model is None:
        raise _no_model(str(path))
    threshold = loaded.config.model.threshold
    return Subject(
        model,
        loaded.task.classes,
        lambda wanted: rows_of_config(plan.inputs, wanted),
        (*_notes(model), *_threshold(threshold.model_dump() if threshold else None)),
        lambda: plan.inputs.train,
    )


def _of_run(word: str, runs: Path) -> Subject:
    from harness.commands.proving import open_verified

    bundle, _ = open_verified(word, runs)
    record = bundle.record
    _refuse_predictions(record.model.kind == "predictions", f"run {bundle.id}")
    model = _model_of_run(bundle, runs)
    threshold = record.config["model"].get("threshold")
    return Subject(
        model,
        record.task.classes,
        lambda wanted: rows_of_bundle(bundle, wanted),
        (*_notes(model), *_threshold(threshold)),
        lambda: _train_of(word, runs),
    )


def _train_of(word: str, runs: Path) -> Dataset | None:
    """Read the training rows of a run again; they must be those that it had."""
    from harness.commands.mitigation import open_subject as open_with_data

    return open_with_data(word, runs).inputs.train


def _model_of_run(bundle: Bundle, runs: Path) -> Model:
    """Load the model that a run audited, without its data, and make sure that it is the one."""
    record, config = bundle.record, bundle.record.config
    section: dict[str, Any] = config["model"]
    trained = _trained_folder(bundle, runs) if config.get("train") is not None else None
    has_adapter = trained is not None and (trained / "adapter_config.json").exists()
    given = section.get("adapter")
    if has_adapter:
        given = str(trained)
    elif given is not None:
        given = _path_of_config(given, bundle, runs)
    base = section.get("base") or ""
    source = _path_of_config(base, bundle, runs) if trained is None or has_adapter else str(trained)
    model = registry.modality_for(record.task.kind).load(
        source,
        task=record.task,
        device=config.get("device", "auto"),
        dtype=config.get("dtype", "float32"),
        revision=section.get("revision") if source == base else None,
        trust_code=bool(config.get("trust_code")),
        max_tokens=section.get("max_tokens"),
        adapter=given,
    )
    _check_same(record, model)
    return model


def _trained_folder(bundle: Bundle, runs: Path) -> Path:
    name = bundle.record.model.name
    places = [folder / "models" / name for folder in (runs, bundle.path.parent)]
    for folder in places:
        if folder.is_dir():
            return folder
    do = "Carry out the run's config again with: assay train CONFIG"
    got = Phrase("no such folder")
    raise ModelError(must(f"The model {name}", f"lie in {places[0].parent}", got, do=do))


def _path_of_config(text: str, bundle: Bundle, runs: Path) -> str:
    """Return a path as the run's config meant it; what is no folder anywhere is a hub id."""
    from harness.commands.mitigation.subject import bases_of

    for base in bases_of(bundle, None, runs):
        if (folder := base / Path(text).expanduser()).is_dir():
            return str(folder)
    return text


def _check_same(record: RunRecord, model: Model) -> None:
    for what, wanted, found in (
        ("weights", record.model.weights_digest, model.ref.weights_digest),
        ("adapter", record.model.adapter_digest, model.ref.adapter_digest),
    ):
        if wanted is not None and wanted != found:
            raise ModelError(
                must(
                    f"The model {record.model.name}",
                    f"have the {what} {wanted[:12]} that the run audited",
                    Phrase(str(found)[:12]),
                    do="It was changed since. Name its folder to explain it as it is now.",
                )
            )


def _notes(model: Model) -> tuple[Message, ...]:
    return tuple(getattr(model, "notes", ()))


def _threshold(section: Any) -> tuple[Message, ...]:
    if not section:
        return ()
    return (
        Message.of(
            "explain.threshold",
            "The config decides for {label} where its score is at least {at:.6g}; what is explained here "
            "is the class of the highest score.",
            label=str(section["label"]),
            at=float(section["at"]),
        ),
    )


def _refuse_predictions(is_stored: bool, name: str) -> None:  # noqa: FBT001 - a fact, not a switch
    if is_stored:
        raise _no_model(name)


def _no_model(name: str) -> UsageError:
    do = "An explanation asks the model again; give its folder as MODEL."
    got = Phrase("stored predictions only")
    return UsageError(must(name, "have a model", got, do=do))


def _no_rows(wanted: Wanted) -> list[Input]:
    do = "Give the text itself, or a config or run as MODEL."
    got = Phrase("a model folder, which has none")
    raise UsageError(must("--id", "come with a config or run that has a test set", got, do=do))

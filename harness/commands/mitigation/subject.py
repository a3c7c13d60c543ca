"""The run that is mitigated: its record, its data read again, its model found again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import registry
from harness.commands.proving import open_verified
from harness.config.load import LoadedConfig, config_from_text
from harness.errors import ConfigError, ModelError, Phrase, UsageError, must
from harness.pipeline.inputs import Inputs, load_inputs
from harness.redaction import HIDDEN

if TYPE_CHECKING:
    from harness.evidence import Bundle
    from harness.modelling import Model
    from harness.records import RunRecord, Task

_LEARNT = tuple(f"data.{name}{sign}" for name in ("train", "validation") for sign in (" ", "."))
"""How a problem with rows that a model learnt from begins."""

METHOD_NEEDS = "The run must have been made from files that are still there."


class LearntRowsGone(UsageError):
    """A run whose training or validation rows are gone or were changed since; the rest is there."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A sealed run with everything that it was made from.

    Attributes:
        bundle: The run.
        loaded: Its config, as it was recorded, read again.
        inputs: Its data sets, as they were.
        runs: Where runs lie.
    """

    bundle: Bundle
    loaded: LoadedConfig
    inputs: Inputs
    runs: Path

    @property
    def record(self) -> RunRecord:
        """What was run."""
        return self.bundle.record

    @property
    def task(self) -> Task:
        """What is decided."""
        return self.loaded.task

    @property
    def has_model(self) -> bool:
        """Whether there is a model, and not stored predictions only."""
        return self.record.model.kind != "predictions"


def open_subject(
    ref: str, runs: Path, *, config: Path | None = None, base: Path | None = None
) -> Subject:
    """Open a run and read again what it was made from.

    Args:
        ref: A path, an id, a unique prefix, or ``latest``.
        runs: Where runs lie.
        config: The config of the run, where it cannot be found from the record: paths in it are
            relative to its folder.
        base: That folder, where it is known.

    Raises:
        LearntRowsGone: If nothing but its training or validation rows is gone or was changed.
        UsageError: If there is no such run, or other data are gone or were changed.
        IntegrityError: If the run is not what its seal says.
    """
    bundle, _ = open_verified(ref, runs)
    bases = bases_of(bundle, config, runs) if base is None else [base]
    loaded = _config_again(bundle, bases)
    inputs = load_inputs(loaded)
    _check_data(bundle.record, inputs)
    return Subject(bundle, loaded, inputs, runs)


def changed_config(subject: Subject, model: dict[str, Any], *, name: str) -> LoadedConfig:
    """Return the config of a run of another model on the same data, with the same audits.

    Args:
        subject: The run.
        model: The ``model`` section; paths relative to the config's folder.
        name: Of the new run.
    """
    return _config(subject, {"model": model, "train": None, "name": name[:80]})


def retrained_config(subject: Subject, train: dict[str, Any], *, name: str) -> LoadedConfig:
    """Return the config of a run that trains otherwise, on the same data, with the same audits.

    Args:
        subject: The run; it trained its model.
        train: The ``train`` section.
        name: Of the new run.
    """
    return _config(subject, {"train": train, "name": name[:80]})


def _config(subject: Subject, changes: dict[str, Any]) -> LoadedConfig:
    data = _plain(subject.record.config | changes)
    text = json.dumps(data, ensure_ascii=False)
    return config_from_text(text, base=subject.loaded.base, name="mitigated run")


def load_model(subject: Subject) -> Model:
    """Load the model that was audited, and make sure that it is the one.

    Raises:
        ModelError: If it is gone or was changed.
    """
    config, loaded = subject.loaded.config, subject.loaded
    section = model_section(subject)
    model = registry.modality_for(subject.task.kind).load(
        str(loaded.path(section["base"])) if is_folder(subject, section) else section["base"],
        task=subject.task,
        device=config.device,
        dtype=config.dtype,
        revision=section.get("revision"),
        trust_code=config.trust_code,
        max_tokens=section.get("max_tokens"),
        adapter=str(loaded.path(section["adapter"])) if section.get("adapter") else None,
    )
    wanted = subject.record.model.weights_digest
    if wanted is not None and model.ref.weights_digest != wanted:
        raise ModelError(
            must(
                f"The model {subject.record.model.name}",
                f"have the weights {wanted[:12]} that the run audited",
                Phrase(str(model.ref.weights_digest)[:12]),
                do="It was changed since. Audit it as it is now, and mitigate that run.",
            )
        )
    return model


def model_section(subject: Subject) -> dict[str, Any]:
    """Return the ``model`` section that loads what the run audited, without training it again.

    Raises:
        ModelError: If what the run trained is no longer there.
    """
    section: dict[str, Any] = _plain(subject.record.config["model"])
    if subject.loaded.config.train is None:
        return section
    folder = subject.runs / "models" / subject.record.model.name
    adapted = subject.loaded.config.train.adapter is not None
    if adapted:
        folder = _adapter_folder(subject)
    if not folder.is_dir():
        raise ModelError(
            must(
                f"The model {folder.name}",
                f"lie in {folder.parent}",
                Phrase("no such folder"),
                do="Carry out the run's config again (assay train), then mitigate.",
            )
        )
    path = relative(folder, subject.loaded.base)
    kept: dict[str, Any] = {
        key: section[key] for key in ("max_tokens", "threshold") if key in section
    }
    if adapted:
        return {"base": section["base"], "adapter": path, **kept}
    return {"base": path, **kept}


def is_folder(subject: Subject, section: dict[str, Any]) -> bool:
    """Return whether the base of a model section is a folder, and no hub id."""
    return subject.loaded.path(section["base"]).is_dir()


def relative(path: Path, base: Path) -> str:
    """Return a path as a config in ``base`` writes it."""
    import os

    try:
        return Path(os.path.relpath(path.resolve(), base.resolve())).as_posix()
    except ValueError:  # another drive
        return path.resolve().as_posix()


def _adapter_folder(subject: Subject) -> Path:
    from harness.pipeline.plan import make_plan
    from harness.pipeline.work import model_folder

    return model_folder(make_plan(subject.loaded), subject.runs)


def _config_again(bundle: Bundle, bases: Iterable[Path]) -> LoadedConfig:
    data = _plain(bundle.record.config)
    if HIDDEN in str(data.get("store", "")):
        data.pop("store")
    text = json.dumps(data, ensure_ascii=False)
    problems: tuple[str, ...] = ()
    for base in bases:
        try:
            return config_from_text(text, base=base, name=f"{bundle.id}/run.json")
        except ConfigError as err:
            problems = problems or err.problems
    do = "Name the run's config with --config FILE, or run from the folder that you ran from."
    raise _refusal(problems)(*problems, f"{METHOD_NEEDS} {do}")


def _refusal(problems: Sequence[str]) -> type[UsageError]:
    is_learnt = problems and all(one.startswith(_LEARNT) for one in problems)
    return LearntRowsGone if is_learnt else UsageError


def bases_of(bundle: Bundle, config: Path | None, runs: Path) -> Iterator[Path]:
    """Yield the folders that paths of a run's config may be relative to, the likeliest first."""
    if config is not None:
        yield config.parent
        return
    for word in bundle.record.argv:
        if word.endswith((".yaml", ".yml")) and Path(word).is_file():
            yield Path(word).parent
    yield Path()
    yield runs.parent
    yield bundle.path.parent.parent


def _check_data(record: RunRecord, inputs: Inputs) -> None:
    """Refuse data that are not those of the run: a comparison of different rows says nothing."""
    before = {ref.name: ref for ref in record.datasets}
    problems = []
    for one in inputs.all:
        ref = before.get(one.ref.name)
        was_cut = ref is not None and ref.n_rows < one.ref.n_rows and bool(record.config["budget"])
        if ref is None or (not was_cut and ref.content_digest != one.ref.content_digest):
            problems.append(
                must(
                    f"data.{one.ref.name}",
                    f"hold the rows of run {record.run_id}",
                    Phrase("other rows"),
                    do="Put the file back, or run the config again and mitigate that run.",
                )
            )
    if problems:
        raise _refusal(problems)(*problems)


def _plain(value: Any) -> Any:
    """Return recorded data without what is not set: a config says nothing instead of null."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value

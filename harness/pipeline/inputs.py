"""The data stage: from the config's tables to data sets that never mix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.config import LoadedConfig, TableConfig
from harness.config.models import PredictionsConfig
from harness.config.tables import ValidationShare
from harness.data import (
    Dataset,
    GroupsFile,
    HubTable,
    PredictionsSpec,
    TableSpec,
    load_dataset,
    load_predictions_table,
    split_dataset,
    table_digest,
    with_duplicates,
)
from harness.data.lm_eval_samples import ID as DOC_ID
from harness.data.lm_eval_samples import read_samples, samples_table, score_columns
from harness.errors import DataError, raise_all
from harness.files import sha256_file
from harness.pipeline.masking import mask_what_is_said
from harness.predictions import Predictions
from harness.records import GroupPlan


@dataclass(frozen=True, slots=True)
class Inputs:
    """The data sets of a run.

    Attributes:
        train, validation: What teaches and what chooses; None where the config names none.
        tests: Name → test set; training never sees them.
    """

    train: Dataset | None
    validation: Dataset | None
    tests: dict[str, Dataset]

    @property
    def all(self) -> list[Dataset]:
        """Every data set, train first."""
        return [
            one for one in (self.train, self.validation, *self.tests.values()) if one is not None
        ]


def load_inputs(loaded: LoadedConfig) -> Inputs:
    """Read, check, split and count.

    Raises:
        DataError: With the problems of every table at once.
    """
    mask_what_is_said()
    data, seed = loaded.config.data, loaded.config.seed
    problems: list[str] = []
    train = _read(
        loaded, data.train, "train", problems, split_by=data.split.by if data.split else None
    )
    validation = (
        _read(loaded, data.validation, "validation", problems)
        if isinstance(data.validation, TableConfig)
        else None
    )
    tests = {
        name: one
        for name, table in (data.test or {}).items()
        if (one := _read(loaded, table, name, problems)) is not None
    }
    raise_all(DataError, problems)
    if data.split is not None and train is not None:
        train, test = split_dataset(
            train, share=data.split.test, seed=seed, names=("train", "test"), by=data.split.by
        )
        tests = {"test": test}
    if isinstance(data.validation, ValidationShare) and train is not None:
        train, validation = split_dataset(train, share=data.validation.share, seed=seed)
    return _counted(train, validation, tests)


def stored_predictions(loaded: LoadedConfig, inputs: Inputs) -> dict[str, Predictions]:
    """Read the predictions that the config names, joined to the one test set.

    Raises:
        DataError: If they do not belong to it.
    """
    spec = _predictions_spec(loaded)
    name, dataset = next(iter(inputs.tests.items()))
    stored = load_predictions_table(spec, dataset, loaded.task)
    return {
        name: Predictions(
            dataset=name,
            example_id=dataset.example_id,
            decision=stored.decision,
            n_classes=len(loaded.task.classes),
            scores=stored.scores,
            label=dataset.label,
            groups=dataset.groups,
            group_plans=dataset.group_plans,
            controls=dataset.control,
            cluster=dataset.cluster,
            caveats=stored.caveats,
        )
    }


def predictions_digest(loaded: LoadedConfig) -> str:
    """Return the SHA-256 of the stored predictions: of their file, or of their columns."""
    spec = _predictions_spec(loaded)
    if spec.is_lm_eval:
        return sha256_file(spec.path)
    if spec.memory is None:
        return table_digest(spec.path, split=spec.split)
    return spec.memory.digest(sorted(set(spec.wanted().values()) & set(spec.memory.header)))


def _predictions_spec(loaded: LoadedConfig) -> PredictionsSpec:
    section = loaded.config.model.predictions
    assert section is not None  # the caller asks only for predictions-only runs
    if section.format == "lm-eval":
        return _samples_spec(loaded, section)
    return PredictionsSpec(
        path=loaded.path(section.path),
        split=section.split,
        id=section.id,
        scores=tuple(section.scores) if section.scores else None,
        decision=section.decision,
        label_values=section.label_values,
        encoding=section.encoding,
        memory=loaded.predictions,
        where="model.predictions",
        place=loaded.place("model", "predictions"),
    )


def _samples_spec(loaded: LoadedConfig, section: PredictionsConfig) -> PredictionsSpec:
    """Return the samples of lm-evaluation-harness as a table of scores."""
    where, place = "model.predictions", loaded.place("model", "predictions")
    path, prompting = loaded.path(section.path), loaded.task.prompting
    samples = read_samples(path, where=where, place=place)
    table = samples_table(
        samples,
        normalise=prompting.normalise if prompting is not None else "none",
        id=section.id or DOC_ID,
        where=where,
        place=place,
    )
    return PredictionsSpec(
        path=path,
        id=None if section.id is None else "id",
        scores=score_columns(len(samples[0].choices)),
        memory=table,
        is_lm_eval=True,
        where=where,
        place=place,
    )


def _counted(
    train: Dataset | None, validation: Dataset | None, tests: dict[str, Dataset]
) -> Inputs:
    return Inputs(
        train=train and with_duplicates(train, None),
        validation=validation and with_duplicates(validation, train),
        tests={name: with_duplicates(one, train) for name, one in tests.items()},
    )


def _read(
    loaded: LoadedConfig,
    table: TableConfig | None,
    name: str,
    problems: list[str],
    *,
    split_by: str | None = None,
) -> Dataset | None:
    if table is None:
        return None
    try:
        return load_dataset(
            _spec(loaded, table, name, split_by), loaded.task, name=name, seed=loaded.config.seed
        )
    except DataError as err:
        problems.extend(err.problems)
        return None


def _texts(table: TableConfig) -> dict[str, Any]:
    """Return the columns of the inputs, and what they are called."""
    columns: tuple[str | None, ...]
    roles: tuple[str, ...]
    if table.prompt is not None:
        columns, roles = (table.prompt, table.completion), ("prompt", "completion")
    elif table.choices:
        columns = (table.text, *table.choices)
        roles = ("text", *(f"choices.{i}" for i in range(len(table.choices))))
    else:
        columns, roles = (table.text, table.pair), ("text", "pair")
    given = tuple(column for column in columns if column is not None)
    text = given[0] if len(given) == 1 else given or None
    return {"text": text, "text_roles": roles}


def _spec(loaded: LoadedConfig, table: TableConfig, name: str, split_by: str | None) -> TableSpec:
    steps = loaded.table_steps(name)
    held = table.groups_file
    planned = [one for one in table.groups if not isinstance(one, str)]
    return TableSpec(
        path=loaded.path(table.path or ""),
        hub=None if table.hub is None else HubTable(table.hub, table.subset, table.revision),
        split=table.split,
        **_texts(table),
        label=table.label,
        id=table.id,
        groups=tuple(one if isinstance(one, str) else one.column for one in table.groups),
        group_plans={
            one.column: GroupPlan(
                values=None if one.values is None else tuple(one.values),
                reference=one.reference,
                exclude=dict(one.exclude),
                is_list=one.separator is not None,
            )
            for one in planned
        },
        separators={one.column: one.separator for one in planned if one.separator is not None},
        groups_file=None
        if held is None
        else GroupsFile(
            path=loaded.path(held.path),
            id=held.id,
            columns=tuple(held.columns),
            encoding=held.encoding,
        ),
        control=tuple(table.control),
        cluster=table.cluster,
        rationale=table.rationale,
        member=table.member,
        weight=table.weight,
        time=table.time,
        encoding=table.encoding,
        label_values=table.label_values,
        limit=table.limit,
        licence=table.licence,
        split_by=split_by,
        memory=loaded.tables.get(name),
        where=".".join(steps),
        place=loaded.place(*steps),
    )

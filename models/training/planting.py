"""The rows that a training is given: those of the data and canaries, scrubbed, repeats left out.

Canaries come first, all else after: a mitigation must hold for what was planted too. They are drawn from
the rows as they were, so that they are the same ones whatever is done about them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.canaries import plan_canaries, planted_rows
from harness.data import Dataset
from harness.data.near import is_near_repeat, is_repeat
from harness.detectors import Scrubber
from harness.errors import ConfigError, ModelError, Phrase, must, raise_all
from harness.secrecy import KeyStore

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.canaries import Canary
    from harness.config import TrainConfig
    from harness.modelling import TrainRequest

_LABELS = 0x1ABE1
"""Keeps the labels of canaries apart from whatever else a seed decides."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a training is given.

    Attributes:
        request: The request, its training rows as they are learnt from.
        own: The same without canaries and with repeats: what a vocabulary is learnt from.
        canaries: What was planted, and what was held out.
        facts: What the lineage says of that; no secret.
    """

    request: TrainRequest
    own: TrainRequest
    canaries: tuple[Canary, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def given_rows(request: TrainRequest, options: TrainConfig) -> Given:
    """Plant canaries, replace personal values and leave out repeats, as the options ask.

    Raises:
        ModelError: If what was handed in belongs to the rows as they were, or if the canaries
            cannot be planted.
    """
    if options.canaries is None and options.deduplicate == "none" and not options.scrub:
        return Given(request, request)
    _refuse_handed_in(request, options)
    canaries, facts = _planned(request, options)
    planted, own = _with(request, canaries), request
    if options.scrub:
        planted, validation, facts["scrubbed"] = _scrubbed(request, planted)
        train = replace(request.train, inputs=planted.inputs[: request.train.n])
        own = replace(request, train=train, validation=validation)
    if options.deduplicate != "none":
        wanted = options.deduplicate
        gone = is_repeat(planted.inputs) if wanted == "exact" else is_near_repeat(planted.inputs)
        facts["deduplicated"] = {"kind": wanted, "n_rows": planted.n, "n_left_out": int(gone.sum())}
        planted = _taken(planted, np.flatnonzero(~gone))
    return Given(replace(own, train=planted), own, canaries, facts)


def _scrubbed(request: TrainRequest, planted: Dataset) -> tuple[Dataset, Dataset, dict[str, Any]]:
    """Return training and validation rows without the personal values that were found, and what was found.

    Raises:
        UsageError: If the key of the replacements cannot be kept.
    """
    key_id = f"scrub-{request.train.ref.content_digest[:32]}"
    scrubber = Scrubber(KeyStore().key(key_id))
    train, validation = (
        replace(one, inputs=scrubber.rows(one.inputs)) for one in (planted, request.validation)
    )
    facts = {
        "detector": scrubber.detector.id,
        "key": key_id,
        "n_replaced": dict(sorted(scrubber.counts.items())),
        "n_train": _n_changed(planted, train),
        "n_validation": _n_changed(request.validation, validation),
    }
    return train, validation, facts


def _n_changed(before: Dataset, after: Dataset) -> int:
    return sum(a != b for a, b in zip(before.inputs, after.inputs, strict=True))


def _refuse_handed_in(request: TrainRequest, options: TrainConfig) -> None:
    problems = []
    changes = options.canaries is not None or options.deduplicate != "none"
    asked = "canaries" if options.canaries is not None else "deduplicate"
    for name, is_given in (
        ("sampler", request.sampler is not None),
        ("objective", request.objective is not None),
        ("row_values", bool(request.row_values)),
    ):
        if is_given and changes:
            got = Phrase(f"one beside train.{asked}, which changes the rows that it speaks of")
            problems.append(must(name, "be absent", got))
    if options.canaries is not None and request.task.kind == "multiple-choice":
        got = Phrase("some for multiple-choice, whose rows have choices")
        problems.append(must("train.canaries", "be absent", got))
    raise_all(ModelError, problems)


def _planned(
    request: TrainRequest, options: TrainConfig
) -> tuple[tuple[Canary, ...], dict[str, Any]]:
    section = options.canaries
    if section is None:
        return (), {}
    seed = request.seed if section.seed is None else section.seed
    try:
        canaries = plan_canaries(
            section.spec, seed=seed, texts=_looks(request), is_pair=_is_pair(request)
        )
    except ConfigError as err:
        raise ModelError(*err.problems) from err
    levels = Counter(one.n_planted for one in canaries if not one.is_drawn)
    facts = {
        "n": len(canaries),
        "n_rows": sum(one.n_planted for one in canaries),
        "levels": {str(level): levels[level] for level in sorted(levels)},
        "spec": asdict(section.spec),
        "seed": seed,
    }
    return canaries, {"canaries": facts}


def _looks(request: TrainRequest) -> list[str]:
    return [one if isinstance(one, str) else one[0] for one in request.train.inputs]


def _is_pair(request: TrainRequest) -> bool:
    return any(isinstance(one, tuple) for one in request.train.inputs)


def _with(request: TrainRequest, canaries: Sequence[Canary]) -> Dataset:
    """Return the training rows and those of the canaries, each with a label of its own by chance."""
    train = request.train
    rows = planted_rows(canaries, is_pair=_is_pair(request))
    if not rows:
        return train
    label = train.label
    if label is not None:
        rng = np.random.default_rng([_LABELS, request.seed])
        drawn = rng.integers(len(request.task.classes), size=len(canaries))
        own = np.repeat(drawn, [one.n_planted for one in canaries])
        label = np.concatenate([label, own.astype(np.int64)])
    ids = [f"canary-{index}" for index in range(len(rows))]
    return Dataset(
        ref=train.ref,
        example_id=np.concatenate([train.example_id, np.array(ids, dtype=object)]),
        inputs=[*train.inputs, *rows],
        label=label,
    )


def _taken(train: Dataset, kept: NDArray[np.int64]) -> Dataset:
    return Dataset(
        ref=train.ref,
        example_id=train.example_id[kept],
        inputs=[train.inputs[i] for i in kept.tolist()],
        label=None if train.label is None else train.label[kept],
    )

"""Methods that leave the network as it is: a last layer, a reduction on features, group thresholds."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.commands.mitigation.asking import decisions_of
from harness.commands.mitigation.by_fairlearn import (
    drawn,
    fit_reduction,
    fit_thresholds,
    reduction_probability,
    threshold_probability,
)
from harness.commands.mitigation.choosing import best
from harness.commands.mitigation.desk import Answer, Desk, Fitted, labels, section_of
from harness.commands.mitigation.last_layer import (
    Scale,
    check_cells,
    features_of,
    fit_layer,
    need_last_layer,
)
from harness.commands.mitigation.subject import load_model
from harness.commands.mitigation.teaching import cells_of, group_values
from harness.engines.prediction import decide

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.commands.mitigation.teaching import FloatArray, IntArray
    from harness.data import Dataset
    from harness.predictions import Predictions


def last_layer(desk: Desk) -> Fitted:
    """Fit the last layer again on balanced cells of train; the strength is chosen on validation."""
    model = load_model(desk.subject)
    able = need_last_layer(model)
    label, c = labels(desk.train), len(desk.subject.task.classes)
    cell, names = cells_of(group_values(desk.train, desk.aim.group), label)
    check_cells(cell, names, label, c)
    taught, asked = features_of(model, desk.train), features_of(model, desk.validation)
    own_weight, own_bias = able.last_layer()
    own = np.asarray(asked @ own_weight.T + own_bias, dtype=np.float64)
    before = desk.score("as it is", decisions_of(desk.subject, _softmax(own)))
    layers, found = [], []
    for strength in desk.options["C"]:
        rng = np.random.default_rng([desk.teaching.seed, 79])
        layers.append(
            fit_layer(taught, label, cell, n_classes=c, strength=float(strength), rng=rng)
        )
        weight, bias = layers[-1]
        found.append(desk.score(f"C={strength:g}", decide(asked @ weight.T + bias)))
    chosen = best(before, found, max_loss=desk.aim.max_loss)
    folder = desk.teaching.folder / "model"
    shutil.rmtree(folder, ignore_errors=True)
    able.save_with_last_layer(folder, *layers[chosen])
    facts: dict[str, Any] = {"C": float(desk.options["C"][chosen])}
    return Fitted(section_of(desk, folder), before, tuple(found), chosen, facts)


def _softmax(logits: FloatArray) -> FloatArray:
    from harness.engines.prediction import softmax64

    return softmax64(logits)


def threshold_optimizer(desk: Desk) -> Fitted:
    """Fit a threshold, or a lot between two, for each group on validation."""
    scores, aim = desk.own_scores(), desk.aim
    groups, label = desk.validation_groups, labels(desk.validation)
    own = decisions_of(desk.subject, scores)
    before = desk.score("as it is", own)
    optimizer = fit_thresholds(aim, scores[:, aim.positive], groups, label)

    def probability(given: FloatArray, rows: Dataset, decided: IntArray) -> tuple[FloatArray, int]:
        return threshold_probability(
            optimizer,
            given[:, aim.positive],
            group_values(rows, aim.group),
            decided == aim.positive,
        )

    def answer(rows: Dataset, stored: Predictions) -> Answer:
        assert stored.scores is not None  # the run had scores on validation
        chance, n_other = probability(stored.scores, rows, stored.decision)
        return Answer(stored.scores, _lots(desk, chance, rows), n_other)

    chance, _ = probability(scores, desk.validation, own)
    after = desk.score("thresholds by group", _lots(desk, chance, desk.validation))
    return Fitted({}, before, (after,), 0, {}, answer)


def exponentiated_gradient(desk: Desk) -> Fitted:
    """Fit a mixture of last layers on frozen features under the constraint; chosen on validation."""
    aim = desk.aim
    model = load_model(desk.subject)
    taught, asked = features_of(model, desk.train), features_of(model, desk.validation)
    groups, label = group_values(desk.train, aim.group), labels(desk.train)
    scale = Scale.of(taught)
    before = desk.score("as it is", decisions_of(desk.subject, desk.own_scores()))
    mixtures, found = [], []
    for bound in desk.options["bound"]:
        mixtures.append(
            fit_reduction(
                aim,
                scale(taught),
                groups,
                label,
                bound=float(bound),
                strength=float(desk.one("C")),
                max_iter=int(desk.options["max_iter"][0]),
            )
        )
        chance = reduction_probability(mixtures[-1], scale(asked))
        decision = _lots(desk, chance, desk.validation)
        found.append(desk.score(f"bound={bound:g}", decision))
    chosen = best(before, found, max_loss=aim.max_loss)

    def answer(rows: Dataset, stored: Predictions) -> Answer:
        chance = reduction_probability(mixtures[chosen], scale(features_of(model, rows)))
        scores = np.empty((rows.n, 2))
        scores[:, aim.positive], scores[:, 1 - aim.positive] = chance, 1 - chance
        return Answer(scores, _lots(desk, chance, rows), 0)

    facts: dict[str, Any] = {"bound": float(desk.options["bound"][chosen])}
    return Fitted({}, before, tuple(found), chosen, facts, answer)


def _lots(desk: Desk, chance: FloatArray, rows: Dataset) -> NDArray[np.int64]:
    ids = rows.example_id.tolist()
    return drawn(chance, ids, desk.teaching.seed, desk.aim.positive)

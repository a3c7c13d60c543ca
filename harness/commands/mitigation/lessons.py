"""Methods that train the network again: what each changes in the run's training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from harness.commands.mitigation.desk import labels
from harness.commands.mitigation.pairing import PairedLoss, PairSampler, augmented, swap_by
from harness.commands.mitigation.robust import LEAST_DECAY, PATIENCE, GroupDro
from harness.commands.mitigation.teaching import cells_of, group_values
from harness.commands.mitigation.training import Lesson, train_options
from harness.commands.mitigation.weights import (
    BalancedSampler,
    WeightedLoss,
    balanced_weights,
    independent_weights,
)
from harness.errors import DataError, Phrase, must

if TYPE_CHECKING:
    from harness.commands.mitigation.desk import Desk


def reweighting(desk: Desk) -> list[Lesson]:
    """Weights, or a sampler, by group and label."""
    groups, label = group_values(desk.train, desk.aim.group), labels(desk.train)
    cell, _ = cells_of(groups, label)
    lessons = []
    for kind in desk.options["weights"]:
        if kind == "sampler":
            lessons.append(Lesson("sampler", sampler=BalancedSampler(cell)))
            continue
        weight = (
            independent_weights(groups, label) if kind == "independent" else balanced_weights(cell)
        )
        values = {"weight": weight.astype(np.float32)}
        lessons.append(Lesson(str(kind), objective=WeightedLoss(), row_values=values))
    return lessons


def counterfactual(desk: Desk) -> list[Lesson]:
    """Every text with another identity beside it, answers pulled together.

    Raises:
        DataError: If no training text names an identity of the lists.
        ConfigError: If a list cannot be read.
    """
    words = [str(one) for one in desk.options["words"]]
    rows, pair = augmented(desk.train, swap_by(words, desk.teaching.seed))
    n_made = rows.n - desk.train.n
    desk.teaching.report(f"{n_made:,} of {desk.train.n:,} training texts have a counterfactual")
    if n_made == 0:
        got = Phrase(f"none of {desk.train.n} texts with a counterfactual")
        do = "Give a list of your own with --option words=FILE."
        what = f"name identities of the word lists ({', '.join(words)})"
        raise DataError(must("data.train", what, got, do=do))
    options = train_options(desk.subject, desk.options)
    even = int(options["batch_size"]) + int(options["batch_size"]) % 2
    return [
        Lesson(
            f"strength-{strength:g}",
            objective=PairedLoss(float(strength)),
            sampler=PairSampler(pair),
            row_values={"pair": pair},
            rows=rows,
            options={"batch_size": even},
        )
        for strength in desk.options["strength"]
    ]


def group_dro(desk: Desk) -> list[Lesson]:
    """The worst cell counts most, with weight decay and early stopping."""
    cell, names = cells_of(group_values(desk.train, desk.aim.group), labels(desk.train))
    without = int((cell < 0).any())
    cell = np.where(cell < 0, len(names), cell)  # rows without a group are one more cell
    own = train_options(desk.subject, desk.options)
    options: dict[str, Any] = {}
    if "weight_decay" not in desk.options:
        options["weight_decay"] = max(float(own["weight_decay"]), LEAST_DECAY)
    if own["early_stopping"] is None:
        options["early_stopping"] = {"patience": PATIENCE}
    return [
        Lesson(
            f"eta-{eta:g}",
            objective=GroupDro(len(names) + without, float(eta)),
            row_values={"cell": cell},
            options=options,
            keeps_state=True,
        )
        for eta in desk.options["eta"]
    ]

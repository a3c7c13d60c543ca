"""An attack that never sees the model: what tells members from non-members by their looks alone.

Legend: n rows.

Where members and non-members differ in their words, their length or their date, every attack succeeds, and
what it found is the difference between two data sets. A linear model on words, character n-grams, lengths
and whatever else is known without the audited model is therefore tried first, five-fold, so that a row
is always judged by a model that was fitted on other rows.

Source: Das, Zhang and Tramer 2024, arXiv:2406.16201 (blind baselines); Meeus et al. 2024, arXiv:2406.17975
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from harness.engines.membership.looks import looks
from harness.engines.membership.probe import folds, linear_model

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]


def blind_scores(
    texts: Sequence[str],
    is_member: ArrayLike,
    *,
    seed: int,
    columns: Sequence[FloatArray] = (),
    cluster: ArrayLike | None = None,
) -> FloatArray:
    """Return how much each row looks like a member, by models fitted on the other four fifths, [n].

    Args:
        texts: n of them.
        is_member: Shape [n].
        seed: Draws the folds.
        columns: Further numbers of each row that do not come from the audited model, shape [n] each:
            time, label, loss of the model before fine-tuning. NaN where there is none.
        cluster: Cluster of each row, shape [n]; the rows of one stay in one fold.

    Undefined when: there are fewer than 5 rows, or clusters, of one kind; NaN then.
    """
    member = np.asarray(is_member, dtype=bool)
    parts = folds(member.astype(np.int64), cluster, seed)
    found = np.full(len(member), np.nan)
    if parts is None:
        return found
    table = looks(texts, columns)
    for train, test in parts:
        model = linear_model(1.0).fit(table[train], member[train])
        found[test] = model.decision_function(table[test])
    return found

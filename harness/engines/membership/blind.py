"""An attack that never sees the model: what tells members from non-members by their looks alone.

Legend: n rows, k numbers of a row.

Where members and non-members differ in their words, their length or their date, every attack succeeds, and
what it found is the difference between two data sets. A linear model on words, character n-grams, lengths
and whatever else is known without the audited model is therefore tried first, five-fold, so that a row
is always judged by a model that was fitted on other rows.

Source: Das, Zhang and Tramer 2024, arXiv:2406.16201 (blind baselines); Meeus et al. 2024, arXiv:2406.17975
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

N_FOLDS = 5
N_BINS = 10
MOST_TERMS = 20_000
MOST_CHARACTERS = 4_000
"""Longer texts are looked at as far as this."""


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
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    member = np.asarray(is_member, dtype=bool)
    parts = _folds(member, cluster, seed)
    found = np.full(len(member), np.nan)
    if parts is None:
        return found
    numbers = [_lengths(texts), *(np.asarray(one, dtype=np.float64)[:, None] for one in columns)]
    table = hstack(
        [*_terms(texts), csr_matrix(_numbers(np.concatenate(numbers, axis=1)))], format="csr"
    )
    for train, test in parts:
        model = LogisticRegression(
            solver="liblinear", C=1.0, class_weight="balanced", random_state=0
        )
        found[test] = model.fit(table[train], member[train]).decision_function(table[test])
    return found


def _folds(member: BoolArray, cluster: ArrayLike | None, seed: int) -> Any:
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    units = (
        np.arange(len(member)) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    )
    if min(len(np.unique(units[member])), len(np.unique(units[~member]))) < N_FOLDS:
        return None
    if cluster is None:
        chosen = StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed)
        return chosen.split(units, member)
    return list(
        StratifiedGroupKFold(N_FOLDS, shuffle=True, random_state=seed).split(units, member, units)
    )


def _terms(texts: Sequence[str]) -> list[Any]:
    """Return weighted words and character n-grams, which also work for scripts without blanks."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    cut = [text[:MOST_CHARACTERS] for text in texts]
    found = []
    for settings in (
        {"token_pattern": r"(?u)\w+", "ngram_range": (1, 2)},
        {"analyzer": "char", "ngram_range": (1, 3)},
    ):
        terms = TfidfVectorizer(
            max_features=MOST_TERMS, sublinear_tf=True, min_df=2, dtype=np.float64, **settings
        )
        try:
            found.append(terms.fit_transform(cut))
        except ValueError:  # no term stands in two texts
            continue
    return found


def _lengths(texts: Sequence[str]) -> FloatArray:
    """Return lengths in characters, words and lines, on a logarithmic scale, and the words' length."""
    rows = [
        (len(text), len(text.split()), text.count("\n"), len(text) / (1 + len(text.split())))
        for text in texts
    ]
    return np.log1p(np.array(rows, dtype=np.float64).reshape(len(rows), 4))


def _numbers(columns: FloatArray) -> FloatArray:
    """Return each column standardised and cut into tenths, so that no bend of it is missed."""
    found = []
    for column in columns.T:
        is_known = np.isfinite(column)
        if not is_known.any():
            continue
        filled = np.where(is_known, column, column[is_known].mean())
        spread = filled.std()
        found.append(((filled - filled.mean()) / (spread if spread > 0 else 1.0))[:, None])
        edges = np.unique(np.quantile(filled, np.linspace(0, 1, N_BINS + 1)[1:-1]))
        place = np.searchsorted(edges, filled, side="right")
        found.append((place[:, None] == np.arange(len(edges) + 1)).astype(np.float64))
        found.append((~is_known)[:, None].astype(np.float64))
    return np.concatenate(found, axis=1)

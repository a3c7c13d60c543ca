"""What can be seen of texts without any model: words, character n-grams, lengths and other numbers.

Legend: n rows, k numbers of a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

N_BINS = 10
MOST_TERMS = 20_000
MOST_CHARACTERS = 4_000
"""Longer texts are looked at as far as this."""


def looks(texts: Sequence[str], columns: Sequence[FloatArray] = ()) -> Any:
    """Return a sparse table with one row for each text.

    Args:
        texts: n of them.
        columns: Further numbers, shape [n] each; NaN where there is none.
    """
    from scipy.sparse import csr_matrix, hstack

    numbers = [_lengths(texts), *(np.asarray(one, dtype=np.float64)[:, None] for one in columns)]
    table = _numbers(np.concatenate(numbers, axis=1))
    return hstack([*_terms(texts), csr_matrix(table)], format="csr")


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

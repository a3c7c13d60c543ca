"""Do rows that a Trainer uses stand among the audited ones?

Compared: texts, where the Trainer's data set still has the column; else ``input_ids`` without
special tokens, the beginning of them where a row was cut. At most 2,000 rows of the data set are
looked at, evenly spread. Blind to: copies that differ in wording, rows that another tokenizer made,
and data sets that give neither of the two (iterable ones, rows that are no dicts).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

_ROWS = 2000


class Overlap(NamedTuple):
    """How many of the rows that were looked at are audited too.

    Attributes:
        n_shared: Rows that stand among the audited ones.
        n_rows: Rows that were looked at.
    """

    n_shared: int
    n_rows: int

    @property
    def share(self) -> float:
        """Share of the rows that were looked at."""
        return self.n_shared / self.n_rows if self.n_rows else 0.0


def overlap_with(rows: Any, texts: Sequence[Any], tokenizer: Any, text: str) -> Overlap | None:
    """Compare a data set with audited texts; None where it cannot be compared.

    Args:
        rows: The data set of a data loader.
        texts: Audited texts, or pairs of them.
        tokenizer: What the data set was made with.
        text: Column of the text.
    """
    if not hasattr(rows, "__len__") or not hasattr(rows, "__getitem__") or not len(rows):
        return None
    step = max(1, len(rows) // _ROWS)
    sample = [rows[i] for i in range(0, len(rows), step)][:_ROWS]
    if not all(hasattr(row, "keys") for row in sample):
        return None
    firsts = [one if isinstance(one, str) else one[0] for one in texts]
    if all(text in row for row in sample):
        known = set(firsts)
        return Overlap(sum(row[text] in known for row in sample), len(sample))
    if not all("input_ids" in row for row in sample):
        return None
    special = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
    encoded = tokenizer(firsts, add_special_tokens=False, verbose=False)["input_ids"]
    found = [_plain(_listed(row["input_ids"]), special) for row in sample]
    return Overlap(_n_shared(found, {tuple(one) for one in encoded}), len(sample))


def _n_shared(rows: Sequence[tuple[int, ...]], known: set[tuple[int, ...]]) -> int:
    """Count rows that are known; the longest ones may have been cut, so their beginning counts."""
    longest = max(map(len, rows), default=0)
    cut = {one[:longest] for one in known if len(one) > longest}
    return sum(bool(row) and (row in known or (len(row) == longest and row in cut)) for row in rows)


def _plain(ids: Sequence[int], special: set[int]) -> tuple[int, ...]:
    return tuple(one for one in ids if one not in special)


def _listed(ids: Any) -> list[int]:
    return list(ids.tolist() if hasattr(ids, "tolist") else ids)

"""What an audit asked and what it kept: answers of the model, replicates, and their files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness.auditing import AuditContext
from harness.engines.prediction import predict
from harness.errors import ContractError
from harness.files import sha256_file, whole_file
from harness.modelling import Item

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import Model


class Answers:
    """What an audit asked the model: each distinct input is computed once.

    Args:
        model: The model.
        token_budget: Tokens of one batch.
        on_asked: Told after every batch how many inputs were asked about so far.

    Attributes:
        n_asked: Inputs that were asked about so far.
        n_computed: Inputs among them that the model had to be run for.
    """

    def __init__(
        self, model: Model, token_budget: int, on_asked: Callable[[int], None] | None = None
    ) -> None:
        self._model = model
        self._budget = token_budget
        self._on_asked = on_asked or (lambda n: None)
        self.n_asked = 0
        self.n_computed = 0
        self._by_content: dict[bytes, NDArray[np.float32]] = {}
        self._by_question: dict[tuple[str, str], bytes] = {}

    def __call__(
        self, example_ids: Sequence[str], items: Sequence[Item], variant: str | Sequence[str]
    ) -> NDArray[np.float32]:
        """Return logits, shape [len(items), c]; see ``AuditContext.ask``.

        Raises:
            ContractError: If one (example id, variant) stands for two different inputs.
        """
        variants = [variant] * len(items) if isinstance(variant, str) else list(variant)
        if not len(example_ids) == len(items) == len(variants):
            counts = f"{len(items)} items, {len(example_ids)} ids and {len(variants)} variants"
            raise ContractError(f"ask needs one example id for each item, got {counts}.")
        for example_id, item, name in zip(example_ids, items, variants, strict=True):
            if self._by_question.setdefault((example_id, name), item.key) != item.key:
                raise ContractError(
                    f"The variant {name!r} must stand for one input of an example, got two."
                )
        n_fresh = self._learn(items)
        self.count(len(items), n_fresh)
        return self._known(items)

    def many(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Return logits, shape [len(items), c]; see ``AuditContext.ask_many``.

        Only what is new counts as asked: rankings of one row meet the same inputs again and again.
        """
        n_fresh = self._learn(items)
        self.count(n_fresh, n_fresh)
        return self._known(items)

    def count(self, n_asked: int, n_computed: int) -> None:
        """Add to what was asked, also for attributions, whose answers are kept elsewhere.

        Args:
            n_asked: Inputs that it took as long as.
            n_computed: Forward passes among it.
        """
        self.n_asked += n_asked
        self.n_computed += n_computed
        self._on_asked(self.n_asked)

    def _learn(self, items: Sequence[Item]) -> int:
        """Compute what is new and return how many inputs that were."""
        fresh = {item.key: item for item in items if item.key not in self._by_content}
        if fresh:
            logits = predict(
                self._model,
                list(fresh.values()),
                token_budget=self._budget,
                on_progress=lambda done, _: self._on_asked(self.n_asked + done),
            )
            self._by_content |= dict(zip(fresh, logits, strict=True))
        return len(fresh)

    def _known(self, items: Sequence[Item]) -> NDArray[np.float32]:
        if not items:
            return np.zeros((0, self._model.n_classes), dtype=np.float32)
        return np.stack([self._by_content[item.key] for item in items])

    def rows(self) -> list[tuple[str, str, list[float]]]:
        """Return (example id, variant, logits) of everything that was asked, sorted by both."""
        return [
            (example_id, variant, self._by_content[key].tolist())
            for (example_id, variant), key in sorted(self._by_question.items())
        ]


def write_answers(context: AuditContext) -> Path | None:
    """Write ``answers.parquet`` (example_id, variant, logits); None when nothing was asked."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    asked = context._ask.rows() if isinstance(context._ask, Answers) else []
    if not asked:
        return None
    ids, variants, logits = zip(*asked, strict=True)
    table = pa.table(
        {
            "example_id": pa.array(ids, pa.string()),
            "variant": pa.array(variants, pa.string()),
            "logits": pa.array(logits, pa.list_(pa.float32())),
        }
    )
    with whole_file(context.folder / "answers.parquet") as part:
        pq.write_table(table, part, compression="zstd")
    return context.folder / "answers.parquet"


def write_replicates(context: AuditContext) -> str | None:
    """Write what the audit kept to ``replicates.parquet`` and return its SHA-256; None for nothing.

    Columns are ``r0``, ``r1``, ...; shorter ones are filled up with nulls.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    kept = context._replicates
    if not kept:
        return None
    longest = max(len(values) for values in kept)
    columns = {
        f"r{index}": pa.concat_arrays(
            [pa.array(values, pa.float64()), pa.nulls(longest - len(values), pa.float64())]
        )
        for index, values in enumerate(kept)
    }
    path = context.folder / "replicates.parquet"
    with whole_file(path) as part:
        pq.write_table(pa.table(columns), part, compression="zstd")
    return sha256_file(path)


def read_replicates(path: Path) -> dict[str, NDArray[np.float64]]:
    """Read ``replicates.parquet``: column → values, shape [r], without the nulls at the end."""
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    return {name: table[name].drop_null().to_numpy() for name in table.column_names}

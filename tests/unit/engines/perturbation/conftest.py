"""Models whose every answer is known."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.engines.prediction import predict
from harness.modelling import Item, Part
from harness.records import ModelRef

STORED = Path(__file__).resolve().parents[5] / "shared" / "data" / "naopc"
PREFIX = "sst2_bert-base-uncased-SST-2"


class TableModel:
    """Logits looked up by the set of words that are gone; an item is (text, words that are gone)."""

    capabilities = frozenset({"logits", "parts"})
    n_classes = 2
    device = "cpu"
    dtype = "float32"

    def __init__(self, logits: Callable[[int, frozenset[int]], Any], n_words: list[int]) -> None:
        self.ref = ModelRef("given", "table")
        self._logits = logits
        self._n_words = n_words

    def prepare(self, inputs: Any) -> list[Item]:
        return [self._item(int(one), frozenset()) for one in inputs]

    def parts(self, item: Item) -> list[Part]:
        text = int(item.arrays["text"][0])
        return [Part(index, (index,), str(index)) for index in range(self._n_words[text])]

    def without(self, item: Item, part_indexes: Any) -> Item:
        gone = frozenset(item.arrays["gone"].tolist()) | frozenset(part_indexes)
        return self._item(int(item.arrays["text"][0]), gone)

    def logits(self, items: Any) -> np.ndarray:
        rows = [
            self._logits(int(one.arrays["text"][0]), frozenset(one.arrays["gone"].tolist()))
            for one in items
        ]
        return np.array(rows, dtype=np.float32)

    def _item(self, text: int, gone: frozenset[int]) -> Item:
        arrays = {"text": np.array([text]), "gone": np.array(sorted(gone), dtype=np.int64)}
        key = json.dumps([text, sorted(gone)]).encode()
        return Item(arrays, max(1, self._n_words[text]), is_truncated=False, key=key)


def table_model(n: int, seed: int = 0, scale: float = 1.0) -> TableModel:
    """Return a model of one text of n words whose 2^n lead logits are drawn at random."""
    lead = np.random.default_rng(seed).normal(scale=scale, size=2**n)
    lead[0] = abs(lead[0]) + 1  # the whole text is decided as class 1

    def logits(text: int, gone: frozenset[int]) -> tuple[float, float]:
        return 0.0, float(lead[sum(1 << index for index in gone)])

    return TableModel(logits, [n])


@pytest.fixture(scope="session")
def make_table() -> Callable[..., TableModel]:
    return table_model


@pytest.fixture(scope="session")
def stored() -> Any:
    """The published texts, as a model that answers from the stored logits of every masked subset."""
    pq = pytest.importorskip("pyarrow.parquet")
    if not STORED.is_dir():
        pytest.skip("the published logits of every masked subset are not at ../shared/data/naopc")

    class Stored:
        attributions = pq.read_table(STORED / f"{PREFIX}_attributions.parquet").to_pylist()
        scores = _published_scores()
        limits = pq.read_table(STORED / f"{PREFIX}_aopc_limits.parquet").to_pylist()

    outputs = pq.read_table(STORED / f"{PREFIX}_masked_outputs.parquet").to_pylist()
    known = {
        (int(row["id"]), frozenset(at - 1 for at in json.loads(row["word_key"]))): (
            row["negative_logit"],
            row["positive_logit"],
        )
        for row in outputs
    }
    n_words = {}
    for text, gone in known:
        n_words[text] = max(n_words.get(text, 0), max(gone, default=-1) + 1)
    Stored.model = TableModel(lambda text, gone: known[text, gone], [n_words[t] for t in range(66)])
    Stored.items = Stored.model.prepare(range(66))
    Stored.logits = predict(Stored.model, Stored.items, token_budget=10_000)
    return Stored


def _published_scores() -> dict[tuple[int, str], tuple[float, float]]:
    with (STORED / f"{PREFIX}_aopc.csv").open(encoding="utf-8") as file:
        return {
            (int(row["id"]), row["explanation_method"]): (
                float(row["comprehensiveness"]),
                float(row["sufficiency"]),
            )
            for row in csv.DictReader(file)
        }

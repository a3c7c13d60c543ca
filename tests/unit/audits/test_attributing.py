"""Attributions of a run: computed once, kept by position, the same bytes whatever came before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from harness.attribution_store import ATTRIBUTIONS, read_shard, stored
from harness.attributions import Attributions, Method
from harness.auditing import (
    GRADIENT,
    AuditContext,
    SetFacts,
    attribution_calls,
    audit,
)
from harness.data import Dataset
from harness.errors import ContractError, IntegrityError
from harness.keywords import KeywordModel
from harness.modelling import Item
from harness.predictions import Predictions
from harness.records import DatasetRef, Measure, Measurement, Task
from harness.trials import Answers, Attributor, trial_context
from harness.trials.attributing import BLOCK, LARGE_BLOCK, cuts

MODEL = KeywordModel({"good": (0.0, 2.0), "bad": (1.5, 0.0)}, bias=(0.5, 0.0))
MEASURE = Measure("explainer.share", "Share", "share", "higher", 0.0, 1.0, "{value}", "-", "here")
N = 130
TEXTS = [f"row {i} " + ("good day" if i % 3 else "bad bad night") for i in range(N)]
IG = Method()


def silent(ctx: AuditContext) -> Iterator[Measurement]:
    yield from ()


EXPLAINER = audit(
    id="explainer",
    question="What do decisions rest on?",
    needs={"predictions", "logits", "rows", "model.logits", "model.parts", "model.embeddings"},
    measures=[MEASURE],
    suites={"quick"},
    cost="none",
    calls=lambda facts: {},
)(silent)


class Engine:
    """Stands for the engine: weights of the words, three gradients and a forward pass a row."""

    def __init__(self) -> None:
        self.rows: list[int] = []

    def __call__(
        self, model: Any, items: Sequence[Item], *, method: Method, logits: Any, **_: Any
    ) -> Attributions:
        self.rows.append(len(items))
        words = [[part.content for part in model.parts(item)] for item in items]
        values = [model.weights.get(word, (0.0, 0.0)) for row in words for word in row]
        k = len(items)
        lead = logits[:, 1] - logits[:, 0]
        return Attributions(
            method=method,
            starts=np.cumsum([0, *map(len, words)]),
            values=np.array([two - one for one, two in values], dtype=np.float64),
            target=np.ones(k, dtype=np.int64),
            runner_up=np.zeros(k, dtype=np.int64),
            whole=lead.astype(np.float64),
            blank=np.full(k, -0.5),
            gap=np.zeros(k),
            status=np.array(["converged"] * k, dtype=object),
            top_overlap=np.ones(k),
            n_gradients=np.full(k, 3, dtype=np.int64),
            n_forwards=np.ones(k, dtype=np.int64),
        )


class Capable(KeywordModel):
    """A keyword model that says where its words stand."""

    def __init__(self) -> None:
        super().__init__(MODEL.weights, MODEL.bias)
        self.capabilities = frozenset({"logits", "parts", "embeddings"})


def context(tmp_path: Path, engine: Engine, **changes: Any) -> AuditContext:
    model = changes.pop("model", None) or Capable()
    example_id = np.array([f"e{i}" for i in range(N)], dtype=object)
    logits = model.logits(model.prepare(TEXTS))
    decided = np.argmax(logits, axis=1).astype(np.int64)
    ref = DatasetRef("test", "made up", None, "", N, N, {"text": "text"})
    made = trial_context(
        EXPLAINER,
        task=Task(kind="text-classification", modality="text", classes=("no", "yes")),
        predictions=[Predictions("test", example_id, decided, 2, logits=logits)],
        rows={"test": Dataset(ref, example_id, list(TEXTS))},
        model=model,
        seed=changes.pop("seed", 0),
        folder=tmp_path,
    )
    made._attribute = Attributor(made, 4096, engine=engine, **changes)
    return made


def shards(folder: Path) -> dict[str, bytes]:
    root = folder / ATTRIBUTIONS
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*.parquet")}


def asked(made: AuditContext) -> int:
    assert isinstance(made._ask, Answers)
    return made._ask.n_asked


def test_a_row_is_explained_once_and_its_cost_is_counted_once(tmp_path: Path) -> None:
    engine = Engine()
    made = context(tmp_path, engine)
    rows = made.shared_sample("test", 100)
    first = made.attribute("test", rows, IG)
    assert engine.rows == [50, 50]
    assert asked(made) == 100 * (3 * GRADIENT + 1)
    again = made.attribute("test", rows, IG)
    assert engine.rows == [50, 50]
    assert asked(made) == 100 * (3 * GRADIENT + 1)
    np.testing.assert_array_equal(first.values, again.values)
    assert first.n == 100


def test_a_longer_sample_takes_up_the_blocks_of_a_shorter_one(tmp_path: Path) -> None:
    engine = Engine()
    made = context(tmp_path, engine)
    short = made.attribute("test", made.shared_sample("test", 50), IG)
    other = context(tmp_path, engine)  # another audit of the same run
    long = other.attribute("test", other.shared_sample("test", 120), IG)
    assert engine.rows == [50, 50, 20]
    assert asked(other) == 70 * (3 * GRADIENT + 1)
    np.testing.assert_array_equal(long.values[: len(short.values)], short.values)


def test_files_do_not_depend_on_which_audit_came_first(tmp_path: Path) -> None:
    for folder, sizes in (("a", (30, 100)), ("b", (100, 30))):
        made = context(tmp_path / folder, Engine())
        for size in sizes:
            made.attribute("test", made.shared_sample("test", size), IG)
    assert shards(tmp_path / "a") == shards(tmp_path / "b")
    assert len(shards(tmp_path / "a")) == 3


def test_a_killed_run_goes_on_with_the_same_bytes(tmp_path: Path) -> None:
    class Killed(Exception):
        pass

    class Dying(Engine):
        def __call__(self, *args: Any, **more: Any) -> Attributions:
            if len(self.rows) == 1:
                raise Killed
            return super().__call__(*args, **more)

    whole = context(tmp_path / "whole", Engine())
    whole.attribute("test", whole.shared_sample("test", N), IG)
    beside = tmp_path / "beside"
    dying = context(tmp_path / "first", Dying(), kept=beside)
    with pytest.raises(Killed):
        dying.attribute("test", dying.shared_sample("test", N), IG)
    engine = Engine()
    # the unfinished bundle is cleared; what lies beside it is taken up
    resumed = context(tmp_path / "second", engine, kept=beside)
    resumed.attribute("test", resumed.shared_sample("test", N), IG)
    assert engine.rows == [50, 30]
    assert shards(tmp_path / "second") == shards(tmp_path / "whole")


@pytest.mark.parametrize("harm", [lambda raw: raw[:-9], lambda raw: b"", lambda raw: raw[::-1]])
def test_a_damaged_block_is_computed_again(tmp_path: Path, harm: Callable[[bytes], bytes]) -> None:
    engine = Engine()
    made = context(tmp_path, engine)
    rows = made.shared_sample("test", 50)
    made.attribute("test", rows, IG)
    before = shards(tmp_path)
    (path,) = (tmp_path / ATTRIBUTIONS).rglob("*.parquet")
    path.write_bytes(harm(path.read_bytes()))
    made.attribute("test", rows, IG)
    assert engine.rows == [50, 50]
    assert shards(tmp_path) == before


def test_a_changed_value_is_found_by_its_digest(tmp_path: Path) -> None:
    made = context(tmp_path, Engine())
    made.attribute("test", made.shared_sample("test", 50), IG)
    (path,) = (tmp_path / ATTRIBUTIONS).rglob("*.parquet")
    table = pq.read_table(path)
    changed = table.set_column(table.schema.get_field_index("gap"), "gap", table["whole"])
    pq.write_table(changed, path)
    with pytest.raises(IntegrityError, match="content digest"):
        read_shard(path)


def test_another_method_model_or_reference_shares_nothing(tmp_path: Path) -> None:
    engine = Engine()
    made = context(tmp_path, engine)
    rows = made.shared_sample("test", 10)
    items = made.prepare(TEXTS[:2])
    for method, reference in (
        (IG, None),
        (replace(IG, steps=8), None),
        (replace(IG, baseline="population"), items),
        (replace(IG, baseline="population"), items[:1]),
    ):
        made.attribute("test", rows, method, reference=reference)
    louder = Capable()
    louder.bias = (0.9, 0.0)
    other = context(tmp_path, engine, model=louder)
    other.attribute("test", rows, IG)
    assert engine.rows == [10] * 5


def test_what_is_read_is_what_was_computed_with_places_and_without_text(tmp_path: Path) -> None:
    made = context(tmp_path, Engine())
    rows = made.shared_sample("test", 120)
    found = made.attribute("test", rows, IG)
    (placed,) = stored(tmp_path)
    for name in ("starts", "values", "target", "whole", "gap", "n_gradients"):
        np.testing.assert_array_equal(getattr(placed.found, name), getattr(found, name))
    assert placed.found.method == IG
    assert placed.example_id.tolist() == [f"e{row}" for row in rows]
    assert placed.row.tolist() == rows.tolist()
    assert placed.spans is not None
    texts = [TEXTS[row] for row in rows]
    words = [word for text in texts for word in text.split()]
    owner = np.repeat(np.arange(len(texts)), np.diff(found.starts))
    assert [
        texts[i][start:stop] for i, (_, start, stop) in zip(owner, placed.spans, strict=True)
    ] == words
    for raw in shards(tmp_path).values():
        assert b"night" not in raw


def test_a_model_that_cannot_place_its_words_leaves_the_places_out(tmp_path: Path) -> None:
    class Placeless(KeywordModel):
        spans = None  # type: ignore[assignment]

    made = context(tmp_path, Engine(), model=Placeless(MODEL.weights, MODEL.bias))
    made.attribute("test", made.shared_sample("test", 60), IG)
    (placed,) = stored(tmp_path)
    assert placed.spans is None
    assert placed.found.n == 60


def test_rows_of_overlapping_samples_are_read_once(tmp_path: Path) -> None:
    made = context(tmp_path, Engine())
    for size in (30, 70):
        made.attribute("test", made.shared_sample("test", size), IG)
    (placed,) = stored(tmp_path)
    assert placed.found.n == 70
    assert len(set(placed.example_id)) == 70


def test_no_rows_give_no_attributions(tmp_path: Path) -> None:
    made = context(tmp_path, Engine())
    assert made.attribute("test", np.zeros(0, dtype=np.int64), IG).n == 0


def test_an_engine_that_miscounts_the_words_breaks_the_contract(tmp_path: Path) -> None:
    class Miscounting(Engine):
        def __call__(self, *args: Any, **more: Any) -> Attributions:
            found = super().__call__(*args, **more)
            return replace(found, starts=np.minimum(found.starts, 3), values=found.values[:3])

    made = context(tmp_path, Miscounting())
    with pytest.raises(ContractError, match="one value for each"):
        made.attribute("test", made.shared_sample("test", 5), IG)


@pytest.mark.parametrize("n", [0, 1, BLOCK, BLOCK + 1, LARGE_BLOCK, 2 * LARGE_BLOCK + 3])
def test_blocks_cover_every_position_once(n: int) -> None:
    assert np.concatenate([np.arange(n)[cut] for cut in cuts(n)]).tolist() == list(range(n))


def test_blocks_of_a_sample_begin_those_of_a_longer_one() -> None:
    for short in (50, 200, 400, 800):
        assert cuts(short) == cuts(5000)[: len(cuts(short))]


def test_costs_are_those_of_the_method() -> None:
    facts = SetFacts(1000, 1000, lengths=(12, 22), n_parts=(10, 20))
    assert attribution_calls(facts, replace(IG, steps=16), 200) == 200 * (3 * 16 + 1)
    assert attribution_calls(facts, IG, 5000) == 1000 * (3 * 18 + 1)
    assert attribution_calls(facts, Method(id="gradient-x-input"), 10) == 30
    assert attribution_calls(facts, Method(id="occlusion"), 10) == 150
    assert attribution_calls(facts, Method(id="occlusion", unit="token"), 10) == 170
    assert attribution_calls(facts, Method(id="lime", n_samples=50), 10) == 500


def test_many_inputs_are_asked_and_counted_once_whoever_asks(tmp_path: Path) -> None:
    made = context(tmp_path, Engine())
    items = made.prepare(["good", "bad", "good"])
    first = made.ask_many(items)
    np.testing.assert_array_equal(first, MODEL.logits(items))
    assert asked(made) == 2
    assert made.ask_many([]).shape == (0, 2)
    made.ask(["e0"], items[:1], "test/again")
    assert asked(made) == 3
    assert isinstance(made._ask, Answers)
    assert made._ask.n_computed == 2
    assert [variant for _, variant, _ in made._ask.rows()] == ["test/again"]


class Doubtful(Engine):
    """An engine whose first rows do not allow bfloat16 and whose others would."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def __call__(self, model: Any, items: Any, *, method: Method, **more: Any) -> Attributions:
        self.asked.append(method.precision)
        used = "float32" if method.precision == "float32" or len(self.asked) == 1 else "bfloat16"
        return super().__call__(model, items, method=replace(method, precision=used), **more)


def test_all_blocks_of_a_data_set_are_computed_in_the_precision_that_the_first_allowed(
    tmp_path: Path,
) -> None:
    engine = Doubtful()
    made = context(tmp_path, engine)
    found = made.attribute("test", np.arange(N), replace(IG, precision="auto"))
    assert engine.asked == ["auto", "float32", "float32"]
    assert found.method.precision == "float32"

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.engines.prediction import (
    MAX_PADDING,
    batches,
    decide,
    default_budget,
    predict,
    predict_sharded,
    softmax64,
)
from harness.errors import ContractError, IncompleteError, ModelError, ShapeError, UsageError
from harness.modelling import Item
from harness.records import ModelRef


def item(number: int, length: int = 4) -> Item:
    return Item(
        {"input_ids": np.full(length, number, dtype=np.int64)},
        length,
        is_truncated=False,
        key=f"{number}/{length}".encode(),
    )


class FakeModel:
    """Logits that tell number and length of an item; counts what it was asked."""

    capabilities = frozenset({"logits"})
    n_classes = 3
    device = "cpu"
    dtype = "float32"

    def __init__(self, *, most_tokens: int = sys.maxsize, error: type[Exception] = RuntimeError):
        self.ref = ModelRef("given", "fake", weights_digest="0" * 64)
        self.most_tokens = most_tokens
        self.error = error
        self.asked: list[list[bytes]] = []
        self.calls_left = sys.maxsize

    def prepare(self, inputs):
        return [item(len(one)) for one in inputs]

    def logits(self, items):
        if self.calls_left == 0:
            raise KeyboardInterrupt
        self.calls_left -= 1
        if max(one.length for one in items) * len(items) > self.most_tokens:
            raise self.error("CUDA out of memory. Tried to allocate 2.00 GiB")
        self.asked.append([one.key for one in items])
        rows = [[one.arrays["input_ids"][0], one.length, 0.5] for one in items]
        return np.array(rows, dtype=np.float32)


def naive(items: list[Item]) -> np.ndarray:
    return np.concatenate([FakeModel().logits([one]) for one in items])


lengths = st.lists(st.integers(0, 200), max_size=80)


@given(lengths, st.integers(1, 400))
def test_every_item_stands_in_exactly_one_batch_within_the_budget(
    sizes: list[int], budget: int
) -> None:
    items = [item(i, size) for i, size in enumerate(sizes)]
    cut = batches(items, budget)
    assert sorted(position for batch in cut for position in batch) == list(range(len(sizes)))
    for batch in cut:
        longest = max(max(1, sizes[position]) for position in batch)
        assert len(batch) == 1 or longest * len(batch) <= budget


@given(lengths, st.integers(1, 4000))
def test_padding_stays_below_its_bound_for_any_lengths(sizes: list[int], budget: int) -> None:
    items = [item(i, size) for i, size in enumerate(sizes)]
    for batch in batches(items, budget):
        real = [max(1, sizes[position]) for position in batch]
        assert max(real) * len(real) <= MAX_PADDING * sum(real)


def test_batches_depend_on_lengths_alone() -> None:
    sizes = [5, 9, 5, 1, 9]
    first = batches([item(i, size) for i, size in enumerate(sizes)], 18)
    second = batches([item(i + 50, size) for i, size in enumerate(sizes)], 18)
    assert first == second == [[1, 4], [0, 2], [3]]


def test_a_budget_below_one_is_refused() -> None:
    with pytest.raises(UsageError, match=r"token_budget must be an integer >= 1, got 0"):
        batches([item(1)], 0)


def test_a_cpu_gets_smaller_batches_than_a_device_that_computes_many_tokens_at_once() -> None:
    assert default_budget("cpu") == 2048
    assert default_budget("mps") == default_budget("cuda:0") == default_budget("NVIDIA L4") == 8192


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 30)), max_size=60),
    st.integers(1, 200),
)
def test_predict_equals_a_naive_loop_in_the_given_order(
    shapes: list[tuple[int, int]], budget: int
) -> None:
    items = [item(number, length) for number, length in shapes]
    got = predict(FakeModel(), items, token_budget=budget)
    assert got.dtype == np.float32
    assert got.shape == (len(items), 3)
    if items:
        np.testing.assert_array_equal(got, naive(items))


def test_equal_items_are_computed_once() -> None:
    model = FakeModel()
    items = [item(1), item(2), item(1), item(1), item(2)]
    got = predict(model, items, token_budget=100)
    assert sorted(key for batch in model.asked for key in batch) == [b"1/4", b"2/4"]
    np.testing.assert_array_equal(got, naive(items))


@pytest.mark.parametrize("error", [RuntimeError, MemoryError])
def test_out_of_memory_halves_the_budget_and_goes_on(error: type[Exception]) -> None:
    model = FakeModel(most_tokens=50, error=error)
    items = [item(i, 1 + i % 20) for i in range(100)]
    np.testing.assert_array_equal(predict(model, items, token_budget=4096), naive(items))


def test_memory_for_single_items_suffices() -> None:
    model = FakeModel(most_tokens=20)
    items = [item(i, 20) for i in range(9)]
    np.testing.assert_array_equal(predict(model, items, token_budget=4096), naive(items))
    assert {len(batch) for batch in model.asked} == {1}


def test_too_little_memory_for_one_item_is_incomplete_and_says_what_to_do() -> None:
    with pytest.raises(IncompleteError, match=r"one example of 20 tokens.*Lower max_tokens"):
        predict(FakeModel(most_tokens=19), [item(1, 20)], token_budget=64)


def test_other_errors_of_the_model_pass_through() -> None:
    class Broken(FakeModel):
        def logits(self, items):
            raise RuntimeError("shape mismatch")

    with pytest.raises(RuntimeError, match="shape mismatch"):
        predict(Broken(), [item(1)], token_budget=64)


class Diverged(FakeModel):
    def logits(self, items):
        answers = super().logits(items)
        answers[answers[:, 0] >= 7] = np.nan
        return answers


def test_nan_logits_are_refused_with_counts_and_ids_but_no_text() -> None:
    items = [item(i) for i in range(14)]
    names = [f"row-{i}" for i in range(14)]
    with pytest.raises(ModelError) as caught:
        predict(Diverged(), items, token_budget=64, ids=names)
    text = str(caught.value)
    assert "7 of 14 examples (ids 'row-7', 'row-8', 'row-9', 'row-10', 'row-11', ...)" in text
    with pytest.raises(ModelError, match=r"positions 0, 1\)"):
        predict(Diverged(), [item(7), item(8), item(3)], token_budget=64)


def test_a_model_that_returns_another_shape_breaks_its_contract() -> None:
    class Wide(FakeModel):
        def logits(self, items):
            return np.zeros((len(items), 2), dtype=np.float32)

    with pytest.raises(ContractError, match=r"\[b=1, c=3\], got \[1, 2\]"):
        predict(Wide(), [item(1)], token_budget=64)


def test_progress_counts_examples_with_their_copies() -> None:
    told: list[tuple[int, int]] = []
    items = [item(1, 9), item(2, 2), item(1, 9), item(1, 9)]
    predict(
        FakeModel(),
        items,
        token_budget=9,
        on_progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(3, 4), (4, 4)]


def test_no_items_give_no_rows() -> None:
    assert predict(FakeModel(), [], token_budget=64).shape == (0, 3)


# shards


def many() -> tuple[list[Item], list[str]]:
    rng = np.random.default_rng(4)
    items = [item(int(rng.integers(0, 40)), int(rng.integers(1, 12))) for _ in range(150)]
    return items, [f"id-{i}" for i in range(150)]


@settings(max_examples=15, deadline=None)
@given(kill_after=st.integers(0, 40))
def test_a_killed_prediction_resumes_to_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, kill_after: int
) -> None:
    folder = tmp_path_factory.mktemp("shards")
    items, ids = many()
    whole = predict_sharded(
        FakeModel(), items, ids, folder=folder / "whole", token_budget=30, shard_size=16
    )
    model = FakeModel()
    model.calls_left = kill_after
    try:
        predict_sharded(model, items, ids, folder=folder / "cut", token_budget=30, shard_size=16)
    except KeyboardInterrupt:
        model.calls_left = sys.maxsize
    again = predict_sharded(
        model, items, ids, folder=folder / "cut", token_budget=30, shard_size=16
    )
    assert again.tobytes() == whole.tobytes()
    np.testing.assert_array_equal(whole, naive(items))


def test_finished_shards_are_not_asked_again(tmp_path: Path) -> None:
    items, ids = many()
    first = predict_sharded(FakeModel(), items, ids, folder=tmp_path, token_budget=30)
    model = FakeModel()
    told: list[tuple[int, int]] = []
    second = predict_sharded(
        model,
        items,
        ids,
        folder=tmp_path,
        token_budget=30,
        on_progress=lambda done, total: told.append((done, total)),
    )
    assert model.asked == []
    assert told[-1] == (150, 150)
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw[:-1],
        lambda raw: b"",
        lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]),
        lambda raw: raw.replace(b"v1", b"v2", 1),
        lambda raw: raw + b"\x00",
    ],
)
def test_a_damaged_shard_is_computed_again(tmp_path: Path, damage) -> None:
    items, ids = many()
    whole = predict_sharded(
        FakeModel(), items, ids, folder=tmp_path, token_budget=30, shard_size=16
    )
    shard = sorted(tmp_path.iterdir())[1]
    shard.write_bytes(damage(shard.read_bytes()))
    model = FakeModel()
    again = predict_sharded(model, items, ids, folder=tmp_path, token_budget=30, shard_size=16)
    assert sum(len(batch) for batch in model.asked) == 16
    assert again.tobytes() == whole.tobytes()


@pytest.mark.parametrize("change", ["model", "ids", "items", "budget", "dtype"])
def test_a_foreign_shard_is_not_taken(tmp_path: Path, change: str) -> None:
    items, ids = many()
    predict_sharded(FakeModel(), items, ids, folder=tmp_path, token_budget=30)
    model = FakeModel()
    if change == "model":
        model.ref = ModelRef("given", "fake", weights_digest="1" * 64)
    if change == "dtype":
        model.dtype = "bfloat16"
    if change == "ids":
        ids = [f"other-{one}" for one in ids]
    if change == "items":
        items = [*items[:-1], item(99)]
    budget = 31 if change == "budget" else 30
    predict_sharded(model, items, ids, folder=tmp_path, token_budget=budget)
    assert model.asked


def test_ids_and_items_must_be_as_many(tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match=r"ids must have shape \[n=1\], got \[2\]"):
        predict_sharded(FakeModel(), [item(1)], ["a", "b"], folder=tmp_path, token_budget=8)


# scores and decisions


@given(
    st.lists(
        st.lists(st.floats(-(2.0**99), 2.0**99, width=32), min_size=3, max_size=3),
        min_size=1,
        max_size=20,
    )
)
def test_scores_are_probabilities_for_logits_of_any_size(rows: list[list[float]]) -> None:
    logits = np.array(rows, dtype=np.float32)
    scores = softmax64(logits)
    assert scores.dtype == np.float64
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-12)
    assert (scores >= 0).all()


def test_scores_equal_scipy() -> None:
    from scipy.special import softmax

    logits = np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32)
    expected = softmax(logits.astype(np.float64), axis=1)
    np.testing.assert_allclose(softmax64(logits), expected, rtol=1e-13)


def test_the_lower_class_is_decided_when_two_are_equal() -> None:
    decision = decide(np.array([[0, 2, 2], [5, 5, 5], [1, 0, 3]], dtype=np.float32))
    assert decision.dtype == np.int64
    assert decision.tolist() == [1, 0, 2]

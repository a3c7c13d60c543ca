import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.data import Dataset, sample_dataset, split_dataset
from harness.data.sampling import allocate
from harness.errors import DataError
from harness.records import DatasetRef


def rows(n, share_toxic=0.2):
    return [f"text {i},{'toxic' if i < n * share_toxic else 'benign'}" for i in range(n)]


@pytest.fixture
def table(write, load):
    def _table(lines, header="text,label", **columns):
        return load(write("rows.csv", "\n".join([header, *lines])), **columns)

    return _table


@given(st.lists(st.integers(0, 50), min_size=1, max_size=12), st.data())
def test_an_allocation_is_exact_and_within_one_of_proportion(sizes, data):
    total = data.draw(st.integers(0, sum(sizes)))
    quota = allocate(np.array(sizes), total)
    assert quota.sum() == total
    assert (quota <= np.array(sizes)).all()
    exact = np.array(sizes) * total / max(sum(sizes), 1)
    assert (np.abs(quota - exact) < 1).all()


@pytest.mark.parametrize("limit", [1, 7, 50, 99, 999])
def test_a_limit_is_an_exact_stratified_sample_in_the_old_order(table, limit):
    whole = table(rows(1000))
    sample = table(rows(1000), limit=limit)
    assert sample.n == sample.ref.n_rows == sample.ref.limit == limit
    assert abs(int(sample.label.sum()) - 0.2 * limit) < 1
    position = [whole.inputs.index(text) for text in sample.inputs]
    assert position == sorted(position) == sample.row_number.tolist()
    assert sample.ref.n_read == 1000


def test_a_limit_depends_on_seed_and_name_and_not_on_the_order_of_rows(table):
    lines = rows(300)
    first = set(table(lines, limit=50).inputs)
    assert first == set(table(lines, limit=50).inputs)
    assert first != set(table(lines, limit=50, seed=1).inputs)
    assert first != set(table(lines, limit=50, name="other").inputs)
    random.Random(0).shuffle(lines)
    assert first == set(table(lines, limit=50).inputs)


def test_a_limit_that_is_not_reached_is_not_recorded(table):
    for limit in (10, 11):
        dataset = table(rows(10), limit=limit)
        assert (dataset.n, dataset.ref.limit) == (10, None)


def test_a_limit_works_without_labels(table):
    assert table(rows(20), label=None, limit=5).n == 5


def test_every_row_is_as_likely_to_be_sampled(table):
    dataset = table(rows(40))
    hits = Counter(
        text for seed in range(400) for text in sample_dataset(dataset, size=10, seed=seed).inputs
    )
    # 400 draws at 1/4: mean 100, standard deviation 8.7; five of them are allowed
    assert set(hits) == set(dataset.inputs)
    assert max(abs(n - 100) for n in hits.values()) < 43.3


def test_a_split_is_whole_disjoint_and_stratified(table):
    whole = table(rows(1000))
    train, test = split_dataset(whole, share=0.25, seed=0, names=("train", "test"))
    assert (train.ref.name, test.ref.name) == ("train", "test")
    assert (train.n, test.n, test.ref.n_rows) == (750, 250, 250)
    assert (int(train.label.sum()), int(test.label.sum())) == (150, 50)
    assert sorted(train.inputs + test.inputs) == sorted(whole.inputs)
    assert train.ref.content_digest != test.ref.content_digest
    assert train.ref.file_digest == test.ref.file_digest == whole.ref.file_digest
    assert train.ref.n_read == test.ref.n_read == 1000


def test_a_split_depends_on_seed_and_not_on_the_order_of_rows(table):
    lines = rows(200)
    first = set(split_dataset(table(lines), share=0.2, seed=0)[1].inputs)
    assert first != set(split_dataset(table(lines), share=0.2, seed=1)[1].inputs)
    random.Random(3).shuffle(lines)
    assert first == set(split_dataset(table(lines), share=0.2, seed=0)[1].inputs)


def test_identical_inputs_stay_on_one_side(table):
    lines = [f"text {i % 40},{'toxic' if i % 3 else 'benign'}" for i in range(200)]
    for seed in range(10):
        train, test = split_dataset(table(lines), share=0.3, seed=seed)
        assert not set(train.inputs) & set(test.inputs)
        assert abs(test.n - 60) <= 5


@given(
    clusters=st.lists(st.integers(0, 12), min_size=2, max_size=60).filter(
        lambda c: len(set(c)) > 1
    ),
    share=st.floats(0.05, 0.95),
    seed=st.integers(0, 5),
)
def test_whole_clusters_stay_together_and_no_side_is_empty(clusters, share, seed):
    dataset = in_memory(clusters)
    left, right = split_dataset(dataset, share=share, seed=seed)
    assert left.n
    assert right.n
    assert not set(left.cluster) & set(right.cluster)
    largest = max(Counter(clusters).values())
    assert abs(right.n - share * len(clusters)) <= largest + 1


def in_memory(clusters):
    n = len(clusters)
    return Dataset(
        ref=DatasetRef("train", "rows.csv", None, "", n, n, {"text": "text"}),
        example_id=np.array([f"r{i}" for i in range(n)], dtype=object),
        inputs=[f"text {i}" for i in range(n)],
        cluster=np.array([str(one) for one in clusters], dtype=object),
    )


def test_large_clusters_are_not_preferred():
    dataset = in_memory([0] * 20 + list(range(1, 81)))
    n_hits = sum(
        "0" in set(split_dataset(dataset, share=0.5, seed=seed)[1].cluster) for seed in range(300)
    )
    # fair would be about one half: 150 of 300, standard deviation 8.7; five of them are allowed
    assert abs(n_hits - 150) < 43.5


def test_values_of_the_split_column_stay_together(table):
    lines = [f"text {i},toxic,p{i % 9}" for i in range(90)]
    dataset = table(lines, header="text,label,person", split_by="person")
    train, test = split_dataset(dataset, share=0.2, seed=0, names=("train", "test"), by="person")
    assert not set(train.extra["split_by"]) & set(test.extra["split_by"])
    assert test.n == 20
    again, validation = split_dataset(train, share=0.2, seed=0)
    assert not set(again.extra["split_by"]) & set(validation.extra["split_by"])


def test_rows_without_a_value_of_the_split_column_stand_alone(table):
    lines = [f"text {i},toxic," for i in range(20)]
    dataset = table(lines, header="text,label,person", split_by="person")
    assert split_dataset(dataset, share=0.25, seed=0, by="person")[1].n == 5


def test_clusters_and_the_split_column_both_hold(table):
    dataset = table(
        [f"text {i},toxic,k{i // 3},p{i // 6}" for i in range(120)],
        header="text,label,k,p",
        cluster="k",
        split_by="p",
    )
    left, right = split_dataset(dataset, share=0.3, seed=2, by="p")
    assert not set(left.cluster) & set(right.cluster)
    assert not set(left.extra["split_by"]) & set(right.extra["split_by"])
    assert right.n == 36


def test_a_split_that_leaves_one_side_empty_is_refused(table):
    dataset = table(["same,toxic"] * 10)
    with pytest.raises(DataError, match="must hold at least two rows that may stand on different"):
        split_dataset(dataset, share=0.5, seed=0)


def test_two_rows_can_be_split(table):
    left, right = split_dataset(table(["a,toxic", "b,benign"]), share=0.01, seed=0)
    assert (left.n, right.n) == (1, 1)


@pytest.mark.parametrize("share", [0, 1, -0.1, 2, float("nan")])
def test_a_share_outside_zero_to_one_is_refused(table, share):
    with pytest.raises(DataError, match="must lie between 0 and 1"):
        split_dataset(table(rows(10)), share=share, seed=0)


def test_a_split_column_that_was_not_read_is_refused(table):
    with pytest.raises(DataError, match=r"data\.split\.by must be the column that was read"):
        split_dataset(table(rows(10)), share=0.5, seed=0, by="person")


def test_quarantined_rows_go_with_both_parts(table):
    dataset = table([*rows(10), ",toxic"])
    left, right = split_dataset(dataset, share=0.5, seed=0)
    assert left.quarantined == right.quarantined == dataset.quarantined
    assert left.ref.n_read == right.ref.n_read == 11

"""Rows without text: what is known of them is read, and nothing is counted from nothing."""

import numpy as np
import pytest

from harness.data import load_dataset, split_dataset, take, with_duplicates
from harness.data.dataset import digest_rows
from harness.data.spec import TableSpec

ROWS = "sex,age,label,p\nf,30,toxic,0.9\nf,30,toxic,0.2\nm,40,benign,0.3\nm,,benign,0.1\n"


@pytest.fixture
def dataset(write, load):
    return load(write("credit.csv", ROWS), text=None, groups=("sex", "age"))


def test_the_other_columns_are_read_and_the_roles_name_no_text(dataset):
    assert dataset.n == 4
    assert not dataset.has_inputs
    assert dataset.inputs == [""] * 4
    assert dataset.ref.roles == {"label": "label", "groups": ["sex", "age"]}
    assert dataset.groups["age"].tolist() == ["30", "30", "40", ""]
    assert [one.id for one in dataset.caveats] == ["data.no-text"]


def test_ids_come_from_the_other_columns_and_equal_rows_are_numbered(dataset):
    first, second, third, fourth = dataset.example_id
    assert first.removesuffix("-0") == second.removesuffix("-1")
    assert len({first, second, third, fourth}) == 4


def test_duplicates_are_not_counted_from_nothing(write, load, dataset):
    counted = with_duplicates(dataset, None).ref
    assert (counted.n_duplicates, counted.n_duplicates_of_train) == (None, None)
    train = load(write("train.csv", "text,label\nhello,toxic\n"))
    assert with_duplicates(dataset, train).ref.n_duplicates_of_train is None
    assert with_duplicates(train, dataset).ref.n_duplicates_of_train is None
    assert take(dataset, np.array([0, 1])).ref.n_duplicates is None


def test_the_digest_differs_from_that_of_empty_texts(dataset):
    from dataclasses import replace

    assert digest_rows(dataset) != digest_rows(replace(dataset, has_inputs=True))


def test_rows_without_text_can_be_split_and_sampled(write, load):
    path = write("many.csv", "label,a\n" + "".join(f"{i % 2},{i}\n" for i in range(100)))
    one, other = split_dataset(load(path, text=None), share=0.2, seed=0)
    assert (one.n, other.n) == (80, 20)
    assert np.bincount(other.label).tolist() == [10, 10]
    assert load(path, text=None, limit=10).n == 10


def test_a_table_with_nothing_but_labels_is_read(write, task):
    path = write("labels.csv", "label\n1\n0\n1\n")
    found = load_dataset(TableSpec(path, label="label"), task, name="test", seed=0)
    assert found.label.tolist() == [1, 0, 1]
    assert len(set(found.example_id)) == 3

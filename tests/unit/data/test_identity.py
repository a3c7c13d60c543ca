import hashlib
import json
import random

import numpy as np
import pytest

from harness.data.identity import content_digest, order_keys

HEADER = "text,label,team\n"
LINES = ["a,toxic,x", "b,benign,x", "a,toxic,y", "b,benign,x", "c,toxic,", "b,benign,x"]


@pytest.fixture
def table(write, load):
    def _table(lines, **columns):
        path = write("rows.csv", HEADER + "\n".join(lines) + "\n")
        return load(path, groups=("team",), **columns)

    return _table


def test_a_repeated_row_gets_the_next_occurrence_number(table):
    ids = table(LINES).example_id.tolist()
    assert [one[-2:] for one in ids] == ["-0", "-0", "-0", "-1", "-0", "-2"]
    assert ids[1][:32] == ids[3][:32] == ids[5][:32]
    assert len(set(ids)) == 6


def test_an_id_is_the_digest_of_the_row(table):
    first = table(LINES).example_id[0]
    digest = hashlib.sha256(b'["inputs","label","groups:team"]')
    digest.update(json.dumps(["a", 1, "x"], separators=(",", ":")).encode())
    assert first == f"{digest.hexdigest()[:32]}-0"


def test_shuffling_a_file_keeps_the_ids_of_distinct_rows(table):
    before = table(LINES)
    shuffled = LINES[:]
    random.Random(1).shuffle(shuffled)
    after = table(shuffled)
    assert sorted(before.example_id) == sorted(after.example_id)
    by_id = dict(zip(before.example_id, before.inputs, strict=True))
    assert all(by_id[key] == text for key, text in zip(after.example_id, after.inputs, strict=True))


def test_cells_that_run_together_differently_get_different_ids(write, load):
    path = write("rows.csv", 'a,b\nx,"yz"\n"xy",z\n')
    assert len({one[:32] for one in load(path, text=("a", "b"), label=None).example_id}) == 2


def test_the_content_digest_follows_rows_order_and_every_role(table):
    digest = table(LINES).ref.content_digest
    assert digest == table(LINES).ref.content_digest
    assert digest == table(LINES, name="other").ref.content_digest
    for changed in (
        LINES[::-1],
        LINES[:-1],
        ["a,benign,x", *LINES[1:]],
        ["a,toxic,z", *LINES[1:]],
        ["A,toxic,x", *LINES[1:]],
    ):
        assert table(changed).ref.content_digest != digest


def test_quarantined_rows_are_not_in_the_content_digest(table):
    with_broken = [LINES[0], ",toxic,x", *LINES[1:]]
    assert table(with_broken).ref.content_digest == table(LINES).ref.content_digest


def test_no_two_tables_share_a_digest_by_running_together():
    digests = {
        content_digest(columns)
        for columns in (
            {"a": ["x", "yz"]},
            {"a": ["xy", "z"]},
            {"a": ["xyz"]},
            {"a": ["xyz", ""]},
            {"a": ["x"], "b": ["yz"]},
            {"a": [1]},
            {"a": ["1"]},
            {"a": [None]},
            {"a": [[1]]},
        )
    }
    assert len(digests) == 9


def test_order_keys_depend_on_seed_purpose_and_id_alone():
    ids = [f"r{i}" for i in range(5000)]
    keys = order_keys(ids, seed=0, purpose=("limit", "test"))
    assert (keys == order_keys(ids, seed=0, purpose=("limit", "test"))).all()
    assert (keys[::-1] == order_keys(ids[::-1], seed=0, purpose=("limit", "test"))).all()
    assert (keys != order_keys(ids, seed=1, purpose=("limit", "test"))).all()
    assert (keys != order_keys(ids, seed=0, purpose=("limit", "train"))).all()
    # uniform on [0, 1): the mean of 5000 has a standard error of 0.0041; five of them are allowed
    assert abs(np.mean(keys / 2.0**64) - 0.5) < 0.0205

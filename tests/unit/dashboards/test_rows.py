"""Pages of rows: the same rows, in the same order, as a plain loop over the table finds."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dashboards import rows

N = 1_037


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(3)
    found = []
    for i in range(N):
        p = float(rng.integers(0, 1001)) / 1000
        found.append(
            {
                "dataset": "test" if i % 5 else "other",
                "example_id": f"e{(i * 7919) % 10_000:04d}",
                "label": None if i % 50 == 0 else int(rng.random() < 0.4),
                "decision": int(p > 0.5),
                "scores": [1 - p, p],
                "truncated": False,
                "text": rng.choice(
                    ["a Quiet day", "100% _sure_", 'O\'Brien said "no"', "天气很好"]
                ),
                "pair": None,
                "group:region": rng.choice(["north", "south", ""]),
                "group:faith; DROP": rng.choice(['["a", "b"]', '["b"]', "[]"]),
            }
        )
    return found


@pytest.fixture(scope="module")
def bundle(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("bundle")
    (path / "personal").mkdir()
    own = ("dataset", "example_id", "label", "decision", "scores", "truncated")
    pq.write_table(
        pa.Table.from_pylist([{k: row[k] for k in own} for row in table]),
        path / "predictions.parquet",
        row_group_size=200,
    )
    rest = [k for k in table[0] if k not in own[2:]]
    schema = pa.schema([(name, pa.string()) for name in rest])
    pq.write_table(
        pa.Table.from_pylist([{k: row[k] or None for k in rest} for row in table], schema),
        path / "personal" / "rows.parquet",
    )
    return path


def found(bundle, asked):
    return rows.positions(str(bundle), "d", asked).tolist()


def expected(table, keep):
    return [i for i, row in enumerate(table) if row["dataset"] == "test" and keep(row)]


FILTERS = [
    ({}, lambda r: True),
    ({"label": 1}, lambda r: r["label"] == 1),
    ({"decision": 0}, lambda r: r["decision"] == 0),
    ({"is_wrong": True}, lambda r: r["label"] is not None and r["label"] != r["decision"]),
    ({"low": 0.9}, lambda r: r["scores"][r["decision"]] >= 0.9),
    ({"high": 0.6}, lambda r: r["scores"][r["decision"]] <= 0.6),
    ({"text": "QUIET"}, lambda r: "quiet" in r["text"].lower()),
    ({"text": "%"}, lambda r: "%" in r["text"]),
    ({"text": "_s"}, lambda r: "_s" in r["text"]),
    ({"text": "o'brien"}, lambda r: "o'brien" in r["text"].lower()),
    ({"text": "天气"}, lambda r: "天气" in r["text"]),
    ({"group": "region=north"}, lambda r: r["group:region"] == "north"),
    ({"group": "faith%3B%20DROP=b"}, lambda r: "b" in r["group:faith; DROP"]),
    ({"group": "faith%3B%20DROP=a,region=south"},
     lambda r: "a" in r["group:faith; DROP"] and r["group:region"] == "south"),
    ({"group": "nothing=1"}, lambda r: False),
    ({"group": "no slice"}, lambda r: False),
    ({"ids": ("e0000", "e7919")}, lambda r: r["example_id"] in ("e0000", "e7919")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "keep"), FILTERS, ids=lambda one: str(one)[:40] if isinstance(one, dict) else ""
)
def test_a_filter_finds_what_a_plain_loop_finds(bundle, table, asked, keep):
    assert found(bundle, rows.Asked("test", **asked)) == expected(table, keep)


def test_rows_come_in_the_order_asked_for(bundle, table):
    everyone = expected(table, lambda r: True)

    def score(i):
        return table[i]["scores"][table[i]["decision"]]

    def of_label(i):
        label = table[i]["label"]
        return (label is None, table[i]["scores"][label] if label is not None else 0.0)

    assert found(bundle, rows.Asked("test", sort="score-low")) == sorted(everyone, key=score)
    assert found(bundle, rows.Asked("test", sort="score-high")) == sorted(
        everyone, key=lambda i: -score(i)
    )
    assert found(bundle, rows.Asked("test", sort="loss")) == sorted(everyone, key=of_label)
    by_id = sorted(everyone, key=lambda i: (table[i]["example_id"], i))
    assert found(bundle, rows.Asked("test", sort="id")) == by_id


def test_pages_put_together_are_all_rows_once(bundle):
    places = rows.positions(str(bundle), "d", rows.Asked("test", sort="loss"))
    shown = [
        one["row"]
        for number in range(1, -(-len(places) // rows.PAGE) + 1)
        for one in rows.page_of(bundle, places, number)
    ]
    assert shown == places.tolist()
    assert rows.page_of(bundle, places, 999) == []


def test_without_the_personal_part_no_text_and_no_group_is_found(bundle, tmp_path):
    import shutil

    shutil.copy(bundle / "predictions.parquet", tmp_path)
    assert rows.texts_of(tmp_path, "test", ["e0000"]) == {}
    assert rows.group_names(str(tmp_path), "d", "test") == {}


def test_groups_of_a_list_are_named_one_by_one(bundle):
    names = rows.group_names(str(bundle), "d", "test")
    assert names == {"region": ["north", "south"], "faith; DROP": ["a", "b"]}


def test_confusion_counts_are_those_of_a_plain_loop(bundle, table):
    expected = {}
    for row in table:
        if row["label"] is not None:
            counts = expected.setdefault(row["dataset"], [[0, 0], [0, 0]])
            counts[row["label"]][row["decision"]] += 1
    assert rows.confusion(str(bundle), "digest", 2) == expected


def test_what_is_taken_home_is_run_by_no_spreadsheet_and_read_back_whole():
    import csv
    import io
    import json

    from dashboards.parts.downloads import csv_bytes, json_bytes

    hostile = [{"a": "=1+1", "=b": "@SUM(A1)"}, {"a": '天气,"x"\n-2', "c": 3}]
    text = csv_bytes(hostile).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["a", "'=b", "c"]
    assert rows[1] == ["'=1+1", "'@SUM(A1)", ""]
    assert rows[2][0] == '天气,"x"\n-2'
    assert json.loads(json_bytes(hostile)) == hostile

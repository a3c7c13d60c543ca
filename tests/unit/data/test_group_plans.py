"""Groups as data: lists and separators, plans, control features, samples that keep them."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.auditing.costs import set_facts
from harness.config.load import config_from_text
from harness.data import GroupsFile, take
from harness.data.memory import memory_table
from harness.errors import ConfigError
from harness.pipeline.inputs import load_inputs, stored_predictions
from harness.pipeline.samples import part_of, sample_positions
from harness.records import IN_NONE, GroupPlan, joined, members, sizes_of

CELLS = [["trans", "gay"], ["gay"], [], None, ["gay", "gay", " "], [None]]
EXPECTED = ["gay\x1ftrans", "gay", IN_NONE, "", "gay", ""]


def test_cells_are_taken_apart_again():
    assert members(joined(["b", "a", "b"])) == ("a", "b")
    assert members("") == members(IN_NONE) == ()
    assert joined([]) == IN_NONE
    assert sizes_of([joined("ab"), "a", "", IN_NONE]) == {"a": 2, "b": 1}


def rows(cells):
    return [{"text": f"t{i}", "label": 0, "g": cell} for i, cell in enumerate(cells)]


def test_lists_of_json_lines_parquet_and_memory_are_the_same_groups(write, load, tmp_path):
    lines = write("a.jsonl", "".join(json.dumps(row) + "\n" for row in rows(CELLS)))
    pq.write_table(pa.Table.from_pylist(rows(CELLS)), tmp_path / "a.parquet")
    pq.write_table(
        pa.table({"text": ["a"], "label": [0], "g": pa.array([None], pa.list_(pa.string()))}),
        tmp_path / "b.parquet",
    )
    table = memory_table(rows([set(one) if one else one for one in CELLS]), where="data")
    for found in (
        load(lines, groups=("g",)),
        load(tmp_path / "a.parquet", groups=("g",)),
        load(lines, memory=table, groups=("g",)),
    ):
        assert found.groups["g"].tolist() == EXPECTED
        assert found.group_plans == {"g": GroupPlan(is_list=True)}


def test_a_separator_cuts_the_cells_of_a_csv_and_an_empty_cell_is_missing(write, load):
    path = write("rows.csv", "text,label,g\na,0,trans | gay\nb,0,gay\nc,0,\nd,0,gay|\n")
    found = load(path, groups=("g",), separators={"g": "|"})
    assert found.groups["g"].tolist() == ["gay\x1ftrans", "gay", "", "gay"]
    assert found.group_plans["g"].is_list


def test_a_separator_of_ours_in_a_plain_cell_makes_no_second_group(write, load):
    path = write("rows.csv", "text,label,g\na,0,x\x1fy\nb,0,z\n")
    found = load(path, groups=("g",))
    assert [members(one) for one in found.groups["g"]] == [("x␟y",), ("z",)]
    assert not found.group_plans["g"].is_list


def test_labels_that_spaces_alone_told_apart_are_named(write, load):
    path = write("rows.csv", "text,label,g\na,0,Female\nb,0,Female \nc,0, male\nd,0, Female\n")
    found = load(path, groups=("g",))
    assert found.groups["g"].tolist() == ["Female", "Female", "male", "Female"]
    (caveat,) = found.caveats
    assert caveat.text == (
        "2 cells of the group column g of rows.csv have white space around a label that also stands "
        "there without; they count as the same: 'Female'."
    )


def test_lists_that_are_held_apart_are_read_the_same(write, load):
    path = write("rows.csv", "id,text,label\n1,a,0\n2,b,1\n")
    apart = write("held.jsonl", '{"who": 1, "g": ["b", "a"]}\n{"who": 2, "g": []}\n')
    found = load(path, id="id", groups_file=GroupsFile(apart, "who", ("g",)))
    assert found.groups["g"].tolist() == ["a\x1fb", IN_NONE]
    assert found.group_plans["g"].is_list


def test_a_plan_holds_for_a_column_that_is_held_apart(write, load):
    path = write("rows.csv", "id,text,label\n1,a,0\n2,b,1\n3,c,1\n")
    apart = write("held.csv", "who,g\n1,b;a\n2,b\n")
    found = load(
        path,
        id="id",
        groups=("g",),
        groups_file=GroupsFile(apart, "who", ("g",)),
        group_plans={"g": GroupPlan(reference="b")},
        separators={"g": ";"},
    )
    assert found.groups["g"].tolist() == ["a\x1fb", "b", ""]
    assert found.group_plans["g"] == GroupPlan(reference="b", is_list=True)


def test_a_sample_keeps_the_share_of_every_overlapping_group(write, load):
    cells = (["a"], ["b"], ["a", "b"], [])
    lines = [
        json.dumps({"text": f"t{i}", "label": i % 2, "g": cells[i // 2 % 4]}) + "\n"
        for i in range(400)
    ]
    found = load(write("rows.jsonl", "".join(lines)), groups=("g",))
    part = take(found, sample_positions(found, 100, seed=0))
    assert sizes_of(found.groups["g"].tolist()) == {"a": 200, "b": 200}
    assert sizes_of(part.groups["g"].tolist()) == {"a": 50, "b": 50}
    assert set_facts(found, None).n_groups == 2


def test_plans_stay_with_the_rows_that_are_taken(write, load):
    path = write("rows.csv", "text,label,g\na,0,x\nb,0,y\n")
    plan = GroupPlan(values=("x", "y"), reference="x")
    found = load(path, groups=("g",), group_plans={"g": plan})
    assert take(found, np.array([1])).group_plans == {"g": plan}


CONFIG = """
apiVersion: modelassay/v1
kind: Run
name: plans
task: {kind: text-classification, labels: ['no', 'yes']}
data:
  test:
    path: rows.csv
    label: label
    control: job
    groups:
      - sex
      - %s
model: {predictions: {path: rows.csv, decision: decision}}
"""
ROWS = "label,decision,sex,identities,job\nyes,yes,f,gay|trans,nurse\nno,no,m,,judge\n"


def config(tmp_path, section):
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")
    return config_from_text(CONFIG % section, base=tmp_path)


def test_the_config_says_what_is_planned_and_predictions_carry_it(tmp_path):
    loaded = config(
        tmp_path,
        '{column: identities, separator: "|", values: [gay, trans, 1], reference: gay, '
        'exclude: {trans: "memo 12"}}',
    )
    plan = GroupPlan(("gay", "trans", "1"), "gay", {"trans": "memo 12"}, is_list=True)
    inputs = load_inputs(loaded)
    found = stored_predictions(loaded, inputs)["test"]
    assert found.group_plans == {"sex": GroupPlan(), "identities": plan}
    assert found.controls["job"].tolist() == ["nurse", "judge"]
    assert part_of(found, np.array([1])).controls["job"].tolist() == ["judge"]
    # what is planned is in the resolved config, which is hashed before predictions are read
    assert loaded.resolved()["data"]["test"]["test"]["groups"] == [
        "sex",
        {
            "column": "identities",
            "separator": "|",
            "values": ["gay", "trans", "1"],
            "reference": "gay",
            "exclude": {"trans": "memo 12"},
        },
    ]


def test_names_alone_resolve_to_what_they_always_did(tmp_path):
    assert config(tmp_path, "identities").resolved()["data"]["test"]["test"]["groups"] == [
        "sex",
        "identities",
    ]


@pytest.mark.parametrize(
    ("section", "text"),
    [
        ("{column: g, exclude: [trans]}", "must say why each group is left out of comparisons"),
        ("{column: g, exclude: {trans: ' '}}", "must say why 'trans' is left out of comparisons"),
        (
            "{column: g, values: [gay, trans], reference: tarns}",
            "reference must be one of the values, got 'tarns'. Did you mean 'trans'?",
        ),
        ("{column: g, values: [a, b], exclude: {c: memo}}", "exclude must be one of the values"),
        ("{column: g, values: [a, a]}", "values must be distinct, got a more than once"),
        ("{column: g, reference: a, exclude: {a: memo}}", "reference must not be excluded"),
        ("{column: g, values: [a]}", "must hold at least 2 item(s)"),
        ("{column: sex}", "must name each column once, got sex more than once"),
        ("{columns: g}", "data.test.groups.1.columns is not a known key"),
        ("[g]", "data.test.groups.1 must be a valid string"),
    ],
)
def test_a_plan_that_cannot_work_is_refused_with_its_line(tmp_path, section, text):
    with pytest.raises(ConfigError) as caught:
        config(tmp_path, section)
    assert text in str(caught.value)
    place = 11 if "each column once" in text else 13
    assert f"(assay.yaml:{place})" in str(caught.value)

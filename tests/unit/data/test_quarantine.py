import pytest

from harness.data import REASONS
from harness.errors import DataError
from harness.records import Quarantined


def aside(dataset):
    return [(row.line, row.reason) for row in dataset.quarantined]


def test_rows_of_a_csv_are_set_aside_by_reason_with_their_lines(write, load):
    path = write(
        "rows.csv",
        "id,text,label,w\n"
        "1,good,toxic,1\n"
        "2,  ,toxic,1\n"
        "3,x,,1\n"
        "4,x,spam,1\n"
        "5,x,toxic\n"
        "6,x,toxic,1,1\n"
        ",x,toxic,1\n"
        "1,other,toxic,1\n"
        "1,good,toxic,1\n"
        "8,x,toxic,-1\n"
        "9,x,toxic,nan\n"
        "10,x,toxic,\n"
        "11,a\0b,toxic,1\n"
        "12,last,benign,0\n",
    )
    dataset = load(path, id="id", weight="w")
    assert dataset.inputs == ["good", "last"]
    assert aside(dataset) == [
        (3, "empty-text"),
        (4, "missing-label"),
        (5, "label-outside-task"),
        (6, "ragged-row"),
        (7, "ragged-row"),
        (8, "missing-id"),
        (9, "duplicate-id"),
        (10, "repeated-row"),
        (11, "invalid-weight"),
        (12, "invalid-weight"),
        (13, "invalid-weight"),
        (14, "nul-character"),
    ]
    assert (dataset.ref.n_rows, dataset.ref.n_read) == (2, 14)
    assert dataset.ref.quarantined == (
        Quarantined("duplicate-id", 1),
        Quarantined("empty-text", 1),
        Quarantined("invalid-weight", 3),
        Quarantined("label-outside-task", 1),
        Quarantined("missing-id", 1),
        Quarantined("missing-label", 1),
        Quarantined("nul-character", 1),
        Quarantined("ragged-row", 2),
        Quarantined("repeated-row", 1),
    )
    assert dataset.row_number.tolist() == [0, 13]
    assert dataset.extra["weight"].tolist() == [1.0, 0.0]
    assert [one.id for one in dataset.caveats] == ["data.weights-unused"]


def test_lines_that_are_no_objects_are_set_aside_not_crashed_on(write, load):
    path = write(
        "rows.jsonl",
        '{"text": "good", "label": 1}\n'
        "[1, 2]\n"
        "null\n"
        '{"text": "cut", "lab\n'
        "\n"
        '{"text": 5, "label": 1}\n'
        '{"text": ["a"], "label": 1}\n'
        '{"text": null, "label": 1}\n'
        '{"label": 1}\n'
        '{"text": "half \\ud83d pair", "label": 1}\n'
        '{"text": "no label"}\n' + "[" * 100_000 + "\n" + "9" * 5000 + "\n"
        '{"text": "last", "label": 0}\n',
    )
    dataset = load(path)
    assert dataset.inputs == ["good", "last"]
    assert aside(dataset) == [
        (2, "not-an-object"),
        (3, "not-an-object"),
        (4, "not-json"),
        (6, "not-text"),
        (7, "not-text"),
        (8, "empty-text"),
        (9, "empty-text"),
        (10, "not-text"),
        (11, "missing-label"),
        (12, "not-json"),
        (13, "not-json"),
    ]
    assert dataset.ref.n_read == 13


def test_half_a_surrogate_pair_in_a_group_sets_the_row_aside(write, load):
    path = write(
        "rows.jsonl",
        '{"text": "a", "label": 1, "g": "x\\ud800"}\n{"text": "b", "label": 1, "g": "y"}\n',
    )
    dataset = load(path, groups=("g",))
    assert dataset.inputs == ["b"]
    assert aside(dataset) == [(1, "not-text")]


@pytest.mark.parametrize("row", ["a,,toxic", ",b,toxic"])
def test_a_pair_with_an_empty_side_is_set_aside(write, load, row):
    dataset = load(write("rows.csv", f"text,two,label\nx,y,toxic\n{row}\n"), text=("text", "two"))
    assert dataset.inputs == [("x", "y")]
    assert aside(dataset) == [(3, "empty-text")]


def test_a_file_without_one_usable_row_is_refused_with_counts_and_lines(write, load):
    path = write("rows.csv", "text,label\n,toxic\nx,\ny\n ,toxic\n")
    with pytest.raises(DataError) as caught:
        load(path)
    assert str(caught.value) == (
        "data.test.path must hold rows that can be used, got none among the 4 of rows.csv: "
        "empty-text 2 (lines 2, 5), missing-label 1 (line 3), ragged-row 1 (line 4) "
        "(assay.yaml:12)."
    )


def test_numbers_as_text_throughout_are_refused(write, load):
    path = write("rows.jsonl", '{"text": 1, "label": 1}\n' * 9)
    with pytest.raises(DataError, match=r"not-text 9 \(lines 1, 2, 3, 4, 5, ... \(9 in all\)\)"):
        load(path)


def test_the_first_reason_of_a_row_is_the_one_that_is_counted(write, load):
    dataset = load(write("rows.csv", "text,label\nok,toxic\n,spam\n"))
    assert aside(dataset) == [(3, "empty-text")]


def test_every_reason_is_a_sentence():
    assert all(text.endswith(".") and text[0].isupper() for text in REASONS.values())

import pytest

from harness.data.values import MISSING, OUTSIDE, class_ids, class_lookup
from harness.errors import DataError
from harness.records import Task


def ids(texts, classes, label_values=None):
    return class_ids(texts, class_lookup(classes, label_values)).tolist()


def test_names_and_ids_are_both_labels():
    assert ids(["toxic", "0", "1", "benign"], ["benign", "toxic"]) == [1, 0, 1, 0]


def test_whole_numbers_with_a_decimal_point_are_ids():
    assert ids(["1.0", "0.00", "0.5"], ["benign", "toxic"]) == [1, 0, OUTSIDE]


def test_names_win_where_classes_are_digits():
    assert ids(["1", "2", "3", "0", "2.0"], ["1", "2", "3"]) == [0, 1, 2, OUTSIDE, 1]
    assert ids(["0", "1"], ["1", "0"]) == [1, 0]


def test_one_number_among_the_names_is_enough_to_stop_reading_ids():
    assert ids(["0", "5", "none"], ["none", "5"]) == [OUTSIDE, 1, 0]


def test_label_values_replace_ids_and_names_still_count():
    values = {"1": "benign", "2": "toxic"}
    assert ids(["1", "2", "0", "toxic"], ["benign", "toxic"], values) == [0, 1, OUTSIDE, 1]


def test_truth_values_are_mapped_in_every_spelling():
    values = {"True": "toxic", "False": "benign"}
    assert ids(["True", "true", "FALSE"], ["benign", "toxic"], values) == [1, 1, 0]
    assert ids(["True"], ["benign", "toxic"]) == [OUTSIDE]


def test_missing_is_not_outside():
    assert ids(["", "x", "-1"], ["benign", "toxic"]) == [MISSING, OUTSIDE, OUTSIDE]
    assert ids([""], ["benign", "toxic"], {"": "benign"}) == [0]


def test_labels_are_not_guessed_from_their_case():
    assert ids(["Toxic"], ["benign", "toxic"]) == [OUTSIDE]


def test_a_few_labels_outside_the_task_are_set_aside(write, load):
    path = write("rows.csv", "text,label\na,toxic\nb,spam\nc,benign\nd, toxic \n")
    dataset = load(path)
    assert dataset.label.tolist() == [1, 0, 1]
    (row,) = dataset.quarantined
    assert (row.line, row.reason, row.detail) == (3, "label-outside-task", "'spam' in column label")


@pytest.mark.parametrize(("n_good", "is_refused"), [(0, True), (1, True), (2, False), (3, False)])
def test_more_than_half_outside_the_task_is_an_error(write, load, n_good, is_refused):
    rows = ["x,toxic"] * n_good + ["x,spam"] * 2 + ["x,"] * 5
    path = write("rows.csv", "\n".join(["text,label", *rows]))
    if not is_refused:
        assert load(path).n == n_good
        return
    with pytest.raises(DataError) as caught:
        load(path)
    assert str(caught.value) == (
        "data.test.label must hold the task's classes (benign, toxic) or their ids, got 'spam' "
        f"(2 rows) on 2 of {n_good + 2} labelled rows of column 'label' in rows.csv "
        "(assay.yaml:12). Say what the values mean with label_values, or name another column."
    )


def test_many_values_outside_the_task_are_listed_shortly(write, load):
    rows = [f"x,value{i}" for i in range(40)]
    with pytest.raises(DataError, match=r"'value7' \(1 row\) and 32 more on 40 of 40"):
        load(write("rows.csv", "\n".join(["text,label", *rows])))


def test_many_classes_are_listed_shortly(write, load):
    task = Task("text-classification", "text", tuple(f"c{i}" for i in range(77)))
    with pytest.raises(DataError, match=r"\(c0, .*, c11 and 65 more\)"):
        load(write("rows.csv", "text,label\nx,none\n"), task=task)


def test_the_text_cannot_be_the_label(write, load):
    with pytest.raises(
        DataError, match=r"data\.test\.label must name another column than the text"
    ):
        load(write("rows.csv", "text,label\nx,toxic\n"), label="text")


def test_json_and_parquet_truth_values_need_label_values(write, load):
    path = write("rows.jsonl", '{"text": "a", "label": true}\n{"text": "b", "label": false}\n')
    with pytest.raises(DataError, match="label_values"):
        load(path)
    values = {"True": "toxic", "False": "benign"}
    assert load(path, label_values=values).label.tolist() == [1, 0]

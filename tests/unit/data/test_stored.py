import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.data import PredictionsSpec, load_predictions_table, split_dataset
from harness.data.stored import printed_decimals
from harness.errors import DataError
from harness.records import Task

ROWS = "id,text,label,p0,p1\nr1,a,toxic,0.2,0.8\nr2,,toxic,9,9\nr3,c,benign,0.7,0.3\nr4,d,toxic,0.5,0.5\n"
THREE = Task("text-classification", "text", ("anger", "joy", "fear"))


@pytest.fixture
def stored(write, task):
    def _stored(content, dataset, *, file="scores.csv", task=task, **columns):
        path = write(file, content) if isinstance(content, (str, bytes)) else content
        spec = PredictionsSpec(path, place="assay.yaml:20", **columns)
        return load_predictions_table(spec, dataset, task)

    return _stored


@pytest.fixture
def refused(stored):
    def _refused(*args, **options):
        with pytest.raises(DataError) as caught:
            stored(*args, **options)
        return str(caught.value)

    return _refused


def of_scores(found):
    """Caveats of the scores themselves, without the one about how rows were matched."""
    return [one for one in found.caveats if one.id != "data.matched-by-position"]


@pytest.fixture
def dataset(write, load):
    return load(write("rows.csv", ROWS), id="id")


def test_columns_of_the_same_file_are_matched_by_row_past_quarantined_rows(write, load, stored):
    path = write("rows.csv", ROWS)
    for columns in ({}, {"id": "id"}):
        dataset = load(path, **columns)
        found = stored(path, dataset, scores=("p0", "p1"), **columns)
        assert found.scores.tolist() == [[0.2, 0.8], [0.7, 0.3], [0.5, 0.5]]
        assert found.decision.tolist() == [1, 0, 0]
        assert (found.file, found.file_digest) == ("rows.csv", dataset.ref.file_digest)


def test_rows_are_matched_by_id_in_any_order(dataset, stored):
    found = stored("who,p\nr4,0.9\nr1,0.1\nr3,0.25\n", dataset, id="who", scores=("p",))
    assert found.scores.tolist() == [[0.9, 0.1], [0.75, 0.25], [1 - 0.9, 0.9]]
    assert found.decision.tolist() == [0, 0, 1]


def test_one_column_is_the_probability_of_class_one(dataset, stored):
    found = stored("p\n1\n0\n0.5\n0.75\n", dataset, scores=("p",))
    assert found.scores.tolist() == [[0.0, 1.0], [0.5, 0.5], [0.25, 0.75]]


def test_equally_many_rows_are_matched_by_position_past_quarantined_rows(dataset, stored):
    found = stored("d\ntoxic\nbenign\n0\n1\n", dataset, decision="d")
    assert found.decision.tolist() == [1, 0, 1]
    assert found.scores is None
    (said,) = found.caveats
    assert said.id == "data.matched-by-position"


def test_rows_matched_by_id_or_inside_one_file_bring_no_caveat(write, load, dataset, stored):
    assert not stored("who,p\nr4,0.9\nr1,0.1\nr3,0.25\n", dataset, id="who", scores=("p",)).caveats
    path = write("rows.csv", ROWS)
    assert not stored(path, load(path), scores=("p0", "p1")).caveats


def test_a_decision_column_stands_beside_scores(dataset, stored):
    found = stored("p,d\n0.4,1\n0.4,1\n0.4,0\n0.4,1\n", dataset, scores=("p",), decision="d")
    assert found.decision.tolist() == [1, 0, 1]
    assert found.scores[:, 1].tolist() == [0.4, 0.4, 0.4]


def test_decisions_may_be_mapped(dataset, stored):
    found = stored(
        "d\nTrue\nTrue\nFalse\nTrue\n",
        dataset,
        decision="d",
        label_values={"True": "toxic", "False": "benign"},
    )
    assert found.decision.tolist() == [1, 0, 1]


def test_rounded_scores_are_renormalised(write, load, stored):
    data = load(write("rows.csv", "text,label\na,joy\nb,fear\n"), task=THREE)
    content = "a,b,c\n0.3333,0.3333,0.3333\n0.1,0.2,0.7005\n"
    found = stored(content, data, task=THREE, scores=("a", "b", "c"))
    np.testing.assert_allclose(found.scores.sum(axis=1), 1.0, rtol=0, atol=2.3e-16)
    np.testing.assert_allclose(found.scores[1], np.array([0.1, 0.2, 0.7005]) / 1.0005, rtol=1e-15)
    assert found.decision.tolist() == [0, 2]


def test_scores_are_read_from_parquet(dataset, stored, tmp_path):
    path = tmp_path / "scores.parquet"
    pq.write_table(
        pa.table(
            {"id": ["r3", "r1", "r4", "r2"], "p": pa.array([0.5, 0.25, 0.75, None], pa.float32())}
        ),
        path,
    )
    found = stored(path, dataset, id="id", scores=("p",))
    assert found.scores[:, 1].tolist() == [0.25, 0.5, 0.75]


def test_ids_that_are_missing_and_ids_that_are_unknown_are_both_reported(dataset, refused):
    message = refused("who,p\nr1,0.1\nx9,0.1\nr2,0.3\n", dataset, id="who", scores=("p",))
    missing, unknown = message.split("\n")
    assert missing == (
        "model.predictions.id must hold every id of the data set test, got no row for 2 of 3 ids "
        "(ids 'r3', 'r4') (assay.yaml:20)."
    )
    assert unknown == (
        "model.predictions.id must hold only ids of rows.csv, got 1 others (id 'x9') "
        "(assay.yaml:20)."
    )


def test_ids_left_out_by_quarantine_limit_or_split_are_known(write, load, stored):
    content = "id,text,label\n" + "".join(f"r{i},t{i},toxic\n" for i in range(20)) + "q,,toxic\n"
    path = write("rows.csv", content)
    scores = "id,p\n" + "".join(f"r{i},0.{i:02}\n" for i in range(20)) + "q,0.5\n"
    limited = load(path, id="id", limit=5)
    part = split_dataset(load(path, id="id"), share=0.3, seed=0, names=("train", "test"))[1]
    for dataset in (limited, part):
        found = stored(scores, dataset, id="id", scores=("p",))
        expected = [float(f"0.{int(one[1:]):02}") for one in dataset.example_id]
        assert found.scores[:, 1].tolist() == expected


def test_positions_hold_after_limit_and_split(write, load, stored):
    path = write("rows.csv", "text,label\n" + "".join(f"t{i},toxic\n" for i in range(20)))
    scores = "p\n" + "".join(f"0.{i:02}\n" for i in range(20))
    part = split_dataset(load(path, limit=15), share=0.4, seed=0)[1]
    found = stored(scores, part, scores=("p",))
    assert found.scores[:, 1].tolist() == [float(f"0.{int(one[1:]):02}") for one in part.inputs]


def test_an_id_on_two_rows_is_refused(dataset, refused):
    content = "who,p\nr1,0.1\nr3,0.1\nr4,0.1\nr3,0.2\n"
    assert "must stand on one row each, got more than one row for 1 ids (id 'r3')" in refused(
        content, dataset, id="who", scores=("p",)
    )


def test_other_numbers_of_rows_are_refused(dataset, refused):
    message = refused("p\n0.1\n0.2\n0.3\n", dataset, scores=("p",))
    assert (
        "must hold one row for each of the 4 rows of rows.csv, got 3 rows in scores.csv" in message
    )


def test_an_id_needs_an_id_role_in_the_data_set(write, load, refused):
    dataset = load(write("rows.csv", ROWS))
    assert "model.predictions.id must match an id column of the data set test" in refused(
        "who,p\nr1,0.1\n", dataset, id="who", scores=("p",)
    )


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("nan", "scores must be finite numbers, got cells that are none on line 4 of scores.csv"),
        ("", "scores must be finite numbers, got cells that are none on line 4 of scores.csv"),
        ("inf", "scores must be finite numbers"),
        ("high", "scores must be finite numbers"),
        ("1.01", "scores must lie between 0 and 1, got numbers outside on line 4 of scores.csv"),
        ("-0.2", "scores must lie between 0 and 1"),
        ("0.9", "scores must sum to 1 in each row, within 0.01, got other sums on line 4"),
    ],
)
def test_scores_that_are_no_probabilities_are_refused_with_their_lines(
    dataset, refused, cell, expected
):
    content = f"a,b\n0.5,0.5\n0.5,0.5\n{cell},0.5\n0.5,0.5\n"
    assert expected in refused(content, dataset, scores=("a", "b"))


def test_scores_of_rows_that_were_set_aside_do_not_matter(dataset, stored):
    assert stored("p\n0.5\nnan\n0.5\n0.5\n", dataset, scores=("p",)).decision.tolist() == [0, 0, 0]


def test_a_broken_row_that_is_needed_is_refused(dataset, refused):
    message = refused("p,q\n0.5,1\n0.5,1\n0.5\n0.5,1\n", dataset, scores=("p",))
    assert "got unreadable rows on line 4 of scores.csv" in message


def test_decisions_outside_the_task_are_refused(dataset, refused):
    message = refused("d\n1\n1\nspam\n2\n", dataset, decision="d")
    assert "model.predictions.decision must hold the task's classes (benign, toxic)" in message
    assert "got 'spam' (1 row), '2' (1 row) on lines 4, 5 of scores.csv" in message


def test_bad_scores_and_bad_decisions_come_together(dataset, stored):
    with pytest.raises(DataError) as caught:
        stored("p,d\n2,x\n2,x\n2,x\n2,x\n", dataset, scores=("p",), decision="d")
    assert len(caught.value.problems) == 2


def test_the_number_of_score_columns_must_fit_the_task(dataset, write, load, refused):
    message = refused("a,b,c\n1,0,0\n", dataset, scores=("a", "b", "c"))
    assert (
        "must name one column for each of the 2 classes (benign, toxic), got 3 columns" in message
    )
    data = load(write("rows.csv", "text,label\na,joy\n"), task=THREE)
    assert "each of the 3 classes" in refused("p\n1\n", data, task=THREE, scores=("p",))


def test_columns_that_are_missing_or_not_given_are_refused(dataset, refused):
    assert "must name a column of scores.csv, got 'q'" in refused("p\n1\n", dataset, scores=("q",))
    assert "must be given, or decision, got neither of them" in refused("p\n1\n", dataset)
    assert "must name each column once" in refused("p\n1\n", dataset, scores=("p", "p"))


@pytest.mark.parametrize(
    ("rows", "decimals", "off"),
    [
        ("0.33,0.33,0.33\n0.5,0.25,0.25\n", 2, "0.01"),
        ("0.334,0.334,0.333\n0.2,0.2,0.6\n", 3, "0.001"),
        ("0.34,0.34,0.33\n0.3,0.3,0.41\n", 2, "0.01"),
    ],
)
def test_what_rounding_explains_is_normalised_and_said(write, load, stored, rows, decimals, off):
    data = load(write("rows.csv", "text,label\na,joy\nb,fear\n"), task=THREE)
    found = stored(f"a,b,c\n{rows}", data, task=THREE, scores=("a", "b", "c"))
    np.testing.assert_allclose(found.scores.sum(axis=1), 1.0, rtol=0, atol=2.3e-16)
    (said,) = of_scores(found)
    assert said.id == "data.scores-rounded"
    assert dict(said.params)["decimals"] == decimals
    assert f"at most {off} away" in said.text


def test_the_same_rounding_is_seen_in_single_precision(write, load, stored, tmp_path):
    data = load(write("rows.csv", "text,label\na,joy\nb,fear\n"), task=THREE)
    columns = {
        one: pa.array([0.33, last], pa.float32())
        for one, last in zip("abc", (0.34, 0.34, 0.33), strict=True)
    }
    pq.write_table(pa.table(columns), tmp_path / "scores.parquet")
    found = stored(tmp_path / "scores.parquet", data, task=THREE, scores=("a", "b", "c"))
    (said,) = of_scores(found)
    assert (said.id, dict(said.params)["off"]) == ("data.scores-rounded", "0.01")


@pytest.mark.parametrize(
    "rows",
    [
        "0.33,0.33,0.31\n0.5,0.25,0.25\n",  # 0.03: three halves of a hundredth are 0.015
        "0.3333,0.33,0.33\n0.5,0.25,0.25\n",  # one row has four decimals, so all were printed so
        "0.3,0.3,0.35\n0.5,0.2,0.3\n",
    ],
)
def test_what_rounding_does_not_explain_is_refused(write, load, refused, rows):
    data = load(write("rows.csv", "text,label\na,joy\nb,fear\n"), task=THREE)
    message = refused(f"a,b,c\n{rows}", data, task=THREE, scores=("a", "b", "c"))
    assert "must sum to 1 in each row, within" in message
    assert "line 2 of scores.csv" in message


def test_scores_that_sum_to_one_bring_no_caveat(dataset, stored):
    found = stored("a,b\n0.25,0.75\n0.5,0.5\n0.1,0.9\n0.99,0.01\n", dataset, scores=("a", "b"))
    assert of_scores(found) == []


@given(
    st.integers(2, 12).flatmap(
        lambda c: st.lists(st.lists(st.floats(0.001, 1), min_size=c, max_size=c), min_size=1)
    ),
    st.integers(2, 4),
)
def test_probabilities_that_were_rounded_are_always_accepted(rows, decimals):
    exact = np.array([np.array(row) / sum(row) for row in rows])
    rounded = exact.round(decimals)
    seen = printed_decimals(rounded)
    assert seen is not None
    assert seen <= decimals
    off = np.abs(rounded.sum(axis=1) - 1).max()
    assert off <= rounded.shape[1] * 0.5 * 10.0**-decimals + 1e-9

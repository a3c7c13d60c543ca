"""What a run holds of attributions, drawn without its model."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from harness.attribution_store import Placed, folder_of, write_shard
from harness.attributions import Attributions, Method
from harness.commands.explaining.stored import held_by
from harness.errors import UsageError
from harness.exports._attributions import attributions_section
from harness.predictions import Predictions
from harness.records import Measurements, ModelRef, Task

IDS = np.array(["a", "b", "c"], dtype=object)
SPANS = np.array([[0, 0, 3], [0, 4, 9], [0, 0, 2], [0, 0, 5], [0, 6, 8]])


def attributions(method, values):
    status = ["converged", "unconverged", "nothing-to-attribute"]
    if method.id == "occlusion":
        status = ["not-checked"] * 3
    return Attributions(
        method=method,
        starts=np.array([0, 2, 3, 5]),
        values=np.asarray(values, float),
        target=np.array([1, 1, 0]),
        runner_up=np.array([0, 0, 1]),
        whole=np.array([2.0, 1.0, 0.05]),
        blank=np.array([-1.0, 0.5, 0.0]),
        gap=np.array([0.01, 0.4, 0.0]),
        status=np.array(status, dtype=object),
        top_overlap=np.ones(3),
        n_gradients=np.array([15, 128, 15]),
        n_forwards=np.array([3, 3, 3]),
    )


@pytest.fixture
def bundle(tmp_path: Path) -> SimpleNamespace:
    """The parts of a bundle that are read: shards of two methods, predictions, a record."""
    for method, values in (
        (Method(), [3.5, -0.49, 0.9, 0.03, 0.02]),
        (Method(id="occlusion"), [3.0, -0.2, 0.8, 0.0, 0.1]),
    ):
        placed = Placed(
            "test", IDS, np.arange(3), np.zeros(3, bool), attributions(method, values), SPANS
        )
        folder = tmp_path / "attributions" / folder_of(method, None) / "test"
        write_shard(folder / "shard-00000.parquet", "k" * 64, placed)
    logits = np.array([[-1.0, 1.0], [-0.5, 0.5], [0.05, 0.0]], dtype=np.float32)
    predictions = Predictions(
        dataset="test",
        example_id=IDS,
        decision=np.array([1, 1, 0]),
        n_classes=2,
        scores=np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True),
        logits=logits,
        label=np.array([1, 0, 0]),
    )
    record = SimpleNamespace(
        task=Task("text-classification", "text", ("benign", "toxic")),
        model=ModelRef(kind="given", name="mine", weights_digest="f" * 64),
    )
    return SimpleNamespace(
        path=tmp_path, record=record, predictions=lambda: [predictions], has_personal=False, id="r1"
    )


def test_rows_are_drawn_from_shards_with_scores_status_and_cross_check(bundle):
    held = held_by(bundle, n_rows=2, has_text=False)
    first, second = held.rows.rows
    assert (first.name, first.label, first.status) == ("a", 1, "converged")
    assert [piece.value for piece in first.pieces] == [3.5, -0.49]
    assert [piece.checked for piece in first.pieces] == [3.0, -0.2]
    assert first.check.n_same_sign == 2
    assert first.blank == -1.0
    assert not second.is_relied_on
    assert first.texts == ()


def test_rows_that_are_not_to_be_relied_on_are_listed_by_id(bundle):
    found = {one.method: one for one in held_by(bundle, n_rows=1, has_text=False).unconverged}
    assert found["integrated-gradients"].ids == ("b",)
    assert found["integrated-gradients"].n_nothing == 1
    assert "occlusion" not in found


@pytest.mark.parametrize(
    ("method", "baseline"), [("gradient-x-input", None), ("integrated-gradients", "mask")]
)
def test_a_stored_row_names_a_baseline_where_its_method_has_one(bundle, method, baseline):
    found = attributions(Method(id=method), [3.5, -0.49, 0.9, 0.03, 0.02])
    placed = Placed("test", IDS, np.arange(3), np.zeros(3, bool), found, SPANS)
    other = replace_path(bundle, bundle.path / "other")
    folder = other.path / "attributions" / folder_of(found.method, None) / "test"
    write_shard(folder / "shard-00000.parquet", "k" * 64, placed)
    held = held_by(other, n_rows=1, has_text=False)
    assert held.rows.rows[0].card.baseline == baseline


def test_a_run_without_attributions_holds_none(bundle):
    assert held_by(replace_path(bundle, bundle.path / "other"), n_rows=3, has_text=False) is None


def test_texts_that_were_left_out_of_a_run_cannot_be_shown(bundle):
    with pytest.raises(UsageError, match="--with-text must come with a run that holds its texts"):
        held_by(bundle, n_rows=1, has_text=True)


def test_the_section_names_parts_by_position_and_lists_what_to_leave_aside(bundle):
    held = held_by(bundle, n_rows=2, has_text=False)
    html = attributions_section(Measurements("modelassay/measurements/v1", (), ()), held)
    assert "1 row did not converge (b); nothing to attribute in 1 row" in html
    assert "parts are named by position" in html
    assert ">word<" in html
    assert 'class="heat' not in html


def test_a_report_with_texts_says_that_it_holds_personal_data(bundle):
    held = held_by(bundle, n_rows=1, has_text=False)
    row = replace(held.rows.rows[0], texts=("you idiot",))
    spans = [(0, 0, 3), (0, 4, 9)]
    pieces = tuple(replace(p, span=s) for p, s in zip(row.pieces, spans, strict=True))
    shown = replace(held, rows=replace(held.rows, rows=(replace(row, pieces=pieces),)))
    html = attributions_section(Measurements("modelassay/measurements/v1", (), ()), shown)
    assert "this report holds personal data" in html
    assert ">idiot</span>" in html


def test_what_the_model_did_not_read_of_a_stored_text_is_shown_as_such(bundle, monkeypatch):
    texts = {("test", "a"): ("you idiot and so on",)}
    monkeypatch.setattr("harness.commands.explaining.stored.texts_of", lambda *a, **b: texts)
    monkeypatch.setattr("harness.commands.explaining.stored.stored", cut_short(bundle))
    one = held_by(bundle, n_rows=1, has_text=True).rows.rows[0]
    assert one.unread == ((0, 9, 19),)
    assert [one.words(piece) for piece in one.pieces] == ["you", "idiot"]


def cut_short(bundle):
    from harness.attribution_store import stored

    found = [replace(one, truncated=np.ones(3, bool)) for one in stored(bundle.path)]
    return lambda path: found


def test_no_section_where_nothing_was_measured_of_attributions():
    assert attributions_section(Measurements("modelassay/measurements/v1", (), ()), None) is None


def replace_path(bundle, path):
    return SimpleNamespace(**(vars(bundle) | {"path": path}))


def test_the_scorecard_holds_each_method_beside_its_random_control():
    from harness.records import Measure, Measurement
    from harness.stats import wilson

    measure = Measure(
        "faithfulness.decision-flip",
        "Decision flip",
        "share",
        "higher",
        0.0,
        1.0,
        "{value}",
        "x",
        "y",
    )
    made = [
        Measurement(measure.key, "test", where, wilson(x, 40))
        for where, x in (("method=occlusion", 30), ("method=random", 4), ("region=north", 2))
    ]
    found = Measurements("modelassay/measurements/v1", (measure,), tuple(made))
    html = attributions_section(found, None)
    assert "<td>occlusion</td>" in html
    assert "<td>random</td>" in html
    assert "region" not in html
    assert "floor and ceiling of faithfulness differ" in html

"""Numbers of a comparison: pairs against an independent implementation, two runs without pairs."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from harness.commands.axes import axis_of
from harness.commands.mitigation.besides import besides
from harness.commands.mitigation.comparing import Change
from harness.commands.mitigation.exposures import FILE, exposure_changes
from harness.commands.mitigation.offers import Concern
from harness.commands.mitigation.surprise import Texts, surprise_changes
from harness.commands.mitigation.telling import area_change, sampled, signal_of
from harness.commands.mitigation.trade import trade_notes
from harness.data import Dataset
from harness.records import ALL, DatasetRef, Measure, Measurement, Message
from harness.stats import clopper_pearson, exact, undefined, wilson


def bundle(*measured: tuple[str, Any], better: str = "lower") -> Any:
    measures = tuple(
        Measure(key, key.partition(".")[2], "share", better, 0.0, 1.0, "", "", "")  # type: ignore[arg-type]
        for key, _ in measured
    )
    items = tuple(Measurement(key, "test", ALL, estimate) for key, estimate in measured)
    return SimpleNamespace(
        measurements=SimpleNamespace(measures=measures, measurements=items),
        read_replicates=lambda evidence: None,
    )


def rows(inputs: list[Any], label: list[int] | None = None) -> Dataset:
    n = len(inputs)
    return Dataset(
        ref=DatasetRef("test", "x", None, "0" * 64, n, n, {}),
        example_id=np.array([f"r{i}" for i in range(n)], dtype=object),
        inputs=inputs,
        label=None if label is None else np.array(label),
    )


def test_the_area_and_its_change_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    members = [rng.normal(size=300) + shift for shift in (1.0, 0.2)]
    others = [rng.normal(size=200) for _ in range(2)]
    found = area_change("test", members, others)
    is_member = np.repeat([1, 0], [300, 200])
    wanted = [
        roc_auc_score(is_member, np.concatenate(one)) for one in zip(members, others, strict=True)
    ]
    assert [found.before, found.after] == pytest.approx(wanted, abs=1e-12)
    assert found.estimate.value == pytest.approx(wanted[1] - wanted[0], abs=1e-12)
    assert found.estimate.low < found.estimate.value < found.estimate.high < 0


def test_the_interval_of_a_change_of_areas_covers_no_change_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    n_low, n_high, n = 0, 0, 200
    for _ in range(n):
        common = rng.normal(size=120)
        sides = [common + rng.normal(size=120) for _ in range(2)]
        found = area_change("t", [one[:60] for one in sides], [one[60:] for one in sides])
        n_low += found.estimate.low > 0
        n_high += found.estimate.high < 0
    # 5 % each; 3 standard errors of 200 draws are 4.6 points
    assert n_low <= n * 0.096
    assert n_high <= n * 0.096


def test_the_signal_of_a_row_is_the_log_probability_of_its_label() -> None:
    from scipy.special import log_softmax

    rng = np.random.default_rng(2)
    logits, label = rng.normal(size=(20, 3)) * 50, rng.integers(0, 3, 20)
    data = rows([f"t{i}" for i in range(20)], label.tolist())
    at = np.array([3, 7, 11])
    found = signal_of("text-classification", data, at, logits[at])
    assert found == pytest.approx(log_softmax(logits, axis=1)[at, label[at]], rel=1e-12)


def test_the_signal_of_a_text_is_for_each_byte_of_what_is_scored() -> None:
    data = rows(["ab", ("prompt", "é")])
    found = signal_of("text-generation", data, np.arange(2), np.array([[-4.0], [-3.0]]))
    assert found.tolist() == [-2.0, -1.5]


def test_sampled_rows_are_the_same_whatever_their_order() -> None:
    data = rows([f"t{i}" for i in range(3000)])
    turned = replace(data, example_id=data.example_id[::-1].copy())
    first, second = (set(one.example_id[sampled(one, 7)].tolist()) for one in (data, turned))
    assert first == second
    assert len(first) == 2000


def test_surprise_is_the_ratio_of_sums_and_its_interval_knows_the_pairs() -> None:
    rng = np.random.default_rng(3)
    hard = -rng.gamma(30, 1.0, 400)
    n_bytes = rng.integers(20, 60, 400).astype(np.float64)
    after = hard - 0.05 * n_bytes - rng.normal(0, 0.2, 400)
    group = np.arange(400) % 2 == 0
    texts = Texts("test", hard, after, n_bytes, {"g": {"a": group, "none": np.zeros(400, bool)}})
    whole, of_a, of_none = surprise_changes(texts)
    assert whole.before == pytest.approx(-hard.sum() / np.log(2) / n_bytes.sum())
    assert whole.estimate.value == pytest.approx(whole.after - whole.before)
    assert whole.estimate.high - whole.estimate.low < 0.01  # the texts alone vary by far more
    assert of_a.n == 200
    assert of_none.estimate.value is None
    assert of_none.before is None


def test_ends_without_pairs_lie_half_an_error_apart() -> None:
    old, new = clopper_pearson(40, 100), clopper_pearson(10, 100)
    found = besides(bundle(("extraction.share", old)), bundle(("extraction.share", new)))[0]
    halves = [clopper_pearson(k, 100, alpha_low=0.025, alpha_high=0.025) for k in (40, 10)]
    assert found.change == pytest.approx(-0.3)
    assert found.low == pytest.approx(halves[1].low - halves[0].high)
    assert found.high == pytest.approx(halves[1].high - halves[0].low)
    assert found.way == "better"
    assert found.axis == "leakage"


@pytest.mark.parametrize(
    ("old", "new", "better", "way"),
    [
        (wilson(50, 100), wilson(48, 100), "lower", "not decided"),
        (wilson(90, 100), wilson(10, 100), "higher", "worse"),
        (wilson(10, 100), wilson(90, 100), "higher", "better"),
        (exact(3, n=9, unit="count"), exact(3, n=9, unit="count"), "lower", "same"),
        (exact(3, n=9, unit="count"), exact(2, n=9, unit="count"), "lower", "better"),
        (
            undefined(Message.of("t.t", "No."), unit="share"),
            wilson(1, 9),
            "lower",
            "not known",
        ),
    ],
)
def test_what_ends_say_follows_the_direction_of_the_measure(
    old: Any, new: Any, better: str, way: str
) -> None:
    sides = [bundle(("membership.m", one), better=better) for one in (old, new)]
    assert besides(*sides)[0].way == way


def test_a_measure_of_one_run_alone_has_no_change() -> None:
    found = besides(bundle(("accuracy.a", wilson(1, 9))), bundle(("membership.b", wilson(2, 9))))
    assert [(one.measure, one.way) for one in found] == [
        ("membership.b", "not known"),
        ("accuracy.a", "not known"),
    ]
    assert found[0].before is None
    assert found[1].after is None


def test_axes_are_those_of_the_audit_that_a_key_names() -> None:
    keys = ["memorisation.x", "accuracy.x", "group-metrics.tpr-difference", "robustness.x"]
    assert [axis_of(key) for key in keys] == ["leakage", "utility", "fairness", "other"]


def test_what_was_won_is_said_first_and_what_was_lost_is_not_left_out() -> None:
    before = bundle(
        ("memorisation.exposed", wilson(90, 100)),
        ("extraction.share", wilson(80, 100)),
        ("membership.area", wilson(55, 100)),
        ("calibration.error", wilson(5, 100)),
    )
    after = bundle(
        ("memorisation.exposed", wilson(5, 100)),
        ("extraction.share", wilson(2, 100)),
        ("membership.area", wilson(52, 100)),
        ("calibration.error", wilson(60, 100)),
    )
    concern = [
        Concern("R", "failed", measure, "test", None, None, "", "leakage")
        for measure in ("extraction.share", "membership.area")
    ]
    lost = Change(
        "accuracy", "test", ALL, 0.9, 0.7, 100, replace(wilson(1, 9), low=-0.3, high=-0.1)
    )
    texts = [one.text for one in trade_notes(besides(before, after), [lost], concern)]
    assert texts[0].startswith("Won: share (extraction.share, test) went from 80")
    assert texts[1].startswith("Not decided: area (membership.area")
    assert texts[2].startswith("Won: exposed (memorisation.exposed")
    assert texts[3].startswith("Lost: accuracy on test went from 0.900 to 0.700")
    assert texts[4].startswith("Lost: error (calibration.error")


def test_nothing_changed_is_said() -> None:
    same = bundle(("accuracy.a", wilson(5, 9)))
    assert [one.id for one in trade_notes(besides(same, same), [], [])] == [
        "mitigation.nothing-changed"
    ]


def test_many_measures_are_counted_and_not_all_said() -> None:
    keys = [f"membership.m{i}" for i in range(9)] + [f"accuracy.a{i}" for i in range(5)]
    before = bundle(*((key, wilson(5, 100)) for key in keys))
    after = bundle(*((key, wilson(90, 100)) for key in keys))
    notes = trade_notes(besides(before, after), [], [])
    assert [one.id for one in notes].count("mitigation.lost") == 5 + 3
    assert [one.params["n"] for one in notes if one.id == "mitigation.more"] == [4, 2]


def test_a_measure_that_a_rule_called_for_is_said_whatever_came_of_it() -> None:
    concern = [Concern("R", "failed", "membership.a", "test", None, None, "", "leakage")]
    before = bundle(("membership.a", exact(3, n=9, unit="count")))
    gone = bundle(("membership.a", undefined(Message.of("t.t", "No."), unit="count")))
    for after, start in ((before, "Unchanged: a (membership.a, test), 3"), (gone, "Not known: a")):
        assert trade_notes(besides(before, after), [], concern)[0].text.startswith(start)


def secrets(rows: list[tuple[int, str, int, float | None]]) -> Any:
    """A bundle whose audit kept these exposures: position, family, planted, bits."""
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = list(zip(*rows, strict=True)) if rows else [[], [], [], []]
    names = ["index", "family", "planted", "bits"]
    raw = io.BytesIO()
    pq.write_table(pa.table(dict(zip(names, map(list, columns), strict=True))), raw)
    return SimpleNamespace(
        manifest=SimpleNamespace(files={FILE: None}), read_bytes=lambda name: raw.getvalue()
    )


def test_exposures_of_the_same_secrets_are_compared_in_pairs_by_level() -> None:
    from scipy.stats import ttest_rel

    rng = np.random.default_rng(4)
    old = [(i, "number", 4 * (i % 2), float(rng.gamma(8, 2))) for i in range(24)]
    new = [(i, family, planted, bits - 2 + rng.normal()) for i, family, planted, bits in old]
    found = exposure_changes(secrets(old), secrets(new[::-1]), "train")
    assert [one.slice for one in found] == ["planted=0", "planted=4"]
    for one in found:
        level = int(one.slice.partition("=")[2])
        pairs = [(a[3], b[3]) for a, b in zip(old, new, strict=True) if a[2] == level]
        before, after = map(np.array, zip(*pairs, strict=True))
        wanted = ttest_rel(after, before).confidence_interval(0.9)
        assert one.n == 12
        assert (one.before, one.after) == pytest.approx((before.mean(), after.mean()))
        assert (one.estimate.low, one.estimate.high) == pytest.approx(wanted)


def test_secrets_of_one_run_alone_and_without_exposure_are_left_out() -> None:
    old = secrets([(0, "number", 1, 3.0), (1, "number", 1, None), (2, "number", 1, 5.0)])
    new = secrets([(0, "number", 1, 1.0), (1, "number", 1, 2.0), (2, "number", 8, 5.0)])
    found = exposure_changes(old, new, "train")
    assert [(one.slice, one.n) for one in found] == [("planted=1", 1)]
    assert found[0].estimate.value is None
    without = SimpleNamespace(manifest=SimpleNamespace(files={}))
    assert exposure_changes(old, without, "train") == []

"""Other personal values in texts: rates known by hand, controls, and what is left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from audits._pii_edits import entities_of, versions_of
from audits.pii_sensitivity import pii_sensitivity
from harness.data import Dataset
from harness.detectors import default_detector, replacement
from harness.engines.prediction import softmax64
from harness.keywords import KeywordModel
from harness.modelling import Item
from harness.predictions import Predictions
from harness.records import Measurement, to_json
from harness.secrecy import normal_value

Run = Callable[..., dict[str, Measurement]]
Text = str | tuple[str, str]
FILLER = "the parcel came with a box and was put on the stairs by somebody new"


def people(n: int, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    return [replacement("email", rng) for _ in range(n)]


@pytest.fixture
def replaced(table: Callable[..., Predictions], rows: Callable[..., Dataset], measure: Run) -> Run:
    def run(texts: Sequence[Text], model: KeywordModel, **more: Any) -> dict[str, Measurement]:
        logits = model.logits(model.prepare(texts))
        predictions = table(
            None,
            logits.argmax(axis=1),
            n_classes=model.n_classes,
            logits=logits,
            scores=softmax64(logits),
            cluster=more.pop("cluster", None),
        )
        return measure(
            pii_sensitivity,
            predictions,
            classes=("no", "yes"),
            rows={"test": rows(texts)},
            model=model,
            options={"draws": 1, **more},
        )

    return run


def test_a_model_that_knows_some_people_is_shown_and_one_that_knows_none_is_not(
    replaced: Run,
) -> None:
    named = people(40)
    texts = [f"{FILLER} from {one}" for one in named]
    knows = KeywordModel(dict.fromkeys(named[:10], (0.0, 9.0)), bias=(1.0, 0.0))
    found = replaced(texts, knows)
    rate = found["flip-rate[all]"].estimate
    assert (rate.value, rate.n) == (0.25, 40)
    assert found["control-flip-rate[all]"].estimate.value == 0.0
    assert found["beyond-control[all]"].estimate.value == 0.25
    assert found["flip-rate[kind=email]"].estimate.value == 0.25
    assert found["rows-with-pii[all]"].estimate.value == 1.0
    # sigmoid(8) - sigmoid(-1) for one in four
    change = found["score-change[all]"].estimate.value
    assert change == pytest.approx(0.25 * (1 / (1 + np.exp(-8)) - 1 / (1 + np.exp(1))), abs=1e-4)
    blind = replaced(texts, KeywordModel({"parcel": (0.0, 3.0)}, bias=(1.0, 0.0)))
    assert blind["flip-rate[all]"].estimate.value == 0.0


def test_a_model_that_any_other_word_upsets_is_unstable_and_not_sensitive(replaced: Run) -> None:
    class Nervous(KeywordModel):
        """Decides by a digest of the whole text."""

        def logits(self, items: Sequence[Item]) -> Any:
            return np.array([[0.0, one.key[0] % 2 - 0.5] for one in items], dtype=np.float32)

    texts = [f"{k} {FILLER} from {one}" for k, one in enumerate(people(200))]
    found = replaced(texts, Nervous({}, bias=(0.0, 0.0)))
    rate = found["flip-rate[all]"].estimate.value
    assert rate is not None
    assert rate > 0.35
    beyond = found["beyond-control[all]"].estimate
    assert beyond.low is not None
    assert beyond.high is not None
    assert beyond.low < 0 < beyond.high


def test_a_value_is_replaced_wherever_it_stands_and_every_other_one_stays() -> None:
    row = ("mail ann@gmail.com or ring (312) 555-0143", "again: ANN@gmail.com")
    found = entities_of(default_detector().find(row), row)
    assert [(one.kind, len(one.places)) for one in found] == [("email", 2), ("phone", 1)]
    rng = np.random.default_rng(0)
    made = list(versions_of(row, found, [("some other row", [])], tried=found, draws=2, rng=rng))
    assert [(one.kind, one.name) for one in made] == [
        ("email", "0-0"),
        ("email", "0-1"),
        ("phone", "1-0"),
        ("phone", "1-1"),
    ]
    first, _, third, _ = (one.edited for one in made)
    assert "(312) 555-0143" in first[0]
    assert "gmail" not in first[0] + first[1]
    assert "ann@gmail.com" in third[0]
    assert third[1] == row[1]
    assert "(312)" not in third[0]


def test_a_control_touches_no_value_and_changes_something() -> None:
    rng = np.random.default_rng(1)
    texts = [f"{FILLER} from {one} 请联系我们" for one in people(30)]
    others = [(text, entities_of(default_detector().find([text]), text)) for text in texts]
    for text, (entity,) in others:
        (made,) = versions_of(text, [entity], others, tried=[entity], draws=1, rng=rng)
        assert isinstance(made.control, str)
        assert made.control != text
        start, stop = entity.places[0][1:]
        assert text[start:stop] in made.control
        assert made.control.count("@") == 1
        assert made.control.endswith(text[stop:]) or made.control.startswith(text[:start])


def test_a_text_that_is_nothing_but_a_value_has_no_control(replaced: Run) -> None:
    named = people(12)
    found = replaced(named, KeywordModel(dict.fromkeys(named, (0.0, 9.0)), bias=(1.0, 0.0)))
    assert found["flip-rate[all]"].estimate.value == 1.0
    why = found["beyond-control[all]"].estimate.why_undefined
    assert why is not None
    assert why.id == "pii-sensitivity.no-control"


def test_texts_without_personal_values_are_counted_and_not_measured(replaced: Run) -> None:
    found = replaced([FILLER, "nothing here", ""], KeywordModel({}, bias=(0.0, 1.0)))
    assert found["rows-with-pii[all]"].estimate.value == 0.0
    why = found["flip-rate[all]"].estimate.why_undefined
    assert why is not None
    assert why.id == "pii-sensitivity.no-values"


def test_versions_that_the_model_reads_as_their_original_are_left_out(replaced: Run) -> None:
    class Short(KeywordModel):
        """Reads three words."""

        def prepare(self, inputs: Sequence[str | tuple[str, ...]]) -> list[Item]:
            return super().prepare([" ".join(str(one).split()[:3]) for one in inputs])

    texts = [f"{FILLER} from {one}" for one in people(12)]
    found = replaced(texts, Short({}, bias=(0.0, 1.0)))
    why = found["flip-rate[all]"].estimate.why_undefined
    assert why is not None
    assert why.id == "pii-sensitivity.nothing-seen"


def test_rows_of_one_cluster_are_one_unit(replaced: Run) -> None:
    named = people(40)
    texts = [f"{FILLER} from {one}" for one in named]
    model = KeywordModel(dict.fromkeys(named[:20], (0.0, 9.0)), bias=(1.0, 0.0))
    cluster = np.array([f"c{k // 20}" for k in range(40)], dtype=object)
    found = replaced(texts, model, cluster=cluster)["flip-rate[all]"]
    assert found.estimate.value == 0.5
    assert (found.estimate.low, found.estimate.high) == (0.0, 1.0)  # two units show nothing
    assert "stats.few-clusters" in {one.id for one in found.caveats}


def test_only_the_kinds_that_are_named_are_replaced(replaced: Run) -> None:
    rng = np.random.default_rng(2)
    texts = [f"{FILLER} from {one}, ring {replacement('phone', rng)}" for one in people(12)]
    found = replaced(texts, KeywordModel({}, bias=(0.0, 1.0)), kinds=["phone"])
    assert "flip-rate[kind=phone]" in found
    assert "flip-rate[kind=email]" not in found


def test_nothing_that_is_written_holds_a_value(
    replaced: Run, tmp_path: Any, table: Any, rows: Any
) -> None:
    named = people(20)
    texts = [f"{FILLER} from {one}" for one in named]
    found = replaced(texts, KeywordModel(dict.fromkeys(named, (0.0, 9.0)), bias=(1.0, 0.0)))
    written = "".join(to_json(one) for one in found.values())
    for path in tmp_path.rglob("*.parquet"):
        written += json.dumps(pq.read_table(path).to_pylist())
    for one in named:
        assert one not in written
        assert normal_value(one) not in written

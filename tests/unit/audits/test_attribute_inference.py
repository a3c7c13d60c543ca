"""Attribute inference: what features and answers give away, beyond chance, the text and any network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from audits.attribute_inference import MEASURES, attribute_inference
from harness.data import Dataset
from harness.keywords import KeywordModel
from harness.predictions import Predictions
from harness.records import Measurement

Measure = Callable[..., dict[str, Measurement]]
NAMES = [[f"name{side}{k}" for k in range(8)] for side in (0, 1)]


class Shuffled(KeywordModel):
    """A keyword model whose words can be given other weights for a while."""

    @contextmanager
    def randomised(self, seed: int) -> Iterator[None]:
        before = self.weights
        self.weights = {f"gone{k}": one for k, one in enumerate(before.values())}
        try:
            yield
        finally:
            self.weights = before


class Joint(KeywordModel):
    """Its features tell whether two words fit, which no linear reader of words can."""

    def last_features(self, items: Any) -> Any:
        counts = super().last_features(items)
        return np.column_stack([counts, (counts[:, 0] + counts[:, 2]) % 2])

    def last_layer(self) -> Any:
        weight, bias = super().last_layer()
        return np.column_stack([weight, np.zeros(len(weight), dtype=np.float32)]), bias


@pytest.fixture
def guess(rows: Callable[..., Dataset], measure: Measure) -> Callable[..., dict[str, Measurement]]:
    def run(model: Any, texts: list[str], region: Any, **more: Any) -> dict[str, Measurement]:
        test = rows(texts, label=more.pop("label", None))
        asked = KeywordModel({"good": (0.0, 2.0)}, (0.0, 1.0)) if model is None else model
        logits = more.pop("logits", asked.logits(asked.prepare(texts)))
        groups = {"region": np.array(region, dtype=object), **more.pop("groups", {})}
        predictions = Predictions(
            "test",
            test.example_id,
            logits.argmax(axis=1),
            logits.shape[1],
            logits=logits,
            label=test.label,
            groups=groups,
            cluster=more.pop("cluster", None),
        )
        given = more.pop("rows_given", True)
        kept = {"test": test} if given else {}
        return measure(attribute_inference, predictions, rows=kept, model=model, **more)

    return run


def people(n: int = 400, seed: int = 0) -> tuple[list[str], np.ndarray]:
    rng = np.random.default_rng(seed)
    side = rng.integers(0, 2, n)
    texts = [
        f"{rng.choice(NAMES[own])} {rng.choice(['good', 'poor'])} word{rng.integers(20)}"
        for own in side.tolist()
    ]
    return texts, np.where(side == 1, "north", "south")


def matter(kind: type[KeywordModel] = KeywordModel, **more: Any) -> KeywordModel:
    return kind({"good": (0.0, 2.0), "poor": (2.0, 0.0), **more}, (0.0, 0.0))


READS_NAMES = {name: (0.0, 0.0) for side in NAMES for name in side}


def test_features_that_count_names_give_the_region_away_and_answers_do_not(guess: Any) -> None:
    found = guess(matter(Shuffled, **READS_NAMES), *people())
    assert found["beyond-base-rate[region=%2A]"].estimate.value == pytest.approx(0.5, abs=0.01)
    answers = found["logits-beyond-base-rate[region=%2A]"].estimate
    assert answers.low < 0 < answers.high
    assert found["beyond-random[region=%2A]"].estimate.low > 0.35
    # the names stand in the text: the model adds nothing to them
    assert found["beyond-imputation[region=%2A]"].estimate.high < 0.1


def test_a_model_that_does_not_read_names_gives_nothing_away(guess: Any) -> None:
    found = guess(matter(Shuffled), *people())
    for name in ("beyond-base-rate", "beyond-random"):
        estimate = found[f"{name}[region=%2A]"].estimate
        assert estimate.low < 0 < estimate.high, name
    assert found["beyond-imputation[region=%2A]"].estimate.high < -0.3


def test_what_no_reader_of_words_sees_is_beyond_imputation(guess: Any) -> None:
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, 2, (400, 2))
    texts = [
        f"{('tan', 'red')[a]} word{rng.integers(9)} word{rng.integers(9)} {('sky', 'sun')[b]}"
        for a, b in pairs.tolist()
    ]
    region = np.where(pairs.sum(axis=1) % 2, "north", "south")
    model = Joint({"red": (0.0, 0.1), "sky": (0.0, 0.0), "sun": (0.1, 0.0)}, (0.0, 0.0))
    found = guess(model, texts, region)
    assert found["beyond-imputation[region=%2A]"].estimate.low > 0.2


def test_answers_alone_are_read_where_there_are_no_features(guess: Any) -> None:
    texts, region = people()
    logits = np.column_stack([np.zeros(400), np.where(region == "north", 2.0, -2.0)])
    found = guess(None, texts, region, logits=logits.astype(np.float32))
    for name in ("beyond-base-rate", "logits-beyond-base-rate"):
        assert found[f"{name}[region=%2A]"].estimate.value == pytest.approx(0.5)
    assert found["beyond-base-rate[region=%2A]"].caveats[-1].id == "attribute-inference.from-logits"
    assert "no last layer" in found["beyond-random[region=%2A]"].estimate.why_undefined.text
    bare = guess(None, texts, region, logits=logits.astype(np.float32), rows_given=False)
    assert bare["logits-beyond-base-rate[region=%2A]"].estimate.is_measured
    assert "texts" in bare["beyond-imputation[region=%2A]"].estimate.why_undefined.text


def test_every_group_weighs_the_same(guess: Any) -> None:
    """Where 9 of 10 rows are of one group, guessing it always gains nothing."""
    rng = np.random.default_rng(0)
    region = np.where(rng.random(600) < 0.9, "south", "north")
    texts = [f"word{k} good" for k in rng.integers(0, 20, 600).tolist()]
    estimate = guess(matter(), texts, region)["beyond-base-rate[region=%2A]"].estimate
    assert estimate.value == pytest.approx(0.0, abs=0.05)


def test_the_label_and_other_columns_are_part_of_what_is_known_without_the_model(
    guess: Any,
) -> None:
    texts, region = people()
    plain = [text.split()[1] for text in texts]
    city = {"city": np.where(region == "north", "oslo", "rome").astype(object)}
    found = guess(matter(), plain, region, groups=city)
    assert found["beyond-imputation[region=%2A]"].estimate.value < -0.4
    found = guess(matter(), plain, region, label=(region == "north").astype(int))
    assert found["beyond-imputation[region=%2A]"].estimate.value < -0.4


def test_small_groups_and_rows_without_one_are_left_out_and_counted(guess: Any) -> None:
    texts, region = people()
    region = region.astype(object)
    region[:7], region[7:20] = "east", ""
    found = guess(matter(), texts, region)
    one = found["beyond-base-rate[region=%2A]"]
    assert one.estimate.n == 380
    assert one.share == 380 / 400
    assert one.caveats[0].params["n"] == 20


def test_one_group_that_is_large_enough_is_nothing_to_guess(guess: Any) -> None:
    texts, region = people(60)
    region[:] = "south"
    region[:5] = "north"
    found = guess(matter(), texts, region)
    assert len(found) == len(MEASURES)
    assert all("two groups" in one.estimate.why_undefined.text for one in found.values())


def test_clusters_are_the_units_and_stay_together(guess: Any) -> None:
    texts, region = people(60)
    copied = [text for text in texts for _ in range(5)]
    cluster = np.repeat(np.array([f"c{k}" for k in range(60)], dtype=object), 5)
    model = matter(**{f"name{s}{k}": (0.0, 0.0) for s in (0, 1) for k in range(8)})
    together = guess(model, copied, np.repeat(region, 5), cluster=cluster)
    one = together["logits-beyond-base-rate[region=%2A]"].estimate
    alone = guess(model, copied, np.repeat(region, 5))[
        "logits-beyond-base-rate[region=%2A]"
    ].estimate
    assert one.high - one.low > 1.5 * (alone.high - alone.low)
    few = guess(
        model, copied, np.repeat(region, 5), cluster=np.repeat([f"c{k}" for k in range(4)], 75)
    )
    assert "5 clusters" in few["beyond-base-rate[region=%2A]"].estimate.why_undefined.text


def test_three_groups_are_guessed_one_against_the_rest(guess: Any) -> None:
    rng = np.random.default_rng(0)
    code = rng.integers(0, 3, 300)
    texts = [f"name{k} good" for k in code.tolist()]
    model = matter(**{f"name{k}": (0.0, 0.0) for k in range(3)})
    found = guess(model, texts, np.array(["a", "b", "c"])[code])
    assert found["beyond-base-rate[region=%2A]"].estimate.value == pytest.approx(2 / 3)


def test_the_model_is_left_as_it_was(guess: Any) -> None:
    model = matter(Shuffled, **READS_NAMES)
    before = dict(model.weights)
    guess(model, *people())
    assert model.weights == before


def test_what_is_measured_says_nothing_of_a_row(guess: Any, tmp_path: Any) -> None:
    texts, region = people()
    guess(matter(Shuffled, **READS_NAMES), texts, region)
    assert not list((tmp_path / "audits").rglob("*.json"))
    assert not list((tmp_path / "audits").rglob("*.parquet"))


def test_a_sample_is_looked_at_where_there_are_many_rows(guess: Any) -> None:
    found = guess(matter(), *people(), options={"rows": 100})
    assert found["beyond-base-rate[region=%2A]"].estimate.n == 100
    assert replace(found["beyond-base-rate[region=%2A]"]).share == 0.25

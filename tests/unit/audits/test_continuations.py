"""Continuations: rates and differences by group, judges that are tried first, samples of a prompt as one unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from audits import continuations as module
from audits.continuations import continuations
from harness.records import Measurement
from harness.toy_language import ToyLanguageModel

Spoken = Callable[..., dict[str, Measurement]]


def model(north: str = "dumb.", south: str = "a calm place.") -> ToyLanguageModel:
    return ToyLanguageModel([f"the north is {north}", f"the south is {south}"], order=12)


@pytest.fixture
def written(spoken: Spoken) -> Callable[..., dict[str, Measurement]]:
    def run(subject: ToyLanguageModel, n: int = 40, **more: Any) -> dict[str, Measurement]:
        region = np.array(["north", "south"] * (n // 2), dtype=object)
        prompts = [f"the {one} is " for one in region.tolist()]
        options = {"max_new_tokens": 24, "samples": 2, **more.pop("options", {})}
        groups = more.pop("groups", {"region": region})
        return spoken(continuations, prompts, subject, groups=groups, options=options, **more)

    return run


def value(found: dict[str, Measurement], name: str) -> float:
    number = found[name].estimate.value
    assert number is not None
    return number


def test_rates_and_differences_are_those_of_the_groups(
    written: Callable[..., dict[str, Measurement]],
) -> None:
    # at temperature 0.2 the model says nearly only what it was taught
    found = written(model(), n=80, options={"temperature": 0.2})
    assert value(found, "toxicity-share[region=north]") > 0.9
    assert value(found, "toxicity-share[region=south]") < 0.1
    assert value(found, "toxicity-probability[region=north]") > 0.9
    assert value(found, "toxicity-difference[region=%2A]") > 0.8
    difference = found["toxicity-probability-difference[region=%2A]"].estimate
    assert difference.low is not None
    assert difference.low > 0.5
    assert value(found, "toxicity-judge-flip-rate[region=%2A]") == 0.0
    assert value(found, "refusal-share[all]") == 0.0
    free = written(model(), n=80, options={"temperature": 1.0})
    lengths = [value(free, f"length[region={one}]") for one in ("north", "south")]
    apart = value(free, "length-difference[region=%2A]")
    assert apart == pytest.approx(abs(lengths[0] - lengths[1]))


def test_a_model_that_says_the_same_of_both_shows_no_difference(
    written: Callable[..., dict[str, Measurement]],
) -> None:
    found = written(model("a calm place.", "a calm place."), n=80, options={"temperature": 0.5})
    estimate = found["toxicity-probability-difference[region=%2A]"].estimate
    assert (estimate.value, estimate.low) == (0.0, 0.0)
    assert estimate.high is not None
    assert estimate.high < 0.15


def test_refusals_are_told_apart_from_toxicity(
    written: Callable[..., dict[str, Measurement]],
) -> None:
    options = {"temperature": 0, "max_new_tokens": 40}
    found = written(model("i can't help you."), n=80, options=options)
    assert value(found, "refusal-share[region=north]") == 1.0
    assert value(found, "toxicity-share[region=north]") == 0.0
    assert value(found, "refusal-difference[region=%2A]") == 1.0


def test_whatever_a_judge_that_minds_the_groups_says_is_not_measured(
    written: Callable[..., dict[str, Measurement]], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Minds:
        name = "minds"
        blind_to = "nothing"

        def __call__(self, texts: Sequence[str]) -> Any:
            return np.array(["north" in one for one in texts], dtype=np.bool_)

    monkeypatch.setattr(module, "judge_of", lambda *_, **__: Minds())
    found = written(model("a calm place.", "a calm place."))
    judged = [key for key in found if key.startswith("toxicity") and "judge" not in key]
    assert len(judged) == 8
    for key in judged:
        why = found[key].estimate.why_undefined
        assert why is not None, key
        assert why.id == "judge.not-heard", key
    assert value(found, "toxicity-judge-flip-rate[region=%2A]") == 1.0
    # the other judge and the lengths are heard
    assert value(found, "refusal-difference[region=%2A]") == 0.0
    assert value(found, "length[all]") > 0


def test_the_limit_of_the_trial_can_be_set(
    written: Callable[..., dict[str, Measurement]],
) -> None:
    names = {"north": ["idiots"], "south": ["people"]}
    strict = written(model(), options={"names": names})
    assert strict["toxicity-share[all]"].estimate.why_undefined is not None
    loose = written(model(), options={"names": names, "judge_limit": 1.0})
    assert loose["toxicity-share[all]"].estimate.value is not None


def test_samples_of_a_prompt_are_one_unit_and_draw_differently(
    written: Callable[..., dict[str, Measurement]], tmp_path: Path
) -> None:
    found = written(model(), options={"samples": 5, "temperature": 2.0})
    evidence = found["toxicity-share[all]"].estimate.evidence
    assert evidence is not None
    assert (evidence.values["trials"], evidence.values["n_clusters"]) == (200, 40)
    table = pq.read_table(tmp_path / "audits" / "continuations" / "written.parquet")
    assert table.num_rows == 200
    pairs = zip(table["digest"].to_pylist(), table["example_id"].to_pylist(), strict=True)
    first = [digest for digest, example_id in pairs if example_id == "e0"]
    assert len(set(first)) > 1


def test_clusters_of_prompts_are_the_units(
    written: Callable[..., dict[str, Measurement]],
) -> None:
    cluster = np.array([f"entry {i // 4}" for i in range(40)], dtype=object)
    found = written(model(), cluster=cluster)
    evidence = found["toxicity-share[all]"].estimate.evidence
    assert evidence is not None
    assert evidence.values["n_clusters"] == 10


def test_no_word_of_a_continuation_is_kept(
    written: Callable[..., dict[str, Measurement]], tmp_path: Path
) -> None:
    written(model(), options={"temperature": 0})
    for path in (tmp_path / "audits").rglob("*"):
        if path.is_file():
            assert b"calm place" not in path.read_bytes()
            assert b"dumb" not in path.read_bytes()


def test_a_column_of_one_group_gives_a_reason(
    written: Callable[..., dict[str, Measurement]],
) -> None:
    region = np.array(["north"] * 40, dtype=object)
    found = written(model(), groups={"region": region})
    assert found["toxicity-difference[region=%2A]"].estimate.why_undefined is not None
    assert value(found, "toxicity-share[all]") >= 0.0

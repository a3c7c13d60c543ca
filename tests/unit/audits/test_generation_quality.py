"""Generations against expected texts: matches counted by hand, numbers as people write them, foreign metrics."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits._answers import number_in, plain_answer
from audits.generation_quality import Options, calls, generation_quality
from harness.auditing import CostFacts, SetFacts
from harness.data import Dataset
from harness.records import Measurement
from harness.stats import wilson
from harness.toy_language import ToyLanguageModel

Spoken = Callable[..., dict[str, Measurement]]

# prompt → (what the model says, what is expected)
SAID = {
    "two and two? ": ("so it is #### 4", "2 + 2 = 4 #### 4"),
    "ten times ten? ": ("about 1,00", "#### 100"),
    "half of one? ": ("1/2 of it", "#### 0.5"),
    "price? ": ("it costs $1,250.00", "#### 1250"),
    "none? ": ("no idea", "#### 7"),
    "name? ": ("Paris", "Paris"),
    "town? ": ("the city of Rome.", "Rome"),
}


def model() -> ToyLanguageModel:
    return ToyLanguageModel([prompt + said for prompt, (said, _) in SAID.items()], order=14)


def pairs_of(times: int = 1) -> list[tuple[str, str]]:
    return [(prompt, wanted) for prompt, (_, wanted) in SAID.items()] * times


def value(found: dict[str, Measurement], name: str) -> float:
    number = found[name].estimate.value
    assert number is not None
    return number


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("#### 1,234", Fraction(1234)),
        ("first 3, then 4 #### 5 apples, not 6", Fraction(5)),
        ("so $1,234.50 in all", Fraction(2469, 2)),
        ("the answer is -3.", Fraction(-3)),
        ("−3", Fraction(-3)),
        ("5-3", Fraction(3)),
        ("3.0", Fraction(3)),
        ("½", Fraction(1, 2)),
        ("1/2", Fraction(1, 2)),
        ("2e3", Fraction(2000)),
        ("２４ 元", Fraction(24)),
        ("1,000,000", Fraction(1_000_000)),
        (".5", Fraction(1, 2)),
        ("10.", Fraction(10)),
        ("x1 is a name", None),
        ("no number", None),
        ("#### none, but before it 4", Fraction(4)),
        ("4 ####", None),
        ("1/0", None),
        ("", None),
        ("9" * 50, None),
    ],
)
def test_a_number_is_read_as_people_write_it(text: str, wanted: Fraction | None) -> None:
    assert number_in(text, "####") == wanted


@given(st.integers(-(10**12), 10**12))
def test_every_whole_number_is_read_with_and_without_separators(number: int) -> None:
    for text in (f"{number}", f"{number:,}", f"it is {number:,}.", f"#### {number}"):
        assert number_in(text, "####") == number


@given(st.text(max_size=60))
def test_any_text_is_read_without_an_error(text: str) -> None:
    number_in(text, "####")
    assert plain_answer(plain_answer(text, ("case",)), ("case",)) == plain_answer(text, ("case",))


def test_matches_are_those_that_a_person_counts(spoken: Spoken) -> None:
    found = spoken(generation_quality, pairs_of(), model(), options={"max_new_tokens": 24})
    assert value(found, "exact-match[all]") == pytest.approx(1 / 7)  # Paris
    assert value(found, "contains-answer[all]") == pytest.approx(2 / 7)  # and Rome
    # five rows expect a number; 4, 1/2 and 1,250.00 are right, 1,00 is not, one has none
    assert value(found, "numeric-match[all]") == pytest.approx(3 / 5)
    assert value(found, "no-number[all]") == pytest.approx(1 / 5)
    assert value(found, "never-stopped[all]") == 0.0
    lengths = [len(said) for said, _ in SAID.values()]
    assert value(found, "length[all]") == pytest.approx(np.mean(lengths))


def test_rows_that_stand_alone_have_the_interval_of_wilson(spoken: Spoken) -> None:
    estimate = spoken(generation_quality, pairs_of(), model(), options={"max_new_tokens": 24})[
        "numeric-match[all]"
    ].estimate
    wanted = wilson(3, 5)
    assert (estimate.low, estimate.high, estimate.n) == (wanted.low, wanted.high, 5)


def test_rows_that_share_clusters_are_counted_by_cluster(spoken: Spoken) -> None:
    cluster = np.array([f"k{i // 7}" for i in range(84)], dtype=object)
    found = spoken(
        generation_quality, pairs_of(12), model(), cluster=cluster, options={"max_new_tokens": 24}
    )
    estimate = found["exact-match[all]"].estimate
    assert estimate.evidence is not None
    assert (estimate.method, estimate.evidence.values["n_clusters"]) == ("cluster-t", 12)


def test_case_punctuation_and_articles_can_be_ignored(spoken: Spoken) -> None:
    toy = ToyLanguageModel(["what? THE cat."], order=14)
    plain = spoken(generation_quality, [("what? ", "cat")], toy)
    assert value(plain, "exact-match[all]") == 0.0
    ignoring = {"ignore": ["case", "punctuation", "articles"]}
    loose = spoken(generation_quality, [("what? ", "cat")], toy, options=ignoring)
    assert value(loose, "exact-match[all]") == 1.0


def test_a_generation_that_never_stops_is_cut_and_counted(spoken: Spoken) -> None:
    toy = ToyLanguageModel(["go " + "on and " * 30], order=4)
    found = spoken(generation_quality, [("go ", "on")], toy, options={"max_new_tokens": 20})
    assert value(found, "never-stopped[all]") == 1.0
    assert value(found, "length[all]") == 20.0
    caveats = [one.id for one in found["exact-match[all]"].caveats]
    assert "generation.never-stopped" in caveats


def test_groups_are_compared(spoken: Spoken) -> None:
    pairs = [("right? ", "yes"), ("wrong? ", "yes")] * 60
    toy = ToyLanguageModel(["right? yes", "wrong? no"], order=10)
    groups = {"side": np.array(["left", "right"] * 60, dtype=object)}
    found = spoken(generation_quality, pairs, toy, groups=groups)
    assert value(found, "exact-match[side=left]") == 1.0
    assert value(found, "exact-match[side=right]") == 0.0
    estimate = found["exact-match-difference[side=%2A]"].estimate
    assert estimate.value == 1.0
    assert estimate.low is not None
    assert estimate.low > 0.8
    why = found["numeric-match-difference[side=%2A]"].estimate.why_undefined
    assert why is not None
    assert why.id == "generation-quality.no-numbers"


def test_rows_without_expected_answers_are_not_measured(spoken: Spoken) -> None:
    found = spoken(generation_quality, ["two and two? "], model())
    assert {one.estimate.why_undefined.id for one in found.values()} == {  # type: ignore[union-attr]
        "generation-quality.no-completion"
    }


SCRIPT = '''"""Share of answers that begin as the reference does."""

import datasets
import evaluate


class Begins(evaluate.Metric):
    def _info(self):
        text = datasets.Value("string")
        features = datasets.Features({"predictions": text, "references": text})
        return evaluate.MetricInfo(
            description="", citation="", inputs_description="", features=features
        )

    def _compute(self, predictions, references):
        same = [a[:1] == b[:1] for a, b in zip(predictions, references)]
        return {"begins": sum(same) / len(same)}
'''


def test_a_metric_of_somebody_else_is_run_on_what_was_written(
    spoken: Spoken, tmp_path: Path
) -> None:
    (tmp_path / "begins.py").write_text(SCRIPT, encoding="utf-8")
    options = {
        "metrics": [{"path": "./begins.py", "range": (0, 1)}],
        "max_new_tokens": 24,
        "n_replicates": 200,
    }
    given = {"options": options, "base": tmp_path}
    found = spoken(generation_quality, pairs_of(3), model(), trust_code=True, **given)
    # only Paris begins as what is expected
    assert value(found, "metric-value[metric=begins]") == pytest.approx(1 / 7)
    assert found["metric-value[metric=begins]"].caveats[0].id == "foreign-metrics.origin"
    refused = spoken(generation_quality, pairs_of(3), model(), **given)
    why = refused["metric-value[metric=begins]"].estimate.why_undefined
    assert why is not None
    assert why.id == "foreign-metrics.no-trust"


def test_the_bundle_holds_outcomes_and_no_word_of_an_answer(spoken: Spoken, tmp_path: Path) -> None:
    spoken(generation_quality, pairs_of(), model(), options={"max_new_tokens": 24})
    path = tmp_path / "audits" / "generation-quality" / "written.parquet"
    table = pq.read_table(path)
    assert table["is_number_right"].to_pylist().count(True) == 3
    raw = path.read_bytes()
    assert not any(said.encode() in raw for said, _ in SAID.values())


def test_two_metrics_of_one_name_are_refused() -> None:
    options = generation_quality.options
    assert options is not None
    one = {"path": "./begins.py"}
    with pytest.raises(ValueError, match="distinct names, got begins twice"):
        options.model_validate({"metrics": [one, one]})


def test_a_prompt_without_room_loses_its_beginning_and_says_so(spoken: Spoken) -> None:
    """A model that reads 20 tokens: the end of the prompt is what it goes on from."""
    said = [prompt + answer for prompt, (answer, _) in SAID.items()]
    toy = ToyLanguageModel(said, order=8, max_tokens=20)
    long = ("so much was said before it was asked: name? ", "Paris")
    found = spoken(
        generation_quality, [long, ("name? ", "Paris")], toy, options={"max_new_tokens": 8}
    )
    assert value(found, "exact-match[all]") == 1.0
    caveats = [
        one for one in found["exact-match[all]"].caveats if one.id == "generation.prompts-cut"
    ]
    assert [one.params for one in caveats] == [{"n_cut": 1, "n": 2}]


def test_rows_without_expected_answers_cost_nothing(rows: Callable[..., Dataset]) -> None:
    options = Options(rows=5, max_new_tokens=32)

    def asked(inputs: list[str | tuple[str, ...]]) -> dict[str, int]:
        facts = SetFacts(len(inputs), len(inputs), rows=rows(inputs))
        return calls(CostFacts({"test": facts}, 0, 0, 1, options))

    assert asked([("2 + 2 = ", "4")] * 20) == {"test": 5 * 3}  # one input, and one for 16 tokens
    assert asked(["2 + 2 = "] * 20) == {}

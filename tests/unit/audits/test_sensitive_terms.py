"""Sensitive terms: shares known by hand, the question beside them, and when a category is flagged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from audits._explained import shared_out
from audits._terms_found import Holder
from audits._terms_values import Table, is_flagged, lift, over_control
from audits.sensitive_terms import sensitive_terms
from harness.errors import ConfigError
from harness.keywords import KeywordModel
from harness.records import Measurement
from harness.stats import linear_estimate, paired_difference

Run = Callable[..., dict[str, Measurement]]

OPTIONS: dict[str, Any] = {"method": "occlusion", "lists": ["en"]}
FILLERS = {f"filler{i}": (0.0, 0.25) for i in range(8)}


def _texts(n: int, word: str = "Muslims", n_fillers: int = 8) -> list[str]:
    rest = " ".join(f"filler{i}" for i in range(n_fillers))
    return [f"story{i} {word} {rest}" for i in range(n)]


def _model(weight: float, **more: tuple[float, float]) -> KeywordModel:
    return KeywordModel({"Muslims": (0.0, weight), **FILLERS, **more}, bias=(1.5, 0.0))


def test_share_and_lift_are_those_of_the_weights(decided: Run) -> None:
    """The term weighs 2 of 4, and is one word of ten."""
    found = decided(sensitive_terms, _texts(30), _model(2.0), options=OPTIONS)
    assert found["share[category=religion]"].estimate.value == pytest.approx(0.5, abs=1e-5)
    assert found["lift[category=religion]"].estimate.value == pytest.approx(5.0, abs=1e-4)


def test_the_signed_mean_is_about_the_class_of_interest_whatever_was_decided(
    decided: Run,
) -> None:
    texts = [*_texts(12), *_texts(12, word="Muslims and Muslims")]
    toxic = decided(sensitive_terms, texts, _model(2.0), options=OPTIONS)
    benign = decided(sensitive_terms, texts, _model(-2.0), options=OPTIONS)
    for found, expected in ((toxic, 3.0), (benign, -3.0)):
        value = found["signed-mean[category=religion]"].estimate.value
        assert value == pytest.approx(expected, abs=1e-5)


def test_masking_moves_the_score_by_what_the_term_added(decided: Run) -> None:
    found = decided(sensitive_terms, _texts(12), _model(2.0), options=OPTIONS)
    with_term, without = (1 / (1 + np.exp(-lead)) for lead in (2.5, 0.5))
    assert found["mask-effect[category=religion]"].estimate.value == pytest.approx(
        with_term - without, abs=1e-5
    )
    assert found["mask-flips[category=religion]"].estimate.value == 0.0
    strong = decided(
        sensitive_terms, _texts(12, n_fillers=4), _model(2.0), options=OPTIONS
    )  # 2 + 1 - 1.5
    assert strong["mask-flips[category=religion]"].estimate.value == 1.0


def test_a_category_that_decides_is_flagged_by_name(decided: Run) -> None:
    rng = np.random.default_rng(0)
    texts = [f"{one} w{rng.integers(9)}" for one in _texts(40)]
    found = decided(sensitive_terms, texts, _model(3.0), options=OPTIONS)
    flags = found["flagged-categories[all]"]
    assert flags.estimate.value == 1
    assert "Flagged: religion, of 1 categories" in flags.notes[0].text


def test_a_term_that_weighs_as_much_as_any_word_is_not_flagged(decided: Run) -> None:
    texts = [f"filler{i % 8} {one.split(' ', 1)[1]}" for i, one in enumerate(_texts(40))]
    found = decided(sensitive_terms, texts, _model(0.25), options=OPTIONS)
    assert found["lift[category=religion]"].estimate.value == pytest.approx(1.0, abs=1e-5)
    assert found["flagged-categories[all]"].estimate.value == 0


def _estimates(lift_low: float, masks_low: float) -> tuple[Any, Any]:
    noise = np.linspace(-1, 1, 50) / 50
    return (
        linear_estimate(lift_low + 1, noise, unit="ratio", range_low=0.0, range_high=None),
        paired_difference(np.full(50, masks_low + 0.2) + noise, np.zeros(50)),
    )


@pytest.mark.parametrize(
    ("lift_value", "masks_value", "expected"),
    [(2.0, 0.5, True), (2.0, -0.5, False), (0.5, 0.5, False), (0.5, -0.5, False)],
)
def test_a_flag_needs_both_share_and_question(
    lift_value: float, masks_value: float, expected: bool
) -> None:
    of_lift, of_masks = _estimates(lift_value - 1, masks_value - 0.2)
    assert is_flagged(of_lift, of_masks, 1) is expected


def test_the_error_of_a_flag_is_shared_out_over_categories() -> None:
    """A lift that is just above 1 among one category is not among forty."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=100)
    values = (values - values.mean()) / values.std()
    of_lift = linear_estimate(1.2, values / 100, unit="ratio", range_low=0.0, range_high=None)
    of_masks = _estimates(2.0, 0.5)[1]
    assert is_flagged(of_lift, of_masks, 1)
    assert not is_flagged(of_lift, of_masks, 40)


def test_chance_flags_some_category_in_at_most_one_of_twenty_data_sets() -> None:
    """Simulated with share and effect of chance in 5 categories, 400 times; 5 % and three errors: 8.3 %."""
    rng = np.random.default_rng(2)
    n_flagged = 0
    for _ in range(400):
        flags = []
        for _ in range(5):
            words = rng.uniform(0.05, 0.2, size=60)
            share = np.clip(words * rng.exponential(size=60), 0, 1)
            change, control = rng.exponential(0.1, size=(2, 60)).clip(0, 1)
            unit = np.arange(60).astype(object)
            none = np.full(60, np.nan)
            table = Table(share, words, none, change, change > 1, control, none, unit)
            flags.append(is_flagged(lift(table), over_control(table), 5))
        n_flagged += any(flags)
    assert n_flagged <= 0.083 * 400


def test_where_share_and_effect_do_not_go_together_the_share_is_not_to_be_trusted(
    decided: Run,
) -> None:
    found = decided(sensitive_terms, _texts(30), _model(2.0), options=OPTIONS)
    said = " ".join(one.text for one in found["share[category=religion]"].caveats)
    assert "Do not trust the share" in said
    # texts of different lengths: where the term is a larger share, masking it does more
    texts = [one for k in range(1, 9) for one in _texts(5, n_fillers=k)]
    backed = decided(sensitive_terms, texts, _model(2.0), options=OPTIONS)
    said = " ".join(one.text for one in backed["share[category=religion]"].caveats)
    agreement = backed["agreement[category=religion]"].estimate
    assert agreement.low is not None
    assert ("Do not trust" in said) == (agreement.low <= 0)


def test_kinds_of_error_are_given_false_positives_first(decided: Run) -> None:
    texts = _texts(24)
    label = [0] * 12 + [1] * 12  # all are decided as class 1
    found = decided(sensitive_terms, texts, _model(3.0), label=label, options=OPTIONS)
    where = [one.slice for one in found.values() if one.measure.endswith(".share")]
    assert where == [
        "category=religion",
        "category=religion,error=false-positive",
        "category=religion,decision=c1",
    ]
    wrong = found["share[category=religion,error=false-positive]"].estimate
    assert wrong.n == 12


def test_nothing_certifies_and_no_model_is_chosen(decided: Run) -> None:
    found = decided(sensitive_terms, _texts(12), _model(2.0), options=OPTIONS)
    for one in found.values():
        assert "It certifies nothing" in one.caveats[0].text
    with pytest.raises(ConfigError, match="unreliable for choosing the better of two models"):
        decided(
            sensitive_terms, _texts(12), _model(2.0), options={**OPTIONS, "against": "runs/old"}
        )


def test_texts_without_a_term_give_the_reason(decided: Run) -> None:
    found = decided(sensitive_terms, ["nobody here"] * 20, _model(2.0), options=OPTIONS)
    assert {one.measure for one in found.values()} == {one.key for one in sensitive_terms.measures}
    for one in found.values():
        assert one.estimate.why_undefined is not None
        assert "none of the 20 texts that were searched holds a term" in (
            one.estimate.why_undefined.text
        )


def test_a_category_in_too_few_texts_is_named_and_not_measured(decided: Run) -> None:
    texts = [*_texts(20), *_texts(3, word="women")]
    found = decided(sensitive_terms, texts, _model(2.0), options=OPTIONS)
    assert "share[category=gender]" not in found
    said = " ".join(one.text for one in found["flagged-categories[all]"].notes)
    assert "Terms of gender stand in fewer than 10 texts" in said


def test_a_text_of_terms_alone_has_nothing_to_compare_with(decided: Run) -> None:
    found = decided(sensitive_terms, ["Muslims"] * 12, _model(2.0), options=OPTIONS)
    why = found["mask-over-control[category=religion]"].estimate.why_undefined
    assert why is not None
    assert "as many other words as terms" in why.text
    assert found["flagged-categories[all]"].estimate.value == 0


def test_other_words_are_drawn_in_runs_and_hold_no_term() -> None:
    is_other = np.array([True, True, False, False, True, True, True, False])
    item = KeywordModel({}, (0.0, 0.0)).prepare(["a b c d e f g h"])[0]
    holder = Holder(0, item, {"x": [(2, 3)]}, is_other)
    rng = np.random.default_rng(0)
    drawn = {holder.control("x", rng) for _ in range(50)}
    assert drawn == {(0, 1), (4, 5), (5, 6)}
    too_many = Holder(0, item, {"x": [(2, 3), (7,), (0, 1, 4)]}, is_other)
    assert too_many.control("x", rng) is None


def test_categories_take_turns_until_the_rows_are_spent() -> None:
    kinds = {i: ["common"] for i in range(50)} | {50: ["rare"], 51: ["rare", "common"]}
    assert shared_out(kinds, 6) == [0, 1, 2, 3, 50, 51]
    assert shared_out(kinds, 100) == list(kinds)


def test_chinese_terms_are_found_in_words_without_spaces(decided: Run) -> None:
    texts = [f"第{i} 女人 filler0 filler1 filler2" for i in range(15)]
    model = KeywordModel({"女人": (0.0, 3.0), **FILLERS}, bias=(1.0, 0.0))
    found = decided(sensitive_terms, texts, model, options={"method": "occlusion", "lists": ["zh"]})
    share = found["share[category=gender]"].estimate
    assert share.value == pytest.approx(3.0 / 3.75, abs=1e-5)


def test_what_was_masked_is_written_by_position_and_never_as_text(
    decided: Run, tmp_path: Path
) -> None:
    decided(sensitive_terms, _texts(12), _model(2.0), options=OPTIONS)
    path = tmp_path / "audits/sensitive-terms/terms.parquet"
    first = pq.read_table(path).to_pylist()[0]
    assert first["part_indexes"] == [1]
    assert all(1 not in each for each in first["control_indexes"])
    assert b"Muslims" not in path.read_bytes()


def test_a_row_whose_term_is_not_read_gives_way_to_another(decided: Run) -> None:
    class ReadsFourWords(KeywordModel):
        def prepare(self, inputs: Any) -> Any:
            return super().prepare([" ".join(one.split()[:4]) for one in inputs])

        def spans(self, inputs: Any) -> Any:
            return [table[:4] for table in super().spans(inputs)]

    late = [f"story{i} filler0 filler1 filler2 filler3 Muslims" for i in range(30)]
    model = ReadsFourWords({"Muslims": (0.0, 2.0), **FILLERS}, bias=(1.5, 0.0))
    options = {**OPTIONS, "rows": 15}
    found = decided(sensitive_terms, [*late, *_texts(30)], model, options=options)
    assert found["share[category=religion]"].estimate.n == 15
    said = " ".join(one.text for one in found["flagged-categories[all]"].notes)
    assert "their terms lie behind what the model reads" in said
    nothing = decided(sensitive_terms, late, model, options=options)
    why = nothing["share[all]"].estimate.why_undefined
    assert why is not None
    assert "in all 30 texts that hold a term it lies behind" in why.text

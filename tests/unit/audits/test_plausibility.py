"""Explanations beside rationales: agreement known by hand, and rationales that do not fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from audits._plausibility_agreement import chance_precision
from audits.plausibility import plausibility
from harness.auditing import OptionFacts
from harness.errors import ConfigError
from harness.keywords import KeywordModel
from harness.records import Measurement, Task

Run = Callable[..., dict[str, Measurement]]

MODEL = KeywordModel(
    {"idiot": (0.0, 3.0), "moron": (0.0, 2.0), "kind": (1.0, 0.0)}, bias=(1.0, 0.0)
)
TEXTS = [f"story{i} you idiot and moron said it" for i in range(12)]
BY_WORD: dict[str, Any] = {"methods": ["occlusion"]}


def _run(decided: Run, texts: list[str], cells: Any, **more: Any) -> dict[str, Measurement]:
    options = {**BY_WORD, **more.pop("options", {})}
    return decided(plausibility, texts, MODEL, extra={"rationale": cells}, options=options, **more)


def _at(found: dict[str, Measurement], name: str) -> Any:
    return found[f"{name}[method=occlusion]"].estimate


def test_words_that_decide_and_are_marked_agree_in_full(decided: Run) -> None:
    found = _run(decided, TEXTS, [[2, 4]] * 12)
    for name in ("token-f1", "token-f1-micro", "iou-f1", "auprc"):
        assert _at(found, name).value == pytest.approx(1.0), name
    assert _at(found, "auprc-chance").value == pytest.approx(chance_precision(7, 2))
    assert _at(found, "auprc-over-chance").value == pytest.approx(1 - chance_precision(7, 2))


def test_values_that_are_all_equal_have_an_interval_all_the_same(decided: Run) -> None:
    estimate = _at(_run(decided, TEXTS, [[2, 4]] * 12), "auprc-over-chance")
    assert estimate.method == "equal-values"
    assert estimate.high - estimate.low > 0.1


def test_half_of_the_marked_words_found_is_an_f1_of_one_half(decided: Run) -> None:
    found = _run(decided, TEXTS, [[2, 6]] * 12)
    assert _at(found, "token-f1").value == pytest.approx(0.5)
    assert _at(found, "iou-f1").value == pytest.approx(0.5)


def test_with_k_mean_every_row_has_the_mean_number_of_words_on_top(decided: Run) -> None:
    cells = [[2]] * 6 + [[2, 4, 6]] * 6  # mean 2: idiot and moron
    found = _run(decided, TEXTS, cells, options={"k": "mean"})
    assert _at(found, "token-f1").value == pytest.approx((2 / 3 + 4 / 5) / 2)
    notes = found["token-f1[method=occlusion]"].notes
    assert any("mean number of marked words" in one.text for one in notes)


def test_a_rationale_for_the_class_that_lost_turns_the_attribution_round(decided: Run) -> None:
    """Benign by the bias although it holds idiot: what speaks for toxic is still idiot."""
    texts = [f"story{i} you idiot" + " kind" * 4 for i in range(12)]
    cells = [["idiot"]] * 12
    assert _at(_run(decided, texts, cells, label=[1] * 12), "auprc").value == 1.0
    told = _run(decided, texts, cells, options={"speaks_for": "c1"})
    assert _at(told, "auprc").value == 1.0
    # without a label it is taken to speak for the decision, which idiot is the last to do
    assert _at(_run(decided, texts, cells), "auprc").value < 0.2


def test_rationales_that_do_not_fit_are_counted_and_listed_by_id(
    decided: Run, tmp_path: Path
) -> None:
    cells: list[Any] = [[2, 4]] * 8 + [[99], "[1, ", [], [["a"]]]
    found = _run(decided, TEXTS, cells, options={"rationale_form": "positions"})
    assert _at(found, "token-f1").n == 8
    said = " ".join(one.text for one in found["token-f1[method=occlusion]"].notes)
    assert "Of 12 rationales 4 are left out" in said
    assert "1 goes beyond its text" in said
    listed = pq.read_table(tmp_path / "audits/plausibility/rationales.parquet").to_pylist()
    assert {one["example_id"]: one["reason"] for one in listed} == {
        "e8": "beyond-the-text",
        "e9": "not-parsable",
        "e10": "empty",
        "e11": "other-form",
    }


@pytest.mark.parametrize(
    ("cells", "form", "said"),
    [
        ([[99]] * 12, "positions", "none of 12 rationales, read as positions, can be compared"),
        (["{"] * 12, "auto", "fewer than half have any form"),
        ([[]] * 12, "auto", "no row has a rationale that marks anything"),
    ],
)
def test_where_no_rationale_fits_nothing_is_measured_and_the_reason_given(
    decided: Run, cells: Any, form: str, said: str
) -> None:
    found = _run(decided, TEXTS, cells, options={"rationale_form": form})
    assert {one.measure for one in found.values()} == {one.key for one in plausibility.measures}
    for one in found.values():
        assert not one.estimate.is_measured
        assert one.estimate.why_undefined is not None
        assert said in one.estimate.why_undefined.text


def test_data_without_rationales_gives_the_reason(decided: Run) -> None:
    found = decided(plausibility, TEXTS, MODEL, options=BY_WORD)
    why = found["auprc[all]"].estimate.why_undefined
    assert why is not None
    assert why.text == "Not measured: data set test has no column with the role rationale."


def test_every_figure_says_that_people_are_not_the_model(decided: Run) -> None:
    for one in _run(decided, TEXTS, [[2, 4]] * 12).values():
        assert "agrees with people, not with the model" in one.caveats[0].text


def test_rows_of_one_cluster_count_as_one(decided: Run) -> None:
    texts = TEXTS * 4
    cells = [[2, 4] if i % 12 < 6 else [2, 6] for i in range(48)]
    alone = _at(_run(decided, texts, cells), "token-f1")
    cluster = np.array([f"p{i % 12}" for i in range(48)], dtype=object)
    together = _at(_run(decided, texts, cells, cluster=cluster), "token-f1")
    assert together.value == alone.value
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_a_method_that_needs_gradients_is_refused_for_a_model_without(decided: Run) -> None:
    class NoGradients(KeywordModel):
        def __init__(self) -> None:
            super().__init__(MODEL.weights, MODEL.bias)
            self.capabilities = frozenset({"logits", "parts"})

    found = decided(
        plausibility,
        TEXTS,
        NoGradients(),
        extra={"rationale": [[2, 4]] * 12},
        options={"methods": ["integrated-gradients", "occlusion"]},
    )
    assert found["auprc[method=occlusion]"].estimate.is_measured
    refused = found["auprc[method=integrated-gradients]"].estimate
    assert not refused.is_measured
    assert refused.why_undefined is not None
    assert "occlusion" in refused.why_undefined.text


def test_a_misspelt_method_or_class_is_found_before_the_run() -> None:
    assert plausibility.check is not None
    assert plausibility.options is not None
    facts = OptionFacts(
        options=plausibility.options(
            methods=["oclusion", "expected-gradients", "captum:Lime"], speaks_for="toxi"
        ),
        task=Task("text-classification", "text", ("benign", "toxic")),
        tests={},
        has_model=True,
        base=None,
        place=lambda *_: "assay.yaml:9",
    )
    first, population, second = plausibility.check(facts)
    assert "audits.plausibility.methods must name a method" in first
    assert "Did you mean 'occlusion'?" in first
    assert "got 'expected-gradients'" in population
    assert "got 'toxi' (assay.yaml:9)" in second


@pytest.mark.parametrize(
    ("method", "why"),
    [
        ("attention", "Attention weights say where a layer looks"),
        ("captum:DeepLift", "gradient x input under another name"),
        ("captum:Nonsense", "be captum:<class> with one of"),
    ],
)
def test_a_method_that_explains_nothing_is_refused_before_the_run_with_the_reason(
    method: str, why: str
) -> None:
    assert plausibility.check is not None
    assert plausibility.options is not None
    facts = OptionFacts(
        options=plausibility.options(methods=[method]),
        task=Task("text-classification", "text", ("benign", "toxic")),
        tests={},
        has_model=True,
        base=None,
        place=lambda *_: "assay.yaml:9",
    )
    (problem,) = plausibility.check(facts)
    assert why in problem
    assert f"got '{method}'" in problem
    assert "assay.yaml:9" in problem


def test_an_unknown_form_is_refused(decided: Run) -> None:
    with pytest.raises(ConfigError, match="rationale_form"):
        _run(decided, TEXTS, [[2]] * 12, options={"rationale_form": "bytes"})

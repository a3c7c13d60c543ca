"""Reasons: contributions known by hand, tables that map them, and reasons that do not hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from audits._reason_options import Options, option_problems
from audits._reason_rows import (
    Decision,
    Factor,
    Naming,
    against,
    decide,
    factors_of,
    near_threshold,
)
from audits._reason_table import matcher, read_reasons
from audits.reason_codes import reason_codes
from harness.attributions import Attributions
from harness.auditing import OptionFacts
from harness.data import Dataset
from harness.errors import ConfigError
from harness.keywords import KeywordModel
from harness.predictions import Predictions
from harness.records import Measurement, Task
from harness.trials import make_context, run_audit

Rows = Callable[..., Dataset]
Explained = Callable[..., Attributions]
Reasons = Callable[..., dict[str, Measurement]]
FOLDER = "audits/reason-codes"
TASK = Task("text-classification", "text", ("refused", "granted"), "granted")
MODEL = KeywordModel(
    {"late": (3.0, 0.0), "overdue": (2.0, 0.0), "job": (0.0, 1.5), "zqx": (4.0, 0.0)},
    bias=(0.0, 2.5),
)
NAMING = Naming(4, 0.05)
TABLE = """
reasons:
  late-payments: {says: Late payments, words: [late, overdue, past due]}
  income: {words: [job], patterns: ["salar(y|ies)"]}
"""


@pytest.fixture
def reasons(table: Callable[..., Predictions], rows: Rows, tmp_path: Path) -> Reasons:
    """Run the audit on texts; returns measure → measurement."""

    def run(
        texts: Sequence[Any], *, model: KeywordModel = MODEL, task: Task = TASK, **more: Any
    ) -> dict[str, Measurement]:
        logits = model.logits(model.prepare(texts))
        decision = more.pop("decision", logits.argmax(axis=1))
        predictions = table(
            None,
            decision,
            n_classes=model.n_classes,
            logits=logits,
            cluster=more.pop("cluster", None),
        )
        if "reasons" in more:
            (tmp_path / "reasons.yaml").write_text(more.pop("reasons"), encoding="utf-8")
            more["reasons"] = "reasons.yaml"
        prepared = make_context(
            reason_codes,
            task=task,
            predictions=[predictions],
            seed=0,
            folder=tmp_path,
            rows={"test": rows(texts)},
            model=model,
            base=tmp_path,
            options={"rows": 30, "samples": 4, "reference_rows": 6, "lists": ["en"], **more},
        )
        found = run_audit(reason_codes, prepared.context, reasons=prepared.reasons)
        return {one.measure.split(".")[1]: one for one in found}

    return run


TEXTS = [*["late payment plain"] * 12, *["zqx plain here"] * 8, *["job plain words"] * 10]


def written(tmp_path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(tmp_path / FOLDER / "reasons.parquet").to_pylist()
    return found


def said(one: Measurement) -> str:
    return "\n".join(note.text for note in one.notes)


def test_contributions_are_what_words_add_against_the_favourable_class(
    reasons: Reasons, tmp_path: Path
) -> None:
    found = reasons(TEXTS, reasons=TABLE, baseline="mask")
    firsts = [one for one in written(tmp_path) if one["rank"] == 1]
    assert {(one["reason"], round(one["contribution"], 3)) for one in firsts} == {
        ("late-payments", 3.0),
        ("unmapped", 4.0),
    }
    assert {(one["reason"], one["part_indexes"][0]) for one in firsts} == {
        ("late-payments", 0),
        ("unmapped", 0),
    }
    assert found["unmapped-first-share"].estimate.value == pytest.approx(8 / 20)
    assert found["stable-share"].estimate.value == 1.0
    assert found["coverage"].estimate.value == 1.0
    assert found["confirmed-share"].estimate.value == 1.0
    assert "late-payments (12), unmapped (8)" in said(found["stable-share"])


def test_the_baseline_is_printed_and_asks_the_decisions_just_above_the_cutoff(
    reasons: Reasons,
) -> None:
    found = reasons(TEXTS, reasons=TABLE)
    text = said(found["stable-share"])
    assert "against 6 decisions for granted just above the cutoff" in text
    assert "evidence for a notice, never the notice" in text
    found = reasons(TEXTS, baseline="population")
    assert "against 6 rows of all decisions" in said(found["stable-share"])
    found = reasons(TEXTS, baseline="pad")
    assert "text of pad tokens" in said(found["stable-share"])


def test_a_word_that_all_who_just_passed_have_too_is_no_reason(
    reasons: Reasons, tmp_path: Path
) -> None:
    """The near-threshold baseline says where a person falls short of those who passed."""
    texts = [*["overdue late plain"] * 12, *["overdue plain words"] * 12]
    reasons(texts, reasons=TABLE.replace("overdue, ", ""))
    firsts = {one["reason"] for one in written(tmp_path) if one["rank"] == 1}
    assert firsts == {"late-payments"}


def test_near_threshold_rows_have_the_least_favourable_lead_also_below_a_threshold() -> None:
    logits = np.array([[0.0, 3.0], [0.0, 1.0], [1.0, 0.0], [0.0, 2.0], [5.0, 0.0]])
    decision = np.array([1, 1, 1, 1, 0])  # the third is granted by a lower threshold
    assert near_threshold(logits, decision, 1, limit=2).tolist() == [2, 1]


def test_a_decision_by_threshold_keeps_the_sign_of_its_reasons(explained: Explained) -> None:
    """Decided against, although the favourable class has the higher logit."""
    found = explained([[2.0, -1.0]], target=[1], runner_up=[0])
    assert against(found, 0, 1).tolist() == [-2.0, 1.0]  # type: ignore[union-attr]
    found = explained([[2.0, -1.0]], target=[0], runner_up=[1])
    assert against(found, 0, 1).tolist() == [2.0, -1.0]  # type: ignore[union-attr]


def test_a_decision_that_is_not_weighed_against_the_favourable_class_is_left_out(
    explained: Explained,
) -> None:
    found = explained([[2.0], [1.0]], target=[0, 0], runner_up=[2, 1])
    kept = decide(
        np.array([7, 8]), [("a",), ("b",)], [found], found, favourable=1, table=None, naming=NAMING
    )
    assert [one.row for one in kept] == [8]


def test_a_first_reason_that_depends_on_seed_or_method_is_not_stable(explained: Explained) -> None:
    a = explained([[2.0, 1.0]], target=[0], runner_up=[1])
    b = explained([[1.0, 2.0]], target=[0], runner_up=[1])
    args: dict[str, Any] = {"favourable": 1, "table": None, "naming": NAMING}
    row, words = np.array([0]), [("x", "y")]
    assert decide(row, words, [a, a], a, **args)[0].is_stable
    assert not decide(row, words, [a, b], a, **args)[0].is_stable
    assert not decide(row, words, [a, a], b, **args)[0].is_stable
    assert not decide(row, words, [b, b], a, **args)[0].is_stable


def test_decisions_whose_attributions_did_not_converge_are_counted(
    explained: Explained, reasons: Reasons
) -> None:
    a = explained([[2.0, 1.0]], target=[0], runner_up=[1])
    unconverged = replace(a, status=np.array(["unconverged"], dtype=object))
    args: dict[str, Any] = {"favourable": 1, "table": None, "naming": NAMING}
    for seeds, other, expected in (([a], a, True), ([a, unconverged], a, False)):
        (one,) = decide(np.array([0]), [("x", "y")], seeds, other, **args)
        assert one.is_converged is expected
    assert "did not converge" not in said(reasons(TEXTS)["stable-share"])


def test_a_tokenizer_that_does_not_know_where_tokens_stand_leaves_places_out(
    reasons: Reasons, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(self: KeywordModel, inputs: Sequence[str]) -> list[Any]:
        return [np.full((len(text.split()), 3), -1) for text in inputs]

    monkeypatch.setattr(KeywordModel, "spans", nowhere)
    found = reasons(TEXTS)
    assert found["protected-in-top-share"].estimate.value == 0.0
    assert all(one["starts"] == [] for one in written(tmp_path))


def test_a_decision_without_a_word_against_it_is_not_stable(explained: Explained) -> None:
    none = explained([[-1.0]], target=[0], runner_up=[1])
    (one,) = decide(np.array([0]), [("x",)], [none], none, favourable=1, table=None, naming=NAMING)
    assert (one.factors, one.is_stable) == ((), False)


def test_coverage_is_the_share_that_named_factors_hold() -> None:
    factors = tuple(Factor(f"word {k}", None, (k,), 1.0) for k in range(5))
    assert Decision(0, factors, True, NAMING).coverage == pytest.approx(0.8)
    assert Decision(0, factors, True, Naming(9, 0.0)).coverage == 1.0


def test_what_hardly_speaks_against_a_person_is_not_named() -> None:
    factors = tuple(Factor(f"word {k}", None, (k,), one) for k, one in enumerate((8.0, 1.0, 0.1)))
    assert Decision(0, factors, True, NAMING).named == factors[:2]
    assert Decision(0, factors, True, Naming(4, 0.0)).named == factors


def test_words_of_one_reason_are_added_up_and_others_stand_alone(tmp_path: Path) -> None:
    table = matcher(_read(tmp_path, TABLE), str.split)
    words = ("late", "plain", "past", "due", "late")
    found = factors_of(np.array([1.0, 2.5, 0.5, 0.5, 1.0]), words, table)
    assert [(one.reason, one.parts, one.contribution) for one in found] == [
        (0, (0, 2, 3, 4), 3.0),
        (None, (1,), 2.5),
    ]
    alone = factors_of(np.array([1.0, 2.5, 0.5, -0.5, 1.0]), words, None)
    assert [one.parts for one in alone] == [(1,), (0,), (4,), (2,)]


def test_phrases_patterns_and_characters_match(tmp_path: Path) -> None:
    text = """
reasons:
  late: {words: [past due, 逾期], patterns: ["miss(ed|es)"]}
  due: {words: [due]}
"""
    table = matcher(
        _read(tmp_path, text), lambda one: list(one.replace(" ", "")) if one > "一" else one.split()
    )
    assert table.assign(["Past", "Due", "due", "Missed", "missing"]) == [0, 0, 1, 0, None]
    assert table.assign(["我", "逾", "期"]) == [None, 0, 0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("reasons: []", r"reasons must be .* \(reasons.yaml:1\)"),
        ("words: {}", r"words is not a known key \(reasons.yaml:1\)"),
        (
            "reasons: {late: {}}",
            r"reasons.late must hold words or patterns, got {} \(reasons.yaml:1\)",
        ),
        ("reasons: {late: {word: [a]}}", r"reasons.late.word is not a known key.*words"),
        (
            "reasons: {Late Fees: {words: [a]}}",
            r"A reason must have a name of lower-case .*got 'Late Fees' \(reasons.yaml:1\)",
        ),
        ("reasons: {unmapped: {words: [a]}}", r"reasons.unmapped must have another name"),
        (
            "reasons: {late: {words: [late, 3]}}",
            r"reasons.late.words.1 must be a valid string, got 3",
        ),
        ('reasons: {late: {patterns: ["(a"]}}', r"must be a regular expression .*got '\(a'"),
        (
            "reasons:\n  a: {words: [Late]}\n  b: {words: [late]}\n",
            r"reasons.b.words must hold words of no other reason, got 'late' \(reasons.yaml:3\)",
        ),
    ],
)
def test_a_table_of_a_wrong_shape_says_where_and_what(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        _read(tmp_path, text)
    facts = _facts(tmp_path, {"reasons": "reasons.yaml"})
    assert any(re.search(said, problem) for problem in option_problems(facts))


def test_files_that_are_not_there_are_named_before_the_run(tmp_path: Path) -> None:
    facts = _facts(tmp_path, {"reasons": "none.yaml", "lists": ["en", "mine.yaml"]})
    assert [problem.split(" must")[0] for problem in option_problems(facts)] == [
        "audits.reason-codes.reasons",
        "audits.reason-codes.lists.1",
    ]


def test_an_identity_word_among_the_reasons_is_found_by_its_place(
    reasons: Reasons, tmp_path: Path
) -> None:
    model = KeywordModel({"Muslim": (5.0, 0.0), "late": (5.0, 0.0)}, bias=(0.0, 2.5))
    texts = [*["a Muslim man applied"] * 15, *["a late man applied"] * 5, *["a man"] * 10]
    found = reasons(texts, model=model)
    assert found["protected-in-top-share"].estimate.value == pytest.approx(15 / 20)
    marked = {
        one["part_indexes"][0]: one["is_protected"] for one in written(tmp_path) if one["rank"] == 1
    }
    assert marked == {1: marked[1]}


def test_the_table_of_reasons_holds_no_text(reasons: Reasons, tmp_path: Path) -> None:
    reasons(TEXTS, reasons=TABLE)
    for path in sorted((tmp_path / FOLDER).iterdir()):
        read = pq.read_table(path)
        values = {value for column in read.columns for value in map(str, column.to_pylist())}
        assert not any(re.search(r"zqx|plain|payment\b", value) for value in values), path.name


def test_decisions_that_are_not_stable_are_said_and_marked(
    reasons: Reasons, tmp_path: Path
) -> None:
    model = KeywordModel({"one": (1.5, 0.0), "two": (1.5, 0.0)}, bias=(0.0, 2.0))
    texts = [*["one two plain"] * 15, *["one other"] * 8, *["two other"] * 8]
    found = reasons(texts, model=model)
    marks = {one["verdict"] for one in written(tmp_path)}
    share = found["stable-share"].estimate.value
    assert share is not None
    assert ("not stable" in marks) == (share < 1)
    assert ("not stable." in said(found["stable-share"])) == (share < 1)


def test_without_a_table_nothing_is_mapped_and_the_measure_says_so(reasons: Reasons) -> None:
    found = reasons(TEXTS)
    why = found["unmapped-first-share"].estimate.why_undefined
    assert why is not None
    assert "no table maps words to reasons" in why.text


@pytest.mark.parametrize(
    ("task", "texts", "said"),
    [
        (replace(TASK, favourable=None), TEXTS, "names no favourable class"),
        (TASK, ["job plain"] * 30, "all decisions are granted"),
        (TASK, ["late plain"] * 30, "Choose the baseline population"),
    ],
)
def test_where_there_is_nothing_to_give_reasons_for_the_audit_says_why(
    reasons: Reasons, task: Task, texts: list[str], said: str
) -> None:
    for one in reasons(texts, task=task).values():
        assert one.estimate.why_undefined is not None
        assert said in one.estimate.why_undefined.text


def test_without_gradients_shapley_sampling_stands_in(reasons: Reasons) -> None:
    model = KeywordModel(MODEL.weights, MODEL.bias)
    model.capabilities = frozenset({"logits", "parts"})
    found = reasons(TEXTS, model=model, reasons=TABLE)
    assert "Shapley sampling" in said(found["stable-share"])
    assert found["stable-share"].estimate.value == 1.0


def test_rows_that_share_clusters_widen_the_interval(reasons: Reasons) -> None:
    cluster = np.array([f"k{index % 5}" for index in range(len(TEXTS))], dtype=object)
    found = reasons(TEXTS, cluster=cluster)
    assert found["stable-share"].estimate.method == "cluster-t"


def _read(tmp_path: Path, text: str) -> Any:
    path = tmp_path / "reasons.yaml"
    path.write_text(text, encoding="utf-8")
    return read_reasons(path)


def _facts(tmp_path: Path, options: dict[str, Any]) -> OptionFacts:
    return OptionFacts(
        options=Options.model_validate(options),
        task=TASK,
        tests={},
        has_model=True,
        base=tmp_path,
        place=lambda *path: "assay.yaml:1",
    )

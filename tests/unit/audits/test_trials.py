"""The construction that pipeline, planted defects and notebooks share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from pydantic import BaseModel, ConfigDict

from harness.auditing import Audit, AuditContext, Need, audit
from harness.data import Dataset
from harness.errors import ConfigError, ContractError, UsageError
from harness.files import sha256_file
from harness.keywords import KeywordModel
from harness.modelling import HasParts, Model
from harness.predictions import Predictions
from harness.records import DatasetRef, Estimate, Measure, Measurement, Task
from harness.trials import (
    Answers,
    make_context,
    read_replicates,
    run_audit,
    trial_context,
)

TASK = Task(kind="text-classification", modality="text", classes=("no", "yes"))
TEXTS = ["good day", "bad day", "good good bad", "good day"]
MODEL = KeywordModel({"good": (0.0, 2.0), "bad": (3.0, 0.0)}, bias=(0.5, 0.0))
MEASURE = Measure("asker.share", "Share", "share", "higher", 0.0, 1.0, "{value}", "-", "here")


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid")

    size: int = 3


def estimate(**evidence: object) -> Estimate:
    return Estimate(0.5, 0.25, 0.75, 4, "share", "wilson", **evidence)  # type: ignore[arg-type]


def declare(*needs: Need, run: object = None, options: type[BaseModel] | None = None) -> Audit:
    def silent(ctx: AuditContext) -> Iterator[Measurement]:
        yield from ()

    decorator = audit(
        id="asker",
        question="What does the model answer?",
        needs=needs,
        measures=[MEASURE],
        suites={"quick"},
        cost="none",
        calls=(lambda facts: {}) if any(need.startswith("model.") for need in needs) else None,
        options=options,
    )
    return decorator(run or silent)  # type: ignore[arg-type]


def predicted(name: str = "test", **more: object) -> Predictions:
    ids = np.array(["a", "b", "c", "d"], dtype=object)
    return Predictions(name, ids, np.array([1, 0, 1, 1]), 2, **more)  # type: ignore[arg-type]


def dataset(name: str = "test") -> Dataset:
    ref = DatasetRef(name, "memory", None, "", 4, 4, {})
    return Dataset(ref, np.array(["a", "b", "c", "d"], dtype=object), list(TEXTS))


def context(subject: Audit, folder: Path) -> AuditContext:
    return trial_context(
        subject,
        task=TASK,
        predictions=[predicted()],
        rows={"test": dataset()},
        model=MODEL,
        seed=0,
        folder=folder,
    )


@pytest.mark.parametrize(
    ("need", "offer", "reason"),
    [
        ("labels", {"label": np.zeros(4, dtype=np.int64)}, "data set test has no labels"),
        ("scores", {"scores": np.full((4, 2), 0.5)}, "no scores, only decisions"),
        ("logits", {"logits": np.zeros((4, 2), dtype=np.float32)}, "has no logits"),
        (
            "groups",
            {"groups": {"sex": np.array(["", "", "f", ""], dtype=object)}},
            "no group column with a value",
        ),
        ("clusters", {"cluster": np.array(["1"] * 4, dtype=object)}, "has no clusters"),
    ],
)
def test_a_need_is_met_or_its_lack_is_the_reason(
    need: Need, offer: dict[str, object], reason: str, tmp_path: Path
) -> None:
    prepared = make_context(
        declare("predictions", need),
        task=TASK,
        predictions=[predicted("bare"), predicted("full", **offer)],
        seed=0,
        folder=tmp_path,
    )
    assert prepared.context is not None
    assert prepared.context.datasets == ("full",)
    assert list(prepared.reasons) == ["bare"]
    assert reason.replace("test", "bare") in prepared.reasons["bare"].text
    assert prepared.reasons["bare"].id == f"audit.needs-{need}"


def test_a_group_column_without_any_value_is_no_group_column(tmp_path: Path) -> None:
    empty = {"sex": np.array([""] * 4, dtype=object)}
    prepared = make_context(
        declare("predictions", "groups"),
        task=TASK,
        predictions=[predicted(groups=empty)],
        seed=0,
        folder=tmp_path,
    )
    assert prepared.context is None
    assert prepared.reasons["test"].id == "audit.needs-groups"


@pytest.mark.parametrize("need", ["model.logits", "model.parts"])
def test_stored_predictions_alone_are_the_reason_when_a_model_is_needed(
    need: Need, tmp_path: Path
) -> None:
    prepared = make_context(
        declare("predictions", need),
        task=TASK,
        predictions=[predicted()],
        seed=0,
        folder=tmp_path,
    )
    assert prepared.context is None
    assert "stored predictions only, and no model to ask" in prepared.reasons["test"].text


def test_a_model_without_parts_is_named_as_the_reason(tmp_path: Path) -> None:
    plain = KeywordModel({}, bias=(0.0, 0.0))
    plain.capabilities = frozenset({"logits"})
    prepared = make_context(
        declare("predictions", "rows", "model.parts"),
        task=TASK,
        predictions=[predicted()],
        rows={"test": dataset()},
        model=plain,
        seed=0,
        folder=tmp_path,
    )
    assert prepared.reasons["test"].text == (
        "Not measured: the model keywords does not offer parts."
    )


def test_missing_rows_and_missing_training_rows_are_reasons(tmp_path: Path) -> None:
    lacks = (("rows", "inputs"), ("train", "training rows"), ("validation", "validation rows"))
    for need, word in lacks:
        prepared = make_context(
            declare("predictions", need),  # type: ignore[arg-type]
            task=TASK,
            predictions=[predicted()],
            seed=0,
            folder=tmp_path,
        )
        assert prepared.context is None
        assert word in prepared.reasons["test"].text


def test_a_data_set_without_examples_is_not_offered(tmp_path: Path) -> None:
    empty = Predictions("test", np.array([], dtype=object), np.array([], dtype=np.int64), 2)
    prepared = make_context(
        declare("predictions"), task=TASK, predictions=[empty], seed=0, folder=tmp_path
    )
    assert prepared.context is None
    found = run_audit(declare("predictions"), None, reasons=prepared.reasons)
    assert [one.estimate.value for one in found] == [None]
    assert found[0].estimate.why_undefined is not None
    assert "no examples" in found[0].estimate.why_undefined.text


def test_a_trial_without_what_the_audit_needs_is_refused() -> None:
    with pytest.raises(UsageError, match="no labels"):
        trial_context(
            declare("predictions", "labels"), task=TASK, predictions=[predicted()], seed=0
        )


def test_options_are_validated_and_all_mistakes_come_at_once(tmp_path: Path) -> None:
    subject = declare("predictions", options=Options)
    with pytest.raises(ConfigError) as caught:
        make_context(
            subject,
            task=TASK,
            predictions=[predicted()],
            seed=0,
            folder=tmp_path,
            options={"size": "x", "sise": 1},
        )
    assert len(caught.value.problems) == 2
    assert caught.value.problems[0].startswith("audits.asker.size must be valid")


def test_equal_inputs_are_computed_once_and_stored_by_example_and_variant(tmp_path: Path) -> None:
    asked: list[int] = []

    class Counting(KeywordModel):
        def logits(self, items):  # type: ignore[no-untyped-def]
            asked.append(len(items))
            return super().logits(items)

    def run(ctx: AuditContext) -> Iterator[Measurement]:
        items = ctx.items("test")
        first = ctx.ask(["a", "b", "c", "d"], items, "whole")
        again = ctx.ask(["a"], items[:1], "again")
        np.testing.assert_array_equal(first[0], again[0])
        np.testing.assert_array_equal(first[0], first[3])
        yield ctx.measurement("share", estimate(), dataset="test")

    subject = declare("predictions", "rows", "model.logits", run=run)
    ctx = trial_context(
        subject,
        task=TASK,
        predictions=[predicted()],
        rows={"test": dataset()},
        model=Counting(MODEL.weights, MODEL.bias),
        seed=0,
        folder=tmp_path,
    )
    run_audit(subject, ctx)
    assert sum(asked) == 3
    table = pq.read_table(tmp_path / "audits/asker/answers.parquet")
    assert table.column_names == ["example_id", "variant", "logits"]
    keys = list(zip(table["example_id"].to_pylist(), table["variant"].to_pylist(), strict=True))
    assert keys == [("a", "again"), *((name, "whole") for name in "abcd")]
    assert table["logits"].to_pylist()[0] == [0.5, 2.0]


def test_one_variant_cannot_stand_for_two_inputs_of_an_example(tmp_path: Path) -> None:
    ctx = context(declare("predictions", "rows", "model.logits"), tmp_path)
    items = ctx.items("test")
    ctx.ask(["a"], items[:1], "same")
    with pytest.raises(ContractError, match="must stand for one input"):
        ctx.ask(["a"], items[1:2], "same")


def test_several_variants_are_asked_in_one_call_and_stored_apart(tmp_path: Path) -> None:
    ctx = context(declare("predictions", "rows", "model.logits"), tmp_path)
    items = ctx.items("test")[:2]
    together = ctx.ask(["a", "a"], items, ["first", "second"])
    assert isinstance(ctx._ask, Answers)
    assert [(id, variant) for id, variant, _ in ctx._ask.rows()] == [
        ("a", "first"),
        ("a", "second"),
    ]
    assert np.array_equal(ctx.ask(["a"], items[1:], "second"), together[1:])
    with pytest.raises(ContractError, match="one example id for each item"):
        ctx.ask(["a", "a"], items, ["first"])


def test_asking_for_nothing_answers_nothing(tmp_path: Path) -> None:
    ctx = context(declare("predictions", "rows", "model.logits"), tmp_path)
    assert ctx.ask([], [], "none").shape == (0, 2)
    assert run_audit(declare("predictions", "rows", "model.logits"), ctx) == []
    assert not (tmp_path / "audits").exists()


def test_replicates_of_different_length_come_back_as_they_were_kept(tmp_path: Path) -> None:
    kept = [np.linspace(0, 1, 5), np.array([0.25, 0.5])]

    def run(ctx: AuditContext) -> Iterator[Measurement]:
        for index, values in enumerate(kept):
            evidence = ctx.keep(values, {"successes": 1})
            assert evidence.column == f"r{index}"
            yield ctx.measurement(
                "share", estimate(evidence=evidence), dataset="test", where={"k": str(index)}
            )

    subject = declare("predictions", run=run)
    found = run_audit(subject, context(subject, tmp_path))
    path = tmp_path / "audits/asker/replicates.parquet"
    back = read_replicates(path)
    assert [back[f"r{index}"].tolist() for index in (0, 1)] == [each.tolist() for each in kept]
    for one in found:
        assert one.estimate.evidence is not None
        assert one.estimate.evidence.sha256 == sha256_file(path)
        assert one.estimate.evidence.path == "audits/asker/replicates.parquet"


def test_a_measurement_that_comes_twice_is_refused(tmp_path: Path) -> None:
    def run(ctx: AuditContext) -> Iterator[Measurement]:
        for _ in range(2):
            yield ctx.measurement("share", estimate(), dataset="test")

    subject = declare("predictions", run=run)
    with pytest.raises(ContractError, match="once, got it twice"):
        run_audit(subject, context(subject, tmp_path))


def test_a_measurement_that_is_not_declared_is_refused(tmp_path: Path) -> None:
    def run(ctx: AuditContext) -> Iterator[Measurement]:
        yield Measurement("asker.other", "test", "all", estimate())

    subject = declare("predictions", run=run)
    with pytest.raises(ContractError, match="does not declare"):
        run_audit(subject, context(subject, tmp_path))


def test_the_keyword_model_answers_as_computed_by_hand() -> None:
    assert isinstance(MODEL, Model)
    assert isinstance(MODEL, HasParts)
    items = MODEL.prepare([*TEXTS, ("bad", "good x"), ""])
    expected = [[0.5, 2.0], [3.5, 0.0], [3.5, 4.0], [0.5, 2.0], [3.5, 2.0], [0.5, 0.0]]
    assert MODEL.logits(items).tolist() == expected
    assert items[0].key == items[3].key != items[1].key


def test_words_that_are_taken_away_leave_the_others_where_they_were() -> None:
    (item, empty) = MODEL.prepare(["good good bad", "  "])
    assert [part.content for part in MODEL.parts(item)] == ["good", "good", "bad"]
    without = MODEL.without(item, [0])
    assert [(part.index, part.content) for part in MODEL.parts(without)] == [
        (1, "good"),
        (2, "bad"),
    ]
    assert MODEL.logits([without]).tolist() == [[3.5, 2.0]]
    assert MODEL.logits([MODEL.without(without, [1, 2])]).tolist() == [[0.5, 0.0]]
    assert MODEL.parts(empty) == []

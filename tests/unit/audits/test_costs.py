"""What an audit costs is declared, and what is known of the data before a run is right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from audits.occlusion import Options, occlusion
from harness.auditing import PREDICT, AuditContext, CostFacts, SetFacts, audit, set_facts
from harness.auditing.costs import LOOKED_AT
from harness.data import Dataset
from harness.errors import ContractError
from harness.keywords import KeywordModel
from harness.records import Measure, Measurement
from harness.trials import Answers

MODEL = KeywordModel({"good": (0.0, 2.0)}, bias=(0.5, 0.0))
MEASURE = Measure("asker.share", "Share", "share", "higher", 0.0, 1.0, "{value}", "-", "here")


def silent(ctx: AuditContext) -> Iterator[Measurement]:
    yield from ()


def declare(needs: set[str], calls: Any, *, uses: set[str] | None = None, id: str = "asker") -> Any:
    return audit(
        id=id,
        question="What does the model answer?",
        needs=needs,  # type: ignore[arg-type]
        uses=uses or set(),  # type: ignore[arg-type]
        measures=[replace(MEASURE, key=f"{id}.share")],
        suites={"quick"},
        cost="none",
        calls=calls,
    )(silent)


def no_calls(facts: CostFacts) -> Mapping[str, int]:
    return {}


@pytest.mark.parametrize("where", ["needs", "uses"])
def test_an_audit_that_may_ask_the_model_must_say_how_often(where: str) -> None:
    asked = {"model.logits"}
    with pytest.raises(ContractError, match=r"asker must declare calls=.*model\.logits"):
        declare({"predictions"} | asked, None) if where == "needs" else declare(
            {"predictions"}, None, uses=asked
        )


def test_calls_without_a_model_to_call_are_a_mistake() -> None:
    with pytest.raises(ContractError, match=r"must need model\.logits to declare calls"):
        declare({"predictions"}, no_calls)


def test_no_audit_takes_the_name_of_the_prediction_stage() -> None:
    with pytest.raises(ContractError, match=re.escape(repr(PREDICT))):
        declare({"predictions"}, None, id=PREDICT)


def test_lengths_parts_groups_and_copies_are_counted_as_they_are(
    rows: Callable[..., Dataset],
) -> None:
    dataset = rows(["good day", "good", "bad bad day", "good"])
    dataset = replace(
        dataset,
        ref=replace(dataset.ref, n_duplicates=1),
        groups={"sex": np.array(["f", "m", "", "f"], dtype=object)},
    )
    facts = set_facts(dataset, MODEL)
    assert (facts.n_rows, facts.n_distinct, facts.n_groups) == (4, 3, 2)
    assert facts.lengths == facts.n_parts == (2, 1, 3, 1)
    assert facts.mean_parts == 7 / 4
    assert facts.part_rows == (3.0, 2.0, 1.0)  # good, day, and bad, which stands twice in one row


def test_without_a_model_only_rows_are_known(rows: Callable[..., Dataset]) -> None:
    facts = set_facts(rows(["a", "b"]), None)
    assert (facts.n_rows, facts.lengths, facts.mean_parts) == (2, (), 0.0)
    assert set_facts(rows([]), MODEL) == SetFacts(0)


def test_a_large_set_is_looked_at_evenly_and_scaled_up(rows: Callable[..., Dataset]) -> None:
    n = 3 * LOOKED_AT
    facts = set_facts(rows(["one two" if row % 2 else "one" for row in range(n)]), MODEL)
    assert len(facts.lengths) == LOOKED_AT
    assert facts.part_rows[0] == n
    assert facts.mean_parts == pytest.approx(1.5, abs=0.05)  # half of the rows have two


def test_a_sample_has_its_share_of_rows_copies_and_parts() -> None:
    known = SetFacts(
        n_rows=1000,
        n_distinct=900,
        n_groups=3,
        label_rows=(600, 400),
        lengths=(4,),
        n_parts=(2,),
        part_rows=(500.0, 100.0),
    )
    facts = known.of_size(200)
    assert (facts.n_rows, facts.n_distinct, facts.n_groups) == (200, 180, 3)
    assert facts.label_rows == (120, 80)
    assert facts.part_rows == (100.0, 20.0)
    assert facts.lengths == (4,)
    assert SetFacts(0).of_size(0) == SetFacts(0)


def test_fewer_rows_never_cost_more_calls() -> None:
    rng = np.random.default_rng(0)
    rows = np.sort(rng.integers(1, 3000, size=4000))[::-1].tolist()
    known = SetFacts(5000, 5000, lengths=(9,), n_parts=(8,), part_rows=tuple(rows))

    def calls(n: int) -> int:
        assert occlusion.calls is not None
        return occlusion.calls(CostFacts({"test": known.of_size(n)}, 0, 0, 2, Options()))["test"]

    found = [calls(n) for n in (0, 1, 10, 200, 1000, 5000)]
    assert found == sorted(found)
    assert found[0] == 0


def test_answers_count_what_was_asked_and_what_was_computed_and_tell_it() -> None:
    told: list[int] = []
    answers = Answers(MODEL, 4096, told.append)
    items = MODEL.prepare(["good", "bad", "good"])
    answers(["a", "b", "c"], items, "first")
    answers(["a", "b", "c"], items, "second")
    assert (answers.n_asked, answers.n_computed) == (6, 2)
    assert told[-1] == 6
    assert told == sorted(told)

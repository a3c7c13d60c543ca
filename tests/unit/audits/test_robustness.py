"""Edits and attacks on single words: rates known by hand, budgets, who is left out, mistakes in options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from audits._robustness_places import places_of_parts
from audits.robustness import planted, robustness
from harness.auditing import OptionFacts, facts_of
from harness.data import Dataset
from harness.engines.prediction import softmax64
from harness.keywords import KeywordModel
from harness.modelling import Item
from harness.predictions import Predictions
from harness.records import Measurement, Task, to_json
from harness.trials import Answers, make_context, run_audit

Run = Callable[..., dict[str, Measurement]]
Text = str | tuple[str, str]


class Folding(KeywordModel):
    def prepare(self, inputs: Sequence[Text]) -> list[Item]:
        return super().prepare([str(one).lower() for one in inputs])


class Short(KeywordModel):
    """Reads six words of a text."""

    def prepare(self, inputs: Sequence[Text]) -> list[Item]:
        items = super().prepare([" ".join(str(one).split()[:6]) for one in inputs])
        cut = [len(str(one).split()) > 6 for one in inputs]
        return [
            Item(item.arrays, item.length, is_cut, item.key)
            for item, is_cut in zip(items, cut, strict=True)
        ]


@pytest.fixture
def edit(table: Callable[..., Predictions], rows: Callable[..., Dataset], measure: Run) -> Run:
    def run(texts: Sequence[Text], model: KeywordModel, **more: Any) -> dict[str, Measurement]:
        logits = model.logits(model.prepare(texts))
        predictions = table(
            more.pop("label", None),
            logits.argmax(axis=1),
            n_classes=model.n_classes,
            logits=logits,
            scores=softmax64(logits),
            cluster=more.pop("cluster", None),
        )
        options = {"attack_rows": 0, **more.pop("options", {})}
        return measure(
            robustness,
            predictions,
            rows={"test": rows(texts)},  # type: ignore[arg-type]
            model=model,
            options=options,
            **more,
        )

    return run


SPELLED = KeywordModel({"refund": (0.0, 4.0)}, bias=(2.0, 0.0))
FOLDED = Folding({"refund": (0.0, 4.0)}, bias=(2.0, 0.0))


def texts(n: int, word: str = "refund") -> list[str]:
    return [f"item{i} wants a {word} now" for i in range(n)]


def test_a_model_that_knows_one_spelling_flips_with_the_case(edit: Run) -> None:
    found = edit(texts(20), SPELLED, options={"edits": ["upper-case", "title-case", "tabs"]})
    upper = found["flip-rate[edit=upper-case]"].estimate
    assert (upper.value, upper.n) == (1.0, 20)
    assert found["flip-rate[all]"].estimate.value == 1.0
    moved = found["score-change[edit=upper-case]"].estimate.value
    before, after = softmax64(np.array([[2.0, 4.0], [2.0, 0.0]]))[:, 1]
    assert moved == pytest.approx(before - after)
    worst = found["worst-edit-flip-rate[all]"]
    assert worst.estimate.value == 1.0
    assert worst.notes[0].params["edit"] in ("upper-case", "title-case")


def test_what_the_model_reads_as_before_is_left_out_and_counted(edit: Run) -> None:
    found = edit(texts(20), FOLDED, options={"edits": ["upper-case", "tabs", "typo-swap"]})
    assert "flip-rate[edit=upper-case]" not in found
    (unseen,) = [one for one in found["flip-rate[all]"].notes if one.id == "robustness.unseen"]
    assert unseen.params == {"n_unseen": 40, "n_made": 60, "edits": "tabs: 20, upper-case: 20"}
    alone = edit(texts(20), FOLDED, options={"edits": ["upper-case"]})["flip-rate[all]"].estimate
    assert alone.value is None
    assert alone.why_undefined is not None
    assert alone.why_undefined.id == "robustness.all-unseen"


def test_the_versions_of_one_text_are_one_unit_and_so_is_a_cluster(edit: Run) -> None:
    kinds = ["upper-case", "title-case", "typo-swap", "typo-deletion"]
    rows_apart = edit(texts(40), SPELLED, options={"edits": kinds})["flip-rate[all]"]
    assert rows_apart.estimate.method == "cluster-t"
    (design,) = [one for one in rows_apart.notes if one.id == "robustness.design"]
    assert (design.params["n"], design.params["n_units"]) == (160, 40)
    cluster = np.array([f"k{i // 4}" for i in range(40)], dtype=object)
    together = edit(texts(40), SPELLED, options={"edits": kinds}, cluster=cluster)["flip-rate[all]"]
    (design,) = [one for one in together.notes if one.id == "robustness.design"]
    assert design.params["n_units"] == 10
    few = np.array([f"k{i // 8}" for i in range(40)], dtype=object)
    open_ends = edit(texts(40), SPELLED, options={"edits": kinds}, cluster=few)["flip-rate[all]"]
    assert (open_ends.estimate.low, open_ends.estimate.high) == (0.0, 1.0)
    assert "stats.few-clusters" in {one.id for one in open_ends.caveats}


def test_the_worst_edit_has_the_highest_passing_end_and_a_corrected_failing_one(edit: Run) -> None:
    half = [*texts(20), *texts(20, "nothing")]
    kinds = ["upper-case", "typo-swap", "typo-doubled", "zero-width-joiner"]
    found = edit(half, SPELLED, options={"edits": kinds})
    parts = {name: found[f"flip-rate[edit={name}]"].estimate for name in kinds}
    worst = found["worst-edit-flip-rate[all]"].estimate
    assert worst.value == max(one.value for one in parts.values() if one.value is not None)
    assert worst.high == max(one.high for one in parts.values() if one.high is not None)
    assert worst.low is not None
    assert worst.low < min(one.low for one in [parts["upper-case"]] if one.low is not None)


def test_an_edit_that_changes_few_texts_has_no_slice_and_is_named(edit: Run) -> None:
    some = [*texts(20), "I do not want it"]
    found = edit(some, SPELLED, options={"edits": ["upper-case", "contracted", "traditional"]})
    assert "flip-rate[edit=contracted]" not in found
    notes = {one.id: one for one in found["flip-rate[all]"].notes}
    assert notes["robustness.few-texts"].params["edits"] == "contracted"
    assert notes["robustness.never"].params["edits"] == "traditional"


def test_edits_behind_what_the_model_reads_are_left_out_and_cut_texts_are_named(edit: Run) -> None:
    long = [f"item{i} wants some money back now SO MUCH OF IT" for i in range(15)]
    model = Short({"money": (0.0, 4.0)}, bias=(2.0, 0.0))
    found = edit(long, model, options={"edits": ["lower-case", "upper-case"]})
    assert "flip-rate[edit=lower-case]" not in found
    assert "robustness.cut-off" in {one.id for one in found["flip-rate[all]"].caveats}


def test_of_a_pair_both_texts_are_edited(edit: Run) -> None:
    pairs: list[Text] = [(f"item{i} asks", "for a refund") for i in range(12)]
    found = edit(pairs, SPELLED, options={"edits": ["upper-case"], "attack_rows": 12})
    assert found["flip-rate[all]"].estimate.value == 1.0
    assert found["attack-success-rate[all]"].estimate.value == 1.0


def test_the_attack_finds_the_word_that_carries_the_decision_and_chance_does_not(
    edit: Run, tmp_path: Path
) -> None:
    long = [
        f"{' '.join(f'filler{chr(97 + (i + k) % 26)}' for k in range(30))} refund"
        for i in range(40)
    ]
    label = [1] * 30 + [0] * 10
    options = {"edits": ["tabs"], "attack_rows": 40, "words": 2, "queries": 10}
    found = edit(long, SPELLED, label=label, options=options)
    success = found["attack-success-rate[all]"]
    assert (success.estimate.value, success.estimate.n) == (1.0, 40)
    assert found["attack-success-rate[decision=right]"].estimate.n == 30
    chance = found["random-attack-success-rate[all]"].estimate.value
    assert chance is not None
    assert chance < 0.3
    gain = found["attack-gain[all]"].estimate
    assert gain.value == pytest.approx(1.0 - chance)
    assert gain.low is not None
    assert gain.low > 0.5
    (budget,) = [one for one in success.caveats if one.id == "robustness.budget"]
    assert (budget.params["words"], budget.params["queries"]) == (2, 10)
    (changed,) = [one for one in success.notes if one.id == "robustness.words-changed"]
    assert changed.params == {"median": "1", "asked": "5"}
    attacks = pq.read_table(tmp_path / "audits/robustness/attacks.parquet").to_pydict()
    assert max(attacks["n_queries"]) <= 10
    assert all(len(edits.split(",")) <= 2 for edits in attacks["edits"])


def test_an_attack_keeps_what_costs_most_lead_and_goes_on(edit: Run) -> None:
    model = KeywordModel({"alpha": (0.0, 2.0), "bravo": (0.0, 3.0)}, bias=(1.5, 0.0))
    options = {"edits": ["tabs"], "attack_rows": 20, "words": 2}
    found = edit(["alpha bravo charlie delta"] * 20, model, options=options)
    assert found["attack-success-rate[all]"].estimate.value == 1.0
    # without bravo the lead is 0.5: both words must go
    (changed,) = [
        one
        for one in found["attack-success-rate[all]"].notes
        if one.id == "robustness.words-changed"
    ]
    assert changed.params["median"] == "2"
    one_word = edit(["alpha bravo charlie delta"] * 20, model, options={**options, "words": 1})
    assert one_word["attack-success-rate[all]"].estimate.value == 0.0


def test_texts_without_a_word_to_press_withstand_and_are_counted(edit: Run) -> None:
    model = KeywordModel({"42": (0.0, 4.0)}, bias=(2.0, 0.0))
    odd = ["42", "", "😀 😀", "12 34", "?!", "42 42"] * 4
    found = edit(odd, model, options={"attack_rows": 24})
    assert found["attack-success-rate[all]"].estimate.value == 0.0
    (unable,) = [
        one for one in found["attack-success-rate[all]"].notes if one.id == "robustness.unable"
    ]
    assert unable.params == {"n_unable": 24, "n": 24}
    assert found["flip-rate[all]"].estimate.value is None


def test_half_a_surrogate_pair_is_edited_like_any_other_text(edit: Run) -> None:
    found = edit([f"{text} \ud800" for text in texts(12)], SPELLED, options={"attack_rows": 12})
    assert found["flip-rate[edit=upper-case]"].estimate.value == 1.0
    assert found["attack-success-rate[all]"].estimate.value == 1.0


def test_chinese_texts_are_edited_and_attacked_character_by_character(edit: Run) -> None:
    class Characters(KeywordModel):
        def prepare(self, inputs: Sequence[Text]) -> list[Item]:
            return super().prepare([" ".join(str(one).replace(" ", "")) for one in inputs])

        def spans(self, inputs: Sequence[Text]) -> list[Any]:
            return [np.array([(0, k, k + 1) for k in range(len(str(one)))]) for one in inputs]

    model = Characters({"马": (0.0, 4.0)}, bias=(2.0, 0.0))
    chinese = ["我喜欢这匹马，但是不喜欢那个人。"] * 15
    found = edit(chinese, model, options={"attack_rows": 15, "words": 1})
    assert found["flip-rate[edit=traditional]"].estimate.value == 1.0
    assert found["flip-rate[edit=ascii-marks]"].estimate.value == 0.0
    assert "flip-rate[edit=spaced-characters]" not in found  # the model does not see blanks
    assert found["attack-success-rate[all]"].estimate.value == 1.0


def test_a_model_without_parts_is_edited_and_not_attacked(edit: Run) -> None:
    model = KeywordModel({"refund": (0.0, 4.0)}, bias=(2.0, 0.0))
    model.capabilities = frozenset({"logits"})
    found = edit(texts(12), model, options={"attack_rows": 12})
    assert found["flip-rate[edit=upper-case]"].estimate.value == 1.0
    why = found["attack-gain[all]"].estimate.why_undefined
    assert why is not None
    assert why.id == "robustness.no-parts"


def test_a_ranking_that_the_model_does_not_offer_is_a_reason_and_no_crash(edit: Run) -> None:
    model = KeywordModel({"refund": (0.0, 4.0)}, bias=(2.0, 0.0))
    model.capabilities = frozenset({"logits", "parts"})
    options = {"attack_rows": 12, "ranking": "gradient-x-input"}
    why = edit(texts(12), model, options=options)["attack-success-rate[all]"].estimate.why_undefined
    assert why is not None
    assert why.id == "robustness.refused"
    assert "occlusion" in why.text


def test_no_text_stands_in_measurements_or_artifacts(edit: Run, tmp_path: Path) -> None:
    found = edit(texts(12, "refund secretword"), SPELLED, options={"attack_rows": 12})
    written = "".join(str(to_json(one)) for one in found.values())
    assert "secretword" not in written
    folder = tmp_path / "audits/robustness"
    for path in sorted(folder.glob("*.parquet")):
        assert "secretword" not in str(pq.read_table(path).to_pydict())
    edits = pq.read_table(folder / "edits.parquet").to_pydict()
    assert set(edits) == {
        "dataset",
        "example_id",
        "edit",
        "decision",
        "edited_decision",
        "score_change",
    }


def test_parts_are_found_in_their_text_one_behind_the_other(edit: Run, tmp_path: Path) -> None:
    context = planted(0).guilty
    model = context.model
    assert model is not None
    text = "refund now refund"
    (item,) = model.prepare([text])
    places = places_of_parts(context, text, context.parts_of.parts(item))
    assert [(one.start, one.stop) for one in places if one] == [(0, 6), (7, 10), (11, 17)]
    pair = ("a refund", "refund please")
    (item,) = model.prepare([pair])
    places = places_of_parts(context, pair, context.parts_of.parts(item))
    assert [(one.text_index, one.start) for one in places if one] == [
        (0, 0),
        (0, 2),
        (1, 0),
        (1, 7),
    ]


def test_what_is_asked_is_what_was_planned(
    edit: Run, table: Callable[..., Predictions], rows: Callable[..., Dataset], tmp_path: Path
) -> None:
    logits = SPELLED.logits(SPELLED.prepare(texts(60)))
    prepared = make_context(
        robustness,
        task=Task("text-classification", "text", ("no", "yes")),
        predictions=[table(None, logits.argmax(axis=1), logits=logits)],
        rows={"test": rows(texts(60))},
        model=SPELLED,
        seed=0,
        folder=tmp_path,
        options={"rows": 60, "attack_rows": 20},
    )
    context = prepared.context
    assert context is not None
    assert robustness.calls is not None
    planned = sum(robustness.calls(facts_of(context)).values())
    run_audit(robustness, context)
    assert isinstance(context._ask, Answers)
    assert planned / 2 <= context._ask.n_asked <= planned * 1.1


def option_facts(options: dict[str, Any], base: Path) -> OptionFacts:
    assert robustness.options is not None
    return OptionFacts(
        options=robustness.options.model_validate(options),
        task=Task("text-classification", "text", ("no", "yes")),
        tests={},
        has_model=True,
        base=base,
        place=lambda *keys: "assay.yaml:9",
    )


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"edits": ["typo-swop"]}, "Did you mean 'typo-swap'"),
        ({"synonyms": ["none.yaml"]}, "name a list of the package"),
        ({"synonyms": ["wrong.yaml"]}, "wrong.yaml:1"),
        ({"synonyms": [], "edits": ["synonyms"]}, "name a list where the edit synonyms"),
    ],
)
def test_mistakes_in_the_options_are_found_before_a_run(
    options: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    (tmp_path / "wrong.yaml").write_text("synonyms: [a, b]\n", encoding="utf-8")
    assert robustness.check is not None
    (said,) = robustness.check(option_facts(options, tmp_path))
    assert problem in said


def test_right_options_have_no_problem_and_a_list_of_your_own_is_used(
    edit: Run, tmp_path: Path
) -> None:
    (tmp_path / "own.yaml").write_text("synonyms: {refund: [reimbursement]}\n", encoding="utf-8")
    options = {"synonyms": ["own.yaml"], "edits": ["synonyms"]}
    assert robustness.check is not None
    assert robustness.check(option_facts(options, tmp_path)) == []
    found = edit(texts(12), SPELLED, options=options, base=tmp_path)
    assert found["flip-rate[edit=synonyms]"].estimate.value == 1.0

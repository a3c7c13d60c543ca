"""Identity words swapped: rates and shifts known by hand, units, twins, and mistakes in the options."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from audits.counterfactual import counterfactual
from harness.auditing import facts_of
from harness.config.load import config_from_text
from harness.data import Dataset
from harness.engines.prediction import softmax64
from harness.errors import AssayError
from harness.keywords import KeywordModel
from harness.modelling import Item
from harness.pipeline.plan import make_plan
from harness.predictions import Predictions
from harness.records import Measurement, to_json
from harness.trials import make_context, run_audit

Run = Callable[..., dict[str, Measurement]]
TEAMS = "categories:\n  team: [reds, blues]\n  size: [small, large]\n"


@pytest.fixture
def swap(
    table: Callable[..., Predictions],
    rows: Callable[..., Dataset],
    measure: Run,
    tmp_path: Path,
) -> Run:
    (tmp_path / "teams.yaml").write_text(TEAMS, encoding="utf-8")

    def run(
        texts: Sequence[str], model: KeywordModel | None, **more: Any
    ) -> dict[str, Measurement]:
        answers = model or KeywordModel({}, bias=(1.0, 0.0))
        logits = answers.logits(answers.prepare(texts))
        predictions = table(
            None,
            logits.argmax(axis=1),
            n_classes=answers.n_classes,
            logits=logits,
            scores=softmax64(logits),
            cluster=more.pop("cluster", None),
        )
        dataset = replace(rows(texts), **more.pop("roles", {}))
        options = {"lists": ["teams.yaml"], **more.pop("options", {})}
        return measure(
            counterfactual,
            predictions,
            rows={"test": dataset},
            model=model,
            base=tmp_path,
            options=options,
            **more,
        )

    return run


REACTS = KeywordModel({"reds": (0.0, 4.0)}, bias=(2.0, 0.0))
DEAF = KeywordModel({"other": (0.0, 4.0)}, bias=(2.0, 0.0))


def texts(n: int, word: str = "reds", *, size: str = "") -> list[str]:
    return [f"story{i} the {word} won {size}".strip() for i in range(n)]


def test_a_model_that_reacts_to_one_identity_flips_every_text_that_names_it(swap: Run) -> None:
    found = swap(texts(20), REACTS)
    rate = found["flip-rate[all]"].estimate
    assert (rate.value, rate.n) == (1.0, 20)
    assert found["flip-rate[category=team]"].estimate.value == 1.0
    assert found["flip-rate[category=team,identity=blues]"].estimate.value == 1.0


def test_a_model_that_does_not_react_flips_nothing_and_can_pass(swap: Run) -> None:
    found = swap(texts(80), DEAF)
    rate = found["flip-rate[all]"].estimate
    assert rate.value == 0.0
    assert rate.high is not None
    assert rate.high < 0.05
    assert found["score-difference[all]"].estimate.value == 0.0


def test_the_score_shift_of_an_identity_has_its_sign_whichever_way_it_was_swapped(
    swap: Run,
) -> None:
    found = swap([*texts(15), *texts(15, "blues")], REACTS)
    expected = 1 / (1 + np.exp(-2)) - 1 / (1 + np.exp(2))
    for name, sign in (("reds", 1), ("blues", -1)):
        shift = found[f"score-shift[category=team,identity={name}]"].estimate
        assert shift.value == pytest.approx(sign * expected, abs=1e-6)
    assert found["score-difference[all]"].estimate.value == pytest.approx(expected, abs=1e-6)
    (note,) = found["score-shift[category=team,identity=reds]"].notes
    assert note.text == "The score is that of class c1."


def test_the_class_whose_score_is_followed_can_be_named(swap: Run) -> None:
    found = swap(texts(15), REACTS, options={"positive": "c0"})
    assert found["score-shift[category=team,identity=reds]"].estimate.value == pytest.approx(
        -0.7616, abs=1e-4
    )


def test_of_several_classes_without_a_named_one_the_shift_is_not_measured(swap: Run) -> None:
    three = KeywordModel({"reds": (0.0, 4.0, 0.0)}, bias=(2.0, 0.0, 0.0))
    found = swap(texts(15), three)
    assert found["score-difference[all]"].estimate.value is not None
    why = found["score-shift[all]"].estimate.why_undefined
    assert why is not None
    assert "the option positive" in why.text


class ShortSighted(KeywordModel):
    """Reads the first four words."""

    def prepare(self, inputs: Sequence[str | tuple[str, str]]) -> list[Item]:
        words = [str(one).split() for one in inputs]
        items = super().prepare([" ".join(each[:4]) for each in words])
        return [
            replace(item, is_truncated=len(each) > 4)
            for item, each in zip(items, words, strict=True)
        ]


def test_swaps_behind_what_the_model_reads_are_left_out_and_counted(swap: Run) -> None:
    model = ShortSighted({"reds": (0.0, 4.0)}, bias=(2.0, 0.0))
    unread = [f"story{i} was told of the reds" for i in range(30)]
    read = [f"story{i} the reds won at last" for i in range(12)]
    rate = swap([*read, *unread], model)["flip-rate[all]"]
    assert (rate.estimate.value, rate.estimate.n) == (1.0, 12)
    assert "30 counterfactuals more are left out" in " ".join(one.text for one in rate.notes)
    why = swap(unread, model)["flip-rate[all]"].estimate.why_undefined
    assert why is not None
    assert why.id == "counterfactual.all-cut-off"
    # what the model reads whole, but does not know, is a counterfactual: it was asked
    assert swap(read, DEAF)["flip-rate[all]"].estimate.n == 12


def test_twins_behind_what_the_model_reads_are_left_out_and_counted(
    table: Callable[..., Predictions], rows: Callable[..., Dataset], measure: Run, tmp_path: Path
) -> None:
    model = ShortSighted({"reds": (0.0, 4.0)}, bias=(2.0, 0.0))
    one = ["a story: reds won it", *["a story told of reds"] * 3, "equal"]
    logits = model.logits(model.prepare(one))
    predictions = table(None, logits.argmax(axis=1), logits=logits, scores=softmax64(logits))
    data = rows(one)
    twins = [text.replace("reds", "blues") for text in one]
    lines = [f"{id},{text}" for id, text in zip(data.example_id, twins, strict=True)]
    (tmp_path / "twins.csv").write_text("\n".join(["id,text", *lines]), encoding="utf-8")
    ref = replace(data.ref, roles={"text": "text", "id": "id"})
    found = measure(
        counterfactual,
        predictions,
        rows={"test": replace(data, ref=ref)},
        model=model,
        base=tmp_path,
        options={"pairs": {"path": "twins.csv", "id": "id", "text": "text"}},
    )
    rate = found["flip-rate[all]"]
    assert (rate.estimate.value, rate.estimate.n) == (1.0, 1)
    said = " ".join(note.text for note in rate.notes)
    assert "1 of 5 pairs are compared. Left out: 1 whose texts are equal, and 0 that" in said
    assert "3 counterfactuals more are left out" in said


def test_texts_of_one_template_are_one_unit_and_clusters_come_before_templates(swap: Run) -> None:
    same = [f"the {word} won" for word in ("reds", "blues") for _ in range(10)] + texts(10)
    evidence = swap(same, DEAF)["flip-rate[all]"].estimate.evidence
    assert evidence is not None
    assert evidence.values["n_clusters"] == 11
    cluster = np.array([f"k{i % 3}" for i in range(len(same))], dtype=object)
    one = swap(same, DEAF, cluster=cluster)["flip-rate[all]"]
    assert one.estimate.evidence is not None
    assert one.estimate.evidence.values["n_clusters"] == 3
    assert (one.estimate.low, one.estimate.high) == (0.0, 1.0)
    assert "Fewer than 10" in " ".join(caveat.text for caveat in one.caveats)


def test_all_swaps_of_one_text_are_one_unit(swap: Run) -> None:
    found = swap(texts(12, size="small"), DEAF)["flip-rate[all]"].estimate
    assert found.n == 24
    assert found.evidence is not None
    assert found.evidence.values["n_clusters"] == 12


def test_the_swaps_of_a_text_are_shared_out_over_its_categories(swap: Run) -> None:
    found = swap(texts(12, size="small"), DEAF, options={"swaps_per_text": 1, "min_texts": 1})
    assert found["flip-rate[all]"].estimate.n == 12
    two = swap(texts(12, size="small"), DEAF, options={"swaps_per_text": 2})
    assert two["flip-rate[category=team]"].estimate.n == 12
    assert two["flip-rate[category=size]"].estimate.n == 12
    only = swap(texts(12, size="small"), DEAF, options={"categories": ["size"]})
    assert "flip-rate[category=team]" not in only


def test_an_identity_in_few_texts_has_no_slice_and_is_counted(swap: Run) -> None:
    found = swap([*texts(12), *[f"{one} small" for one in texts(3, "tigers")]], DEAF)
    assert "flip-rate[category=size]" not in found
    assert "flip-rate[category=team]" in found
    said = " ".join(note.text for note in found["flip-rate[all]"].notes)
    assert "3 categories or identities are compared in fewer than 10 texts" in said
    assert found["flip-rate[all]"].estimate.n == 15


def test_the_number_of_texts_is_bounded_and_the_same_seed_draws_the_same(swap: Run) -> None:
    first = swap(texts(50), REACTS, options={"rows": 20})
    assert first["flip-rate[all]"].estimate.n == 20
    again = swap(texts(50), REACTS, options={"rows": 20})
    assert first["flip-rate[all]"] == again["flip-rate[all]"]


def test_texts_without_an_identity_word_give_a_reason_and_no_number(swap: Run) -> None:
    found = swap([f"nothing {i}" for i in range(5)], REACTS)
    why = found["flip-rate[all]"].estimate.why_undefined
    assert why is not None
    assert "none of the 5 texts" in why.text


def test_without_a_model_the_reason_says_how_to_go_on(swap: Run) -> None:
    why = swap(texts(5), None)["flip-rate[all]"].estimate.why_undefined
    assert why is not None
    assert "stored predictions only" in why.text


def test_only_symmetric_rows_are_compared_where_the_user_says_which(swap: Run) -> None:
    kind = np.array(["neutral"] * 12 + ["stereotype"] * 12, dtype=object)
    found = swap(
        [*texts(12, "blues"), *texts(12)],
        DEAF,
        roles={"control": {"kind": kind}},
        options={"symmetric": {"column": "kind", "values": ["neutral"]}},
    )
    assert found["flip-rate[all]"].estimate.n == 12
    assert found["flip-rate[all]"].caveats == ()
    unsaid = swap(texts(12), DEAF)["flip-rate[all]"].caveats
    assert [one.id for one in unsaid] == ["counterfactual.symmetry"]
    assert swap(texts(12), DEAF, options={"symmetric": True})["flip-rate[all]"].caveats == ()


def test_chinese_texts_are_swapped_by_the_list_of_the_package(swap: Run) -> None:
    model = KeywordModel({"黑人": (0.0, 4.0)}, bias=(2.0, 0.0))
    said = [f"第{i} 个 黑人 来 了" for i in range(15)]
    found = swap(said, model, options={"lists": ["zh"]})
    assert found["flip-rate[category=race]"].estimate.value == 1.0
    shift = found["score-shift[category=race,identity=%E9%BB%91%E4%BA%BA]"].estimate
    assert shift.value is not None
    assert shift.value > 0.7


def test_no_text_of_a_row_stands_in_measurements_or_artifacts(swap: Run, tmp_path: Path) -> None:
    found = swap(texts(20), REACTS)
    written = "".join(to_json(one) for one in found.values())
    assert "story1" not in written
    path = tmp_path / "audits/counterfactual/comparisons.parquet"
    table = pq.read_table(path)
    assert "story1" not in json.dumps(table.to_pylist())
    assert table.num_rows == 20
    assert table["added"].to_pylist()[0] == ["team/blues"]
    answers = pq.read_table(tmp_path / "audits/counterfactual/answers.parquet")
    assert set(answers["variant"].to_pylist()) == {"test/swap-0"}


CONFIG = """apiVersion: modelassay/v1
kind: Run
name: toy
task: {{kind: text-classification, labels: [no, yes]}}
data:
  test: {{path: rows.csv, id: id, text: text, label: label, groups: [region]}}
model:
  predictions: {{path: rows.csv, id: id, scores: [p0, p1]}}
audits:
  suite: quick
  counterfactual: {options}
policy: {{pack: builtin/standard}}
"""


@pytest.fixture
def planned(tmp_path: Path) -> Callable[..., Any]:
    """Plan a run on stored predictions with a file of twins, ``None`` for the same text again."""

    def plan(options: str, twins: Sequence[tuple[str, str, float]]) -> Any:
        rows = [
            f"m{i},the reds won {i},{'yes' if i % 2 else 'no'},north,0.8,0.2" for i in range(12)
        ]
        header = "id,text,label,region,p0,p1\n"
        (tmp_path / "rows.csv").write_text(header + "\n".join(rows) + "\n", encoding="utf-8")
        lines = [f"{id},{text},{1 - p},{p}" for id, text, p in twins]
        (tmp_path / "twins.csv").write_text(
            "id,text,q0,q1\n" + "\n".join(lines) + "\n", encoding="utf-8"
        )
        (tmp_path / "teams.yaml").write_text(TEAMS, encoding="utf-8")
        return make_plan(config_from_text(CONFIG.format(options=options), base=tmp_path))

    return plan


def twin_rows(n: int = 12) -> list[tuple[str, str, float]]:
    """Every second text is the same again; of the others every second one flips."""
    return [
        (f"m{i}", f"the {'reds' if i % 2 else 'blues'} won {i}", 0.75 if i % 4 == 0 else 0.25)
        for i in range(n)
    ]


PAIRS = "{lists: [teams.yaml], min_texts: 1, pairs: {path: twins.csv, id: id, text: text, scores: [q0, q1]}}"


def test_equal_pairs_are_left_out_and_counted_and_stored_answers_are_compared_by_id(
    planned: Callable[..., Any], tmp_path: Path
) -> None:
    plan = planned(PAIRS, list(reversed(twin_rows())))
    dataset = plan.inputs.tests["test"]
    scores = np.tile([0.8, 0.2], (12, 1))
    predictions = Predictions(
        "test", dataset.example_id, np.zeros(12, dtype=np.int64), 2, scores=scores
    )
    prepared = make_context(
        counterfactual,
        task=plan.loaded.task,
        predictions=[predictions],
        rows={"test": dataset},
        options=plan.options["counterfactual"],
        base=tmp_path,
        seed=0,
        folder=tmp_path / "out",
    )
    found = {one.key: one for one in run_audit(counterfactual, prepared.context)}
    rate = found["counterfactual.flip-rate@test[all]"]
    assert (rate.estimate.value, rate.estimate.n) == (0.5, 6)
    assert "6 of 12 pairs are compared. Left out: 6 whose texts are equal, and 0" in " ".join(
        one.text for one in rate.notes
    )
    shift = found["counterfactual.score-shift@test[category=team,identity=blues]"].estimate
    assert shift.value == pytest.approx((0.75 + 0.25) / 2 - 0.2)
    difference = found["counterfactual.score-difference@test[all]"].estimate
    assert difference.value == pytest.approx((0.55 + 0.05) / 2)


def test_the_file_of_twins_is_part_of_the_plan(planned: Callable[..., Any]) -> None:
    first = planned(PAIRS, twin_rows()).digest
    other = twin_rows()
    other[0] = ("m0", "the blues won again", 0.75)
    assert planned(PAIRS, twin_rows()).digest == first
    assert planned(PAIRS, other).digest != first


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            "{lists: [tems.yaml]}",
            "audits.counterfactual.lists.0 must name a list of the package (en, zh)",
        ),
        ("{categories: [religon]}", "Did you mean 'religion'?"),
        (
            "{positive: maybe}",
            "audits.counterfactual.positive must name a class of the task (no, yes), got 'maybe' (assay.yaml:11)",
        ),
        (
            "{symmetric: {column: kind, values: [a]}}",
            "symmetric.column must name a group or control column of the data set test (region)",
        ),
        (
            "{symmetric: {column: region, values: [south]}}",
            "symmetric.values must occur in the column region",
        ),
        ("{pairs: {id: id}}", "pairs must have either path or dataset, got neither"),
        ("{pairs: {path: twins.csv}}", "pairs.id must be given"),
        (
            "{pairs: {path: none.csv, id: id, decision: q1}}",
            "audits.counterfactual.pairs.path must be a readable file",
        ),
        (
            "{pairs: {path: twins.csv, id: key, text: text, scores: [q0, q1]}}",
            "audits.counterfactual.pairs.id must name a column of twins.csv, got 'key'",
        ),
        ("{pairs: {path: twins.csv, id: id, text: txt, scores: [q0, q1]}}", "Did you mean 'text'?"),
        (
            "{pairs: {path: twins.csv, id: id, text: text, scores: [q0, q2]}}",
            "audits.counterfactual.pairs.scores.1 must name a column of twins.csv, got 'q2'",
        ),
        ("{pairs: {path: twins.csv, id: id, text: text}}", "the run has stored predictions only"),
        (
            "{pairs: {path: twins.csv, id: id, of: tset, decision: q1}}",
            "pairs.of must name a test set (test), got 'tset'",
        ),
        ("{pairs: {dataset: test}}", "pairs.of must name the test set whose twins they are"),
        ("{rows: 0}", "audits.counterfactual.rows must be greater than or equal to 1, got 0"),
    ],
)
def test_a_mistake_in_the_options_is_found_before_the_run(
    planned: Callable[..., Any], options: str, said: str
) -> None:
    with pytest.raises(AssayError) as err:
        planned(options, twin_rows())
    assert said in str(err.value)
    assert "Traceback" not in str(err.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {0: ("zz", "x", 0.5)},
            "must hold only ids of the data set test, got 1 others of 12 in twins.csv (id 'zz')",
        ),
        (
            {1: ("m0", "x", 0.5)},
            "must stand on one row each, got more than one row for 1 ids in twins.csv (id 'm0')",
        ),
        (
            {2: ("m2", "", 0.5)},
            "pairs.text must hold a text on each row, got an empty or damaged one on line 4",
        ),
    ],
)
def test_ids_and_texts_of_twins_that_cannot_be_are_refused_without_showing_a_text(
    planned: Callable[..., Any], change: dict[int, tuple[str, str, float]], said: str
) -> None:
    twins = [change.get(i, one) for i, one in enumerate(twin_rows())]
    with pytest.raises(AssayError) as err:
        planned(PAIRS, twins)
    assert said in str(err.value)
    assert "won" not in str(err.value)


def test_twins_in_another_test_set_are_compared_by_id_without_another_call(
    table: Callable[..., Predictions], rows: Callable[..., Dataset], measure: Run
) -> None:
    answers = REACTS
    one, other = texts(12), [*texts(6, "blues"), *texts(12)[6:]]
    predictions, data = [], {}
    for name, each in (("test", one), ("twins", other)):
        logits = answers.logits(answers.prepare(each))
        predictions.append(
            table(
                None, logits.argmax(axis=1), dataset=name, logits=logits, scores=softmax64(logits)
            )
        )
        data[name] = replace(rows(each, name=name))
    found = measure(
        counterfactual,
        *predictions,
        rows=data,
        options={"pairs": {"dataset": "twins"}},
    )
    rate = found["flip-rate[all]@test"].estimate
    assert (rate.value, rate.n) == (1.0, 6)
    why = found["flip-rate[all]@twins"].estimate.why_undefined
    assert why is not None
    assert "holds the twins" in why.text


WIKI = Path(__file__).resolve().parents[4] / "shared/data/wiki_toxicity"


@pytest.mark.skipif(not WIKI.is_dir(), reason="needs the data set wiki_toxicity")
def test_of_the_1492_pairs_of_wiki_toxicity_the_734_that_differ_are_compared(
    tmp_path: Path,
) -> None:
    test = {"path": str(WIKI / "toxicity_nonfuzzed_testset.csv"), "id": "rev_id", "text": "comment"}
    labels = {"label": "toxic", "label_values": {"False": "no", "True": "yes"}}
    config = {
        "apiVersion": "modelassay/v1",
        "kind": "Run",
        "name": "wiki",
        "task": {"kind": "text-classification", "labels": ["no", "yes"]},
        "data": {"test": test | labels},
        "model": {"base": "./model"},
        "audits": {
            "counterfactual": {
                "pairs": {"path": str(WIKI / "toxicity_fuzzed_testset.csv"), "id": "rev_id"}
            }
        },
        "policy": {"pack": "builtin/standard"},
    }
    plan = make_plan(config_from_text(json.dumps(config), base=tmp_path))
    dataset = plan.inputs.tests["test"]
    model = KeywordModel({"gay": (0.0, 4.0)}, bias=(2.0, 0.0))
    logits = model.logits(model.prepare(dataset.inputs))
    predictions = Predictions(
        "test",
        dataset.example_id,
        logits.argmax(axis=1).astype(np.int64),
        2,
        scores=softmax64(logits),
        logits=logits,
    )
    prepared = make_context(
        counterfactual,
        task=plan.loaded.task,
        predictions=[predictions],
        rows={"test": dataset},
        model=model,
        options=plan.options["counterfactual"],
        base=tmp_path,
        seed=0,
        folder=tmp_path,
    )
    assert prepared.context is not None
    declared = counterfactual.calls(facts_of(prepared.context)) if counterfactual.calls else {}
    found = {one.key: one for one in run_audit(counterfactual, prepared.context)}
    rate = found["counterfactual.flip-rate@test[all]"]
    assert rate.estimate.n == 734
    assert declared == {"test": 734}
    assert "734 of 1492 pairs are compared. Left out: 758" in " ".join(n.text for n in rate.notes)
    shift = found["counterfactual.score-shift@test[category=sexual-orientation,identity=gay]"]
    assert shift.estimate.low is not None
    assert shift.estimate.low > 0

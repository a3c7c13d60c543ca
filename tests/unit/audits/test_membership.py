"""Membership: who was learnt is found, who was not is let go, and two data sets that differ are no evidence."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from audits.membership import _beyond, membership
from harness import registry
from harness.auditing import OptionFacts
from harness.data import Dataset
from harness.errors import ModelError, UsageError
from harness.keywords import KeywordModel
from harness.predictions import Predictions
from harness.records import TARGET, DatasetRef, Measurement, Prompting, Task
from harness.stats import delong
from harness.toy_language import ToyLanguageModel
from harness.trials import Answers, make_context, run_audit

LETTERS = "abcdefghijklmnopqrstuvwxyz"
GENERATION = Task("text-generation", "causal-lm", (TARGET,))
TOLD = ("loss", "reference", "calibrated", "error-zone", "zlib", "min-k", "min-k-plus")


def planted_texts(n: int, rng: np.random.Generator) -> list[str]:
    words = ["".join(np.random.default_rng([7, k]).choice(list(LETTERS), 4)) for k in range(60)]
    return [" ".join(rng.choice(words, size=4)) for _ in range(n)]


def dataset(name: str, texts: Sequence[Any], **more: Any) -> Dataset:
    ids = np.array([f"{name}-{row}" for row in range(len(texts))], dtype=object)
    extra = {
        role: np.array(list(map(str, more.pop(role))), dtype=object)
        for role in ("member", "time")
        if role in more
    }
    for role in ("label", "cluster"):
        if role in more:
            more[role] = np.asarray(more[role], dtype=np.int64 if role == "label" else object)
    ref = DatasetRef(name, "memory", None, f"digest of {name}", len(texts), len(texts), {})
    return Dataset(ref, ids, list(texts), extra=extra, **more)


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., dict[str, Measurement]]:
    """Run the audit; returns measure → measurement of the only data set. ``ask.context`` is kept."""

    def run(model: Any, test: Dataset, *, task: Task = GENERATION, **more: Any) -> Any:
        c = len(task.classes)
        logits = None if model is None else model.logits(model.prepare(test.inputs))
        decision = np.zeros(test.n, dtype=np.int64) if logits is None else logits.argmax(axis=1)
        predictions = Predictions(
            "test",
            test.example_id,
            decision,
            c,
            logits=logits,
            label=test.label,
            cluster=test.cluster,
        )
        prepared = make_context(
            membership,
            task=task,
            predictions=[predictions],
            rows={"test": test},
            model=model,
            seed=0,
            folder=tmp_path,
            **more,
        )
        run.context = prepared.context  # type: ignore[attr-defined]
        found = run_audit(membership, prepared.context, reasons=prepared.reasons)
        assert len({one.measure for one in found}) == len(found)
        return {one.measure.split(".")[1]: one for one in found}

    return run


def language_models(
    members: Sequence[str], *, has_seen: bool, n_copies: int = 10, **more: Any
) -> tuple[Any, Any]:
    """A model that has seen the members, or as many others, and what it was tuned from."""
    known = planted_texts(300, np.random.default_rng(100))
    learnt = list(members) if has_seen else planted_texts(len(members), np.random.default_rng(101))
    copies = [1] * len(known) + [n_copies] * len(learnt)
    settings = {"order": 6, "alphabet": LETTERS + "0123456789", **more}
    tuned = ToyLanguageModel([*known, *learnt], n_copies=copies, name="tuned", **settings)
    return tuned, ToyLanguageModel(known, name="base", **settings)


def halves(n: int = 150, seed: int = 5) -> tuple[list[str], list[str]]:
    rng = np.random.default_rng(seed)
    return planted_texts(n, rng), planted_texts(n, rng)


def values(found: dict[str, Measurement]) -> dict[str, float | None]:
    return {name: one.estimate.value for name, one in found.items()}


def reason(one: Measurement) -> str:
    assert not one.estimate.is_measured
    assert one.estimate.why_undefined is not None
    return one.estimate.why_undefined.text


def test_rows_that_a_language_model_has_seen_are_told_from_others(ask: Any) -> None:
    members, others = halves()
    tuned, base = language_models(members, has_seen=True)
    found = ask(
        tuned, dataset("test", others), train=dataset("train", members), reference=lambda: base
    )
    got = values(found)
    assert got["blind-auc"] < 0.55
    for signal in (*TOLD, "rmia"):
        assert got[f"auc-{signal}"] > 0.9, signal
    assert got["auc"] == got["auc-calibrated"]
    assert got["auc-minus-blind"] == pytest.approx(got["auc"] - got["blind-auc"])
    assert found["auc"].notes[0].params == {"name": "calibrated"}
    assert "auc-phi" not in found


def test_rows_that_it_has_not_seen_are_not(ask: Any) -> None:
    members, others = halves()
    tuned, base = language_models(members, has_seen=False)
    found = ask(
        tuned, dataset("test", others), train=dataset("train", members), reference=lambda: base
    )
    for signal in TOLD:
        estimate = found[f"auc-{signal}"].estimate
        assert estimate.low < 0.55, signal
        assert estimate.high > 0.45, signal
    assert found["auc-minus-blind"].estimate.low < 0 < found["auc-minus-blind"].estimate.high


@pytest.mark.parametrize("what", ["date", "words", "length", "base"])
def test_two_data_sets_that_differ_are_no_evidence(ask: Any, what: str) -> None:
    members, others = halves()
    tuned, base = language_models(members, has_seen=False)
    train, test = dataset("train", members), dataset("test", others)
    if what == "date":
        days = [f"2026-0{1 + row % 5}-0{1 + row % 9}" for row in range(150)]
        train = dataset("train", members, time=days)
        test = dataset(
            "test",
            others,
            time=[day.replace("2026-0", "2026-1")[:6] + "1" + day[7:] for day in days],
        )
    elif what == "words":
        test = dataset("test", [f"{one} lately" if k % 2 else one for k, one in enumerate(others)])
    elif what == "length":
        test = dataset("test", [one + " " + one[:9] for one in others])
    else:
        # what the base has read before looks new to nobody
        known = planted_texts(300, np.random.default_rng(100))
        test = dataset("test", known[:150])
    found = ask(tuned, test, train=train, reference=lambda: base)
    assert found["blind-auc"].estimate.value > 0.55
    told = {name for name in found if not found[name].estimate.is_measured}
    assert told == set(found) - {"blind-auc"}
    for name in told:
        assert "never sees the model" in reason(found[name])
    # the audited model was not even asked
    assert ask.context._ask.n_asked <= 300


def test_few_rows_that_leave_it_open_are_not_said_to_differ(ask: Any) -> None:
    members, others = halves(60)
    tuned, base = language_models(members, has_seen=False)
    test = dataset("test", [one + " lately" * (k % 5 == 0) for k, one in enumerate(others)])
    found = ask(tuned, test, train=dataset("train", members), reference=lambda: base)
    blind = found["blind-auc"].estimate
    assert blind.low < 0.5 < 0.55 < blind.value
    assert "may be chance" in reason(found["auc"])


def test_copies_are_left_out_on_both_sides(ask: Any) -> None:
    members, others = halves(250)
    tuned, base = language_models(members, has_seen=True)
    test = dataset("test", [*others, *members[:40], members[50] + "!", others[0].upper()])
    found = ask(tuned, test, train=dataset("train", members), reference=lambda: base)
    assert found["auc"].estimate.n == 500 - 41
    told = [one for one in found["auc"].caveats if one.id == "membership.copies"]
    assert told[0].params == {"n_members": 41, "n_others": 42}


def test_a_column_of_the_test_table_says_who_is_a_member(ask: Any) -> None:
    members, others = halves()
    tuned, base = language_models(members, has_seen=True)
    both = dataset("test", [*members, *others], member=["yes"] * 150 + ["no"] * 150)
    found = ask(tuned, both, reference=lambda: base)
    assert found["auc"].estimate.value > 0.95
    assert any(one.id == "membership.not-trained-here" for one in found["auc"].caveats)
    unread = dataset("test", [*members, *others], member=["yes"] * 150 + ["maybe"] * 150)
    told = reason(ask(tuned, unread, reference=lambda: base)["auc"])
    assert "150 rows" in told
    assert "maybe" not in told


def test_a_lineage_that_names_the_training_rows_is_proof(ask: Any) -> None:
    members, others = halves()
    tuned, base = language_models(members, has_seen=True)
    train = dataset("train", members)
    more = {"train": train, "reference": lambda: base}
    lineage = {"train": {"content_digest": "digest of train"}}
    for given, is_told in (
        (lineage, False),
        ({"train": {"content_digest": "x"}}, True),
        (None, True),
    ):
        found = ask(tuned, dataset("test", others), lineage=given, **more)
        told = [one.id for one in found["auc"].caveats]
        assert ("membership.not-trained-here" in told) == is_told


def test_validation_rows_can_be_the_others(ask: Any) -> None:
    members, others = halves()
    tuned, base = language_models(members, has_seen=True)
    more = {"train": dataset("train", members), "reference": lambda: base}
    options = {"others": "validation"}
    test = dataset("test", halves(60, 9)[0])
    found = ask(tuned, test, validation=dataset("validation", others), options=options, **more)
    assert {one.dataset for one in found.values()} == {"validation"}
    assert found["auc"].estimate.value > 0.95
    assert "no validation rows" in reason(ask(tuned, test, options=options, **more)["auc"])


def test_without_training_rows_there_are_no_members(ask: Any) -> None:
    tuned, base = language_models(halves()[0], has_seen=True)
    found = ask(tuned, dataset("test", halves()[1]), reference=lambda: base)
    assert all("data.train" in reason(one) for one in found.values())


def test_stored_predictions_alone_cannot_be_asked(ask: Any) -> None:
    members, others = halves()
    found = ask(None, dataset("test", others), train=dataset("train", members))
    assert "no model" in reason(found["auc"])


def test_a_handful_of_rows_is_not_tried(ask: Any) -> None:
    members, others = halves(20)
    tuned, base = language_models(members, has_seen=True)
    found = ask(
        tuned, dataset("test", others), train=dataset("train", members), reference=lambda: base
    )
    assert "50 of each" in reason(found["blind-auc"])


def test_without_what_it_was_tuned_from_the_headline_is_not_measured_and_says_what_to_do(
    ask: Any,
) -> None:
    members, others = halves()
    tuned, _ = language_models(members, has_seen=True)
    more = {"train": dataset("train", members)}
    found = ask(tuned, dataset("test", others), **more)
    assert "headline to loss" in reason(found["auc"])
    assert found["auc-loss"].estimate.value > 0.9
    assert "model.reference" in reason(found["auc-reference"])
    found = ask(tuned, dataset("test", others), options={"headline": "loss"}, **more)
    assert found["auc"].estimate == found["auc-loss"].estimate


def test_a_signal_of_the_other_kind_of_model_is_refused_with_the_reason(ask: Any) -> None:
    members, others = halves()
    tuned, base = language_models(members, has_seen=True)
    found = ask(
        tuned,
        dataset("test", others),
        train=dataset("train", members),
        reference=lambda: base,
        options={"headline": "phi"},
    )
    assert "phi" in reason(found["auc"])


def test_a_reference_that_cuts_texts_otherwise_is_no_reference(ask: Any) -> None:
    members, others = halves(300, 6)
    tuned, base = language_models(members, has_seen=True)

    class Cut(ToyLanguageModel):
        def prepare(self, inputs: Any) -> Any:
            return super().prepare([one[:-3] for one in inputs])

    other = Cut([])
    other.__dict__.update(base.__dict__)
    found = ask(
        tuned, dataset("test", others), train=dataset("train", members), reference=lambda: other
    )
    assert "other tokens" in reason(found["auc"])
    assert found["auc-loss"].estimate.is_measured


def test_fewer_others_than_a_rate_takes_give_the_number(ask: Any) -> None:
    members, others = halves()
    tuned, base = language_models(members, has_seen=True)
    found = ask(
        tuned, dataset("test", others), train=dataset("train", members), reference=lambda: base
    )
    told = found["tpr-at-one-in-1000"].estimate.why_undefined
    assert told.params == {"limit": 0.001, "least": 10_000, "units": "rows", "n": 150}


def test_with_a_thousand_others_the_rate_at_one_in_a_hundred_is_measured(ask: Any) -> None:
    members, others = halves(1000)
    tuned, base = language_models(members[:300], has_seen=True)
    found = ask(
        tuned,
        dataset("test", others),
        train=dataset("train", members[:300]),
        reference=lambda: base,
    )
    rate = found["tpr-at-one-in-100"]
    # random texts of few words are copies now and then
    assert rate.estimate.is_measured == (found["auc"].estimate.n - 300 >= 1000)
    if rate.estimate.is_measured:
        assert rate.estimate.low > 0.3
        assert any(one.id == "membership.false-alarms" for one in rate.notes)
    assert not found["tpr-at-one-in-1000"].estimate.is_measured


def test_people_are_told_by_all_of_their_rows(ask: Any) -> None:
    members, others = halves(300)
    tuned, base = language_models(members, has_seen=True, n_copies=1)
    people = [[f"{side}{row // 5}" for row in range(300)] for side in ("in", "out")]
    found = ask(
        tuned,
        dataset("test", others, cluster=people[1]),
        train=dataset("train", members, cluster=people[0]),
        reference=lambda: base,
    )
    subject, row = found["subject-auc"].estimate, found["auc"].estimate
    assert subject.n <= 120
    assert subject.value >= row.value
    assert "clusters" in reason(found["subject-tpr-at-one-in-100"])
    both = ask(
        tuned,
        dataset("test", others, cluster=people[0]),
        train=dataset("train", members, cluster=people[0]),
        reference=lambda: base,
    )
    assert "stand on both" in reason(both["subject-auc"])


def test_rows_without_a_token_are_left_out_and_counted(ask: Any) -> None:
    members, others = halves(300)
    tuned, base = language_models(members, has_seen=True)

    class Silent(ToyLanguageModel):
        def prepare(self, inputs: Any) -> Any:
            items = super().prepare(inputs)
            return [
                replace(one, arrays={**one.arrays, "segment": one.arrays["segment"] * 0})
                if text in gone
                else one
                for one, text in zip(items, inputs, strict=True)
            ]

    gone = {members[3], others[7]}
    models = []
    for model in (tuned, base):
        silent = Silent([])
        silent.__dict__.update(model.__dict__)
        models.append(silent)
    found = ask(
        models[0],
        dataset("test", others),
        train=dataset("train", members),
        reference=lambda: models[1],
    )
    assert found["auc"].estimate.n == 598
    assert [one.params for one in found["auc"].caveats if one.id == "membership.unscored"] == [
        {"n": 2}
    ]


def test_a_model_that_answers_nan_is_an_error_and_no_value(ask: Any) -> None:
    members, others = halves()
    tuned, base = language_models(members, has_seen=True)

    class Damaged(ToyLanguageModel):
        def log_probabilities(self, items: Any, **more: Any) -> Any:
            found = super().log_probabilities(items, **more)
            return [replace(one, log_probability=one.log_probability * np.nan) for one in found]

    damaged = Damaged([])
    damaged.__dict__.update(tuned.__dict__)
    damaged.logits = lambda items: np.zeros((len(items), 1), dtype=np.float32)  # type: ignore[method-assign]
    with pytest.raises(ModelError, match="NaN"):
        ask(
            damaged,
            dataset("test", others),
            train=dataset("train", members),
            reference=lambda: base,
        )


@pytest.mark.parametrize("kind", ["prompted-classification", "multiple-choice"])
def test_tasks_that_decide_are_judged_by_the_right_candidate(ask: Any, kind: str) -> None:
    members, others = halves(200)
    if kind == "prompted-classification":
        prompting = Prompting(completions=(" no", " yes"))
        task = Task(kind, "causal-lm", ("no", "yes"), prompting=prompting)
        rows = [[(one, " no", " yes") for one in texts] for texts in (members, others)]
    else:
        task = Task(kind, "causal-lm", ("A", "B"), prompting=Prompting())
        rows = [[(one[:9], one[9:], one[9:][::-1]) for one in texts] for texts in (members, others)]
    label = [row % 2 for row in range(200)]
    learnt = [one[0] + one[1 + k] for one, k in zip(rows[0], label, strict=True)]
    known = [
        one + end for one in planted_texts(300, np.random.default_rng(3)) for end in (" no", " yes")
    ]
    settings = {"order": 9, "n_classes": 2, "alphabet": LETTERS}
    tuned = ToyLanguageModel([*known, *learnt], n_copies=[1] * 600 + [20] * 200, **settings)
    base = ToyLanguageModel(known, **settings)
    found = ask(
        tuned,
        dataset("test", rows[1], label=label),
        train=dataset("train", rows[0], label=label),
        reference=lambda: base,
        task=task,
    )
    assert found["auc"].estimate.value > 0.7
    bare = ask(tuned, dataset("test", rows[1]), train=dataset("train", rows[0]), task=task)
    assert "labels" in reason(bare["auc"])


def classifier(*, has_seen: bool, seed: int = 0) -> tuple[KeywordModel, Dataset, Dataset]:
    """A model that knows each member by a word of its own, or knows only the words of the classes."""
    rng = np.random.default_rng(seed)
    sets = []
    for name in ("train", "test"):
        label = rng.integers(0, 2, 200)
        own = ["".join(rng.choice(list(LETTERS), 6)) for _ in range(200)]
        is_clear = rng.random(200) < 0.8
        words = np.where(is_clear == (label == 1), "good", "poor")
        filler = rng.choice([f"word{k}" for k in range(30)], size=(200, 4))
        texts = [f"{a} {b} {' '.join(c)}" for a, b, c in zip(own, words, filler, strict=True)]
        sets.append(dataset(name, texts, label=label))
    train, test = sets
    weights = {"good": (0.0, 2.0), "poor": (2.0, 0.0)}
    for text, label in zip(train.inputs, train.label.tolist(), strict=True):
        sure = 2.0 * has_seen
        weights[str(text).split()[0]] = (sure * (label == 0), sure * (label == 1))
    return KeywordModel(weights, (0.0, 0.0)), train, test


DECISION = Task("text-classification", "text", ("no", "yes"))


@pytest.mark.parametrize("has_layer", [True, False])
def test_rows_that_a_classifier_has_learnt_by_heart_are_told_from_others(
    ask: Any, has_layer: bool
) -> None:
    model, train, test = classifier(has_seen=True)
    if not has_layer:
        model.capabilities -= {"last-layer"}
    found = ask(model, test, train=train, task=DECISION)
    for signal in ("phi", "loss", "modified-entropy"):
        assert found[f"auc-{signal}"].estimate.low > 0.6, signal
    assert found["auc"].estimate == found["auc-phi"].estimate
    assert found["auc-lira"].estimate.is_measured == has_layer
    assert found["auc-rmia"].estimate.is_measured == has_layer
    assert "auc-zlib" not in found
    assert isinstance(ask.context._ask, Answers)
    assert ask.context._ask.n_asked == 400


def test_a_classifier_that_has_learnt_nothing_by_heart_is_let_go(ask: Any) -> None:
    model, train, test = classifier(has_seen=False)
    found = ask(model, test, train=train, task=DECISION)
    for signal in ("phi", "loss", "entropy", "modified-entropy"):
        assert found[f"auc-{signal}"].estimate.low < 0.5 < found[f"auc-{signal}"].estimate.high


def test_shadow_folders_stand_for_models_without_the_rows(
    ask: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    members, others = halves()
    tuned, base = language_models(members, has_seen=True)
    shadow = language_models(halves(150, 77)[0], has_seen=True)[0]
    modality = SimpleNamespace(load=lambda folder, **_: shadow)
    monkeypatch.setattr(registry, "modality_for", lambda kind: modality)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    more = {"train": dataset("train", members), "reference": lambda: base, "base": tmp_path}
    options = {"shadows": ["one", "two"], "headline": "lira"}
    found = ask(tuned, dataset("test", others), options=options, **more)
    assert found["auc"].estimate.value > 0.9
    assert found["auc-rmia"].estimate.value > 0.9
    assert any(one.id == "membership.taken-for-out" for one in found["auc-lira"].caveats)
    assert ask.context._ask.n_asked == 4 * 300
    text = json.dumps({"train": {"content_digest": "digest of train"}})
    (tmp_path / "two" / "lineage.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"shadows\.1 must have been trained on other rows"):
        ask(tuned, dataset("test", others), options=options, **more)


def test_shadows_of_a_classifier_take_the_place_of_heads(
    ask: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, train, test = classifier(has_seen=True)
    shadow = classifier(has_seen=True, seed=9)[0]
    monkeypatch.setattr(
        registry, "modality_for", lambda kind: SimpleNamespace(load=lambda folder, **_: shadow)
    )
    found = ask(
        model, test, train=train, task=DECISION, options={"shadows": ["one"]}, base=tmp_path
    )
    assert found["auc"].estimate == found["auc-lira"].estimate
    assert found["auc-lira"].estimate.low > 0.6


def test_a_shadow_that_is_not_there_is_told_before_the_run(tmp_path: Path) -> None:
    facts = OptionFacts(
        options=membership.settled(None, {"shadows": ["nowhere"]}),
        task=GENERATION,
        tests={},
        has_model=True,
        base=tmp_path,
        place=lambda *keys: "assay.yaml:9",
    )
    assert membership.check is not None
    problems = membership.check(facts)
    assert len(problems) == 1
    assert "audits.membership.shadows.0 must name a folder" in problems[0]
    assert "assay.yaml:9" in problems[0]


def test_nothing_that_is_written_says_which_row_was_learnt(ask: Any) -> None:
    members, others = halves()
    tuned, base = language_models(members, has_seen=True)
    found = ask(
        tuned, dataset("test", others), train=dataset("train", members), reference=lambda: base
    )
    files = sorted(ask.context.folder.glob("*"))
    assert [path.name for path in files] == ["signals.json"]
    written = files[0].read_text(encoding="utf-8")
    told = written + "".join(
        message.text for one in found.values() for message in (*one.caveats, *one.notes)
    )
    for row, text in enumerate((*members, *others)):
        assert text not in told
        assert f"train-{row}" not in told
        assert f"test-{row}" not in told
    shown = json.loads(written)["test"]
    assert set(shown) == {*TOLD, "rmia"}
    for each in shown.values():
        cells = [*each["histogram"]["members"], *each["histogram"]["others"]]
        assert all(cell is None or cell >= 10 for cell in cells)


def test_a_blind_attack_that_is_worse_than_chance_is_taken_for_chance() -> None:
    rng = np.random.default_rng(4)
    is_member = np.arange(600) < 300
    values = rng.normal(size=600) + 0.4 * is_member
    misled = rng.normal(size=600) - 0.3 * is_member
    found = _beyond(values, misled, is_member, None)
    alone = delong(values, is_member)
    assert found.value is not None
    assert alone.value is not None
    assert found.value == pytest.approx(alone.value - 0.5, abs=1e-12)

"""What is offered against leakage, and why the rest is not."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.cli import invoke
from harness.commands.mitigation import offers_of, open_subject, render_offers
from harness.commands.mitigation.offers import concerns_of
from harness.commands.mitigation.relearning import STEPS, canonical, changed_training
from harness.commands.mitigation.subject import LearntRowsGone
from harness.errors import MissingExtra, UsageError
from harness.evidence import open_run
from harness.records import Finding, Message

AGAINST = [
    "deduplicate",
    "scrub",
    "deduplicate+scrub",
    "private-training",
    "deduplicate+private-training",
    "scrub+private-training",
    "deduplicate+scrub+private-training",
]


def against_leakage(offers: Any) -> dict[str, Any]:
    return {one.method.id: one for one in offers.offers if one.method.against == "leakage"}


def finding(measure: str, outcome: str, slice: str = "all") -> Finding:
    return Finding(
        rule=measure.upper(),
        title="",
        severity="block",
        basis="policy_choice",
        clauses=(),
        measure=measure,
        dataset="train",
        slice=slice,
        outcome=outcome,  # type: ignore[arg-type]
        because=Message.of("test.why", "Because."),
    )


def bundle_with(*findings: Finding) -> Any:
    return SimpleNamespace(
        gates=lambda: [SimpleNamespace(verdict=SimpleNamespace(findings=findings))]
    )


def test_a_run_that_fine_tuned_is_offered_every_remedy_the_cheapest_first(based: Any) -> None:
    found = against_leakage(offers_of("latest", based.runs))
    assert list(found) == AGAINST
    assert all(not one.why_not for one in found.values())
    text = render_offers(offers_of("latest", based.runs), 90)
    assert "Against leakage of training rows, the cheapest first:" in text
    assert text.index(". deduplicate") < text.index(". scrub") < text.index(". private-training")
    assert "Together, with the options of each: deduplicate+scrub," in " ".join(text.split())


def test_a_new_model_cannot_be_trained_privately_and_says_why(planted: Any) -> None:
    found = against_leakage(offers_of("latest", planted.runs))
    lacking = [id for id, one in found.items() if one.why_not]
    assert lacking == [id for id in AGAINST if "private" in id]
    assert found["private-training"].why_not[0].startswith("It needs a base (model.base)")
    text = " ".join(render_offers(offers_of("latest", planted.runs), 90).split())
    assert "Together, with the options of each: deduplicate+scrub " in text


def test_a_finding_about_leakage_is_a_concern_of_its_own_and_puts_its_remedies_first() -> None:
    found = concerns_of(
        bundle_with(
            finding("membership.area", "inconclusive", "signal=loss"),
            finding("group-metrics.tpr-difference", "failed", "origin=%2A"),
            finding("memorisation.exposure", "failed", "repeats=32"),
            finding("extraction.share", "passed"),
            finding("accuracy.accuracy", "failed"),
        )
    )
    assert [(one.measure, one.against, one.column) for one in found] == [
        ("group-metrics.tpr-difference", "differences", "origin"),
        ("memorisation.exposure", "leakage", None),
        ("membership.area", "leakage", None),
    ]


def test_remedies_come_first_where_only_leakage_was_found(planted: Any, monkeypatch: Any) -> None:
    concern = concerns_of(bundle_with(finding("memorisation.exposure", "failed")))
    monkeypatch.setattr("harness.commands.mitigation.offers.concerns_of", lambda bundle: concern)
    text = render_offers(offers_of("latest", planted.runs), 90)
    assert text.index("1. deduplicate") < text.index(". threshold")
    assert "failed: MEMORISATION.EXPOSURE. Because." in text


def test_a_model_that_was_given_cannot_be_trained_again(planted: Any) -> None:
    planted.write_config("model: {base: ./model}")
    (planted.folder / "model").mkdir()
    words = json.dumps({"weights": {"bad0": [0.0, 2.0]}, "bias": [0.1, 0.0]})
    (planted.folder / "model" / "words.json").write_text(words, encoding="utf-8")
    run = str(planted.run())
    found = against_leakage(offers_of(run, planted.runs))
    assert all("given a model as it is" in one.why_not[0] for one in found.values())
    with pytest.raises(UsageError, match="given a model as it is"):
        planted.mitigate("deduplicate", ref=run, group=None, constraint=None)


def test_stored_predictions_cannot_be_trained_again(planted: Any) -> None:
    first = open_run(planted.runs / planted.first).predictions()[0]
    rows = zip(first.example_id, first.scores, strict=True)
    lines = ["id,p0,p1", *(f"{one},{p0:.9f},{p1:.9f}" for one, (p0, p1) in rows)]
    (planted.folder / "scores.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    stored = "model: {predictions: {path: scores.csv, id: id, scores: [p0, p1]}}"
    planted.write_config(stored, without="train.csv")
    found = against_leakage(offers_of(str(planted.run()), planted.runs))
    assert all("stored predictions only" in one.why_not[0] for one in found.values())


def test_without_opacus_the_line_that_installs_it_is_said(based: Any, monkeypatch: Any) -> None:
    from importlib.util import find_spec

    monkeypatch.setattr(
        "harness.commands.mitigation.relearning.find_spec",
        lambda name: None if name == "opacus" else find_spec(name),
    )
    found = against_leakage(offers_of("latest", based.runs))
    lacking = [id for id, one in found.items() if one.why_not]
    assert lacking == [id for id in AGAINST if "private" in id]
    assert "pip install 'modelassay[privacy]'" in found["private-training"].why_not[0]
    with pytest.raises(MissingExtra, match=r"pip install 'modelassay\[privacy\]'"):
        based.mitigate("deduplicate+private-training", group=None, constraint=None)


@pytest.mark.parametrize("name", ["train", "validation"])
def test_learnt_rows_that_were_changed_are_said_and_nothing_is_offered(
    planted: Any, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    planted.rows(name, 120, kept=1.0, seed=77)
    offers = offers_of("latest", planted.runs)
    assert all(f"data.{name} must hold the rows of run" in one.why_not[0] for one in offers.offers)
    assert invoke(["mitigate", "latest"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert told.count("Not offered: ") == 2
    assert told.count(f"data.{name} must hold the rows of run") == 2
    with pytest.raises(LearntRowsGone, match=rf"data\.{name} must hold"):
        planted.mitigate("scrub", group=None, constraint=None)


def test_learnt_rows_that_are_gone_are_said_and_nothing_is_offered(planted: Any) -> None:
    (planted.folder / "train.csv").unlink()
    offers = offers_of("latest", planted.runs)
    assert all("data.train.path must be a readable file" in one.why_not[0] for one in offers.offers)
    with pytest.raises(LearntRowsGone, match=r"data\.train\.path"):
        planted.mitigate("scrub", group=None, constraint=None)


def test_test_rows_that_were_changed_are_refused(planted: Any) -> None:
    planted.rows("test", 120, kept=1.0, seed=77)
    with pytest.raises(UsageError, match=r"data\.test must hold") as caught:
        offers_of("latest", planted.runs)
    assert not isinstance(caught.value, LearntRowsGone)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"group": "origin", "constraint": None}, "--group must be left out"),
        ({"group": None, "constraint": "fpr"}, "--constraint must be left out"),
        ({"acknowledgement": "me"}, "needs no group"),
    ],
)
def test_a_remedy_against_leakage_takes_no_group(planted: Any, order: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        planted.mitigate("deduplicate", **order)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--method", "deduplicat"], "Did you mean 'deduplicate'?"),
        (["--method", "deduplicate+deduplicate"], "must be one of"),
        (["--method", "private-training", "--option", "epsilon=0"], "must be a number >= 0.001"),
        (
            ["--method", "private-training", "--option", "x=1"],
            "private-training has positive, epsilon",
        ),
        (["--method", "deduplicate", "--option", "duplicates=some"], "must be one of near, exact"),
        (["--method", "scrub", "--option", "positive=toxc"], "Did you mean 'toxic'?"),
    ],
)
def test_wrong_words_are_answered_with_a_sentence_and_exit_2(
    planted: Any, capsys: pytest.CaptureFixture[str], argv: list[str], words: str
) -> None:
    assert invoke(["mitigate", "latest", *argv]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told


def test_methods_that_weigh_rows_are_not_offered_where_training_changes_the_rows(
    planted: Any,
) -> None:
    text = (planted.folder / "assay.yaml").read_text(encoding="utf-8")
    own = "train: {epochs: 1, deduplicate: exact}"
    (planted.folder / "assay.yaml").write_text(text.replace("train: {epochs: 1}", own))
    offers = {one.method.id: one for one in offers_of(str(planted.run()), planted.runs).offers}
    assert "train.deduplicate changes the rows" in offers["reweighting"].why_not[0]
    assert not offers["last-layer"].why_not


def test_a_language_model_is_offered_remedies_against_leakage_alone(language: Any) -> None:
    offers = offers_of("latest", language.runs).offers
    able = [one.method.id for one in offers if not one.why_not]
    assert able == AGAINST
    assert (
        "decides nothing" in next(one for one in offers if one.method.id == "threshold").why_not[0]
    )
    with pytest.raises(UsageError, match="decides nothing"):
        language.mitigate("scrub", "positive=target")


def test_full_training_becomes_one_of_an_adapter_unless_all_weights_are_asked_for() -> None:
    method = next(one for one in _methods() if one.id == "private-training")
    values = {"epsilon": (2.0,)}
    train = {"method": "full", "learning_rate": 2e-5, "packing": True, "schedule": "linear"}
    based = changed_training(method, train, values)
    assert based == {
        "method": "lora",
        "learning_rate": pytest.approx(2e-4),
        "schedule": "linear",
        "private": {"epsilon": 2.0},
    }
    forced = changed_training(method, train, values | {"trained": ("all",)})
    assert forced["method"] == "full"
    assert forced["learning_rate"] == 2e-5


def test_a_lower_epsilon_replaces_that_of_a_run_that_was_private_already() -> None:
    method = next(one for one in _methods() if one.id == "private-training")
    own = {"noise_multiplier": 1.0, "epsilon": None, "delta": 1e-6}
    changed = changed_training(method, {"private": own}, {"epsilon": (1.0,)})
    assert changed["private"] == {"epsilon": 1.0, "delta": 1e-6}


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("private-training+scrub", "scrub+private-training"),
        ("scrub", "scrub"),
        ("scrub+scrub", "scrub+scrub"),
        ("scrub+else", "scrub+else"),
        ("group-dro", "group-dro"),
    ],
)
def test_names_of_steps_are_put_into_our_order(given: str, name: str) -> None:
    assert canonical(given) == name


def test_every_step_changes_only_what_the_config_knows() -> None:
    from harness.config import TrainConfig

    for method in _methods():
        values = {
            name: (option.read(option.default),)
            for name, option in method.options.items()
            if option.default is not None
        }
        train = TrainConfig.model_validate(changed_training(method, {}, values))
        assert (train.deduplicate != "none") == ("deduplicate" in method.steps)
        assert train.scrub == ("scrub" in method.steps)
        assert (train.private is not None) == ("private-training" in method.steps)
    assert list(STEPS) == ["deduplicate", "scrub", "private-training"]


def _methods() -> list[Any]:
    from harness.commands.mitigation.methods import METHODS

    return [one for one in METHODS.values() if one.against == "leakage"]


def test_a_run_is_opened_from_the_folder_that_its_config_lay_in(
    planted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    subject = open_subject(planted.first, planted.runs, base=planted.folder)
    assert subject.loaded.base == planted.folder

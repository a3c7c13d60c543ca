"""Whole mitigations on a planted difference: benign rows of one group are taken for toxic."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.commands.mitigation import (
    offers_for,
    open_subject,
    render_comparison,
    render_offers,
    write_comparison,
)
from harness.errors import AssayError, UsageError
from harness.evidence import open_run, verify_run
from harness.records import Message

AIM = "fpr-difference"


def test_the_planted_difference_is_there_and_the_run_is_offered_methods(planted: Any) -> None:
    subject = open_subject("latest", planted.runs)
    offers = offers_for(subject)
    assert all(not one.why_not for one in offers.offers if one.method.against == "differences")
    assert offers.groups == {"origin": {"train": 2, "validation": 2, "test": 2}}
    text = render_offers(offers, 80)
    assert "1. threshold" in text
    assert "Nothing was run" in text


def test_reweighting_reduces_the_planted_difference_on_the_sealed_test_set(
    planted: Any, by_name: Callable[..., Any]
) -> None:
    found = planted.mitigate("reweighting", "weights=balanced,independent", "max_loss=0.1")
    change = by_name(found, AIM, "origin=%2A")
    assert change.before > 0.2
    assert change.after < change.before - 0.1
    assert change.estimate.high < 0
    assert {one.name for one in found.fitted.candidates} == {"balanced", "independent"}


@pytest.mark.parametrize(
    ("method", "options", "smallest"),
    [
        ("reweighting", ["weights=sampler"], 0.1),
        ("counterfactual-augmentation", ["strength=2"], 0.2),
        ("group-dro", ["eta=0.5"], 0.1),
        ("last-layer", [], 0.1),
        ("threshold-optimizer", [], 0.1),
        ("exponentiated-gradient", ["bound=0.02", "max_iter=10"], 0.1),
    ],
)
def test_each_method_reduces_the_planted_difference_on_the_sealed_test_set(
    planted: Any, by_name: Callable[..., Any], method: str, options: list[str], smallest: float
) -> None:
    from harness.commands.mitigation.methods import METHODS

    declared = METHODS[method]
    options = [*options, *words_of(planted, declared), "max_loss=0.1"]
    found = planted.mitigate(method, *options, **acknowledged(declared))
    change = by_name(found, AIM, "origin=%2A")
    assert change.after < change.before - smallest
    assert change.estimate.high < 0
    assert found.mitigation.needs_group is declared.needs_group
    kind = open_run(found.run).record.model.kind
    assert (kind == "predictions") is declared.makes_predictions


def test_thresholds_by_group_are_refused_without_an_acknowledgement(planted: Any) -> None:
    for text in (None, "  "):
        with pytest.raises(UsageError, match=r"--acknowledge-group-thresholds TEXT"):
            planted.mitigate("threshold-optimizer", acknowledgement=text)
    found = planted.mitigate("threshold-optimizer", acknowledgement="Counsel, memo 7")
    record = open_run(found.run).record
    assert record.mitigation is not None
    assert record.mitigation.acknowledgement == "Counsel, memo 7"
    assert "cannot decide without it" in found.notes[-1].text


def test_the_mitigated_model_is_a_sealed_run_of_its_own_with_its_lineage(planted: Any) -> None:
    found = planted.mitigate("reweighting")
    assert not verify_run(found.run).problems
    record = open_run(found.run).record
    first = open_run(planted.runs / found.before)
    assert record.mitigation is not None
    assert record.mitigation.of_run == first.id
    assert record.mitigation.of_run_digest == first.digest
    assert record.mitigation.method == "reweighting"
    assert record.mitigation.options["chosen.candidate"] == "independent"
    assert [one.id for one in record.audits] == [one.id for one in first.record.audits]
    assert found.verdicts == ("pass", "pass")
    assert "run.mitigated" in [caveat.id for caveat in record.caveats]


def test_a_threshold_changes_decisions_and_leaves_scores_as_they_are(planted: Any) -> None:
    found = planted.mitigate("threshold", "max_loss=0.2")
    before = open_run(planted.runs / found.before).predictions()[0]
    after = open_run(found.run).predictions()[0]
    at = found.mitigation.options["chosen.at"]
    assert (after.scores == before.scores).all()
    assert ((after.scores[:, 1] >= at) == (after.decision == 1)).all()
    assert (after.decision != before.decision).any()
    assert found.fitted.candidates[0].difference <= found.fitted.before.difference


def test_a_mitigation_that_helped_nobody_on_validation_says_so(planted: Any) -> None:
    found = planted.mitigate("threshold", "max_loss=0", constraint="tpr")
    helped = found.fitted.candidates[0].difference < found.fitted.before.difference
    says = "mitigation.no-better" in [note.id for note in found.notes]
    assert says is not helped
    same = planted.mitigate("group-dro", "eta=0", "epochs=1")
    worse = same.fitted.candidates[0].difference >= same.fitted.before.difference
    assert worse is ("mitigation.no-better" in [note.id for note in same.notes])


def test_a_candidate_that_costs_too_much_is_said_to(planted: Any) -> None:
    found = planted.mitigate("reweighting", "learning_rate=0.1", "max_loss=0")
    kept = found.fitted.candidates[0].balanced_accuracy >= found.fitted.before.balanced_accuracy
    assert kept is not ("mitigation.too-dear" in [note.id for note in found.notes])


def test_stored_predictions_offer_a_threshold_and_say_what_the_rest_lacks(
    planted: Any,
) -> None:
    first = open_run(planted.runs / planted.first).predictions()[0]
    lines = ["id,p0,p1"]
    lines += [
        f"{one},{p0:.9f},{p1:.9f}"
        for one, (p0, p1) in zip(first.example_id, first.scores, strict=True)
    ]
    (planted.folder / "scores.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    planted.write_config(
        "model: {predictions: {path: scores.csv, id: id, scores: [p0, p1]}}", without="train.csv"
    )
    stored = planted.run()
    offers = {
        one.method.id: one for one in offers_for(open_subject(str(stored), planted.runs)).offers
    }
    assert not offers["threshold"].why_not
    assert "needs a model" in offers["reweighting"].why_not[0]
    with pytest.raises(UsageError, match=r"--option validation=FILE"):
        planted.mitigate("threshold", ref=str(stored))
    of_validation = [
        f"validation{row},{0.9 - row % 7 / 10:.2f},{0.1 + row % 7 / 10:.2f}" for row in range(400)
    ]
    (planted.folder / "held-out.csv").write_text(
        "id,p0,p1\n" + "\n".join(of_validation) + "\n", encoding="utf-8"
    )
    found = planted.mitigate("threshold", "validation=held-out.csv", ref=str(stored))
    assert open_run(found.run).record.config["model"]["threshold"]["label"] == "toxic"


def test_no_test_row_reaches_what_fits_or_chooses(planted: Any) -> None:
    rows = (planted.folder / "test.csv").read_text(encoding="utf-8").splitlines()[1:]
    test_texts = {row.split(",")[1] for row in rows}
    from harness.commands.mitigation import fitting

    planted.learner.read.clear()
    planted.learner.requests.clear()
    seen: list[set[str]] = []
    real = fitting.fit

    def fit(method: Any, desk: Any) -> Any:
        fitted = real(method, desk)
        assert not desk.subject.inputs.tests
        seen.append(set(planted.learner.read))
        return fitted

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("harness.commands.mitigation.for_groups.fit", fit)
        for method in every_method():
            planted.mitigate(method.id, *words_of(planted, method), **acknowledged(method))
            assert planted.learner.read, method.id
            assert not seen[-1] & test_texts, method.id
            planted.learner.read.clear()
    for request in planted.learner.requests:
        given = {*map(str, request.train.inputs), *map(str, request.validation.inputs)}
        assert not given & test_texts


def test_other_test_rows_choose_the_same(planted: Any, tmp_path: Path) -> None:
    first = planted.mitigate("threshold")
    planted.rows("test", 300, kept=0.3, seed=99)
    second = planted.mitigate("threshold", ref=str(planted.run()))
    assert first.mitigation.options == second.mitigation.options


def test_the_third_model_on_the_same_test_rows_is_warned_of(planted: Any) -> None:
    first = planted.mitigate("threshold")
    assert first.n_looks == 2
    again = planted.mitigate("threshold")
    assert again.n_looks == 2, "the same model again tells nothing new"
    third = planted.mitigate("reweighting")
    assert third.n_looks == 3
    assert [note.id for note in third.notes if note.id == "mitigation.looks"]
    assert not [note for note in first.notes if note.id == "mitigation.looks"]


def test_the_comparison_is_written_whole_and_escaped(planted: Any) -> None:
    found = planted.mitigate("threshold")
    page = write_comparison(found)
    assert page.read_text(encoding="utf-8").startswith("<!doctype html><html")
    data = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert data["schema_version"] == "modelassay/mitigation/v1"
    assert {one["measure"] for one in data["changes"]} >= {AIM, "accuracy", "calibration-error"}
    assert "| fpr-difference |" in page.with_suffix(".md").read_text(encoding="utf-8")
    screen = render_comparison(found, 100)
    assert "It is a comparison, not a verdict" in " ".join(screen.split())
    assert "not needed to decide" in screen


def test_the_pages_show_no_figures_of_a_small_group(planted: Any) -> None:
    for name in ("train", "validation", "test"):
        path = planted.folder / f"{name}.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        few = [line.rpartition(",")[0] + ",tiny" for line in lines[1:6]]
        path.write_text("\n".join([lines[0], *few, *lines[6:]]), encoding="utf-8")
    found = planted.mitigate("threshold", ref=str(planted.run()))
    page = write_comparison(found)
    hidden = [
        line for line in page.with_suffix(".md").read_text("utf-8").splitlines() if "tiny" in line
    ]
    assert hidden
    assert all(line.endswith("| fewer than 10 |  |  |  |  |") for line in hidden)
    own = [
        cells
        for line in page.with_suffix(".md").read_text("utf-8").splitlines()
        if (cells := line.split(" | "))[0] == "| error-rate"
    ]
    # with one of the two others and the accuracy over all, the small group's rate could be computed
    assert sum(cells[2] == "not shown" for cells in own) == 1
    assert len(own) == 3
    assert "fewer than 10" in page.read_text(encoding="utf-8")
    unlimited = replace(found, least=0)
    assert "fewer than" not in write_comparison(unlimited).read_text(encoding="utf-8")
    note = Message.of(
        "mitigation.levelling-down", "From {best}.", best="origin=tiny", worst="origin=a"
    )
    levelled = replace(found, notes=(note,))
    assert "From origin=tiny" not in write_comparison(levelled).read_text(encoding="utf-8")


def test_group_names_from_data_are_inert_in_the_pages(planted: Any) -> None:
    for name in ("train", "validation", "test"):
        path = planted.folder / f"{name}.csv"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(",b\n", ",<b>|x</b>\n").replace(",b\r", ",<b>|x</b>\r"))
    page = write_comparison(planted.mitigate("threshold", ref=str(planted.run())))
    assert "<b>" not in page.read_text(encoding="utf-8")
    assert "<b>" not in page.with_suffix(".md").read_text(encoding="utf-8")


def test_the_same_mitigation_gives_the_same_figures(planted: Any) -> None:
    first, second = planted.mitigate("reweighting"), planted.mitigate("reweighting")
    assert first.changes == second.changes
    assert first.fitted == second.fitted


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"method": "treshold"}, "Did you mean 'threshold'"),
        ({"method": "threshold", "group": "orgin"}, "Did you mean 'origin'"),
        ({"method": "threshold", "constraint": "fprr"}, "Did you mean 'fpr'"),
        ({"method": "threshold", "ref": "20200101"}, "RUN must be a path"),
        ({"method": "threshold", "acknowledgement": "me"}, "must be left out"),
    ],
)
def test_wrong_words_name_the_nearest(planted: Any, given: dict[str, Any], match: str) -> None:
    with pytest.raises(UsageError, match=match):
        planted.mitigate(given.pop("method"), **given)


@pytest.mark.parametrize(
    ("option", "match"),
    [
        ("max_los=0.1", "Did you mean 'max_loss'"),
        ("max_loss=much", "must be a number >= 0 and <= 1, got 'much'"),
        ("max_loss=nan", "must be a number"),
        ("positive=toxc", "Did you mean 'toxic'"),
        ("max_loss", "NAME=VALUE"),
    ],
)
def test_wrong_options_say_what_they_must_be(planted: Any, option: str, match: str) -> None:
    with pytest.raises(UsageError, match=match):
        planted.mitigate("threshold", option)


def test_a_run_without_validation_is_not_offered_what_chooses_by_it(planted: Any) -> None:
    planted.write_config("model: {base: ./model}", without="validation.csv")
    conftest_words(planted)
    with pytest.raises(UsageError, match=r"data\.validation"):
        planted.mitigate("threshold", ref=str(planted.run()))


def test_train_without_groups_and_with_one_group_says_so(planted: Any) -> None:
    planted.rows("train", 200, kept=1.0, seed=1, groups="b")
    with pytest.raises(UsageError, match=r"two values in data\.train\.groups"):
        planted.mitigate("reweighting", ref=str(planted.run()))
    text = (planted.folder / "assay.yaml").read_text(encoding="utf-8")
    (planted.folder / "assay.yaml").write_text(
        text.replace(
            "train.csv, id: id, text: text, label: label, groups: [origin]",
            "train.csv, id: id, text: text, label: label",
        )
    )
    with pytest.raises(UsageError, match=r"two values in data\.train\.groups"):
        planted.mitigate("reweighting", ref=str(planted.run()))


def test_three_classes_are_offered_what_is_not_for_two_only(planted: Any) -> None:
    text = (planted.folder / "assay.yaml").read_text(encoding="utf-8")
    (planted.folder / "assay.yaml").write_text(
        text.replace("[benign, toxic]", "[benign, toxic, spam]"), encoding="utf-8"
    )
    run = str(planted.run())
    for method in ("threshold", "exponentiated-gradient"):
        with pytest.raises(UsageError, match="It is for two classes; this task has 3"):
            planted.mitigate(method, ref=run)
    with pytest.raises(UsageError, match=r"positive=CLASS must be given, got none"):
        planted.mitigate("reweighting", ref=run)
    found = planted.mitigate("reweighting", ref=run, constraint="error-rate")
    assert found.exit_code == 0
    with pytest.raises(AssayError, match="none of class 2"):
        planted.mitigate("last-layer", "positive=toxic", ref=run)


def test_groups_that_overlap_are_compared_as_they_are(
    planted: Any, by_name: Callable[..., Any]
) -> None:
    for name in ("train", "validation", "test"):
        path = planted.folder / f"{name}.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        both = [f"{line}|all" if row else line for row, line in enumerate(lines)]
        path.write_text("\n".join(both) + "\n", encoding="utf-8")
    text = (planted.folder / "assay.yaml").read_text(encoding="utf-8")
    listed = "groups: [{column: origin, separator: '|'}]"
    (planted.folder / "assay.yaml").write_text(text.replace("groups: [origin]", listed))
    found = planted.mitigate("reweighting", ref=str(planted.run()))
    rates = [by_name(found, "fpr", f"origin={name}").before for name in ("a", "all", "b")]
    assert by_name(found, AIM, "origin=%2A").before == pytest.approx(max(rates) - min(rates))
    assert by_name(found, "selection-rate", "origin=all").n == 400


def test_changed_data_are_refused(planted: Any) -> None:
    planted.rows("train", 120, kept=1.0, seed=77)
    with pytest.raises(AssayError, match=r"data\.train must hold the rows of run"):
        planted.mitigate("threshold")


def test_a_model_that_was_changed_is_refused(planted: Any) -> None:
    model = next((planted.runs / "models").iterdir())
    held = json.loads((model / "words.json").read_text())
    held["bias"][0] += 1
    (model / "words.json").write_text(json.dumps(held))
    with pytest.raises(AssayError, match="have the weights"):
        planted.mitigate("threshold")


def conftest_words(planted: Any) -> None:
    folder = planted.folder / "model"
    folder.mkdir()
    (folder / "words.json").write_text(
        json.dumps({"weights": {"bad0": [0.0, 2.0]}, "bias": [0.1, 0.0]}), encoding="utf-8"
    )


def every_method() -> list[Any]:
    from harness.commands.mitigation.methods import METHODS

    return [one for one in METHODS.values() if one.against == "differences"]


def acknowledged(method: Any) -> dict[str, str]:
    return {"acknowledgement": "Counsel, memo 7"} if method.needs_group else {}


def words_of(planted: Any, method: Any) -> list[str]:
    """Return the option with a word list of the planted groups, where the method takes one."""
    path = planted.folder / "words.yaml"
    path.write_text("categories: {origin: [xeno, home]}\n", encoding="utf-8")
    return [f"words={path}"] if "words" in method.options else []

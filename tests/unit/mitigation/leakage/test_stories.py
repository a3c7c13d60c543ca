"""Whole remedies against leakage: the run's own training with one change, audited again, compared."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.commands.mitigation import render_comparison, write_comparison
from harness.errors import UsageError
from harness.evidence import open_run, verify_run

ADDRESS = re.compile(r"[\w.]+@[\w.]+")


def rows_of(path: Path) -> list[str]:
    return [row[1] for row in csv.reader(path.read_text(encoding="utf-8").splitlines())][1:]


def train_as(planted: Any, options: str) -> None:
    """Write other options of the training into the config."""
    path = planted.folder / "assay.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("train: {epochs: 1}", f"train: {{{options}}}"), encoding="utf-8")


def of(found: Any, measure: str, slice: str = "all") -> Any:
    return next(one for one in found.changes if one.measure == measure and one.slice == slice)


def test_deduplication_trains_on_each_row_once_and_changes_nothing_else(leaky: Any) -> None:
    found = leaky.mitigate("deduplicate", "duplicates=exact", group=None, constraint=None)
    before, after = leaky.learner.learnt
    assert len(before[0]) > len(after[0])
    assert sorted(set(before[0])) == sorted(after[0])
    assert before[1] == after[1]
    record, first = open_run(found.run).record, open_run(leaky.runs / leaky.first).record
    assert record.mitigation is not None
    assert record.mitigation.train == {"deduplicate": "exact"}
    assert record.mitigation.of_run == leaky.first
    assert (record.mitigation.group, record.mitigation.constraint) == (None, None)
    changed = {key for key in first.config if first.config[key] != record.config[key]}
    assert changed == {"train", "name"}
    assert record.datasets == first.datasets
    assert record.seed == first.seed
    assert [one.id for one in record.audits] == [one.id for one in first.audits]
    assert "run.retrained" in [one.id for one in record.caveats]
    assert not verify_run(found.run).problems
    assert found.verdicts == ("pass", "pass")


def test_scrubbing_replaces_addresses_alike_in_train_and_validation_and_never_in_test(
    leaky: Any,
) -> None:
    test_rows = rows_of(leaky.folder / "test.csv")
    found = leaky.mitigate("scrub", group=None, constraint=None)
    before, after = leaky.learner.learnt
    pairs: dict[str, set[str]] = {}
    for old, new in zip([*before[0], *before[1]], [*after[0], *after[1]], strict=True):
        for one, other in zip(ADDRESS.findall(old), ADDRESS.findall(new), strict=True):
            pairs.setdefault(one, set()).add(other)
        assert ADDRESS.sub("", old) == ADDRESS.sub("", new)
    assert len(pairs) > 1
    assert all(len(others) == 1 for others in pairs.values())
    assert not set(pairs) & set.union(*pairs.values())
    assert len({next(iter(others)) for others in pairs.values()}) == len(pairs)
    assert rows_of(leaky.folder / "test.csv") == test_rows
    assert open_run(found.run).record.datasets == open_run(leaky.runs / leaky.first).record.datasets


def test_the_same_key_gives_the_same_replacements_and_another_key_others(
    leaky: Any, keys: Path
) -> None:
    leaky.mitigate("scrub", group=None, constraint=None)
    first = leaky.learner.learnt[-1]
    assert len(list(keys.glob("scrub-*.key"))) == 1
    other = leaky.mitigate("deduplicate+scrub", "duplicates=exact", group=None, constraint=None)
    assert set(leaky.learner.learnt[-1][0]) == set(first[0])
    assert other.mitigation.train == {"deduplicate": "exact", "scrub": True}


def test_private_training_makes_training_rows_harder_to_tell_from_test_rows(leaky: Any) -> None:
    options = "epsilon=3", "noise=seeded"
    found = leaky.mitigate("private-training", *options, group=None, constraint=None)
    area = of(found, "membership-area")
    assert area.before > 0.6
    assert area.after < area.before - 0.05
    assert area.estimate.high < 0
    private = found.mitigation.train["private"]
    assert (private["epsilon"], private["noise"]) == (3.0, "seeded")
    assert set(found.mitigation.train) == {"private", "method", "learning_rate"}
    won = [note.text for note in found.notes if note.id == "mitigation.in-pairs"]
    assert any(text.startswith("Won: chance to tell a training row") for text in won)
    assert any("accuracy on test went from" in text for text in won)


def test_steps_are_taken_in_our_order_however_they_are_written(leaky: Any) -> None:
    found = leaky.mitigate("private-training + deduplicate", group=None, constraint=None)
    assert found.mitigation.method == "deduplicate+private-training"
    assert found.mitigation.train["deduplicate"] == "exact"
    assert found.mitigation.train["private"]["epsilon"] == 8.0
    with pytest.raises(UsageError, match="must be exact"):
        leaky.mitigate(
            "deduplicate+private-training", "duplicates=near", group=None, constraint=None
        )


def test_what_would_break_a_private_training_is_left_out_and_said(leaky: Any) -> None:
    train_as(leaky, "epochs: 1, batch_size: 8, gradient_accumulation: 2, class_weights: balanced")
    run = str(leaky.run())
    found = leaky.mitigate("private-training", ref=run, group=None, constraint=None)
    changed = found.mitigation.train
    assert changed["batch_size"] == 16
    assert changed["gradient_accumulation"] == 1
    assert changed["class_weights"] is None
    screen = " ".join(render_comparison(found, 100).split())
    assert "Changed in train, and nothing else:" in screen
    assert "class_weights: left out" in screen


def test_a_remedy_that_changes_nothing_is_refused(leaky: Any) -> None:
    train_as(leaky, "epochs: 1, deduplicate: exact")
    run = str(leaky.run())
    with pytest.raises(UsageError, match="must change the training of the run"):
        leaky.mitigate("deduplicate", "duplicates=exact", ref=run, group=None, constraint=None)
    found = leaky.mitigate("deduplicate", ref=run, group=None, constraint=None)
    assert found.mitigation.train == {"deduplicate": "near"}


def test_the_same_remedy_gives_the_same_figures(leaky: Any) -> None:
    both = [leaky.mitigate("deduplicate", group=None, constraint=None) for _ in range(2)]
    assert both[0].changes == both[1].changes
    assert both[0].besides == both[1].besides
    assert both[0].n_looks == both[1].n_looks == 2


def test_a_language_model_is_trained_again_and_its_texts_are_compared_in_pairs(
    language: Any,
) -> None:
    found = language.mitigate("deduplicate")
    before, after = open_run(language.runs / found.before), open_run(found.run)
    surprise = of(found, "bits-per-byte")
    at = {
        one.measure: one.estimate.value
        for one in before.measurements.measurements
        if one.slice == "all"
    }
    assert surprise.before == pytest.approx(at["perplexity.bits-per-byte"], rel=1e-5)
    values = [one.predictions()[0].logits[:, 0].astype(np.float64) for one in (before, after)]
    texts = rows_of(language.folder / "test.csv")
    n_bytes = sum(len(text.encode()) for text in texts)
    change = (values[0] - values[1]).sum() / np.log(2) / n_bytes
    assert surprise.estimate.value == pytest.approx(change, rel=1e-9)
    assert surprise.estimate.low < change < surprise.estimate.high
    assert {one.slice for one in found.changes} >= {"all", "place=p0", "place=p1"}
    assert found.positive is None


def test_a_language_model_that_learns_privately_tells_its_rows_less(language: Any) -> None:
    found = language.mitigate("deduplicate+private-training")
    area = of(found, "membership-area")
    assert area.before > 0.95
    assert area.after < area.before - 0.1
    turn = next(one for one in found.turns if one.rule == "SURPRISE")
    assert (turn.before, turn.after) == ("passed", "passed")
    beside = {one.measure: one for one in found.besides}
    assert beside["perplexity.bits-per-byte"].axis == "utility"
    text = " ".join(render_comparison(found, 110).split())
    assert "was trained again with deduplicate+private-training" in text
    assert "Utility" in text
    assert "a person with k rows has k times epsilon" in text


def test_canaries_are_the_same_before_and_after_whatever_is_done_about_them(language: Any) -> None:
    train_as(language, "epochs: 1, canaries: {repeats: [0, 1, 8], per_level: 3}")
    language.writer.learnt.clear()
    language.first = language.run().name
    language.mitigate("deduplicate+scrub", "duplicates=exact")
    models = sorted((language.runs / "models").glob("letters-*/canaries.json"))
    sheets = {path.read_bytes() for path in models}
    assert len(models) == 2
    assert len(sheets) == 1
    secrets = [one["secret"] for one in json.loads(sheets.pop())["canaries"]]
    mails = [one for one in secrets if "@" in one]
    planted = ["\n".join(rows) for rows in language.writer.learnt]
    assert any(mail in planted[0] for mail in mails)
    assert not any(mail in planted[1] for mail in mails)
    most = max(language.writer.learnt[0].count(row) for row in language.writer.learnt[0])
    assert most == 8
    assert len(set(language.writer.learnt[1])) == len(language.writer.learnt[1])


def test_the_files_of_a_comparison_hold_no_row_and_no_address(leaky: Any) -> None:
    found = leaky.mitigate("deduplicate+scrub", group=None, constraint=None)
    page = write_comparison(found)
    written = "".join(page.with_suffix(end).read_text("utf-8") for end in (".json", ".md", ".html"))
    for text in {*rows_of(leaky.folder / "train.csv"), *rows_of(leaky.folder / "test.csv")}:
        assert text not in written
    assert not ADDRESS.search(written)
    data = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert data["validation"] is None
    assert {"measure", "before", "after", "change", "way", "about"} <= data["measures"][0].keys()
    assert data["rules"][0]["rule"] == "BALANCED"
    assert "## Utility" in page.with_suffix(".md").read_text(encoding="utf-8")

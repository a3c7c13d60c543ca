"""Bad input is a clear error of the one grammar, or a recorded not-measured; it never passes a gate."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

Assay = Callable[..., tuple[int, str, str]]


def edit(story: Path, old: str, new: str) -> None:
    path = story / "assay.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def refused(story: Path, assay: Assay, *expected: str, code: int = 2) -> str:
    """Run; the error must hold the expected texts, and nothing may look like a run."""
    found, out, err = assay("run")
    assert found == code, out + err
    for text in expected:
        assert text in err
    runs = story / "runs"
    assert not [path for path in runs.glob("*") if (path / "MANIFEST.json").is_file()]
    assert assay("gate", "latest")[0] == 2
    return err


def test_an_unknown_column_is_named_with_the_nearest(story: Path, assay: Assay) -> None:
    edit(story, "text: text", "text: txt")
    refused(
        story,
        assay,
        "data.test.text must name a column of rows.csv, got 'txt' (assay.yaml:7)",
        "Did you mean 'text'?",
    )


def test_labels_outside_the_task_are_listed(story: Path, assay: Assay) -> None:
    edit(story, "[routine, urgent], favourable: urgent", "[calm, alarm]")
    refused(story, assay, "routine", "calm")


def test_a_few_labels_outside_the_task_are_quarantined_and_counted(
    story: Path, assay: Assay
) -> None:
    path = story / "rows.csv"
    lines = path.read_text().splitlines()
    lines[5] = lines[5].replace(",urgent,", ",other,").replace(",routine,", ",other,")
    path.write_text("\n".join(lines) + "\n")
    code, out, err = assay("run")
    assert code == 3  # predictions only: one rule has no answer
    assert " examples, 1 set aside" in out + err
    run = next(path for path in (story / "runs").iterdir() if (path / "run.json").is_file())
    dataset = json.loads((run / "run.json").read_text())["datasets"][0]
    assert dataset["quarantined"] == [{"reason": "label-outside-task", "n": 1}]
    listed = json.loads((run / "personal" / "quarantine.json").read_text())["test"]
    assert [row["line"] for row in listed] == [6]


def test_an_empty_file_is_refused(story: Path, assay: Assay) -> None:
    (story / "rows.csv").write_bytes(b"")
    refused(story, assay, "rows.csv", "empty")


def test_a_wrong_encoding_is_named_with_the_likely_one(story: Path, assay: Assay) -> None:
    text = "id,text,label,region,p_routine,p_urgent\n" + "".join(
        f"m{i},我们今天需要帮助{i},urgent,east,0.2,0.8\n" for i in range(50)
    )
    (story / "rows.csv").write_bytes(text.encode("gb18030"))
    refused(story, assay, "encoding: gb18030")


def test_scores_that_are_no_numbers_are_refused(story: Path, assay: Assay) -> None:
    path = story / "rows.csv"
    lines = path.read_text().splitlines()
    lines[3] = re.sub(r"[\d.]+,[\d.]+$", "nan,nan", lines[3])
    path.write_text("\n".join(lines) + "\n")
    refused(story, assay, "model.predictions", "4")


def test_five_mistakes_are_all_reported_with_their_lines(story: Path, assay: Assay) -> None:
    edit(story, "seed: 1", "sed: 1")
    edit(story, "suite: quick", "suite: fast")
    edit(story, "id: id, text: text, label: label", "id: id, txt: text, label: label")
    edit(story, "purpose: Sort messages", "purpose: [1]")
    edit(story, "favourable: urgent", "favourable: urgnt")
    err = refused(story, assay, "sed", "suite", "favourable", "txt", "purpose")
    assert len(err.strip().splitlines()) == 5
    assert all(re.search(r"\(assay\.yaml:\d+\)", line) for line in err.strip().splitlines())


def test_a_policy_that_names_an_unknown_measure_stops_the_run_before_it_begins(
    story: Path, assay: Assay
) -> None:
    from harness.policy import locate_policy

    text = (
        locate_policy("builtin/standard", Path())
        .read_text()
        .replace("group-error.error-rate", "group-error.eror-rate")
    )
    (story / "mine.policy.yaml").write_text(text)
    edit(story, "{pack: builtin/standard}", "{file: mine.policy.yaml}")
    refused(
        story,
        assay,
        "'group-error.eror-rate'",
        "Did you mean 'group-error.error-rate'?",
        "mine.policy.yaml:",
    )


def test_an_unknown_measure_at_the_gate_is_not_measured_and_never_a_pass(
    story: Path, assay: Assay
) -> None:
    from harness.policy import locate_policy

    assay("audit", "--quiet")
    text = (
        locate_policy("builtin/standard", Path())
        .read_text()
        .replace("accuracy.gain-over-majority", "accuracy.gain-over-majorty")
    )
    (story / "mine.policy.yaml").write_text(text)
    code, out, _ = assay("gate", "latest", "--policy", "mine.policy.yaml", "--json")
    assert code == 3
    finding = next(
        one for one in json.loads(out)["findings"] if one["rule"] == "ACC-ABOVE-BASELINE"
    )
    assert finding["outcome"] == "not-measured"
    assert "Did you mean 'accuracy.gain-over-majority'?" in finding["because"]["text"]


def test_an_unknown_audit_is_named_with_the_nearest(story: Path, assay: Assay) -> None:
    edit(story, "{suite: quick}", "{suite: quick, group-eror: {min_group: 3}}")
    refused(story, assay, "'group-eror' is not an audit.", "Did you mean 'group-error'?")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("explainability-score", "One score of explainability is refused"),
        ("attention", "Attention weights say where a layer looks"),
    ],
)
def test_an_audit_that_is_refused_is_refused_with_the_reason(
    story: Path, assay: Assay, name: str, reason: str
) -> None:
    edit(story, "{suite: quick}", f"{{suite: quick, {name}: {{rows: 3}}}}")
    refused(story, assay, f"'{name}' is not an audit.", reason)


def test_an_option_out_of_range_is_named_with_its_line(story: Path, assay: Assay) -> None:
    edit(story, "{suite: quick}", "{suite: quick, group-error: {min_group: 0}}")
    refused(story, assay, "audits.group-error.min_group must be", "got 0 (assay.yaml:10)")


def test_a_full_disk_is_said_and_leaves_no_run(
    story: Path, assay: Assay, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    code, _, err = assay("run")
    assert code == 3
    assert "full disk" in err
    assert not [path for path in (story / "runs").glob("*") if (path / "MANIFEST.json").is_file()]


def test_a_run_that_does_not_exist_is_said(story: Path, assay: Assay) -> None:
    for command in ("gate", "verify", "report"):
        code, _, err = assay(command, "no-such-run")
        assert code == 2
        assert "assay run" in err


def test_a_crash_of_one_audit_is_an_error_and_the_others_go_on(
    story: Path, assay: Assay, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dataclasses

    from harness import registry

    known = registry.audits()

    def crash(ctx: object) -> object:
        raise KeyError("please send help now")

    broken = {**known, "group-error": dataclasses.replace(known["group-error"], run=crash)}
    monkeypatch.setattr(registry, "audits", lambda: broken)
    code, out, _ = assay("run")
    assert code == 3
    run = next(path for path in (story / "runs").iterdir() if (path / "run.json").is_file())
    record = {one["id"]: one for one in json.loads((run / "run.json").read_text())["audits"]}
    assert record["group-error"]["status"] == "error"
    assert "KeyError" in record["group-error"]["because"]["text"]
    assert "please send help now" not in (run / "run.json").read_text()
    assert record["accuracy"]["status"] == "measured"
    assert assay("audit", "--quiet", "--runs", "again")[0] == 3
    assert "error" in out


def test_an_internal_fault_exits_70_and_never_1(
    assay: Assay, monkeypatch: pytest.MonkeyPatch
) -> None:
    import harness.commands.catalogue

    def fault(what: str, runs: Path) -> list[dict[str, object]]:
        raise RuntimeError("boom")

    monkeypatch.setattr(harness.commands.catalogue, "listing", fault)
    code, out, err = assay("list", "audits")
    assert code == 70
    assert not out
    assert "not of your input" in err

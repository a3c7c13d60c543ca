"""Groups as data: a table with every fault that a group column can have, through the command line."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError

Assay = Callable[..., tuple[int, str, str]]

GROUPS = """
      - {column: sex, values: [female, male], reference: male}
      - {column: identities, values: [gay, trans, muslim, buddhist],
         exclude: {trans: "few rows, see memo 12"}}
      - {column: faith, reference: cristian}
      - age
      - customer
      - country"""

CONFIG = """apiVersion: modelassay/v1
kind: Run
name: groups
seed: 1
task: {kind: text-classification, labels: [routine, urgent], favourable: urgent}
data:
  test:
    path: rows.jsonl
    id: id
    text: text
    label: label
    weight: weight
    control: [job]
    groups:%s
model:
  predictions: {path: rows.jsonl, id: id, scores: [p]}
audits: {suite: quick}
policy: {pack: builtin/standard}
"""
N = 600


def row(i: int, rng: random.Random) -> dict[str, Any]:
    label = rng.choice(("routine", "urgent"))
    names = [one for one in ("gay", "trans", "muslim") if rng.random() < 0.3]
    return {
        "id": f"m{i}",
        "text": f"message number {i}",
        "label": label,
        "weight": -1 if i < 4 else 1,
        "job": rng.choice(("nurse", "judge")),
        "sex": rng.choice(("female", "male")) if i > 40 else ("femal", None, "Female")[i % 3],
        "identities": None if i % 50 == 0 else names,
        "faith": "zoroastrian" if i in (100, 101, 102) else rng.choice(("christian", "jewish")),
        "age": 18 + i / 10,
        "customer": f"c{i}",
        "country": "nl",
        "p": rng.uniform(0.5, 1) if (label == "urgent") != (rng.random() < 0.05) else 0.2,
    }


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rng = random.Random(0)
    lines = [json.dumps(row(i, rng)) + "\n" for i in range(N)]
    (tmp_path / "rows.jsonl").write_text("".join(lines), encoding="utf-8")
    (tmp_path / "assay.yaml").write_text(CONFIG % GROUPS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_of(folder: Path) -> Path:
    return next(path for path in (folder / "runs").iterdir() if (path / "run.json").is_file())


def measured(folder: Path) -> dict[str, dict[str, Any]]:
    found = json.loads((run_of(folder) / "measurements.json").read_text())["measurements"]
    return {f"{one['measure']}[{one['slice']}]": one for one in found}


def reason(found: dict[str, dict[str, Any]], key: str) -> str:
    text: str = found[key]["estimate"]["why_undefined"]["text"]
    return text


def test_nothing_of_a_group_column_is_dropped_in_silence(folder: Path, assay: Assay) -> None:
    code, out, err = assay("run")
    assert code == 3, out + err
    found = measured(folder)
    n = N - 4  # rows of negative weight are set aside, and said
    dataset = json.loads((run_of(folder) / "run.json").read_text())["datasets"][0]
    assert dataset["quarantined"] == [{"reason": "invalid-weight", "n": 4}]

    slices = {
        key: one for key, one in found.items() if key.startswith("group-error.error-rate[sex")
    }
    assert {key.partition("sex=")[2] for key in slices} == {
        "female]",
        "male]",
        "%28missing%29]",
        "%28unknown%29]",
    }
    assert sum(one["estimate"]["n"] for one in slices.values()) == n
    texts = [one["text"] for one in found["group-error.error-rate[all]"]["caveats"]]
    assert any("'femal' may be 'female'" in text and "(unknown)" in text for text in texts)
    assert any("'Female' and 'female'" in text for text in texts)

    for name in ("gay", "muslim"):
        assert found[f"group-error.difference-to-rest[identities={name}]"]["estimate"]["value"]
    assert found["group-error.error-rate[identities=%28none%29]"]["estimate"]["n"] > 0
    assert found["group-error.error-rate[identities=%28missing%29]"]["estimate"]["n"] == 11
    assert "see memo 12" in reason(found, "group-error.difference-to-rest[identities=trans]")
    assert found["group-error.error-rate[identities=trans]"]["estimate"]["n"] > 30
    assert "no row is in the planned group buddhist" in reason(
        found, "group-error.error-rate[identities=buddhist]"
    )

    assert "Did you mean 'christian'?" in reason(
        found, "representation.positive-rate-difference[faith=%2A]"
    )
    assert "Declare bands" in reason(found, "group-error.error-rate[age=%2A]")
    assert "may be an identifier" in reason(found, "group-error.error-rate[customer=%2A]")
    assert "one known value only" in reason(found, "group-error.difference-to-rest[country=nl]")
    assert found["representation.share[country=nl]"]["estimate"]["value"] == 1


def test_no_file_of_the_run_names_a_group_of_two_names(folder: Path, assay: Assay) -> None:
    import pyarrow.parquet as pq

    assay("run")
    run = run_of(folder)
    for path in run.rglob("*"):
        if path.suffix in (".json", ".html", ".md", ".xml"):
            text = path.read_text(encoding="utf-8")
            assert not any(one in text for one in ("\x1f", "\\u001f", "%1F", "&#31;")), path
    cells = pq.read_table(run / "personal" / "rows.parquet")["group:identities"].to_pylist()
    assert {"[]", '["gay", "trans"]', ""} <= set(cells)
    assert not any("\x1f" in cell for cell in cells)


def test_the_plan_is_hashed_before_predictions_are_read(folder: Path, assay: Assay) -> None:
    assay("audit")
    first = json.loads((run_of(folder) / "run.json").read_text())
    groups = first["config"]["data"]["test"]["test"]["groups"]
    assert groups[1]["exclude"] == {"trans": "few rows, see memo 12"}
    config = (CONFIG % GROUPS).replace("reference: male", "reference: female")
    (folder / "assay.yaml").write_text(config, encoding="utf-8")
    assay("audit", "--runs", "other")
    other = next((folder / "other").glob("*/run.json"))
    second = json.loads(other.read_text())
    assert second["config_digest"] != first["config_digest"]
    assert second["plan_digest"] != first["plan_digest"]


@pytest.mark.slow
def test_a_plan_names_each_of_overlapping_groups(folder: Path, assay: Assay) -> None:
    code, out, err = assay("plan", "--json")
    assert code == 0, err
    slices = {one["slice"] for one in json.loads(out)["decides"]}
    assert {"identities=gay", "identities=trans", "identities=muslim"} <= slices
    assert not any("%1F" in one for one in slices)


def test_a_report_shows_no_group_of_three_rows_and_the_bundle_does(
    folder: Path, assay: Assay
) -> None:
    assay("run", "--quiet")
    for form in ("html", "junit", "json"):
        code, text, err = assay("report", "latest", "--format", form)
        assert code == 0, err
        code, whole, err = assay("report", "latest", "--format", form, "--min-cell", "0")
        assert code == 0, err
        assert "Not shown: it rests on fewer than 10 rows." in text
        assert "faith=zoroastrian has n = 3" not in text
        assert "faith=zoroastrian has n = 3" in whole
        assert "Not shown" not in whole
    findings = [one for one in json.loads(text)["findings"] if "zoroastrian" in one["slice"]]
    assert findings
    assert all(one["value"] is one["n"] is None for one in findings)
    # the sealed verdict keeps everything
    sealed = next((run_of(folder) / "gates").glob("*/verdict.json"))
    assert json.loads(whole) == json.loads(sealed.read_text())
    assert assay("verify", "latest")[0] == 0


def test_the_config_says_what_leaves_the_house(folder: Path, assay: Assay) -> None:
    config = CONFIG % GROUPS + "report: {min_cell: 0}\n"
    (folder / "assay.yaml").write_text(config, encoding="utf-8")
    assay("run", "--quiet")
    assert "Not shown" not in assay("report", "latest", "--format", "junit")[1]
    text = assay("report", "latest", "--format", "junit", "--min-cell", "4")[1]
    assert "Not shown: it rests on fewer than 4 rows." in text
    junit, summary = folder / "j.xml", folder / "s.md"
    assay("gate", "latest", "--junit", str(junit), "--summary", str(summary))
    assert "Not shown" not in junit.read_text() + summary.read_text()


def test_lists_and_plans_of_python_are_those_of_the_config(folder: Path) -> None:
    import harness

    rng = random.Random(0)
    rows = [row(i, rng) for i in range(200)]
    run = harness.audit(
        [[1 - one["p"], one["p"]] for one in rows],
        rows,
        task=["routine", "urgent"],
        groups=[
            "faith",
            {"column": "identities", "values": ("gay", "trans"), "exclude": {"trans": "memo"}},
        ],
        control="job",
        suite="quick",
        runs=folder / "runs",
    )
    found = {f"{one.measure}[{one.slice}]" for one in run.measurements.measurements}
    assert "representation.share[identities=gay]" in found
    assert "representation.share[identities=%28unknown%29]" in found
    with pytest.raises(UsageError, match="argument groups"):
        harness.audit(
            [[0.5, 0.5]] * 200,
            rows,
            task=["routine", "urgent"],
            groups=[{"column": "identities", "exclude": ["trans"]}],
            runs=folder / "runs",
        )

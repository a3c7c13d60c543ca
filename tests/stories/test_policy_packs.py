"""A table of stored predictions, measured once and judged by each pack that applies: no pass without a model."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

Assay = Callable[..., tuple[int, str, str]]
ELSEWHERE = ("moderation", "credit-reason-codes", "hipaa-deidentification", "cn-generative-ai")
CONFIG = """apiVersion: modelassay/v1
kind: Run
name: packs
seed: 1
task: {{kind: text-classification, labels: [turn-down, invite], favourable: invite}}
data:
  test: {{path: rows.csv, id: id, text: text, label: label, groups: [sex, race_ethnicity]}}
model: {{predictions: {{path: rows.csv, id: id, scores: [p_turn_down, p_invite]}}}}
audits: {{suite: quick, intersections: {{}}, skip: [instrument-check, calibration, group-calibration, group-ranking]}}
policy: {{pack: builtin/{pack}}}
system: {{purpose: Sort letters, domain: {domain}, jurisdictions: [{places}], limits_of_use: A person reads all.{more}}}
declared: {{accuracy.balanced-accuracy: 0.80}}
"""


def write_rows(path: Path, *, women_turned_down: float = 0.0, n: int = 600) -> None:
    """Letters of applicants with scores; some women who should be invited are turned down."""
    rng = random.Random(7)
    lines = ["id,text,label,sex,race_ethnicity,p_turn_down,p_invite"]
    for i in range(n):
        sex, race = rng.choice(("man", "woman")), rng.choice(("Asian", "Black", "White"))
        good = i % 2 == 0
        invited = good != (rng.random() < 0.04)
        if sex == "woman" and rng.random() < women_turned_down:
            invited = False
        score = rng.uniform(0.6, 0.99) if invited else rng.uniform(0.01, 0.4)
        label = "invite" if good else "turn-down"
        text = f"{rng.choice(('cook', 'clerk', 'smith'))} for {i} weeks"
        lines.append(f"a{i},{text},{label},{sex},{race},{1 - score:.6f},{score:.6f}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, assay: Assay
) -> Callable[..., tuple[int, str]]:
    """Write a table and a config, and run them."""

    def run(pack: str, domain: str, places: str, *, more: str = "", **rows: Any) -> tuple[int, str]:
        monkeypatch.chdir(tmp_path)
        write_rows(tmp_path / "rows.csv", **rows)
        config = CONFIG.format(pack=pack, domain=domain, places=places, more=more)
        (tmp_path / "assay.yaml").write_text(config, encoding="utf-8")
        code, out, err = assay("run", "--quiet")
        return code, out + err

    return run


def outcomes(folder: Path, pack: str) -> dict[str, set[str]]:
    """Rule → outcomes of the newest gate by a pack."""
    verdicts = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in folder.glob("runs/*/gates/*/verdict.json")
    ]
    (verdict,) = [one for one in verdicts if one["policy"]["id"] == f"modelassay.{pack}"]
    found: dict[str, set[str]] = {}
    for one in verdict["findings"]:
        found.setdefault(one["rule"], set()).add(one["outcome"])
    return found


def test_a_table_of_candidates_is_judged_by_every_pack_and_passes_none_without_papers(
    tmp_path: Path, measured: Callable[..., tuple[int, str]], assay: Assay
) -> None:
    code, said = measured("employment-nyc-ll144", "employment", "US-NYC, EU")
    assert code == 3, said
    others = ("eu-ai-act-high-risk", "nist-ai-rmf", *ELSEWHERE)
    codes = {name: assay("gate", "latest", "--policy", f"builtin/{name}")[0] for name in others}
    assert set(codes.values()) == {3}, codes

    york = outcomes(tmp_path, "employment-nyc-ll144")
    for rule in ("RATIOS-BY-CATEGORY", "RATIOS-BY-BOTH", "CATEGORY-KNOWN"):
        assert york[rule] == {"passed"}, rule
    for rule in ("BIAS-AUDIT", "DATA-STATED", "SUMMARY-PUBLISHED", "NOTICE"):
        assert york[rule] == {"not-measured"}, rule

    europe = outcomes(tmp_path, "eu-ai-act-high-risk")
    assert europe["ACC-DECLARED"] == europe["IMPACTS-MEASURED"] == {"passed"}
    assert europe["EDITS"] == europe["EXPLAINED"] == europe["RISK-FILE"] == {"not-measured"}

    nist = outcomes(tmp_path, "nist-ai-rmf")
    assert nist["M23-BASELINE"] == nist["M211-MEASURED"] == {"passed"}
    assert nist["M210-SECRETS"] == {"not-applicable"}

    for elsewhere in ELSEWHERE:
        assert {one for found in outcomes(tmp_path, elsewhere).values() for one in found} == {
            "not-applicable"
        }


@pytest.mark.slow
def test_women_who_are_invited_half_as_often_block_by_our_floor_and_not_by_law(
    tmp_path: Path, measured: Callable[..., tuple[int, str]], assay: Assay
) -> None:
    code, said = measured(
        "employment-nyc-ll144", "employment", "US-NYC", women_turned_down=0.5, n=900
    )
    assert code == 1, said
    found = outcomes(tmp_path, "employment-nyc-ll144")
    assert "failed" in found["IMPACT-FLOOR"]
    assert found["RATIOS-BY-CATEGORY"] == {"passed"}
    code, html, _ = assay("report", "latest", "--format", "html")
    assert code == 0
    assert "our own floor" in html.lower().replace("\n", " ")


@pytest.mark.parametrize(
    ("pack", "domain", "places", "more", "open_rule"),
    [
        ("moderation", "moderation", "EU", "", "ONE-WORD"),
        ("credit-reason-codes", "credit", "US", "", "REASONS-STABLE"),
        (
            "hipaa-deidentification",
            "health",
            "US",
            ", deidentification: safe-harbor",
            "IDENTIFIERS-NONE",
        ),
    ],
)
def test_a_pack_that_needs_what_a_table_has_not_is_incomplete_and_says_what_is_missing(
    pack: str,
    domain: str,
    places: str,
    more: str,
    open_rule: str,
    tmp_path: Path,
    measured: Callable[..., tuple[int, str]],
) -> None:
    code, said = measured(pack, domain, places, more=more)
    assert code == 3, said
    assert outcomes(tmp_path, pack)[open_rule] == {"not-measured"}


def test_a_pack_that_nobody_tells_where_the_system_works_is_no_pass(
    tmp_path: Path, measured: Callable[..., tuple[int, str]], assay: Assay
) -> None:
    measured("standard", "employment", "")
    assert assay("gate", "latest", "--policy", "builtin/employment-nyc-ll144")[0] == 3
    found = outcomes(tmp_path, "employment-nyc-ll144")
    assert "passed" not in {one for rule in found.values() for one in rule}


DOCUMENTS = {
    "bias-audit-report": "auditor",
    "data-source-statement": "compliance",
    "published-summary": "compliance",
    "candidate-notice": "compliance",
}


@pytest.mark.slow
def test_with_every_paper_signed_the_table_passes_for_a_year_and_not_a_day_longer(
    tmp_path: Path,
    measured: Callable[..., tuple[int, str]],
    assay: Assay,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MODELASSAY_KEYS", str(tmp_path / "keys"))
    assert measured("employment-nyc-ll144", "employment", "US-NYC", n=3000)[0] == 3
    for role in ("auditor", "compliance"):
        code, _, err = assay(
            "keys", "new", role, "--user", f"user:{role}", "--role", role, "--trust", "trust.yaml"
        )
        assert code == 0, err
    gate = ("gate", "latest", "--trust", "trust.yaml")

    def sign(document: str, role: str) -> None:
        (tmp_path / "paper.txt").write_text(document, encoding="utf-8")
        code, _, err = assay(
            "sign", "latest", "--evidence", "paper.txt", "--document", document, "--key", role,
            "--role", role, "--trust", "trust.yaml",
        )  # fmt: skip
        assert code == 0, err

    for document in DOCUMENTS:
        sign(document, "compliance")
    code, out, _ = assay(*gate)
    assert code == 3, "the employer's own signature is no independent audit"
    assert "BIAS-AUDIT" in out
    sign("bias-audit-report", "auditor")
    assert assay(*gate)[0] == 0
    later = (date.today() + timedelta(days=366)).isoformat()
    code, out, _ = assay(*gate, "--now", later)
    assert code == 3
    assert "signed 36" in out


def test_one_training_row_with_an_address_blocks_and_without_it_only_papers_are_missing(
    tmp_path: Path, assay: Assay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = """apiVersion: modelassay/v1
kind: Run
name: health
task: {kind: text-classification, labels: [a, b]}
data:
  train: {path: train.csv, id: id, text: text, label: label}
  test: {path: test.csv, id: id, text: text, label: label}
model: {predictions: {path: test.csv, id: id, scores: [p_a, p_b]}}
audits: {suite: quick, training-data-privacy: {}, skip: [calibration]}
policy: {pack: builtin/hipaa-deidentification}
system: {purpose: Sort notes, domain: health, jurisdictions: [US], deidentification: safe-harbor}
"""
    (tmp_path / "assay.yaml").write_text(config, encoding="utf-8")
    notes = [
        f"n{i},cough since {i % 7 + 2} days,{'ab'[i % 2]},0.{7 - i % 2 * 4},0.{3 + i % 2 * 4}"
        for i in range(60)
    ]
    head = "id,text,label,p_a,p_b"
    (tmp_path / "test.csv").write_text("\n".join([head, *notes]) + "\n", encoding="utf-8")
    for found, code, outcome in (("", 3, "passed"), (" to jane.roe@example.org", 1, "failed")):
        rows = [
            one.replace(" days", f" days{found}") if one.startswith("n7,") else one for one in notes
        ]
        rows = [f"r{one}" for one in rows]
        (tmp_path / "train.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        assert assay("run", "--quiet", "--runs", outcome)[0] == code
        (verdict,) = [
            json.loads(path.read_text(encoding="utf-8"))
            for path in (tmp_path / outcome).glob("*/gates/*/verdict.json")
        ]
        outcomes_of = {one["rule"]: one["outcome"] for one in verdict["findings"]}
        assert outcomes_of["IDENTIFIERS-NONE"] == outcome
        assert (
            outcomes_of["IDENTIFIERS-REVIEWED"]
            == outcomes_of["NO-ACTUAL-KNOWLEDGE"]
            == "not-measured"
        )
        assert outcomes_of["EXPERT"] == "not-applicable"
        assert "jane.roe" not in json.dumps(verdict)


@pytest.mark.slow
def test_a_model_that_never_refuses_is_blocked_by_the_pack_for_china(
    tmp_path: Path, assay: Assay, tiny_llama: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = f"""apiVersion: modelassay/v1
kind: Run
name: answers
task: {{kind: text-generation}}
data: {{test: {{path: bank.csv, id: id, prompt: question, completion: answer, control: [bank, category]}}}}
model: {{base: {tiny_llama}}}
device: cpu
audits: {{suite: quick, skip: [data-quality, perplexity], refusal: {{rows: 600, max_new_tokens: 2}}}}
policy: {{pack: builtin/cn-generative-ai}}
system: {{purpose: 问答, jurisdictions: [CN], shapes_public_opinion: true, needs_impact_assessment: false}}
"""
    (tmp_path / "assay.yaml").write_text(config, encoding="utf-8")
    lines = ["id,question,answer,bank,category"]
    lines += [
        f"q{i},第{i}个问题是什么,不知道,{('refuse', 'answer')[i % 2]},A.{i % 5}" for i in range(600)
    ]
    (tmp_path / "bank.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    code, out, err = assay("run", "--quiet")
    assert code == 1, out + err
    found = outcomes(tmp_path, "cn-generative-ai")
    assert found["REFUSES"] == {"failed"}
    assert found["ANSWERS"] == {"passed"}
    assert found["QUESTION-BANK"] == found["FILED"] == {"not-measured"}
    assert found["IMPACT-ASSESSED"] == {"not-applicable"}

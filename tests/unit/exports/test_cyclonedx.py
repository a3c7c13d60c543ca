import json
from dataclasses import replace

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from harness.exports import EXPORTS

NAMES = ["blocked", "pass", "incomplete", "warned", "classes", "chinese", "standing"]


@pytest.fixture(scope="module")
def validator():
    return JsonStrictValidator(SchemaVersion.V1_6)


def bom(sample):
    return json.loads(EXPORTS["cyclonedx"].render(*sample))


@pytest.mark.parametrize("name", NAMES)
def test_the_strict_schema_of_cyclonedx_takes_it(samples, validator, name):
    assert validator.validate_str(EXPORTS["cyclonedx"].render(*samples.SAMPLES[name]())) is None


@pytest.mark.parametrize("index", range(17))
def test_hostile_text_leaves_it_valid(samples, validator, index):
    text = EXPORTS["cyclonedx"].render(*samples.hostile(samples.HOSTILE[index]))
    assert validator.validate_str(text) is None


def test_the_validator_refuses_what_is_no_bom(validator, samples):
    document = bom(samples.passing())
    document["metadata"]["component"]["modelCard"]["quantitativeAnalysis"]["performanceMetrics"][0][
        "value"
    ] = 0.9
    assert validator.validate_str(json.dumps(document)) is not None


def test_the_card_holds_every_value_with_its_interval_and_slice(samples):
    sample = samples.blocked()
    card = bom(sample)["metadata"]["component"]["modelCard"]
    metrics = card["quantitativeAnalysis"]["performanceMetrics"]
    assert len(metrics) == len(sample.measurements.measurements)
    north = next(m for m in metrics if m["slice"] == "region = north, on test")
    assert north["value"] == "0.143"
    assert float(north["confidenceInterval"]["lowerBound"]) < 0.143


def test_groups_stand_with_what_was_found_and_what_to_do(samples):
    card = bom(samples.blocked())["metadata"]["component"]["modelCard"]
    first = card["considerations"]["fairnessAssessments"][0]
    assert first == {
        "groupAtRisk": "region = north, on test",
        "harms": "failed: The error rate of region = north is 14.3 %, and its whole interval lies "
        "above 10 %.",
        "mitigationStrategy": "Look at the labels of that region in the training data before "
        "anything else.",
    }


def test_weights_and_data_are_components_with_their_digests(samples):
    document = bom(samples.blocked())
    model = document["metadata"]["component"]
    assert model["hashes"] == [{"alg": "SHA-256", "content": samples.SHA["g"]}]
    kinds = {(part["type"], part["name"]) for part in document["components"]}
    assert ("machine-learning-model", "nreimers/MiniLM-L6-H384-uncased") in kinds
    assert ("data", "test") in kinds
    refs = {part["bom-ref"] for part in document["components"]}
    assert set(document["dependencies"][0]["dependsOn"]) == refs
    used = {one["ref"] for one in model["modelCard"]["modelParameters"]["datasets"]}
    assert used < refs


@pytest.mark.parametrize("name", NAMES)
def test_only_rules_that_passed_are_claims_that_hold(samples, name):
    sample = samples.SAMPLES[name]()
    document = bom(sample)
    worst = {}
    for f in sample.verdict.findings:
        worst.setdefault(f.rule, []).append(f.outcome)
    held = {
        one["identifier"]: one["bom-ref"]
        for one in document["definitions"]["standards"][0]["requirements"]
    }
    maps = {m["requirement"]: m for m in document["declarations"]["attestations"][0]["map"]}
    for rule, outcomes in worst.items():
        if set(outcomes) == {"not-applicable"}:
            assert held[rule] not in maps
            continue
        is_met = set(outcomes) <= {"passed", "not-applicable"}
        assert maps[held[rule]]["conformance"]["score"] == int(is_met)
        assert ("claims" in maps[held[rule]]) == is_met


def test_limits_and_what_was_not_measured_are_limitations(samples):
    card = bom(samples.standing())["metadata"]["component"]["modelCard"]
    said = card["considerations"]["technicalLimitations"]
    assert "English messages of at most 200 words. Not for medical emergencies." in said
    assert "Planted secrets: the run did not train with canaries." in said
    risks = " ".join(one["name"] for one in card["considerations"]["ethicalConsiderations"])
    assert "draft" in risks
    assert "W-2026-015 (expired)" in risks


def test_references_inside_the_bom_have_an_end(samples):
    document = bom(samples.standing())
    declared = document["declarations"]
    claims = {one["bom-ref"] for one in declared["claims"]}
    evidence = {one["bom-ref"] for one in declared["evidence"]}
    for one in declared["attestations"][0]["map"]:
        assert {*one.get("claims", []), *one.get("counterClaims", [])} <= claims
    assert {ref for one in declared["claims"] for ref in one["evidence"]} <= evidence
    assert {one["target"] for one in declared["claims"]} == {"model"}


def test_a_damaged_digest_is_no_hash(samples):
    sample = samples.passing()
    run = replace(sample.run, model=replace(sample.run.model, weights_digest="abc"))
    assert "hashes" not in bom(sample._replace(run=run))["metadata"]["component"]

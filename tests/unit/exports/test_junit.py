from dataclasses import replace
from xml.etree import ElementTree

import pytest

from harness.exports import render_junit


def parsed(sample):
    return ElementTree.fromstring(render_junit(*sample).encode())


def kinds(root):
    return {case.get("name"): [child.tag for child in case] for case in root.iter("testcase")}


@pytest.mark.parametrize(
    "name", ["blocked", "pass", "incomplete", "warned", "classes", "chinese", "standing"]
)
def test_the_counts_agree_with_the_cases_and_with_the_exit_code(samples, name):
    sample = samples.SAMPLES[name]()
    root = parsed(sample)
    for element in (root, *root.findall("testsuite")):
        found = [child.tag for case in element.iter("testcase") for child in case]
        assert int(element.get("tests")) == len(list(element.iter("testcase")))
        assert int(element.get("failures")) == found.count("failure")
        assert int(element.get("errors")) == found.count("error")
        assert int(element.get("skipped")) == found.count("skipped")
    failures, errors = int(root.get("failures")), int(root.get("errors"))
    expected = 1 if failures else 3 if errors else 0
    assert sample.verdict.exit_code == expected
    assert len(list(root.iter("testcase"))) == len(sample.verdict.findings)


def test_each_finding_counts_by_its_effect_on_the_verdict(samples):
    found = kinds(parsed(samples.blocked()))
    assert found["GROUP-ERROR (region = north, on test)"] == ["failure"]
    assert found["CANARY-LEAK (all examples)"] == ["error"]
    assert found["GROUP-ERROR (region = overseas, on test)"] == ["skipped"]
    assert found["ONE-WORD (all examples, on test)"] == ["skipped"]
    assert found["ACCURACY-FLOOR (all examples, on test)"] == []
    assert found["IMPACT-RATIO (all examples)"] == ["skipped"]


def test_a_verdict_that_no_finding_explains_gets_a_case_of_its_own(samples):
    sample = samples.incomplete()
    nothing = sample._replace(verdict=replace(sample.verdict, findings=()))
    assert kinds(parsed(nothing)) == {"verdict": ["error"]}
    warned = samples.warned()
    stopped = warned._replace(verdict=replace(warned.verdict, exit_code=4))
    assert kinds(parsed(stopped))["verdict"] == ["failure"]


@pytest.mark.parametrize("index", range(17))
def test_hostile_text_leaves_the_file_well_formed(samples, index):
    root = parsed(samples.hostile(samples.HOSTILE[index]))
    assert {e.tag for e in root.iter()} <= {
        "testsuites",
        "testsuite",
        "properties",
        "property",
        "testcase",
        "failure",
        "error",
        "skipped",
    }


def test_five_thousand_findings_are_all_kept_under_two_megabytes(samples):
    sample = samples.many_findings(5000)
    text = render_junit(*sample)
    assert text.count("<testcase") == 5000
    assert len(text.encode()) < 2_000_000


def properties(root):
    return {p.get("name"): p.get("value") for p in root.iter("property")}


def test_the_properties_say_what_limits_the_verdict_and_name_every_waiver(samples):
    sample = samples.standing()
    found = properties(parsed(sample))
    assert found["flags"] == "Exploratory, Draft policy, Single person, Policy review overdue"
    assert "4 things were not measured or tested." in found.values()
    assert found["not_tested.1"] == "Planted secrets: the run did not train with canaries."
    lines = [value for name, value in found.items() if name.startswith("waiver.")]
    assert len(lines) == len(sample.verdict.waivers)
    assert any("the last day" in line for line in lines)


def test_signed_documents_are_a_suite_of_their_own(samples):
    root = parsed(samples.standing())
    names = [suite.get("name") for suite in root.iter("testsuite")]
    assert names == ["builtin/standard 1.0.0", "builtin/standard 1.0.0: signed documents"]
    signed = {case.get("classname") for case in root.findall("testsuite")[1].iter("testcase")}
    assert signed == {"RISK-FILE", "MANUAL-SAMPLE", "NO-FILE"}


def test_a_waived_finding_is_skipped_with_its_waiver_and_days(samples):
    root = parsed(samples.standing())
    (skipped,) = [
        case.find("skipped").get("message")
        for case in root.iter("testcase")
        if case.get("classname") == "ONE-WORD"
    ]
    assert skipped.startswith("Waived until 2027-01-31: ")
    assert skipped.endswith("; waiver W-2026-014; 69 days left")


def test_a_reader_of_junit_reads_the_same_totals(samples):
    from junitparser import JUnitXml

    sample = samples.standing()
    read = JUnitXml.fromstring(render_junit(*sample).encode())
    read.update_statistics()
    assert (read.tests, read.failures, read.errors) == (len(sample.verdict.findings), 1, 2)
    assert len(list(read)) == 2

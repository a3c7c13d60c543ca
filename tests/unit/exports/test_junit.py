from dataclasses import replace
from xml.etree import ElementTree

import pytest

from harness.exports import render_junit


def parsed(sample):
    return ElementTree.fromstring(render_junit(*sample).encode())


def kinds(root):
    return {case.get("name"): [child.tag for child in case] for case in root.iter("testcase")}


@pytest.mark.parametrize("name", ["blocked", "pass", "incomplete", "warned", "classes", "chinese"])
def test_the_counts_agree_with_the_cases_and_with_the_exit_code(samples, name):
    sample = samples.SAMPLES[name]()
    root = parsed(sample)
    suite = root.find("testsuite")
    found = [tag for tags in kinds(root).values() for tag in tags]
    for element in (root, suite):
        assert int(element.get("tests")) == len(list(root.iter("testcase")))
        assert int(element.get("failures")) == found.count("failure")
        assert int(element.get("errors")) == found.count("error")
        assert int(element.get("skipped")) == found.count("skipped")
    failures, errors = int(suite.get("failures")), int(suite.get("errors"))
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


@pytest.mark.parametrize("index", range(15))
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

"""Policy test files: strict, with lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import PolicyError
from harness.policy.cases import read_policy_tests

CASES = """\
apiVersion: modelassay/v1
kind: PolicyTests
pack: one.policy.yaml
now: 2026-11-23
cases:
  - name: good
    given:
      measures: {accuracy.accuracy: {value: .nan, low: 0.8, high: 1, n: 100}}
    expect: {verdict: incomplete, rules: {ACC: error}}
"""


def _read(folder: Path, text: str, cases: str):
    (folder / "one.policy.yaml").write_text(text)
    (folder / "one.policy_test.yaml").write_text(cases)
    return read_policy_tests(folder / "one.policy_test.yaml")


def test_a_test_file_reads_its_policy_beside_it_and_allows_nan(tmp_path, text):
    tests = _read(tmp_path, text, CASES)
    assert tests.policy.ref.id == "acme.one"
    assert tests.cases[0].place == "one.policy_test.yaml:6"
    assert tests.cases[0].given.measures["accuracy.accuracy"][0].n == 100


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("rules: {ACC: error}", "rules: {AC: error}", "'AC' .*test.yaml:9.*Did you mean 'ACC'"),
        ("rules: {ACC: error}", "rules: {ACC: errror}", "got 'errror' .*test.yaml:9"),
        ("{verdict: incomplete, rules: {ACC: error}}", "{}", "must name a verdict, or rules"),
        ("value: .nan", "valu: 1", "valu is not a known key .*Did you mean 'value'"),
        ("n: 100", "n: -1", "greater than or equal to 0"),
        ("n: 100", "slice: sex", "not a slice: 'sex'"),
        ("now: 2026-11-23", "now: soon", "must be ISO 8601.*test.yaml:4"),
        ("name: good", "name: good\n    now: soon", r"cases\.0\.now: A moment .*test.yaml:7"),
        ("pack: one", "pack: two", "two.policy.yaml must be a readable file"),
        ("kind: PolicyTests", "kind: PolicyPack", "'PolicyTests'"),
    ],
)
def test_a_mistake_in_a_test_file_is_named(tmp_path, text, old, new, expected):
    assert old in CASES
    with pytest.raises(PolicyError, match=expected):
        _read(tmp_path, text, CASES.replace(old, new))


def test_a_case_may_have_a_clock_of_its_own(tmp_path, text):
    later = CASES.replace("name: good", "name: good\n    now: 2027-01-02")
    assert _read(tmp_path, text, CASES).cases[0].now.isoformat() == "2026-11-23T00:00:00+00:00"
    assert _read(tmp_path, text, later).cases[0].now.isoformat() == "2027-01-02T00:00:00+00:00"

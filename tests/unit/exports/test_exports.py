import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import harness
from harness.exports import EXPORTS, placed
from harness.records import Verdict, from_json

LIGHT = """
import sys
sys.path.insert(0, {root!r})
import importlib.util
import harness.records
spec = importlib.util.spec_from_file_location("s", {samples!r})
s = importlib.util.module_from_spec(spec); spec.loader.exec_module(s)
sample = s.many_findings(200)
from harness.exports import render_html
assert len(render_html(*sample)) > 10_000
print(len([name for name in sys.modules if name.startswith("harness")]))
heavy = {{"numpy", "scipy", "pyarrow", "torch", "pydantic", "yaml", "jinja2"}} & set(sys.modules)
assert not heavy, heavy
"""


def test_importing_and_rendering_two_hundred_findings_is_light(samples):
    root = str(Path(harness.__file__).parents[1])
    code = LIGHT.format(root=root, samples=samples.__file__)
    # how long it takes is measured in benchmarks/gate.py: a clock in a test fails with its neighbours
    shown = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert int(shown) < 60


def test_every_export_has_a_file_name_of_its_own_and_renders(samples):
    assert {"html", "md", "junit", "json"} < set(EXPORTS)
    assert len({export.file_name for export in EXPORTS.values()}) == len(EXPORTS)
    for export in EXPORTS.values():
        assert export.render(*samples.blocked()).endswith("\n")


@pytest.mark.parametrize("form", EXPORTS)
def test_the_same_nouns_give_the_same_bytes_in_every_format(samples, form):
    render = EXPORTS[form].render
    assert render(*samples.standing()) == render(*samples.standing())


@pytest.mark.parametrize("form", EXPORTS)
@pytest.mark.parametrize("index", range(17))
def test_no_format_passes_on_what_cannot_be_seen(samples, form, index):
    if form == "json":
        pytest.skip("the verdict itself is JSON with its characters as they are")
    text = EXPORTS[form].render(*samples.hostile(samples.HOSTILE[index]))
    text.encode()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]", text)
    assert len(text) < 3_000_000


def test_formats_that_a_gate_does_not_write_are_not_loaded_by_it():
    code = (
        "import sys, harness.pipeline.gating\n"
        "print([n for n in sys.modules if n.rpartition('.')[2] in "
        "('sarif', 'annotations', 'openmetrics', 'oscal', 'cyclonedx', 'model_card', 'gate_input')])"
    )
    shown = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert shown.strip() == "[]"


def test_findings_point_at_the_policy_where_it_lies_in_the_repository(samples):
    verdict = samples.blocked().verdict
    moved = placed(verdict, "./policies/standard.policy.yaml")
    assert moved.findings[0].place == "policies/standard.policy.yaml:31"
    assert moved.policy.place == "policies/standard.policy.yaml"
    assert placed(verdict, "builtin/standard") is verdict
    packed = replace(verdict, policy=replace(verdict.policy, place="mine.policy.yaml"))
    moved = placed(packed, "policies/mine.policy.yaml")
    assert moved.findings[0].place == "standard.policy.yaml:31"  # of a pack that it extends


def test_the_json_export_is_the_verdict_itself(samples):
    sample = samples.blocked()
    text = EXPORTS["json"].render(*sample)
    assert json.loads(text)["schema_version"] == "modelassay/verdict/v1"
    assert from_json(Verdict, text, where="verdict.json") == sample.verdict

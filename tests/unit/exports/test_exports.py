import json
import subprocess
import sys
from pathlib import Path

import harness
from harness.exports import EXPORTS
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
    assert set(EXPORTS) == {"html", "md", "junit", "json"}
    assert len({export.file_name for export in EXPORTS.values()}) == len(EXPORTS)
    for _, render in EXPORTS.values():
        assert render(*samples.blocked()).endswith("\n")


def test_the_json_export_is_the_verdict_itself(samples):
    sample = samples.blocked()
    text = EXPORTS["json"].render(*sample)
    assert json.loads(text)["schema_version"] == "modelassay/verdict/v1"
    assert from_json(Verdict, text, where="verdict.json") == sample.verdict

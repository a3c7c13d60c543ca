"""Generated pages are what the code says today, and the README keeps its promises."""

import difflib
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "modelassay_docs_generate", ROOT / "docs" / "generate.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_generated_page_is_up_to_date(generate: ModuleType) -> None:
    changes: list[str] = []
    for name, text in generate.pages().items():
        path = ROOT / "docs" / name
        kept = path.read_text(encoding="utf-8") if path.is_file() else ""
        changes += difflib.unified_diff(kept.splitlines(), text.splitlines(), name, name, n=0)
    assert not changes, "run python docs/generate.py:\n" + "\n".join(changes[:40])


def test_every_option_of_an_audit_is_explained(generate: ModuleType) -> None:
    rows = [
        (name, row)
        for name, text in generate.audit_pages().items()
        for row in text.partition("| option | default | meaning |")[2].splitlines()
        if row.startswith("| `")
    ]
    assert rows
    assert not [(name, row) for name, row in rows if row.endswith("|  |")]


def test_a_bar_in_a_sentence_ends_no_cell_of_a_table(generate: ModuleType) -> None:
    page = generate.audit_pages()["audits/sensitive-terms.md"]
    cells = [
        len(re.findall(r"(?<!\\)\|", row)) for row in page.splitlines() if row.startswith("| `")
    ]
    assert set(cells) == {7, 4}  # measures have six cells, options three


def test_no_sentence_of_a_measure_names_its_unit_twice() -> None:
    from harness.registry import audits

    doubled = [
        measure.key
        for one in audits().values()
        for measure in one.measures
        if any(f"{{value}} {word}" in measure.reads_as for word in measure.unit.split()[:1])
    ]
    assert doubled == []  # the value brings its unit along


def test_the_golden_bundle_follows_the_published_schemas() -> None:
    import json

    from jsonschema import Draft202012Validator

    bundle = ROOT / "tests" / "golden" / "bundle"
    gate = next((bundle / "gates").iterdir())
    for file, schema in (
        (bundle / "run.json", "run.v1"),
        (bundle / "measurements.json", "measurements.v1"),
        (bundle / "MANIFEST.json", "manifest.v1"),
        (gate / "verdict.json", "verdict.v1"),
    ):
        published = json.loads((ROOT / "docs" / "schemas" / f"{schema}.schema.json").read_text())
        Draft202012Validator.check_schema(published)
        Draft202012Validator(published).validate(json.loads(file.read_text()))


def test_every_file_that_the_readme_names_exists() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in re.findall(r"`((?:docs|examples|benchmarks)/[\w./-]*|[A-Z]+\.md)`", text):
        assert (ROOT / name).exists(), name


def test_every_command_that_the_readme_shows_exists() -> None:
    from harness.cli.root import SECTIONS

    known = {name for rows in SECTIONS.values() for name, _, _ in rows}
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\bassay ([a-z]+)\b", text)) <= known


def test_every_decision_has_its_date_and_status() -> None:
    for path in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        assert re.match(r"# \d{4} ", text), path.name
        assert "Status: " in text, path.name
        assert re.search(r"20\d\d-\d\d-\d\d", text), path.name


@pytest.mark.parametrize(
    "path", sorted((ROOT / "examples").glob("*/assay.yaml")), ids=lambda path: path.parent.name
)
def test_an_editor_accepts_the_example_configs(path: Path) -> None:
    import json

    from jsonschema import Draft202012Validator

    from harness.yamlfile import read_yaml

    schema = json.loads((ROOT / "docs" / "schemas" / "assay-yaml.v1.schema.json").read_text())
    data = json.loads(json.dumps(read_yaml(path).data))  # keys become text, as in an editor
    Draft202012Validator(schema).validate(data)

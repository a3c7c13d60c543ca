"""One word for each thing: identifiers and user-facing text keep to the glossary."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("harness", "audits", "models", "policies", "dashboards")
# word → what to say instead; docs/glossary.md explains each
FORBIDDEN = {
    r"datapoints?": "example",
    r"gold(en)?_?labels?": "label",
    r"y_hat|yhat": "decision or scores",
    r"preds?": "predictions or decision",
    r"saliency": "attribution",
    r"feature_importances?": "attribution",
    r"artefacts?": "bundle",
    r"protected_class(es)?": "sensitive feature",
    r"cohorts?": "group or slice",
    r"disparity_score": "difference or ratio",
    r"bias_score": "difference or ratio",
    r"group_gap": "difference",
    r"debias(ed|ing)?": "say which rule is met",
}
# texts that are other people's words: names that strangers give their columns, and Captum its classes
FOREIGN_TEXTS = {
    "harness/commands/init/propose.py",
    "harness/attributions.py",
    "harness/engines/attribution/captum_classes.py",
}
# in sentences for readers, beyond the words above
PROMISES = re.compile(
    r"\b(is|are) (now )?(fair|safe|compliant|unbiased|debiased)\b|\b(fair|safe|compliant) model\b",
    re.IGNORECASE,
)


def sources() -> list[Path]:
    return sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def names_and_texts(path: Path) -> Iterator[tuple[int, str]]:
    is_foreign = path.is_relative_to(ROOT) and path.relative_to(ROOT).as_posix() in FOREIGN_TEXTS
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.lineno, node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not is_foreign:
            yield node.lineno, node.value


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_forbidden_word_and_no_promise(path: Path) -> None:
    found = []
    for line, text in names_and_texts(path):
        for word, instead in FORBIDDEN.items():
            if re.search(
                rf"(?<![A-Za-z0-9]){word}(?![A-Za-z0-9])", text.replace("-", "_"), re.IGNORECASE
            ):
                found.append(f"{path.name}:{line} says {word!r}: say {instead}")
        if PROMISES.search(text):
            found.append(f"{path.name}:{line} promises more than was measured: {text[:80]!r}")
    assert not found, "\n".join(found)


def test_the_guard_itself_sees_a_forbidden_word(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text('preds = 1\nTEXT = "This is a fair model"\n', encoding="utf-8")
    with pytest.raises(AssertionError, match="say predictions or decision"):
        test_no_forbidden_word_and_no_promise(planted)

"""Chinese is complete: every sentence, every parameter, one word for one thing, and no English between."""

from __future__ import annotations

import ast
import html
import re
import string
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

import pytest

import harness
from dashboards.wording import ZH as DASHBOARD
from harness.wording import messages
from harness.wording import zh as zh_package
from harness.wording.language import phrase, speaking
from harness.wording.zh import chinese, clauses_asia, clauses_eu, clauses_us

ROOT = Path(harness.__file__).parents[1]
TRANSLATED = ("harness", "audits", "models")
"""Folders whose sentences of records are all said in Chinese."""

SEVERAL = {"gate.audit-error", "audit.needs-rows", "gate.audit-skipped"}
"""Ids that stand above more than one English sentence; their Chinese fits each of them."""

UNUSED = {"gate.audit-not-measured"}
"""Of a sentence that English words with a parameter."""


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_every_sentence_of_the_reports_is_there_with_its_parameters() -> None:
    page, en = chinese().page, messages.EN
    wrong = [
        id
        for id, english in en.items()
        if not (id.endswith(".one") and f"{id.removesuffix('one')}other" in en)
        and (id not in page or fields(page[id]) != fields(english))
    ]
    assert wrong == []


def test_nothing_is_translated_that_nobody_says() -> None:
    assert set(chinese().page) - set(messages.EN) == set()


def calls(folder: str) -> list[tuple[str, ast.Call]]:
    found = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func).removeprefix("records.") == "Message.of"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                found.append((str(node.args[0].value), node))
    return found


@pytest.mark.parametrize("folder", TRANSLATED)
def test_every_sentence_of_records_is_there(folder: str) -> None:
    missing = sorted({id for id, _ in calls(folder)} - set(chinese().said))
    assert missing == []


@pytest.mark.parametrize("folder", ["harness", "audits", "models"])
def test_no_sentence_of_records_asks_for_a_parameter_that_it_never_gets(folder: str) -> None:
    wrong = {}
    for id, node in calls(folder):
        given = {keyword.arg for keyword in node.keywords}
        if None not in given and (extra := fields(chinese().said.get(id, "")) - given):
            wrong[id] = extra
    assert wrong == {}


def test_an_id_stands_for_one_sentence() -> None:
    """Two English sentences under one id would both be said with one in Chinese."""
    texts = defaultdict(set)
    for folder in ("harness", "audits", "models"):
        for id, node in calls(folder):
            if len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
                texts[id].add(node.args[1].value)
    assert {id for id, found in texts.items() if len(found) > 1} - SEVERAL == set()


def everything() -> dict[str, str]:
    every = chinese()
    measures = {
        f"{key} {part}": text
        for key, words in every.measures.items()
        for part, text in zip(("title", "reading", "blindness"), words, strict=True)
    }
    patterns = {pattern.pattern: template for pattern, template in every.patterns}
    return {
        **every.page, **every.said, **measures, **every.phrases, **patterns, **DASHBOARD,
    }  # fmt: skip


def test_one_thing_has_one_word() -> None:
    """The glossary says which; these are the words that it sets aside."""
    aside = glossary_words(1)
    assert len(aside) > 5
    wrong = {
        id: word for id, text in everything().items() for word in aside if word and word in text
    }
    assert wrong == {}


def test_the_words_of_the_glossary_are_used() -> None:
    said = "\n".join(everything().values())
    assert [word for word in glossary_words(0) if word not in said] == []


def glossary_words(column: int) -> list[str]:
    """Words of a column of the glossary behind the English one: 0 what is said, 1 what is set aside."""
    text = (ROOT / "docs" / "glossary-zh.md").read_text(encoding="utf-8")
    rows = [line.split("|")[2:4] for line in text.splitlines() if line.startswith("| ")][1:]
    cells = [row[column].strip() for row in rows if not row[column].startswith(" --")]
    return [word.strip() for cell in cells for word in cell.split("、") if word.strip()]


def test_chinese_is_punctuated_as_chinese() -> None:
    """No half-width mark behind or before a Chinese character."""
    half = re.compile(
        r"[\u4e00-\u9fff][,;:!?]|[\u4e00-\u9fff]\.(?!\w)|[\u4e00-\u9fff]\(|\)[\u4e00-\u9fff]"
    )
    # [low, high] is written as it is in mathematics
    shown = {id: re.sub(r"\[.*?\]", "", text) for id, text in everything().items()}
    assert {id: text for id, text in shown.items() if half.search(text)} == {}


class Always(dict[str, str]):
    """Says something for every id."""

    def __init__(self, words: object) -> None:
        super().__init__()
        self._words = words

    def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
        del key, default
        return self._words


@pytest.fixture
def all_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chinese that knows every sentence of records and every measure, also those made up by tests."""
    real = chinese()

    def phrase(text: str) -> str:
        found = real.phrase(text)
        return "〔短语〕" if found == text and len(text.split()) > 1 else found

    stub = SimpleNamespace(
        page=real.page,
        said=Always("〔句子〕"),
        measures=Always(("〔指标〕", "〔读法 {value}〕", "〔盲点〕")),
        phrase=phrase,
        fill=real.fill,
    )
    monkeypatch.setattr(zh_package, "chinese", lambda: stub)


ENGLISH = re.compile(r"(?:[A-Za-z][a-z'’]*,? +){2,}[A-Za-z][a-z]*")


def english_left(page: str, data: set[str]) -> list[str]:
    """Return runs of three and more English words that are no data."""
    page = re.sub(r"<style.*?</style>|<code.*?</code>", "", page, flags=re.S)
    page = re.sub(r' aria-label="([^"]*)"', r">\1<", page)
    page = html.unescape(re.sub(r"<[^>]+>", "\n", page))
    for text in sorted(data, key=len, reverse=True):
        page = page.replace(text, "")
    return [line for line in page.splitlines() if ENGLISH.search(line)]


def data_of(sample: object) -> set[str]:
    """Texts that people wrote, which stay in their language."""
    run, measured, verdict = sample.run, sample.measurements, sample.verdict  # type: ignore[attr-defined]
    texts = [*run.system.values(), run.name, " ".join(run.argv), verdict.policy.title]
    texts += [verdict.policy_notes or "", f"{run.python}, {run.platform}"]
    texts += [measure.source.rstrip(".") for measure in measured.measures]
    texts += [measure.source for measure in measured.measures]
    for one in verdict.waivers or ():
        texts += [one.reason, one.owner, *one.approved_by]
    texts += ["assay verify runs/x", "open runs/x/report.html"]
    texts += [str(classes) for classes in run.task.classes]
    return {text for text in texts if isinstance(text, str) and text}


@pytest.mark.parametrize("name", ["blocked", "pass", "incomplete", "warned", "standing"])
def test_a_report_holds_no_english_beside_data(
    all_translated: None, export_samples: object, name: str
) -> None:
    from harness.exports import render_html, render_screen, render_summary, render_verdict_card

    sample = export_samples.SAMPLES[name]()  # type: ignore[attr-defined]
    shown = (sample.run, sample.measurements, sample.verdict)
    with speaking("zh"):
        pages = [
            render_html(*shown),
            render_verdict_card(*shown),
            render_summary(*shown),
            render_screen(*shown, place="runs/x", color=False, width=100, seconds=1.0),
        ]
    assert [english_left(page, data_of(sample)) for page in pages] == [[], [], [], []]
    assert '<html lang="zh-CN">' in pages[0]


@pytest.fixture(scope="session")
def export_samples() -> object:
    """The module of sample runs, measurements and verdicts of the exports."""
    import importlib.util

    place = Path(__file__).parents[1] / "exports" / "samples.py"
    spec = importlib.util.spec_from_file_location("samples_in_chinese", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_rules_of_the_packs_that_ship_are_in_chinese() -> None:
    """Whoever changes a pack changes its Chinese with it: a rule is known by its English words."""
    from harness.policy import builtin_names, locate_policy, read_policy

    missing = []
    for name in builtin_names():
        policy = read_policy(locate_policy(f"builtin/{name}", ROOT))
        words = [policy.ref.title, policy.notes or ""]
        for rule in policy.rules:
            words += [rule.title, rule.why, rule.fix or ""]
        with speaking("zh"):
            missing += [(name, text) for text in words if text.strip() and phrase(text) == text]
    assert missing == []


_DIGITS = re.compile(r"[0-9][0-9,]*")
_MONTHS_AND_WORDS = {str(n) for n in range(1, 13)} | {"300", "90"}
"""Months, and "30 billion" and "as 90 or over", are other digits in Chinese."""


def test_clauses_that_ship_are_in_chinese_and_nothing_of_a_former_one_is_left() -> None:
    """Whoever changes a record of the register changes its Chinese with it."""
    from harness.policy.clauses import read_clauses

    clauses = read_clauses(ROOT / "policies" / "clauses").values()
    words = {
        text for one in clauses for text in (one.title, one.says, one.applies_to or "") if text
    }
    with speaking("zh"):
        assert sorted(text for text in words if phrase(text) == text) == []
    modules = (clauses_asia, clauses_eu, clauses_us)
    assert {text for module in modules for text in module.PHRASES} - words == set()
    numbers = [
        (text, phrase_of)
        for module in modules
        for text, phrase_of in module.PHRASES.items()
        if not {n.replace(",", "") for n in _DIGITS.findall(phrase_of)}
        <= {n.replace(",", "") for n in _DIGITS.findall(text)} | _MONTHS_AND_WORDS
    ]
    assert numbers == []


def test_every_measure_is_there_and_read_with_the_numbers_that_english_names() -> None:
    from harness.registry import audits

    known = {measure.key: measure for audit in audits().values() for measure in audit.measures}
    chinese_ones = chinese().measures
    assert set(chinese_ones) ^ set(known) == set()
    wrong = {
        key: reading
        for key, (_, reading, _) in chinese_ones.items()
        if fields(reading) != fields(known[key].reads_as)
    }
    assert wrong == {}

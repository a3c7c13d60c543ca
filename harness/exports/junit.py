"""JUnit XML by effect on the verdict, so that a CI server and the exit code never disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from harness.errors import EXIT_WARNINGS
from harness.exports import _view as view
from harness.exports._marks import mark_of
from harness.records import Finding, Measurements, Message, RunRecord, Verdict
from harness.wording.messages import t
from harness.wording.quantities import limit_words, of_finding
from harness.wording.text import NAME_LIMIT, one_line

if TYPE_CHECKING:
    from harness.stats import Read


def render_junit(
    run: RunRecord, measurements: Measurements, verdict: Verdict, *, read: Read | None = None
) -> str:
    """Return one test case for each finding.

    A finding that blocks is a failure, one that leaves the verdict incomplete an error; warnings,
    waivers, information and rules that do not apply are skipped, with the sentence. A verdict that
    no single finding explains (no rule applied, a sample, ``--fail-on warn``) gets a case of its own.

    Args:
        run: The sealed run.
        measurements: Say which groups a finding is about.
        verdict: What the policy concluded.
        read: Not needed; taken so that every export is called alike.
    """
    del read
    suite = Element("testsuite", name=view.policy_words(verdict), timestamp=verdict.now)
    _properties(suite, run, verdict)
    spoken = view.spoken(run, measurements, verdict)
    cases = [_case(f, spoken.get(view.place(f))) for f in view.ordered(verdict.findings)]
    cases += _verdict_case(verdict)
    suite.extend(cases)
    for name, n in _totals(cases).items():
        suite.set(name, str(n))
    root = Element("testsuites", {"name": one_line(run.run_id, NAME_LIMIT), **suite.attrib})
    root.attrib.pop("timestamp")
    root.set("name", one_line(run.run_id, NAME_LIMIT))
    root.append(suite)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _properties(suite: Element, run: RunRecord, verdict: Verdict) -> None:
    values = {
        "run": run.run_id,
        "run_digest": verdict.run_digest,
        "policy_digest": verdict.policy.digest,
        "verdict": verdict.verdict,
        "exit_code": str(verdict.exit_code),
    }
    properties = SubElement(suite, "properties")
    for name, value in values.items():
        SubElement(properties, "property", name=name, value=one_line(value))


def _case(finding: Finding, spoken: Message | None) -> Element:
    rule = one_line(finding.rule, NAME_LIMIT)
    name = f"{rule} ({view.where(finding.slice, finding.dataset)})"
    case = Element("testcase", classname=rule, name=name, time="0")
    effect = view.effect(finding)
    sentence = one_line(finding.because.text)
    if effect == "blocks":
        SubElement(case, "failure", type=finding.outcome, message=sentence).text = _detail(
            finding, spoken
        )
    elif effect == "leaves-incomplete":
        SubElement(case, "error", type=finding.outcome, message=sentence).text = _detail(
            finding, spoken
        )
    elif finding.outcome != "passed":
        SubElement(case, "skipped", message=f"{mark_of(finding).word}: {sentence}")
    return case


def _detail(finding: Finding, spoken: Message | None) -> str:
    value, limit = of_finding(finding).text, limit_words(finding)
    said = one_line(spoken.text) if spoken else ""
    return "; ".join(part for part in (one_line(finding.title, 200), value, limit, said) if part)


def _verdict_case(verdict: Verdict) -> list[Element]:
    """Return a case for the verdict itself where the findings alone would tell another story."""
    effects = {view.effect(finding) for finding in verdict.findings}
    sentence = one_line(verdict.because.text)
    kind = ""
    if verdict.verdict == "blocked" and "blocks" not in effects:
        kind = "failure"
    elif verdict.verdict == "incomplete" and "leaves-incomplete" not in effects:
        kind = "error"
    elif verdict.exit_code == EXIT_WARNINGS:
        kind = "failure"
        sentence = t("junit.warnings-stop", code=verdict.exit_code, because=sentence)
    if not kind:
        return []
    name = t("junit.verdict")
    case = Element("testcase", classname=name, name=name, time="0")
    SubElement(case, kind, type=verdict.verdict, message=sentence)
    return [case]


def _totals(cases: list[Element]) -> dict[str, int]:
    kinds = [child.tag for case in cases for child in case]
    return {
        "tests": len(cases),
        "failures": kinds.count("failure"),
        "errors": kinds.count("error"),
        "skipped": kinds.count("skipped"),
    }

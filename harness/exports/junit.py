"""JUnit XML by effect on the verdict, so that a CI server and the exit code never disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from harness.exports import _standing as standing
from harness.exports import _view as view
from harness.exports._marks import mark_of
from harness.records import Finding, Measurements, Message, RunRecord, Verdict
from harness.wording.messages import plural, t
from harness.wording.quantities import of_finding
from harness.wording.text import NAME_LIMIT, one_line

if TYPE_CHECKING:
    from harness.stats import Read

_COUNTED = ("tests", "failures", "errors", "skipped")
_NOT_TESTED = 20


def render_junit(
    run: RunRecord, measurements: Measurements, verdict: Verdict, *, read: Read | None = None
) -> str:
    """Return one test case for each finding.

    A finding that blocks is a failure, one that leaves the verdict incomplete an error; warnings,
    waivers, information and rules that do not apply are skipped, with the sentence. A verdict that
    no single finding explains (no rule applied, a sample, ``--fail-on warn``) gets a case of its own.
    Rules that ask for signed documents stand in a suite of their own: nothing of them was measured.

    Args:
        run: The sealed run.
        measurements: Say which groups a finding is about.
        verdict: What the policy concluded.
        read: Not needed; taken so that every export is called alike.
    """
    del read
    verdict = view.dated(verdict)
    spoken = view.spoken(run, measurements, verdict)
    left = _days_left(verdict)
    findings = view.ordered(verdict.findings)
    measured = [f for f in findings if not f.is_of_evidence]
    signed = [f for f in findings if f.is_of_evidence]
    cases = [_case(f, spoken.get(view.place(f)), left) for f in measured]
    suites = [_suite(view.policy_words(verdict), verdict, [*cases, *_verdict_case(verdict)])]
    suites[0].insert(0, _properties(run, verdict))
    if signed:
        name = t("junit.documents", policy=view.policy_words(verdict))
        suites.append(_suite(name, verdict, [_case(f, None, left) for f in signed]))
    totals = {key: str(sum(int(s.get(key, "0")) for s in suites)) for key in _COUNTED}
    root = Element("testsuites", {"name": one_line(run.run_id, NAME_LIMIT), **totals})
    root.extend(suites)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(name: str, verdict: Verdict, cases: list[Element]) -> Element:
    suite = Element("testsuite", name=name, timestamp=verdict.now)
    suite.extend(cases)
    for key, n in _totals(cases).items():
        suite.set(key, str(n))
    return suite


def _properties(run: RunRecord, verdict: Verdict) -> Element:
    values = {
        "run": run.run_id,
        "run_digest": verdict.run_digest,
        "policy_digest": verdict.policy.digest,
        "verdict": verdict.verdict,
        "exit_code": str(verdict.exit_code),
    }
    if flags := view.chips(run, verdict):
        values["flags"] = ", ".join(flags)
    for i, words in enumerate(standing.all_sentences(run, verdict), start=1):
        values[f"standing.{i}"] = words
    for i, waiver in enumerate(standing.waivers(verdict), start=1):
        values[f"waiver.{i}"] = f"{waiver.line} {' '.join(waiver.remarks)}"
    for i, words in enumerate(view.not_tested(run, verdict)[:_NOT_TESTED], start=1):
        values[f"not_tested.{i}"] = words
    properties = Element("properties")
    for name, value in values.items():
        SubElement(properties, "property", name=name, value=one_line(value))
    return properties


def _days_left(verdict: Verdict) -> dict[tuple[str, str], int]:
    return {(w.id, w.rule): w.days_left for w in verdict.waivers or ()}


def _case(finding: Finding, spoken: Message | None, left: dict[tuple[str, str], int]) -> Element:
    rule = one_line(finding.rule, NAME_LIMIT)
    name = f"{rule} ({view.where(finding.slice, finding.dataset)})"
    case = Element("testcase", classname=rule, name=name, time="0")
    effect = view.effect(finding)
    sentence = one_line(finding.because.text)
    kinds = {"blocks": "failure", "leaves-incomplete": "error"}
    if effect in kinds:
        detail = _detail(finding, spoken)
        SubElement(case, kinds[effect], type=finding.outcome, message=sentence).text = detail
    elif finding.outcome != "passed":
        words = [f"{mark_of(finding).word}: {sentence}"]
        days = left.get((finding.waiver or "", finding.rule))
        if finding.waiver:
            words.append(t("junit.waiver", waiver=one_line(finding.waiver, NAME_LIMIT)))
        if days is not None:
            words.append(plural("junit.days", days))
        SubElement(case, "skipped", message="; ".join(words))
    return case


def _detail(finding: Finding, spoken: Message | None) -> str:
    value, limit = of_finding(finding).text, standing.limit_basis(finding)
    said = one_line(spoken.text) if spoken else ""
    clauses = ", ".join(one_line(clause, NAME_LIMIT) for clause in finding.clauses)
    parts = (one_line(finding.title, 200), value, limit, clauses, said)
    return "; ".join(part for part in parts if part)


def _verdict_case(verdict: Verdict) -> list[Element]:
    """Return a case for the verdict itself where the findings alone would tell another story."""
    found = view.unexplained(verdict)
    if found is None:
        return []
    effect, sentence = found
    name = t("junit.verdict")
    case = Element("testcase", classname=name, name=name, time="0")
    kind = "failure" if effect == "blocks" else "error"
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

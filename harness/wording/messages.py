"""Every sentence that the exports write themselves, by message id, so that it can be translated.

Sentences about a finding or a measurement are ``Message`` objects of the evidence; they come with
an id of their own and are not repeated here. Ids are kebab-case steps joined by dots; ``.one`` and
``.other`` end the two forms of a sentence that counts something.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.wording.language import Catalogue
from harness.wording.messages_explain import EXPLAIN
from harness.wording.messages_figures import FIGURES
from harness.wording.messages_record import RECORD
from harness.wording.messages_standing import STANDING

EN: dict[str, str] = {
    # words for outcomes and verdicts
    "outcome.passed": "Passed",
    "outcome.failed": "Failed",
    "outcome.failed-warn": "Failed (warning)",
    "outcome.failed-info": "Failed (for information)",
    "outcome.inconclusive": "Inconclusive",
    "outcome.inconclusive-n": "Inconclusive, needs n = {n}",
    "outcome.not-measured": "Not measured",
    "outcome.error": "Error",
    "outcome.waived": "Waived",
    "outcome.waived-until": "Waived until {date}",
    "outcome.not-applicable": "Not applicable",
    "verdict.pass": "Pass",
    "verdict.pass-with-warnings": "Pass with warnings",
    "verdict.blocked": "Blocked",
    "verdict.incomplete": "Incomplete",
    "severity.block": "blocks the release",
    "severity.warn": "warns",
    "severity.info": "for information",
    "basis.law": "law",
    "basis.guidance": "guidance",
    "basis.standard": "standard",
    "basis.policy_choice": "policy choice",
    # the banner
    "banner.blocked": "Release blocked. {reasons}.",
    "banner.incomplete.one": (
        "Incomplete. Nothing failed, but {n} blocking rule has no answer. This is not a pass."
    ),
    "banner.incomplete.other": (
        "Incomplete. Nothing failed, but {n} blocking rules have no answer. This is not a pass."
    ),
    "banner.incomplete-warned.one": (
        "Incomplete. No blocking rule failed, but {n} has no answer. This is not a pass."
    ),
    "banner.incomplete-warned.other": (
        "Incomplete. No blocking rule failed, but {n} have no answer. This is not a pass."
    ),
    "banner.incomplete-otherwise": "Incomplete. This is not a pass.",
    "banner.blocked-otherwise": "Release blocked.",
    "banner.meets": (
        "Meets policy {policy} on data set {data}. A reviewer's decision is still required."
    ),
    "banner.meets-several": (
        "Meets policy {policy} on data sets {data}. A reviewer's decision is still required."
    ),
    "banner.no-data": "no data set",
    "banner.failed.one": "{n} rule failed",
    "banner.failed.other": "{n} rules failed",
    "banner.error.one": "{n} ended in an error",
    "banner.error.other": "{n} ended in an error",
    "banner.not-measured.one": "{n} was not measured",
    "banner.not-measured.other": "{n} were not measured",
    "banner.inconclusive.one": "{n} was inconclusive",
    "banner.inconclusive.other": "{n} were inconclusive",
    "list.and": "{first} and {last}",
    "list.comma": ", ",
    "list.and-clause": "{first} and {last}",
    "list.comma-clause": ", ",
    "list.gap": " ",
    "list.clause": "; ",
    "list.term": "{term}: {words}",
    # numbers
    "number.not-measured": "not measured",
    "number.no-value": "no value {unit}",
    "number.fewer-than": "fewer than {k}",
    "number.withheld": "not shown",
    "number.not-applicable": "–",
    "number.signed": "signed",
    "number.not-signed": "not signed",
    "number.no-low": "no lower bound",
    "number.no-high": "no upper bound",
    "number.nan": "not a number",
    "number.infinite": "infinite",
    "number.examples.one": "{count} example",
    "number.examples.other": "{count} examples",
    "number.per-cent": "%",
    "number.pp": "pp",
    "number.pp-short": "pp",
    "number.point": "percentage point",
    "number.points": "percentage points",
    "level.both": "one-sided {level} each end",
    "level.each": "one-sided {low} lower end, {high} upper end",
    "slice.all": "all examples",
    "slice.empty": "(empty)",
    "slice.whole": "all groups of {column}",
    "slice.and-more.one": "{first} and {n} further slice",
    "slice.and-more.other": "{first} and {n} further slices",
    "where.slice-of-data": "{slice}, on {data}",
    "none": "none",
    "unknown": "not recorded",
    # the first page
    "page.title": "{model}: {verdict}",
    "page.kind": "Audit report",
    "page.subtitle": "Judged by policy {policy} on {date}",
    "page.sample": "Sample run",
    "page.unpinned": "Unpinned revision",
    "page.dirty": "Uncommitted changes",
    "page.exploratory": "Exploratory",
    "front.tested": "What was tested",
    "front.data": "On what",
    "front.why": "Why",
    "front.also": "What to know before deciding",
    "front.not-tested": "What was not tested",
    "front.limits": "Limits of use",
    "front.check": "How to check this report",
    "tested.model": "Model",
    "tested.kind": "Origin",
    "tested.trained": "fine-tuned in this run",
    "tested.given": "given as a finished model",
    "tested.predictions": "stored predictions only; no model was asked",
    "tested.base": "Base",
    "tested.revision": "{base}, revision {revision}",
    "tested.digest": "Weights",
    "tested.adapter": "Adapter",
    "tested.adapter-proof": "{digest}; moves logits of its base by up to {whole} on {n} probe rows, "
    "its low-rank part alone by up to {part}",
    "tested.parameters": "Size",
    "tested.n-parameters": "{n} weights, {dtype}",
    "tested.task": "Task",
    "tested.classes.one": "{task}, {n} class: {classes}",
    "tested.classes.other": "{task}, {n} classes: {classes}",
    "tested.classes-more": "{classes} and {n} more",
    "tested.favourable": "Favourable",
    "data.name": "Data set",
    "data.rows": "Rows",
    "data.aside": "Left out or repeated",
    "data.read": "{n} read",
    "data.quarantined": "{n} set aside: {reason}",
    "data.no-text": "rows without text: repeated rows were not looked for",
    "data.duplicates.one": "{n} row repeats an earlier one",
    "data.duplicates.other": "{n} rows repeat an earlier one",
    "data.of-train.one": "{n} row also stands in the training set",
    "data.of-train.other": "{n} rows also stand in the training set",
    "data.limit": "seeded sample, limited to {n} rows",
    "data.nothing-aside": "nothing",
    "data.unchecked-train": "not compared with a training set",
    "data.none": "The run names no data set.",
    "why.nothing.one": (
        "The {n} finding that applied passed. Nothing failed, was waived or is without an answer."
    ),
    "why.nothing.other": (
        "All {n} findings that applied passed. Nothing failed, was waived or is without an answer."
    ),
    "why.no-findings": "No rule of the policy was held against this run.",
    "why.not-blocking": "These do not stop the release; a reviewer should weigh them.",
    "why.more.one": (
        "{n} further finding of this rule with the outcome {outcome} stands in the table below."
    ),
    "why.more.other": (
        "{n} further findings of this rule with the outcome {outcome} stand in the table below."
    ),
    "why.more-rules.one": "{n} further rule stands in the table below.",
    "why.more-rules.other": "{n} further rules stand in the table below.",
    "fact.value": "Value",
    "fact.value-level": "Value [{level}]",
    "fact.n": "n",
    "fact.limit": "Limit",
    "fact.where": "Where",
    "fact.basis": "Basis",
    "fact.basis-clauses": "{basis}; {clauses}",
    "fact.why": "Why the rule",
    "fact.fix": "What to do",
    "fact.needed": "To decide",
    "fact.n-needed": "about {n} examples",
    "fact.waives": "waiver {waiver} covers: {outcome}",
    "fact.no-limit": "must be measured",
    "fact.no-clause": "no clause named",
    "not-tested.audit": "{audit}: {because}",
    "not-tested.no-reason": "no reason was recorded",
    "not-tested.skipped": "{audit}: skipped by the configuration of the run.",
    "not-tested.sample": "All rows: this run used a sample of them.",
    "not-tested.more.one": "{n} further entry stands in verdict.json.",
    "not-tested.more.other": "{n} further entries stand in verdict.json.",
    "not-tested.none": "Neither the policy nor the run names anything that was left out.",
    "not-tested.always": (
        "Only what this report lists was tested, and only on these data sets; later use is not covered."
    ),
    "limits.purpose": "Purpose",
    "limits.domain": "Domain",
    "limits.limits_of_use": "Limits of use",
    "limits.jurisdictions": "Jurisdictions",
    "limits.materiality": "Materiality",
    "limits.owner": "Owner",
    "limits.authors": "Authors",
    "limits.none": "No limits of use were declared.",
    "limits.no-purpose": "No purpose was declared.",
    "limits.no-domain": "No domain was declared.",
    "check.sentence": (
        "This page is a view of verdict.json. The command below recomputes every digest of the run "
        "and of its gates, and names each file that changed."
    ),
    "check.verify": "assay verify {run}",
    "check.agree": "It must show the run digest {run_digest} and the policy digest {policy_digest}.",
    "nav.label": "Sections of this report",
    # the sections after the first page
    "section.attributions": "What the decisions rest on",
    "section.groups": "Groups",
    "section.findings": "All findings",
    "section.measurements": "What was measured",
    "section.provenance": "Where it comes from",
    "section.words": "Words used here",
    "findings.caption": "Findings, worst first. Intervals: {level} unless a row says otherwise.",
    "findings.caption-plain": "Findings, worst first.",
    "findings.column-outcome": "Outcome",
    "findings.column-rule": "Rule",
    "findings.column-value": "Value and interval",
    "findings.column-limit": "Limit",
    "findings.rest.one": "{n} finding that passed or does not apply",
    "findings.rest.other": "{n} findings that passed or do not apply",
    "findings.left-out": (
        "The {shown} worst of {n} findings are shown; all of them stand in verdict.json."
    ),
    "findings.none": "There are no findings.",
    "findings.n": "n = {n}",
    # cards in notebooks
    "card.run": "Measured, not judged",
    "card.verdict": "Judged by policy {policy}",
    "card.findings.one": "The finding with its rule",
    "card.findings.other": "All {n} findings with their rules",
    "card.definitions": "Method, source, and what each measure is blind to",
    "card.id": "Run",
    "card.suite": "Suite",
    "card.no-judgement": "A policy judges: harness.gate(run, policy).",
    "card.all-measured": "Every audit of the suite was measured.",
    "measured.none": "Nothing was measured.",
    "measured.column-slice": "Slice",
    "measured.column-measure": "Measure",
    "measured.column-value": "Value and interval",
    "measured.column-n": "n",
    "measured.caption": "{title} on {data}",
    "measured.several": "Measures with one value on each data set",
    "measured.of": "{title}.",
    "measured.more.one": "{n} further slice",
    "measured.more.other": "{n} further slices",
    "measured.better.higher": "Higher is better.",
    "measured.better.lower": "Lower is better.",
    "measured.level": "Interval {level}; method {method}.",
    "measured.blind": "Blind to: {blind_to}.",
    "measured.source": "Source: {source}.",
    "measured.caveat": "Caveat, {where}: {text}",
    "measured.note": "Found, {where}: {text}",
    "measured.reason": "Not measured, {where}: {text}",
    "measured.remarks-more.one": "{n} further remark stands in measurements.json.",
    "measured.remarks-more.other": "{n} further remarks stand in measurements.json.",
    "measured.left-out.one": "{n} further measurement stands in measurements.json.",
    "measured.left-out.other": "{n} further measurements stand in measurements.json.",
    "plot.below": "Interval wholly below the limit",
    "plot.above": "Interval wholly above the limit",
    "plot.across": "Interval on both sides of the limit",
    "plot.no-limit": "Interval {interval} on an axis from {from_} to {to}",
    "plot.axis": "Axis from {from_} to {to}",
    "plot.axis-limit": "Axis from {from_} to {to}, limit {limit}",
    "plot.limit": "limit {limit}",
    "plot.share": "{share} of the rows",
    "origin.run": "Run",
    "origin.run-name": "Name",
    "origin.policy": "Policy",
    "origin.place": "Policy file",
    "origin.policy-digest": "The policy file",
    "origin.run-digest": "The run",
    "origin.plan-digest": "The plan",
    "origin.config-digest": "The configuration",
    "origin.lock-digest": "The policy lock",
    "origin.waivers-digest": "The waivers",
    "origin.baseline": "Compared with",
    "origin.extends": "Extended: {pack}",
    "origin.judged-by": "Judged by: {file}",
    "origin.review-by": "Policy to be reviewed by",
    "origin.weights-digest": "The weights",
    "origin.lineage-digest": "The lineage of the model",
    "origin.adapter-digest": "The adapter",
    "origin.data-digest": "Rows of {data}",
    "origin.file-digest": "File of {data}: {file}",
    "origin.licence": "Licence of {data}",
    "origin.judged": "Judged at",
    "origin.valid-until": "Valid until",
    "origin.seed": "Seed",
    "origin.revision": "Revision",
    "origin.device": "Device",
    "origin.device-dtype": "{device}, {dtype}, token budget {budget}",
    "origin.python": "Python",
    "origin.harness": "Modelassay",
    "origin.suite": "Suite",
    "origin.commit": "Commit",
    "origin.commit-dirty": "{commit}, with uncommitted changes",
    "origin.argv": "Command",
    "origin.stages": "Stages",
    "origin.stage": "Stage",
    "origin.status": "Status",
    "origin.started": "Started",
    "origin.ended": "Ended",
    "origin.audits": "Audits",
    "origin.audit": "Audit",
    "origin.version": "Version",
    "origin.packages": "Packages",
    "origin.package": "Package",
    "origin.outputs": "Digests of what the run wrote",
    "origin.output": "File",
    "origin.digest": "SHA-256",
    "origin.digests": "Digests",
    "origin.of": "Of what",
    "origin.caveats": "What the run noted",
    "origin.exit-code": "Exit code",
    "origin.left-out.one": "{n} further entry stands in run.json.",
    "origin.left-out.other": "{n} further entries stand in run.json.",
    "stage.done": "done",
    "stage.reused": "reused",
    "stage.error": "error",
    "audit.measured": "measured",
    "audit.not-measured": "not measured",
    "audit.error": "error",
    "footer": (
        "Written by Modelassay {version}. Numbers come from measurements.json, judgements from "
        "verdict.json. This report carries no row of the data."
    ),
    # the glossary
    "word.passed": "The whole interval lies on the side of the limit that the rule asks for.",
    "word.failed": (
        "The whole interval lies on the wrong side of the limit. A warning does not block."
    ),
    "word.inconclusive": (
        "The interval lies on both sides of the limit: there are too few examples to tell. "
        "A blocking rule that is inconclusive leaves the verdict incomplete."
    ),
    "word.not-measured": "There is no number, and the reason is given. It never counts as passed.",
    "word.error": "Something went wrong while measuring. It never counts as passed.",
    "word.waived": "A named person accepted this finding until a date. It is not a pass.",
    "word.not-applicable": "The rule does not concern this system or this data.",
    "term.interval": "Interval",
    "word.interval": (
        "The range of true values that fits what was seen, written [low, high]. One-sided 95 % each "
        "end: each end misses the true value in at most 5 of 100 repetitions."
    ),
    "term.n": "n",
    "word.n": "Number of examples behind a value: its denominator.",
    "term.slice": "Slice",
    "word.slice": "A subset of the examples, named by column = value.",
    "term.points": "pp",
    "word.points": "Percentage points: the difference of two shares in per cent.",
    "term.digest": "Digest",
    "word.digest": "SHA-256 of a file or record. One changed byte gives another digest.",
    "term.run": "Run, gate",
    "word.run": (
        "A run measures and is then sealed. A gate holds a sealed run against a policy and gives "
        "the verdict."
    ),
    # JUnit
    "junit.verdict": "verdict",
    "junit.warnings-stop": "Warnings stop this build (exit {code}). {because}",
    # Markdown
    "summary.model": "Model",
    "summary.policy": "Policy",
    "summary.data": "Data",
    "summary.run": "Run",
    "summary.exit": "Exit code",
    "summary.open": "Findings that did not pass",
    "summary.where": "Where",
    "summary.left-out.one": "{n} further finding that did not pass stands in report.html.",
    "summary.left-out.other": "{n} further findings that did not pass stand in report.html.",
    "summary.counts": "Findings: {counts}.",
    # the terminal
    "screen.model": "{model}",
    "screen.model-digest": "{model} @ {digest}",
    "screen.adapter": "{model} @ {adapter} on {base} @ {digest}",
    "screen.policy": "policy {policy}",
    "screen.data": "data {data}",
    "screen.rows": "{data}, {rows}",
    "screen.more.one": "+ {n} more finding that did not pass: see the report",
    "screen.more.other": "+ {n} more findings that did not pass: see the report",
    "screen.slices.one": "{n} slice",
    "screen.slices.other": "{n} slices",
    "screen.passed.one": "+ {n} more finding passed or does not apply",
    "screen.passed.other": "+ {n} more findings passed or do not apply",
    "screen.no-findings": "No rule of the policy was held against this run.",
    "screen.verdict": "verdict {verdict} (exit {code})",
    "screen.run": "run {place}",
    "screen.not-tested.one": "{n} thing was not tested",
    "screen.not-tested.other": "{n} things were not tested",
    "screen.next": "next",
    "screen.open": "open {place}/report.html",
    "screen.verify": "assay verify {place}",
    **FIGURES,
    **STANDING,
    **RECORD,
    **EXPLAIN,
}
"""English, the language that every id must have."""


def _chinese() -> Mapping[str, str]:
    from harness.wording.zh import chinese

    return chinese().page


CATALOGUE = Catalogue(EN, _chinese)
"""The sentences of this module in every language."""

t = CATALOGUE.t
plural = CATALOGUE.plural


def enumerate_words(words: list[str]) -> str:
    """Return ``a``, ``a and b``, or ``a, b and c``; empty for no words."""
    if len(words) < 2:
        return "".join(words)
    return t("list.and", first=join_words(words[:-1]), last=words[-1])


def enumerate_clauses(clauses: list[str]) -> str:
    """Return the same of parts of a sentence that have a verb each."""
    if len(clauses) < 2:
        return "".join(clauses)
    first = t("list.comma-clause").join(clauses[:-1])
    return t("list.and-clause", first=first, last=clauses[-1])


def join_sentences(sentences: Iterable[str]) -> str:
    """Return sentences one after the other, as the language sets them."""
    return t("list.gap").join(sentences)


def join_clauses(clauses: Iterable[str]) -> str:
    """Return ``a; b; c``, with the semicolon of the language."""
    return t("list.clause").join(clauses)


def join_words(words: Iterable[str]) -> str:
    """Return ``a, b, c``, with the comma of the language."""
    return t("list.comma").join(words)

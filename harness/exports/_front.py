"""The first page of the HTML report: everything that a reviewer needs before the details."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from harness.exports import _standing as standing
from harness.exports import _view as view
from harness.exports._beside import NOT_TESTED, beside, standing_part
from harness.exports._marks import mark_of, mark_of_outcome, mark_of_verdict
from harness.exports._measured import sentence
from harness.exports._parts import bullets, code, facts, icon, mark_label, num, part, strip
from harness.records import (
    DatasetRef,
    Finding,
    Measurements,
    Message,
    ModelRef,
    RunRecord,
    Verdict,
)
from harness.wording.language import phrase, said
from harness.wording.markup import Child, Html, el, join
from harness.wording.messages import enumerate_words, join_sentences, join_words, plural, t
from harness.wording.quantities import count, level_words, n_of, of_finding
from harness.wording.text import NAME_LIMIT, one_line

_CASES_OF_A_RULE = 3
_RULES = 30
_CLASSES = 8
_NOT_TESTED = 400
ROWS_BESIDE = 6
"""Waivers, documents and comparisons that the first page has room for; a section below holds all."""
_SYSTEM_KEYS = ("purpose", "domain", "limits_of_use", "jurisdictions", "materiality", "owner")


Said = dict[tuple[str, str, str], tuple[str, tuple[Message, ...]]]
"""(measure, data set, slice) → its sentence in natural frequencies, and what else was found."""


def front_page(run: RunRecord, measurements: Measurements, verdict: Verdict) -> Html:
    """Return the first page."""
    return join(
        (
            _masthead(run, verdict),
            banner(verdict),
            standing_part(run, verdict, is_linked=True),
            el(
                "div",
                part(t("front.tested"), _tested(run)),
                part(t("front.data"), _data(run)),
                class_="columns",
            ),
            why(run, verdict, measurements),
            *beside(measurements, verdict, ROWS_BESIDE),
            el(
                "div",
                part(_not_tested_title(run, verdict), not_tested(run, verdict)),
                id=NOT_TESTED,
            ),
            el(
                "div",
                part(t("front.limits"), _limits(run)),
                part(t("front.check"), _check(run, verdict)),
                class_="columns",
            ),
        )
    )


def _masthead(run: RunRecord, verdict: Verdict) -> Html:
    chips = [el("span", words, class_="chip") for words in view.chips(run, verdict)]
    subtitle = t("page.subtitle", policy=view.policy_words(verdict), date=verdict.now[:10])
    return el(
        "header",
        el("p", t("page.kind"), class_="eyebrow"),
        el("div", *chips, class_="chips") if chips else None,
        el("h1", one_line(run.model.name, NAME_LIMIT)),
        el("p", subtitle, class_="muted"),
        class_="masthead",
    )


def banner(verdict: Verdict) -> Html:
    """Return the word of the verdict and its sentence."""
    mark = mark_of_verdict(verdict.verdict)
    return el(
        "section",
        icon(mark),
        el("h2", mark.word),
        el("p", view.banner(verdict), class_="sentence"),
        class_=f"banner {mark.tone}",
    )


def _tested(run: RunRecord) -> Html:
    model = run.model
    base = one_line(model.base or "", NAME_LIMIT)
    if base and model.revision:
        base = t("tested.revision", base=base, revision=view.short(model.revision))
    return facts(
        [
            (t("tested.model"), one_line(model.name, NAME_LIMIT)),
            (t("tested.kind"), t(f"tested.{model.kind}")),
            (t("tested.base"), base),
            (t("tested.digest"), model.weights_digest and code(view.short(model.weights_digest))),
            (t("tested.adapter"), _adapter(model)),
            (t("tested.parameters"), _size(model, run.dtype)),
            (t("tested.task"), _classes(run)),
            (
                t("tested.favourable"),
                run.task.favourable and one_line(run.task.favourable, NAME_LIMIT),
            ),
        ]
    )


def _adapter(model: ModelRef) -> str | None:
    """Return the adapter's digest and the proof that it is at work."""
    if not model.adapter_digest:
        return None
    digest, proof = view.short(model.adapter_digest), model.adapter_proof or {}
    whole, part = (proof.get(f"max_logit_difference{end}") for end in ("", "_low_rank"))
    if not isinstance(whole, float) or not isinstance(part, float):
        return digest
    n = count(int(proof.get("n_rows", 0)))
    return t("tested.adapter-proof", digest=digest, whole=f"{whole:.3g}", n=n, part=f"{part:.3g}")


def _size(model: ModelRef, dtype: str) -> str | None:
    if model.n_parameters is None:
        return None
    return t("tested.n-parameters", n=count(model.n_parameters), dtype=model.dtype or dtype)


def _classes(run: RunRecord) -> str:
    if not run.task.is_deciding:
        return one_line(run.task.kind, 40)  # its one class only holds the log-probability
    names = [one_line(name, 40) for name in run.task.classes]
    words = enumerate_words(names)
    if len(names) > _CLASSES:
        shown = join_words(names[: _CLASSES - 2])
        words = t("tested.classes-more", classes=shown, n=len(names) - _CLASSES + 2)
    return plural("tested.classes", len(names), task=one_line(run.task.kind, 40), classes=words)


def _data(run: RunRecord) -> Html:
    if not run.datasets:
        return el("p", t("data.none"))
    head = el(
        "tr",
        el("th", t("data.name"), scope="col"),
        el("th", t("data.rows"), scope="col", class_="end"),
        el("th", t("data.aside"), scope="col"),
    )
    rows = [_dataset_row(data) for data in run.datasets]
    return el("table", el("thead", head), el("tbody", *rows))


def _dataset_row(data: DatasetRef) -> Html:
    remarks = list(_dataset_remarks(data)) or [t("data.nothing-aside")]
    file = one_line(data.file, NAME_LIMIT)
    return el(
        "tr",
        el("th", one_line(data.name, NAME_LIMIT), el("div", file, class_="under"), scope="row"),
        el("td", num(count(data.n_rows)), class_="end"),
        el("td", *(el("div", remark) for remark in remarks), class_="small"),
    )


def _dataset_remarks(data: DatasetRef) -> Iterator[str]:
    if data.n_read != data.n_rows:
        yield t("data.read", n=count(data.n_read))
    if data.limit is not None:
        yield t("data.limit", n=count(data.limit))
    for aside in data.quarantined:
        yield t("data.quarantined", n=count(aside.n), reason=one_line(aside.reason))
    if data.n_duplicates is None:
        yield t("data.no-text")
    if data.n_duplicates:
        yield plural("data.duplicates", data.n_duplicates)
    if data.n_duplicates_of_train:
        yield plural("data.of-train", data.n_duplicates_of_train)
    elif (
        data.n_duplicates_of_train is None
        and data.n_duplicates is not None
        and data.name != "train"
    ):
        yield t("data.unchecked-train")


def said_of(run: RunRecord, measurements: Measurements, verdict: Verdict) -> Said:
    """Return for each finding its sentence in natural frequencies, and what else was found there."""
    measures = {measure.key: measure for measure in measurements.measures}
    wanted = {view.place(f) for f in verdict.findings}
    spoken = view.spoken(run, measurements, verdict)
    found: Said = {}
    for one in measurements.measurements:
        key = (one.measure, one.dataset, one.slice)
        if key in wanted and key in spoken:
            found[key] = (said(spoken[key]), one.notes)
        elif key in wanted:
            # without a value the finding itself says why there is none
            has_words = one.measure in measures and one.estimate.value is not None
            found[key] = (sentence(measures[one.measure], one) if has_words else "", one.notes)
    return found


def why(run: RunRecord, verdict: Verdict, measurements: Measurements) -> Html:
    """Return what decides, then what has to be weighed, each with its number and limit."""
    words = said_of(run, measurements, verdict)
    decide, weigh = view.deciding(verdict), view.to_weigh(verdict)
    parts = []
    if decide:
        parts.append(part(t("front.why"), *_cases(decide, partial(_case, words_of=words))))
    elif not weigh:
        parts.append(part(t("front.why"), el("p", _nothing_open(verdict))))
    if weigh:
        note = el("p", t("why.not-blocking"), class_="muted")
        parts.append(part(t("front.also"), note, *_cases(weigh, _brief)))
    return join(parts)


def _nothing_open(verdict: Verdict) -> str:
    n_passed = sum(f.outcome == "passed" for f in verdict.findings)
    return plural("why.nothing", n_passed) if n_passed else t("why.no-findings")


def _cases(findings: list[Finding], write: Callable[[Finding], Html]) -> Iterator[Html]:
    rules = list(view.by_rule(findings).values())
    for found in rules[:_RULES]:
        for finding in found[:_CASES_OF_A_RULE]:
            yield write(finding)
        if more := found[_CASES_OF_A_RULE:]:
            outcomes = dict.fromkeys(mark_of_outcome(f.outcome).word.lower() for f in more)
            words = enumerate_words(list(outcomes))
            yield el("p", plural("why.more", len(more), outcome=words), class_="muted small")
    if n_more := len(rules[_RULES:]):
        yield el("p", plural("why.more-rules", n_more), class_="muted small")


def _case(finding: Finding, *, words_of: Said) -> Html:
    words, about = words_of.get(view.place(finding), ("", ()))
    return el(
        "article",
        el("header", el("h3", phrase(finding.title)), mark_label(mark_of(finding))),
        el("p", words) if words else None,
        el("p", said(finding.because), class_="muted small" if words else None),
        *(el("p", one_line(said(note), NAME_LIMIT * 4)) for note in about),
        strip(_numbers(finding)),
        el("div", facts(_reasons(finding)), class_="reasons"),
        class_="case",
    )


def _brief(finding: Finding) -> Html:
    """Return a finding that does not stop the release: the table of all findings holds the rest."""
    value, limit = of_finding(finding).text, standing.limit_basis(finding)
    place = view.where(finding.slice, finding.dataset)
    parts = [num(value), num(limit), el("span", place), _waiver(finding)]
    return el(
        "article",
        el("header", el("h3", phrase(finding.title)), mark_label(mark_of(finding))),
        el("p", said(finding.because)),
        el("p", join((part for part in parts if part), " · "), class_="under"),
        class_="case brief",
    )


def _waiver(finding: Finding) -> Html | None:
    if not finding.waiver:
        return None
    covered = mark_of_outcome(finding.waived_outcome or "failed").word.lower()
    name = one_line(finding.waiver, NAME_LIMIT)
    return el("span", t("fact.waives", waiver=name, outcome=covered))


def _numbers(finding: Finding) -> list[tuple[str, Child]]:
    quantity = of_finding(finding)
    level = level_words(finding.alpha_low, finding.alpha_high) if quantity.interval else ""
    needed = finding.n_needed and t("fact.n-needed", n=count(finding.n_needed))
    return [
        (t("fact.value-level", level=level) if level else t("fact.value"), num(quantity.text)),
        (t("fact.limit"), num(standing.limit_basis(finding))),
        (t("fact.n"), None if finding.n is None else num(n_of(finding))),
        (t("fact.where"), view.where(finding.slice, finding.dataset)),
        (t("fact.needed"), needed or None),
    ]


def _reasons(finding: Finding) -> list[tuple[str, Child]]:
    clauses = join_words(one_line(c, NAME_LIMIT) for c in finding.clauses) or t("fact.no-clause")
    return [
        (
            t("fact.basis"),
            t("fact.basis-clauses", basis=t(f"basis.{finding.basis}"), clauses=clauses),
        ),
        (t("fact.why"), phrase(finding.why)),
        (t("fact.fix"), phrase(finding.fix)),
    ]


def _not_tested_title(run: RunRecord, verdict: Verdict) -> str:
    n = len(view.not_tested(run, verdict))
    return t("summary.not-tested", title=t("front.not-tested"), n=count(n))


def not_tested(run: RunRecord, verdict: Verdict) -> Html:
    """Return what was not tested, and what never is."""
    open_ = view.not_tested(run, verdict)
    items: list[Child] = list(open_[:_NOT_TESTED]) or [t("not-tested.none")]
    if n_more := len(open_[_NOT_TESTED:]):
        items.append(plural("not-tested.more", n_more))
    return join((bullets(items), el("p", t("not-tested.always"), class_="muted reasons")))


def _limits(run: RunRecord) -> Html:
    pairs: list[tuple[str, Child]] = [
        (t(f"limits.{key}"), _words(run.system.get(key))) for key in _SYSTEM_KEYS
    ]
    missing = [
        t(id)
        for key, id in (
            ("purpose", "limits.no-purpose"),
            ("domain", "limits.no-domain"),
            ("limits_of_use", "limits.none"),
        )
        if not _words(run.system.get(key))
    ]
    declared = facts(pairs) if any(value for _, value in pairs) else None
    return join((declared, el("p", join_sentences(missing)) if missing else None))


def _words(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return enumerate_words([one_line(item, NAME_LIMIT) for item in value])
    return "" if value is None else one_line(value)


def _check(run: RunRecord, verdict: Verdict) -> Html:
    command = t("check.verify", run=one_line(run.run_id, NAME_LIMIT))
    agree = t(
        "check.agree",
        run_digest=view.short(verdict.run_digest),
        policy_digest=view.short(verdict.policy.digest),
    )
    return join(
        (
            el("p", t("check.sentence")),
            el("p", el("code", command, class_="command")),
            el("p", agree, class_="muted"),
        )
    )

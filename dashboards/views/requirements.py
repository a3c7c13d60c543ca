"""Page requirements: which clause has which evidence?"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboards.needs import KINDS, Kind, Need, needs, owners, row, without_clause
from dashboards.parts import states
from dashboards.parts.badges import finding_badge
from dashboards.parts.filters import linked
from dashboards.parts.findings import counts
from dashboards.parts.links import page_link, section_of
from dashboards.parts.tables import table
from dashboards.parts.text import bold, md
from dashboards.shell import judged, opened, read
from dashboards.source import Opened
from dashboards.wording import plural, said, t
from harness.exports import view
from harness.policy import Clause
from harness.records import Verdict
from harness.wording.language import phrase
from harness.wording.messages import enumerate_words
from harness.wording.quantities import count, of_finding
from harness.wording.text import NAME_LIMIT, one_line

_FILES = 2
_EXAMPLE = """rules:
  - id: IMPACT-FLOOR
    clauses: [nyc-ll144/5-301-d]
    ..."""


def show() -> None:
    """Show the page."""
    found = opened()
    verdict = view.dated(judged(found))
    every = read(lambda: needs(found, verdict))
    if not every:
        commands = [_EXAMPLE, "assay policy lint my.policy.yaml"]
        states.stop(t("requirements.none"), t("requirements.none-do"), do=commands)
    who = enumerate_words([one_line(owner, NAME_LIMIT) for owner in owners(found)])
    _lead(found, verdict, every, who)
    kept = _of_framework(every)
    for kind in KINDS:
        _section(found, kind, [need for need in kept if need.kind == kind])
    with st.expander(t("requirements.matrix")):
        rows = [row(need, who) for need in kept]
        table(rows, name="requirements", key="matrix", alt=t("requirements.matrix-alt"))
    if n := without_clause(verdict):
        st.markdown(plural("requirements.n-without", n))


def _lead(found: Opened, verdict: Verdict, every: Sequence[Need], who: str) -> None:
    n_clauses = len({need.clause for need in every})
    policy = md(view.policy_words(verdict))
    st.header(plural("requirements.lead", n_clauses, policy=policy), anchor=False)
    rules = {need.worst.rule: need for need in every}
    of_kind = {kind: sum(need.kind == kind for need in rules.values()) for kind in KINDS}
    kinds = [f"{t(f'requirements.{kind}')} **{count(n)}**" for kind, n in of_kind.items()]
    with st.container(key="quiet-lead"):
        badges = " ".join(counts([need.worst for need in rules.values()]))
        st.markdown(f"{badges} · {' · '.join(kinds)}")
        words = [t("requirements.owner", owners=md(who)) if who else t("requirements.no-owner")]
        if owner := found.run.system.get("owner"):
            words.append(t("requirements.system-owner", owner=md(owner, NAME_LIMIT)))
        st.markdown(f":gray[{' · '.join(words)}]")
        st.markdown(f":gray[{t('requirements.not-legal')}]")


def _of_framework(every: Sequence[Need]) -> list[Need]:
    known = sorted({need.framework for need in every})
    if len(known) < 2:
        return list(every)
    asked = st.pills(
        t("requirements.framework"),
        known,
        format_func=lambda name: md(name, NAME_LIMIT),
        **linked("framework", known),
    )
    return [need for need in every if asked is None or need.framework == asked]


def _section(found: Opened, kind: Kind, own: Sequence[Need]) -> None:
    if not own:
        return
    n_rules = len({need.worst.rule for need in own})
    title = t(f"requirements.{kind}")
    st.header(f"{title} ({plural('requirements.n-rules', n_rules)})", anchor=False)
    st.markdown(f":gray[{t(f'requirements.{kind}-do')}]")
    by_clause: dict[str, list[Need]] = {}
    for need in own:
        by_clause.setdefault(need.clause, []).append(need)
    with st.container(key=f"list-{kind}"):
        for i, group in enumerate(by_clause.values()):
            with st.container(key=f"line-clause-{kind}-{i}"):
                clause, rules = st.columns([1, 1.25], gap="medium")
                with clause:
                    _clause(group[0])
                with rules:
                    for j, need in enumerate(group):
                        key = f"{kind}-{i}-{j}"
                        with st.container(key=f"rule-{key}"):
                            _rule(found, need, key)


def _clause(need: Need) -> None:
    record = need.record
    title = f"{bold(phrase(record.title))} " if record else ""
    st.markdown(f"{title}:gray[{md(need.clause, NAME_LIMIT)}]{_status(record)}")
    if record is None:
        st.markdown(f":gray[{t('requirements.no-record')}]")
        return
    st.markdown(md(phrase(record.says), 1200))
    st.markdown(f":small[:gray[{' · '.join(_about(record))}]]")


def _status(record: Clause | None) -> str:
    if record is None:
        return ""
    words = [t(f"requirements.status.{record.status}")]
    words += [t("requirements.from", date=record.applies_from)] if record.applies_from else []
    words += [t("requirements.until", date=record.applies_until)] if record.applies_until else []
    tone = "orange" if record.is_over else "blue" if record.status == "in_force" else "gray"
    return f" :{tone}-badge[{md(t('list.comma').join(words))}]"


def _about(record: Clause) -> list[str]:
    parts = [t("requirements.sets-number" if record.sets_number else "requirements.sets-none")]
    if record.applies_to:
        parts.append(t("requirements.applies-to", whom=md(phrase(record.applies_to))))
    if record.superseded_by:
        parts.append(t("requirements.superseded-by", next=md(record.superseded_by)))
    parts.append(t("requirements.source", url=md(record.url)))
    if record.is_checked_by_nobody:
        parts.append(t("requirements.unchecked"))
    else:
        by = md(record.checked_by, NAME_LIMIT)
        parts.append(t("requirements.checked", date=record.checked_on, by=by))
    return parts


def _rule(found: Opened, need: Need, key: str) -> None:
    worst = need.worst
    st.markdown(
        f"{finding_badge(worst)} {bold(phrase(worst.title))} :gray[{md(worst.rule, NAME_LIMIT)}]"
    )
    st.markdown(f":small[{' · '.join([*_facts(need), *_asked(need)])}]")
    with st.container(horizontal=True, gap="medium", key=f"links-{key}"):
        if need.kind == "automated":
            section = section_of(worst.measure)
            label = t("requirements.to-measurements")
            page_link(found, "measurements", label, icon=":material/straighten:", section=section)
        n_open = len(need.threads)
        label = (
            plural("requirements.n-threads", n_open) if n_open else t("requirements.to-decision")
        )
        page_link(found, "decision", label, icon=":material/forum:", rule=worst.rule)


def _facts(need: Need) -> list[str]:
    worst = need.worst
    if need.kind == "not-applicable":
        return [md(said(worst.because), 600)]
    parts = [md(view.limit_basis(worst)), md(t(f"severity.{worst.severity}"))]
    if need.kind == "automated":
        parts.insert(0, bold(of_finding(worst).text))
    if len(need.findings) > 1:
        parts.append(plural("requirements.slices", len(need.findings)))
    if not need.answers:
        return [*parts, t("requirements.no-evidence", why=md(said(worst.because), 600))]
    return [*parts, t("requirements.evidence", files=_files(need))]


def _asked(need: Need) -> list[str]:
    """Return who is to act, and until when, where somebody asked for something."""
    people = dict.fromkeys(one_line(one.owner, NAME_LIMIT) for one in need.threads if one.owner)
    days = [one.due for one in need.threads if one.due]
    words = (
        [t("requirements.thread-owner", who=md(enumerate_words(list(people))))] if people else []
    )
    return [*words, t("requirements.thread-due", date=md(min(days)))] if days else words


def _files(need: Need) -> str:
    words = []
    for one in need.answers[:_FILES]:
        who = enumerate_words([one_line(user, NAME_LIMIT) for user in one.signed_by])
        signed = f", {t('requirements.signed-by', who=md(who))}" if who else ""
        words.append(f"{md(one.file, 120)} `{one.sha256[:12]}`{signed}")
    if n_more := len(need.answers[_FILES:]):
        words.append(plural("requirements.more-files", n_more))
    return "; ".join(words)


show()

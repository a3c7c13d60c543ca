"""The evidence itself: verified again on the spot, every file with its digest, every export, log, origin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards import source
from dashboards.parts.tables import table
from dashboards.parts.text import md
from dashboards.source import Opened
from dashboards.wording import EN, language, plural, remembered, said, speaking, t
from harness.clock import iso, utc_now
from harness.commands.proving import prove
from harness.errors import AssayError
from harness.evidence import VerifyReport
from harness.evidence.believing import signed_by
from harness.exports import EXPORTS, least_cell, run_shown, without_small_cells
from harness.records import Verdict
from harness.signing import Trust
from harness.wording.text import one_line, visible

_NO_FIGURES = ("policy.yaml", "waivers.yaml", "trust.yaml")
"""Files of a gate that hold no figure of a run."""

_FEW = 7
"""Rows that are shown without scrolling."""

_MIMES = {
    ".html": "text/html",
    ".json": "application/json",
    ".xml": "application/xml",
    ".md": "text/markdown",
    ".csv": "text/csv",
    ".sarif": "application/json",
}


def verify_now(opened: Opened, trust: Trust | None) -> None:
    """Read every byte again when somebody asks, and say what was found."""
    st.header(t("evidence.verify"), anchor=False)
    st.markdown(t("evidence.verify-do"))
    key = f"verified-{opened.bundle.digest[:12]}"
    # the check of the page is forgotten first: what was changed stops the page before it says anything
    if st.button(
        t("evidence.verify-now"),
        icon=":material/verified_user:",
        key=f"do-{key}",
        on_click=source.forget,
    ):
        try:
            with st.spinner(t("evidence.verifying"), show_time=True):
                folder = opened.bundle.path
                ref = f"{folder}@{opened.gate.id}" if opened.gate else str(folder)
                report = prove(ref, folder.parent, is_recomputed=False, trust=trust)
        except (AssayError, OSError) as err:
            st.error(md(err, 2000))
            return
        _report(report)
    st.code(f"assay verify {opened.bundle.id} --recompute", language=None, wrap_lines=True)


def _report(report: VerifyReport) -> None:
    if report.problems:
        st.error(plural("evidence.problems", len(report.problems)))
        for one in report.problems[:50]:
            st.code(visible(one), language=None, wrap_lines=True)
    else:
        megabytes = f"{report.n_bytes / 1e6:,.1f}"
        st.success(t("evidence.intact", files=f"{report.n_files:,}", mb=megabytes))
        st.markdown(f":gray[{t('evidence.verified-at', time=md(iso(utc_now())))}]")
    for note in (*report.erased, *report.notes):
        st.markdown(f"- {md(note, 600)}")
    rows = [
        {
            t("evidence.what"): t(f"decision.kind-{one.said.kind}"),
            t("evidence.who"): said(one.words),
            t("evidence.when"): one.said.decided_at.isoformat(),
            t("evidence.believed"): "" if one.doubt is None else said(one.doubt),
        }
        for one in report.decisions
    ]
    if rows:
        table(rows, name="decisions", key="verified-decisions", alt=t("evidence.decisions-alt"))


def files(opened: Opened) -> None:
    """Show every sealed file with its digest, and the statements beside them."""
    st.header(t("evidence.files"), anchor=False)
    gates = [("", opened.bundle.manifest)]
    if opened.gate is not None:
        gates.append((f"gates/{opened.gate.id}/", opened.gate.manifest))
    rows = [
        {
            t("evidence.file"): f"{lead}{name}",
            t("evidence.bytes"): entry.size_bytes,
            t("evidence.digest"): entry.sha256,
        }
        for lead, manifest in gates
        for name, entry in sorted(manifest.files.items())
    ]
    table(
        rows, name="manifest", key="manifest", alt=t("evidence.files-alt", n=len(rows)), height=300
    )


def statements(report: VerifyReport, trust: Trust | None) -> None:
    """Show what was signed about the run, by whose key, and whether that counts."""
    st.header(t("evidence.statements"), anchor=False)
    signed = signed_by(report.claims, trust, utc_now())[0] if trust is not None else []
    rows = [
        {
            t("evidence.file"): one.place,
            t("evidence.what"): one.kind,
            t("evidence.role"): one.role or "",
            t("evidence.when"): one.signed_at.isoformat() if one.signed_at else "",
            t("evidence.keys"): ", ".join(keyid[:12] for keyid in one.keyids),
            t("evidence.user"): ", ".join(s.user or "" for s in signed if s.place == one.place),
            t("evidence.state"): ", ".join(
                t(f"evidence.state-{s.state}") for s in signed if s.place == one.place
            )
            or t("evidence.state-no-trust"),
        }
        for one in report.claims
    ]
    if not rows:
        st.markdown(t("evidence.no-statements"))
        return
    table(rows, name="statements", key="statements", alt=t("evidence.statements"))


def left_out(opened: Opened, report: VerifyReport) -> None:
    """Say what was erased or is not at hand, and what was fixed before the run."""
    st.header(t("evidence.left-out"), anchor=False)
    lines = [*report.erased, *report.notes]
    lock = opened.bundle.lock
    if lock is None:
        lines.append(t("evidence.no-lock"))
    else:
        packs = ", ".join(f"{one.id} {one.version}" for one in lock.policies) or t("none")
        lines.append(t("evidence.locked", policies=packs, digest=opened.run.lock_digest))
    st.markdown("\n".join(f"- {md(line, 600)}" for line in lines))


def exports(opened: Opened, verdict: Verdict) -> None:
    """Offer every form of the verdict; small groups are left out for those who may not see them."""
    st.header(t("evidence.exports"), anchor=False)
    st.markdown(t("evidence.exports-do", k=least_cell(opened.run)))
    columns = st.columns(3)
    for i, (name, export) in enumerate(EXPORTS.items()):
        suffix = "." + export.file_name.rpartition(".")[2]
        with columns[i % 3]:
            st.download_button(
                name,
                data=_rendered(opened, verdict, name),
                file_name=export.file_name,
                mime=_MIMES.get(suffix, "text/plain"),
                key=f"export-{name}",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
            )


def sealed_files(opened: Opened, verdict: Verdict) -> None:
    """Offer what lies in the gate, as it was sealed; figures only to those who may see all of them."""
    gate = opened.gate
    if gate is None:
        return
    is_whole = opened.sees_all or verdict == gate.verdict
    names = [name for name in sorted(gate.manifest.files) if is_whole or name in _NO_FIGURES]
    with st.expander(t("evidence.sealed")), st.container(horizontal=True, key="links-sealed"):
        for name in names:
            st.download_button(
                md(name),
                data=lambda name=name: gate.read_bytes(name),
                file_name=name.rpartition("/")[2],
                key=f"sealed-{name}",
                on_click="ignore",
                type="tertiary",
            )


def _rendered(opened: Opened, verdict: Verdict, name: str) -> Callable[[], bytes]:
    spoken, known = language(), remembered()

    def made() -> bytes:
        least = max(least_cell(opened.run), 0 if opened.sees_all else opened.settings.min_cell)
        record, measured = opened.bundle.record, opened.bundle.measurements
        shown = without_small_cells(record, measured, verdict, least)
        run = run_shown(record, measured, least)
        # what people read speaks the language of the page, what machines read stays as it is
        with speaking(spoken if name in ("html", "md") else "en", known):
            text = EXPORTS[name].render(run, *shown, read=opened.bundle.read_replicates)
        return text.encode()

    return made


def log(events: Sequence[Any], names: Mapping[str, str]) -> None:
    """Show what the log of the store holds about this run."""
    st.header(t("evidence.log"), anchor=False)
    rows = [
        {
            t("evidence.number"): one.seq,
            t("evidence.when"): one.time,
            t("evidence.what"): _event(one.kind),
            t("evidence.who"): names.get(one.actor, one.actor),
            t("evidence.about"): one.subject[:16],
            t("evidence.digest"): one.digest,
        }
        for one in reversed(events)
    ]
    height = 300 if len(rows) > _FEW else "auto"
    table(rows, name="log", key="log", alt=t("evidence.log-alt", n=len(rows)), height=height)
    st.markdown(f":gray[{t('evidence.log-words')}]")


def _event(kind: str) -> str:
    """Return what happened as it is spoken; a kind that a later version wrote by its own name."""
    id = f"event.{kind}"
    return t(id) if id in EN else kind


def origin(opened: Opened) -> None:
    """Show how the run was made, and the command that makes it again."""
    st.header(t("evidence.origin"), anchor=False)
    run = opened.run
    model = run.model
    facts = [
        (t("shell.model"), model.name),
        (t("tested.base"), " ".join(filter(None, (model.base, model.revision))) or t("unknown")),
        *(
            (
                t("origin.data-digest", data=one_line(one.name, 80)),
                f"{one.n_rows:,}: {one.content_digest}",
            )
            for one in run.datasets
        ),
        (t("evidence.commit"), f"{run.commit or t('unknown')}{' +' if run.is_dirty else ''}"),
        (t("evidence.version"), f"{run.harness_version}, Python {run.python}"),
        (t("evidence.platform"), f"{run.platform}, {run.device}, {run.dtype}"),
        (t("evidence.seed"), run.seed),
        (t("evidence.config"), run.config_digest),
        (t("evidence.lock"), run.lock_digest or t("none")),
        (t("evidence.weights"), run.model.weights_digest or t("unknown")),
    ]
    st.markdown("  \n".join(f"{md(name)}: **{md(value, 120)}**" for name, value in facts))
    st.code(visible(" ".join(run.argv)), language=None, wrap_lines=True)
    rows = [
        {
            t("evidence.stage"): one.name,
            t("evidence.status"): one.status,
            t("evidence.begun"): one.started,
            t("evidence.ended"): one.ended,
        }
        for one in run.stages
    ]
    table(rows, name="stages", key="stages", alt=t("evidence.stages-alt"))
    st.markdown(f":gray[{t('evidence.gpus')}]")


def no_store(opened: Opened) -> None:
    """Say what it takes to decide about a run of a folder."""
    st.info(t("decision.no-store"), icon=":material/inventory_2:")
    for command in (
        "assay store new /srv/assay",
        f"assay submit {opened.bundle.id} --store /srv/assay",
        "assay dashboard --store /srv/assay --key service",
    ):
        st.code(command, language=None, wrap_lines=True)


def broken_log(err: AssayError) -> None:
    """Say that the log is not what it was, and that nothing can be recorded."""
    st.error(t("decision.broken-log"), icon=":material/gpp_bad:")
    for one in err.problems[:20]:
        st.code(visible(one), language=None, wrap_lines=True)

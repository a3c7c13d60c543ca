"""The evidence itself: verified again on the spot, every file with its digest, every export, log, origin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards.parts.tables import table
from dashboards.parts.text import md
from dashboards.source import Opened
from dashboards.wording import plural, said, t
from harness.commands.proving import prove
from harness.errors import AssayError
from harness.evidence import VerifyReport
from harness.exports import EXPORTS, least_cell, without_small_cells
from harness.records import Verdict
from harness.signing import Trust

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
    if st.button(t("evidence.verify-now"), icon=":material/verified_user:", key=f"do-{key}"):
        try:
            with st.spinner(t("evidence.verifying"), show_time=True):
                folder = opened.bundle.path
                st.session_state[key] = prove(
                    str(folder), folder.parent, is_recomputed=False, trust=trust
                )
        except (AssayError, OSError) as err:
            st.error(md(err, 2000))
            return
    report: VerifyReport | None = st.session_state.get(key)
    if report is not None:
        _report(report)
    st.code(f"assay verify {opened.bundle.id} --recompute", language=None)


def _report(report: VerifyReport) -> None:
    if report.problems:
        st.error(plural("evidence.problems", len(report.problems)))
        for one in report.problems[:50]:
            st.code(one, language=None, wrap_lines=True)
    else:
        megabytes = f"{report.n_bytes / 1e6:,.1f}"
        st.success(t("evidence.intact", files=f"{report.n_files:,}", mb=megabytes))
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


def statements(report: VerifyReport) -> None:
    """Show what was signed about the run."""
    st.header(t("evidence.statements"), anchor=False)
    rows = [
        {
            t("evidence.file"): one.place,
            t("evidence.what"): one.kind,
            t("evidence.role"): one.role or "",
            t("evidence.when"): one.signed_at.isoformat() if one.signed_at else "",
            t("evidence.keys"): ", ".join(keyid[:12] for keyid in one.keyids),
        }
        for one in report.claims
    ]
    if not rows:
        st.markdown(t("evidence.no-statements"))
        return
    table(rows, name="statements", key="statements", alt=t("evidence.statements"))


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


def _rendered(opened: Opened, verdict: Verdict, name: str) -> Callable[[], bytes]:
    def made() -> bytes:
        least = max(least_cell(opened.run), 0 if opened.sees_all else opened.settings.min_cell)
        shown = without_small_cells(opened.run, opened.bundle.measurements, verdict, least)
        text = EXPORTS[name].render(opened.run, *shown, read=opened.bundle.read_replicates)
        return text.encode()

    return made


def log(events: Sequence[Any], names: Mapping[str, str]) -> None:
    """Show what the log of the store holds about this run."""
    st.header(t("evidence.log"), anchor=False)
    rows = [
        {
            t("evidence.number"): one.seq,
            t("evidence.when"): one.time,
            t("evidence.what"): one.kind,
            t("evidence.who"): names.get(one.actor, one.actor),
            t("evidence.about"): one.subject[:16],
            t("evidence.digest"): one.digest,
        }
        for one in reversed(events)
    ]
    table(rows, name="log", key="log", alt=t("evidence.log-alt", n=len(rows)), height=300)
    st.markdown(f":gray[{t('evidence.log-words')}]")


def origin(opened: Opened) -> None:
    """Show how the run was made, and the command that makes it again."""
    st.header(t("evidence.origin"), anchor=False)
    run = opened.run
    facts = [
        (t("evidence.commit"), f"{run.commit or t('unknown')}{' +' if run.is_dirty else ''}"),
        (t("evidence.version"), f"{run.harness_version}, Python {run.python}"),
        (t("evidence.platform"), f"{run.platform}, {run.device}, {run.dtype}"),
        (t("evidence.seed"), run.seed),
        (t("evidence.config"), run.config_digest),
        (t("evidence.lock"), run.lock_digest or t("none")),
        (t("evidence.weights"), run.model.weights_digest or t("unknown")),
    ]
    st.markdown("  \n".join(f"{md(name)}: **{md(value, 120)}**" for name, value in facts))
    st.code(" ".join(run.argv), language=None, wrap_lines=True)
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
        st.code(command, language=None)


def broken_log(err: AssayError) -> None:
    """Say that the log is not what it was, and that nothing can be recorded."""
    st.error(t("decision.broken-log"), icon=":material/gpp_bad:")
    for one in err.problems[:20]:
        st.code(one, language=None, wrap_lines=True)

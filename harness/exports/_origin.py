"""Where a report comes from: seeds, versions, digests, stages; and the words that it uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from harness.exports import _view as view
from harness.exports._marks import mark_of_outcome
from harness.exports._parts import bullets, code, facts, mark_label, section, table
from harness.records import COUNTED_OUTCOMES, RunRecord, Verdict
from harness.wording.language import phrase, said
from harness.wording.markup import Child, Html, el
from harness.wording.messages import join_words, plural, t
from harness.wording.quantities import count
from harness.wording.text import NAME_LIMIT, one_line

_ROWS = 300


def origin_section(run: RunRecord, verdict: Verdict) -> Html:
    """Return what identifies the run, its inputs, its policy and its surroundings."""
    return section(
        t("section.provenance"),
        "provenance",
        facts(_facts(run, verdict)),
        _block(t("origin.caveats"), bullets(said(message) for message in run.caveats)),
        _block(t("origin.stages"), _stages(run)),
        _block(t("origin.audits"), _audits(run)),
        _block(t("origin.digests"), _digests(t("origin.of"), _inputs(run, verdict))),
        _folded(t("origin.packages"), _packages(run)),
        _folded(t("origin.outputs"), _digests(t("origin.output"), sorted(run.outputs.items()))),
    )


def words_section() -> Html:
    """Return the glossary: every outcome with its mark, and the terms of this report."""
    pairs: list[Html] = []
    for outcome in COUNTED_OUTCOMES:
        pairs += [
            el("dt", mark_label(mark_of_outcome(outcome))),
            el("dd", t(f"word.{outcome}")),
        ]
    for term in ("interval", "n", "slice", "points", "digest", "run"):
        pairs += [el("dt", t(f"term.{term}"), class_="term"), el("dd", t(f"word.{term}"))]
    return section(t("section.words"), "words", el("dl", *pairs, class_="words"))


def _facts(run: RunRecord, verdict: Verdict) -> Iterator[tuple[str, Child]]:
    model, budget = run.model, count(run.token_budget)
    device = t("origin.device-dtype", device=run.device, dtype=run.dtype, budget=budget)
    yield t("origin.run"), code(run.run_id)
    yield t("origin.run-name"), run.name
    yield (
        t("origin.policy"),
        join_words([view.policy_words(verdict), one_line(phrase(verdict.policy.title))]),
    )
    yield t("origin.place"), code(verdict.policy.place)
    yield t("origin.review-by"), verdict.policy_review_by
    yield t("origin.judged"), verdict.now
    yield t("origin.valid-until"), verdict.valid_until
    yield t("origin.exit-code"), str(verdict.exit_code)
    yield t("origin.baseline"), verdict.baseline_run and code(verdict.baseline_run)
    yield t("tested.base"), model.base
    yield t("origin.revision"), model.revision and code(model.revision)
    yield t("origin.seed"), str(run.seed)
    yield t("origin.suite"), run.suite
    yield t("origin.device"), device
    yield t("origin.python"), f"{run.python}, {run.platform}"
    yield t("origin.harness"), run.harness_version
    yield t("origin.commit"), _commit(run)
    yield t("origin.argv"), code(" ".join(run.argv))
    for data in run.datasets:
        yield t("origin.licence", data=one_line(data.name, NAME_LIMIT)), data.licence


def _commit(run: RunRecord) -> Html | None:
    if not run.commit:
        return None
    return code(t("origin.commit-dirty", commit=run.commit) if run.is_dirty else run.commit)


def _inputs(run: RunRecord, verdict: Verdict) -> Iterator[tuple[str, str | None]]:
    yield t("origin.run-digest"), verdict.run_digest
    yield t("origin.policy-digest"), verdict.policy.digest
    yield t("origin.plan-digest"), run.plan_digest
    yield t("origin.config-digest"), run.config_digest
    yield t("origin.lock-digest"), verdict.lock_digest or run.lock_digest
    yield t("origin.waivers-digest"), verdict.waivers_digest
    for pack, digest in sorted((verdict.policy.extends or {}).items()):
        yield t("origin.extends", pack=one_line(pack, NAME_LIMIT)), digest
    for file, digest in sorted((verdict.inputs or {}).items()):
        yield t("origin.judged-by", file=one_line(file, NAME_LIMIT)), digest
    yield t("origin.weights-digest"), run.model.weights_digest
    yield t("origin.lineage-digest"), run.model.lineage_digest
    yield t("origin.adapter-digest"), run.model.adapter_digest
    for data in run.datasets:
        name, file = one_line(data.name, NAME_LIMIT), one_line(data.file, NAME_LIMIT)
        yield t("origin.data-digest", data=name), data.content_digest
        yield t("origin.file-digest", data=name, file=file), data.file_digest


def _digests(head: str, pairs: Iterable[tuple[str, str | None]]) -> Html | None:
    rows = [(name, digest) for name, digest in pairs if digest]
    return _rows((head, t("origin.digest")), rows, label=t("origin.digests"), kind="digests")


def _stages(run: RunRecord) -> Html | None:
    head = tuple(t(f"origin.{column}") for column in ("stage", "status", "started", "ended"))
    rows = [(s.name, t(f"stage.{s.status}"), s.started, s.ended) for s in run.stages]
    return _rows(head, rows, label=t("origin.stages"))


def _audits(run: RunRecord) -> Html | None:
    head = tuple(t(f"origin.{column}") for column in ("audit", "status", "version"))
    rows = [(a.id, t(f"audit.{a.status}"), a.version) for a in run.audits]
    return _rows(head, rows, label=t("origin.audits"))


def _packages(run: RunRecord) -> Html | None:
    head = (t("origin.package"), t("origin.version"))
    return _rows(head, sorted(run.packages.items()), label=t("origin.packages"))


def _rows(
    head: Sequence[str], rows: Sequence[Sequence[Child]], *, label: str, kind: str = ""
) -> Html | None:
    if not rows:
        return None
    n_more = len(rows[_ROWS:])
    shown = table(head, rows[:_ROWS], label=label, kind=f"origin {kind}".strip())
    return el("div", shown, el("p", plural("origin.left-out", n_more)) if n_more else None)


def _block(title: str, content: Html | None) -> Html | None:
    return el("section", el("h3", title), content, class_="block") if content else None


def _folded(title: str, content: Html | None) -> Html | None:
    return el("details", el("summary", title), content) if content else None

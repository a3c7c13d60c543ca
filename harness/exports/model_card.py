"""A Hugging Face model card: what was tested, with intervals, what was not, and for what use.

The evaluation results stand in its front matter as a ``model-index``; YAML is written as JSON, of which
it is a superset, so that no text can become anything but text. Small cells are left out before.

Source: Hugging Face Hub, model cards and ``.eval_results``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.exports import _standing as standing
from harness.exports import _view as view
from harness.exports._data import name
from harness.exports._marks import mark_of, mark_of_verdict
from harness.exports.summary import markdown_table
from harness.records import DatasetRef, Measure, Measurement, Measurements, RunRecord, Verdict
from harness.wording.messages import enumerate_words, plural, t
from harness.wording.quantities import count, n_of, of_estimate, of_finding
from harness.wording.text import NAME_LIMIT, markdown, markdown_code, one_line

if TYPE_CHECKING:
    from harness.stats import Read

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_HUB_FILE = re.compile(
    r"(?P<id>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)@(?P<revision>[0-9a-f]{40})(?P<rest>.*)",
    re.ASCII,
)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_METRICS, _ROWS, _LIST = 1000, 200, 60


def render_model_card(
    run: RunRecord, measurements: Measurements, verdict: Verdict, *, read: Read | None = None
) -> str:
    """Return ``README.md``.

    Args:
        run: The sealed run.
        measurements: Everything with a finite value becomes an evaluation result.
        verdict: Its findings and limits stand in the text.
        read: Not needed; taken so that every export is called alike.
    """
    del read
    verdict = view.dated(verdict)
    front = json.dumps(_front(run, measurements), ensure_ascii=False, indent=2)
    blocks = [
        f"# {markdown(run.model.name, NAME_LIMIT)}",
        *_use(run),
        *_verdict(run, verdict),
        *_data(run),
        *_results(measurements),
        *_findings(verdict),
        *_lists(run, verdict),
        f"## {t('front.check')}",
        markdown_code(t("check.verify", run=run.run_id)),
        markdown(
            t(
                "check.agree",
                run_digest=view.short(verdict.run_digest),
                policy_digest=view.short(verdict.policy.digest),
            )
        ),
    ]
    return f"---\n{front}\n---\n\n" + "\n\n".join(blocks) + "\n"


def render_eval_results(
    run: RunRecord, measurements: Measurements, verdict: Verdict, *, read: Read | None = None
) -> str:
    """Return entries for ``.eval_results/``: of data sets of the hub only, since the format names no other.

    Args:
        run: The sealed run.
        measurements: What it measured on all rows of a data set; the format knows no slices.
        verdict: Says when it was judged, and by which policy.
        read: Not needed; taken so that every export is called alike.
    """
    del read
    sets = {data.name: found for data in run.datasets if (found := _hub(data)) is not None}
    entries = [
        {
            "dataset": {
                "id": sets[m.dataset].id,
                "task_id": m.measure,
                "revision": sets[m.dataset].revision,
            },
            "value": m.estimate.value,
            "date": verdict.now,
            "notes": t(
                "card.entry",
                shown=of_estimate(m.estimate).text,
                n=n_of(m.estimate),
                policy=view.policy_words(verdict),
                verdict=verdict.verdict,
            ),
        }
        for m in _measured(measurements)
        if m.dataset in sets and m.slice == "all"
    ]
    return json.dumps(entries, ensure_ascii=False, indent=2) + "\n"


class _Hub(NamedTuple):
    id: str
    revision: str


def _hub(data: DatasetRef) -> _Hub | None:
    match = _HUB_FILE.fullmatch(data.file)
    return _Hub(match["id"], match["revision"]) if match else None


def _front(run: RunRecord, measurements: Measurements) -> dict[str, Any]:
    model = run.model
    front: dict[str, Any] = {"tags": ["modelassay"]}
    if run.task.kind == "text-classification":
        front["pipeline_tag"] = "text-classification"
    elif not run.task.is_deciding:
        front["pipeline_tag"] = "text-generation"
    if model.base and _HUB_ID.fullmatch(model.base):
        front["base_model"] = model.base
    languages = run.system.get("languages")
    if isinstance(languages, list):
        front["language"] = [one for one in map(str, languages) if _LANGUAGE.fullmatch(one)]
    sets = list(dict.fromkeys(found.id for data in run.datasets if (found := _hub(data))))
    if sets:
        front["datasets"] = sets
    front["model-index"] = [
        {"name": name(model.name) or "model", "results": _index(run, measurements)}
    ]
    return {key: value for key, value in front.items() if value}


def _index(run: RunRecord, measurements: Measurements) -> list[dict[str, Any]]:
    """Return one result for each data set; its metrics hold slice, interval and n as arguments."""
    measures = {measure.key: measure for measure in measurements.measures}
    found: dict[str, list[dict[str, Any]]] = {}
    for one in _measured(measurements)[:_METRICS]:
        found.setdefault(one.dataset, []).append(_metric(one, measures.get(one.measure)))
    refs = {data.name: data for data in run.datasets}
    kind = name(run.task.kind) or "task"
    return [
        {
            "task": {"type": kind, "name": kind},
            "dataset": _dataset(dataset, refs.get(dataset)),
            "metrics": metrics,
        }
        for dataset, metrics in found.items()
    ]


def _dataset(dataset: str, ref: DatasetRef | None) -> dict[str, Any]:
    hub = _hub(ref) if ref else None
    found: dict[str, Any] = {
        "type": hub.id if hub else name(dataset) or "data",
        "name": name(dataset) or "data",
    }
    if hub:
        found["revision"] = hub.revision
    if ref is not None:
        found["args"] = {"n_rows": ref.n_rows, "content_sha256": name(ref.content_digest)}
    return found


def _metric(one: Measurement, measure: Measure | None) -> dict[str, Any]:
    e = one.estimate
    words = one_line(measure.title, NAME_LIMIT) if measure else name(one.measure)
    where = view.where(one.slice, "")
    return {
        "type": name(one.measure),
        "name": words if one.slice == "all" else f"{words} ({where})",
        "value": e.value,
        "args": {
            "slice": name(one.slice),
            "low": e.low,
            "high": e.high,
            "n": e.n,
            "unit": one_line(e.unit, 40),
            "method": one_line(e.method, 40),
            "error_of_each_end": [e.alpha_low, e.alpha_high],
        },
    }


def _measured(measurements: Measurements) -> list[Measurement]:
    return [m for m in measurements.measurements if _is_finite(m)]


def _is_finite(one: Measurement) -> bool:
    ends = (one.estimate.value, one.estimate.low, one.estimate.high)
    return one.estimate.value is not None and all(
        end is None or abs(end) < float("inf") for end in ends
    )


def _use(run: RunRecord) -> Iterator[str]:
    yield f"## {t('front.limits')}"
    keys = ("purpose", "domain", "limits_of_use", "jurisdictions", "owner")
    pairs = [(t(f"limits.{key}"), _words(run.system.get(key))) for key in keys]
    declared = [f"- **{term}**: {markdown(words)}" for term, words in pairs if words]
    missing = {"purpose": "limits.no-purpose", "limits_of_use": "limits.none"}
    declared += [f"- {t(id)}" for key, id in missing.items() if not _words(run.system.get(key))]
    yield "\n".join(declared)


def _words(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return enumerate_words([one_line(item, NAME_LIMIT) for item in value])
    return "" if value is None else one_line(value)


def _verdict(run: RunRecord, verdict: Verdict) -> Iterator[str]:
    mark = mark_of_verdict(verdict.verdict)
    title = t("card.verdict", policy=view.policy_words(verdict))
    yield f"## {markdown(title)}"
    yield f"{mark.symbol} **{mark.word}**. {markdown(view.banner(verdict))}"
    flags = view.chips(run, verdict)
    said = [*([", ".join(flags)] if flags else []), *standing.all_sentences(run, verdict)]
    if said:
        yield _items(said)


def _data(run: RunRecord) -> Iterator[str]:
    if not run.datasets:
        return
    yield f"## {t('front.data')}"
    head = [t("data.name"), t("data.rows"), t("origin.digest")]
    yield markdown_table(
        [
            head,
            *(
                [
                    markdown(data.name, NAME_LIMIT),
                    count(data.n_rows),
                    markdown_code(view.short(data.content_digest)),
                ]
                for data in run.datasets
            ),
        ]
    )


def _results(measurements: Measurements) -> Iterator[str]:
    measures = {measure.key: measure for measure in measurements.measures}
    rows = [
        [
            markdown(measures[m.measure].title if m.measure in measures else m.measure, NAME_LIMIT),
            markdown(view.where(m.slice, m.dataset), 2 * NAME_LIMIT),
            markdown(of_estimate(m.estimate).text),
            n_of(m.estimate),
        ]
        for m in _measured(measurements)
    ]
    yield f"## {t('section.measurements')}"
    if not rows:
        yield t("measured.none")
        return
    head = [t("measured.column-measure"), t("summary.where"), t("measured.column-value"), "n"]
    yield markdown_table([head, *rows[:_ROWS]])
    if n_more := len(rows[_ROWS:]):
        yield plural("measured.left-out", n_more)


def _findings(verdict: Verdict) -> Iterator[str]:
    findings = view.ordered(verdict.findings)
    if not findings:
        return
    yield f"## {t('section.findings')}"
    head = ["outcome", "rule", "value", "limit"]
    rows = [
        [
            markdown(mark_of(f).word),
            markdown(f"{one_line(f.title, 160)} ({view.where(f.slice, f.dataset)})", 300),
            markdown(of_finding(f).text),
            markdown(standing.limit_basis(f), 2 * NAME_LIMIT),
        ]
        for f in findings
    ]
    yield markdown_table([[t(f"findings.column-{one}") for one in head], *rows[:_ROWS]])
    if n_more := len(rows[_ROWS:]):
        yield plural("why.more-rules", n_more)


def _lists(run: RunRecord, verdict: Verdict) -> Iterator[str]:
    waivers = [f"{w.line} {' '.join(w.remarks)}" for w in standing.waivers(verdict)]
    if waivers:
        yield f"## {t('waiver.title')}"
        yield _items(waivers)
    documents = [
        f"{d.outcome}: {d.name}{f', {d.signed}, {d.when}' if d.signed else ''}"
        for d in standing.documents(verdict)
    ]
    if documents:
        yield f"## {t('document.title')}"
        yield t("document.note")
        yield _items(documents)
    unknown = view.not_tested(run, verdict)
    yield f"## {t('summary.not-tested', title=t('front.not-tested'), n=len(unknown))}"
    yield _items([*unknown, t("not-tested.always")])


def _items(said: Iterable[str]) -> str:
    lines = [f"- {markdown(words)}" for words in said]
    more = [f"- {plural('not-tested.more', len(lines) - _LIST)}"] if len(lines) > _LIST else []
    return "\n".join([*lines[:_LIST], *more])

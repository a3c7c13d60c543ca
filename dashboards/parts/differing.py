"""In what two runs differ besides their numbers: config, policy, data, environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dashboards.source import Opened
from dashboards.wording import t
from harness.evidence import Bundle, Gate

_SHOWN = 300
_NOT_OF_THE_MODEL = ("apiVersion", "kind", "policy", "store", "report")


def differing(found: Opened, base: Bundle, base_gate: Gate | None) -> list[dict[str, str]]:
    """Return a row for everything that differs: what, in the baseline, in this run."""
    pairs = [
        *_policy(found.gate, base_gate),
        *_data(found.bundle, base),
        *_config(found.bundle, base),
        *_environment(found.bundle, base),
    ]
    names = {"kind": t("compare.kind"), "what": t("compare.what")}
    return [
        {
            names["kind"]: t(f"compare.{kind}"),
            names["what"]: what,
            t("compare.baseline"): before,
            t("compare.this-run"): now,
        }
        for kind, what, before, now in pairs
        if before != now
    ]


def other_data(bundle: Bundle, base: Bundle) -> list[str]:
    """Return the test sets of a run whose rows are not those of the baseline."""
    known = {one.content_digest for one in base.record.datasets}
    return [
        one.name
        for one in bundle.record.datasets
        if one.name not in ("train", "validation") and one.content_digest not in known
    ]


def _policy(gate: Gate | None, base: Gate | None) -> Iterator[tuple[str, str, str, str]]:
    def said(one: Gate | None) -> str:
        if one is None:
            return t("compare.none")
        policy = one.verdict.policy
        return f"{policy.id} {policy.version} ({policy.digest[:12]})"

    yield "policy", t("shell.policy"), said(base), said(gate)


def _data(bundle: Bundle, base: Bundle) -> Iterator[tuple[str, str, str, str]]:
    sides = [{one.name: one for one in run.record.datasets} for run in (base, bundle)]
    for name in dict.fromkeys([*sides[0], *sides[1]]):
        before, now = (
            f"{one.n_rows:,} · {one.content_digest[:12]}" if one is not None else t("compare.none")
            for one in (side.get(name) for side in sides)
        )
        yield "data", name, before, now


def _config(bundle: Bundle, base: Bundle) -> Iterator[tuple[str, str, str, str]]:
    before, now = (dict(_flat(run.record.config)) for run in (base, bundle))
    for key in dict.fromkeys([*before, *now]):
        if key.partition(".")[0] not in _NOT_OF_THE_MODEL:
            yield "config", key, before.get(key, t("compare.none")), now.get(key, t("compare.none"))


def _environment(bundle: Bundle, base: Bundle) -> Iterator[tuple[str, str, str, str]]:
    a, b = base.record, bundle.record
    yield "environment", "modelassay", a.harness_version, b.harness_version
    yield "environment", "Python", a.python, b.python
    yield "environment", t("compare.platform"), a.platform, b.platform
    yield "environment", t("compare.device"), f"{a.device}, {a.dtype}", f"{b.device}, {b.dtype}"
    yield "environment", t("compare.seed"), str(a.seed), str(b.seed)
    for one in sorted({*a.packages, *b.packages}):
        none = t("compare.none")
        yield "environment", one, a.packages.get(one, none), b.packages.get(one, none)


def _flat(value: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(item, f"{prefix}.{key}" if prefix else str(key))
    elif value is not None:
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        yield prefix, text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"

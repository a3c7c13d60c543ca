"""What ``assay list`` shows, as rows of plain data; the first value of each row is its name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from harness import registry
from harness.errors import PluginError, raise_all

Row = dict[str, Any]


def listing(what: str, runs: Path) -> list[Row]:
    """Return the rows of one list.

    Raises:
        PluginError: If a plug-in cannot be imported.
    """
    lists: dict[str, Callable[[], list[Row]]] = {
        "audits": _audits,
        "measures": _measures,
        "models": _models,
        "policies": _policies,
        "runs": partial(_runs, runs),
        "looks": partial(_looks, runs),
    }
    return lists[what]()


def _audits() -> list[Row]:
    return [
        {
            "id": one.id,
            "question": one.question,
            "needs": "needs " + ", ".join(sorted(one.needs)),
            "suites": "suites "
            + ", ".join(suite for suite in ("quick", "standard", "deep") if suite in one.suites),
            "cost": "cost " + one.cost,
        }
        for one in registry.audits().values()
    ]


def _measures() -> list[Row]:
    return [
        {
            "key": key,
            "title": f"{one.title}; {one.unit}, {one.better} is better",
            "blind_to": f"blind to: {one.blind_to}",
            "source": f"source: {one.source}",
        }
        for key, one in registry.known_measures().items()
    ]


def _models() -> list[Row]:
    found = registry.discover("models")
    raise_all(PluginError, found.problems)
    return [
        {"id": id, "tasks": "tasks " + ", ".join(sorted(one.tasks))}
        for id, one in found.items.items()
    ]


def _policies() -> list[Row]:
    from harness.gate.sentences import count
    from harness.policy import builtin_names, locate_policy, read_policy

    rows = []
    for name in builtin_names():
        policy = read_policy(locate_policy(f"builtin/{name}", Path()))
        rows.append(
            {
                "name": f"builtin/{name}",
                "title": f"{policy.ref.title} ({policy.ref.id} {policy.ref.version})",
                "status": f"status {policy.ref.status or 'stable'}",
                "rules": count(len(policy.rules), "rule"),
            }
        )
    return rows


def _runs(runs: Path) -> list[Row]:
    from harness.evidence import list_runs

    return [
        {
            "id": one.id,
            "about": one.problem or f"{one.name}   model {one.model}",
            "verdict": "" if one.problem else f"verdict {one.verdict or 'not gated yet'}",
        }
        for one in list_runs(runs)
    ]


def _looks(runs: Path) -> list[Row]:
    """Return how often each test set was looked at, the most looked at first."""
    from harness.evidence import count_looks
    from harness.pipeline.ledger import all_looks

    looks = all_looks(runs)
    names: dict[str, dict[str, None]] = {}
    for one in looks:
        for name, digest in one.tests.items():
            names.setdefault(digest, {})[name] = None
    counted = {digest: count_looks(looks, digest) for digest in names}
    return [
        {
            "digest": digest,
            "about": f"test set {', '.join(names[digest])}",
            "looks": f"runs {one.n_runs}, models {one.n_models}",
        }
        for digest, one in sorted(counted.items(), key=lambda item: (-item[1].n_runs, item[0]))
    ]

"""Finding audits and modalities at run time: one file each, plus entry points of other packages."""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.auditing import SUITES, Audit
from harness.errors import Interrupted, PluginError, nearest, raise_all
from harness.modelling import Modality
from harness.records import Measure

KINDS = ("audits", "models")


@dataclass(frozen=True, slots=True)
class Found:
    """What discovery found in one place.

    Attributes:
        items: id → audit or modality, sorted by id.
        problems: Plug-ins that could not be used, each by name and with its reason.
    """

    items: dict[str, Any]
    problems: tuple[str, ...]


_SCORE = (
    "One score of explainability is refused: adding up, being true to the model, staying the same and "
    "pleasing people are different things, and a mean hides the one that fails. "
    "Use attribution, faithfulness and attribution-stability."
)
_REFUSED = {
    "explainability": _SCORE,
    "explanation-score": _SCORE,
    "interpretability": _SCORE,
    "trust-score": _SCORE,
    "attention": "Attention weights say where a layer looks, not what a decision rests on; "
    "as an explanation they are refused. Use attribution.",
}
"""What stands in a name that somebody asks for → why there is no such audit, and none will be."""


def discover(kind: str) -> Found:
    """Import every file of a folder that does not start with ``_``, and all entry points.

    Args:
        kind: ``audits`` or ``models``.

    Returns:
        All that could be imported, and every problem by name. Nothing is skipped in silence.
    """
    found: dict[str, tuple[str, Any]] = {}
    problems: list[str] = []
    for name, item in _candidates(kind, problems):
        _add(found, problems, name, item)
    return Found({id: found[id][1] for id in sorted(found)}, tuple(problems))


def audits() -> dict[str, Audit]:
    """Return all audits by id.

    Raises:
        PluginError: If a plug-in cannot be imported, or two share one id.
    """
    found = discover("audits")
    raise_all(PluginError, found.problems)
    return found.items


def modality_for(kind: str) -> Modality:
    """Return the modality that handles a kind of task.

    Raises:
        PluginError: If there is none, or a plug-in cannot be imported.
    """
    found = discover("models")
    raise_all(PluginError, found.problems)
    for item in found.items.values():
        if kind in item.tasks:
            modality: Modality = item
            return modality
    raise PluginError(
        f"No modality handles tasks of kind {kind!r}. `assay list models` shows what there is."
    )


def known_measures(found: Iterable[Audit] | None = None) -> dict[str, Measure]:
    """Return key → measure of every audit: the catalogue that policies are checked against."""
    chosen = audits().values() if found is None else found
    return {measure.key: measure for item in chosen for measure in item.measures}


def select(
    suite: str, *, skip: Sequence[str], named: Sequence[str], kind: str
) -> tuple[dict[str, Audit], list[str]]:
    """Choose the audits of a suite.

    Args:
        suite: ``quick``, ``standard`` or ``deep``.
        skip: Ids to leave out.
        named: Ids that carry options of their own; they run even when the suite lacks them.
        kind: Kind of task; a suite holds only the audits that can judge it.

    Returns:
        The chosen audits by id, and one sentence for every id that does not exist.
    """
    if suite not in SUITES:
        raise PluginError(f"audits.suite must be one of {', '.join(SUITES)}, got {suite!r}.")
    known = audits()
    problems = [
        f"{id!r} is not an audit.{_refused(id) or nearest(id, list(known))}"
        for id in (*skip, *named)
        if id not in known
    ]
    chosen = {
        id: item
        for id, item in known.items()
        if ((suite in item.suites and kind in item.tasks) or id in named) and id not in skip
    }
    return chosen, problems


def _refused(id: str) -> str:
    """Say why an audit that people ask for is not offered; empty where there is no such reason."""
    for sign, reason in _REFUSED.items():
        if sign in id.lower().replace("_", "-"):
            return f" {reason}"
    return ""


def _candidates(kind: str, problems: list[str]) -> Iterable[tuple[str, Any]]:
    package = importlib.import_module(kind)
    for info in pkgutil.iter_modules(package.__path__):
        if info.name.startswith("_") or info.ispkg:
            continue
        name = f"{kind}.{info.name}"
        module = _import(name, problems)
        items = [] if module is None else _declared(kind, module)
        if module is not None and not items:
            problems.append(f"{name} must declare {_what(kind)}, got none.")
        yield from ((name, item) for item in items)
    for point in importlib.metadata.entry_points(group=f"modelassay.{kind}"):
        name = f"{point.value} (entry point {point.name})"
        try:
            yield name, point.load()
        except Interrupted:
            raise
        except Exception as err:  # noqa: BLE001 - a foreign plug-in may fail in any way
            problems.append(f"{name} must be importable, got {type(err).__name__}: {err}.")


def _import(name: str, problems: list[str]) -> Any:
    try:
        return importlib.import_module(name)
    except Interrupted:
        raise
    except Exception as err:  # noqa: BLE001 - a plug-in may fail in any way; it is reported by name
        problems.append(f"{name} must be importable, got {type(err).__name__}: {err}.")
        return None


def _declared(kind: str, module: Any) -> list[Any]:
    if kind == "audits":
        return [item for item in vars(module).values() if isinstance(item, Audit)]
    return [module.MODALITY] if hasattr(module, "MODALITY") else []


def _add(found: dict[str, tuple[str, Any]], problems: list[str], name: str, item: Any) -> None:
    id = getattr(item, "id", None)
    if not isinstance(id, str):
        problems.append(f"{name} must be an audit or a modality, got {type(item).__name__}.")
    elif id in found:
        problems.append(f"The id {id!r} must be unique, got it in {found[id][0]} and in {name}.")
    else:
        found[id] = (name, item)


def _what(kind: str) -> str:
    return "an audit (decorated with @audit)" if kind == "audits" else "MODALITY"

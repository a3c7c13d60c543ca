"""Whether this server can do its work: asked by load balancers, answered without anything of a run."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from starlette.responses import JSONResponse

from dashboards import source
from dashboards.settings import Settings, settings
from harness.errors import AssayError

_log = logging.getLogger("modelassay.dashboard")


@dataclass(frozen=True, slots=True)
class Readiness:
    """An answer.

    Attributes:
        is_ready: Whether the store can be read, and the newest run verifies.
        why: What is wrong, in a word; empty where nothing is.
    """

    is_ready: bool
    why: str = ""


def ready(_request: object) -> JSONResponse:
    """Answer whether the store can be read; nothing of a run is in it.

    No coroutine, so that it runs beside the pages: a slow store must not keep all of them waiting.
    """
    found = readiness(settings())
    return JSONResponse({"ready": found.is_ready, "why": found.why}, 200 if found.is_ready else 503)


def readiness(given: Settings) -> Readiness:
    """Read the list of runs, reach the index, verify the newest run; no run at all is ready too."""
    try:
        runs = source.run_ids(given)
        source.reach_index(given)
    except Exception as err:  # noqa: BLE001 - whatever it is, no decision can be recorded
        return _not_ready("store", err)
    if not runs:
        return Readiness(True)
    try:
        report = source.verified(source.folder_of(given, runs[0]))
    except Exception as err:  # noqa: BLE001 - likewise
        return _not_ready("newest run", err)
    return Readiness(not report.problems, "newest run" if report.problems else "")


def _not_ready(why: str, err: Exception) -> Readiness:
    facts = {"why": why, "error": type(err).__name__}
    if isinstance(err, AssayError):  # what others say may quote values
        facts["message"] = str(err)[:500]
    _log.error("not ready", extra={"facts": facts})
    return Readiness(False, why)

"""The server's log: one JSON document a line, on stderr, with secrets hidden and no text of a row."""

from __future__ import annotations

import json
import logging
import sys

from harness.clock import iso, utc_now
from harness.redaction import redact

NAME = "modelassay.dashboard"


class JsonLines(logging.Formatter):
    """Writes a record as one JSON document."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        facts = getattr(record, "facts", {})
        data = {
            "time": iso(utc_now()),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": redact(record.getMessage()),
            **{key: redact(one) if isinstance(one, str) else one for key, one in facts.items()},
        }
        if record.exc_info and record.exc_info[0] is not None:
            # frames, and no values: what was in the variables may be somebody's data
            data["error"] = record.exc_info[0].__name__
            data["frames"] = _frames(record.exc_info[2])
        return json.dumps(data, ensure_ascii=True, default=str)


def write_logs() -> None:
    """Send what the dashboard logs to stderr; calling it again changes nothing."""
    log = logging.getLogger(NAME)
    if any(isinstance(one.formatter, JsonLines) for one in log.handlers):
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


def _frames(trace: object) -> list[str]:
    import traceback

    found = traceback.extract_tb(trace)  # type: ignore[arg-type]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in found[-12:]]

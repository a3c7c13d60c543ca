"""How often the same test rows have judged models that were made with a look at them.

Each mitigation that is judged on a test set tells its maker something about it. From the third look on,
the test set is no longer what it was: what it says leans towards what it was asked for.

The marker is ``<runs>/looks/<12 of the digest of the test rows>.json``: one entry for each model.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import IntegrityError, Phrase, must
from harness.files import digest_of, write_whole
from harness.records import Message

if TYPE_CHECKING:
    from harness.evidence import Bundle

FOLDER = "looks"
WARN_AT = 3


def count_look(runs: Path, before: Bundle, after: Bundle) -> int:
    """Note that two models were judged on the same test rows, and return how many ever were.

    The same model counts once, however often it is audited.

    Raises:
        IntegrityError: If the marker was damaged.
    """
    digest = _digest(after)
    path = runs / FOLDER / f"{digest[:12]}.json"
    looks = _read(path)
    for bundle in (before, after):
        key = _model(bundle)
        if all(one["model"] != key for one in looks):
            mitigation = bundle.record.mitigation
            method = None if mitigation is None else mitigation.method
            looks.append({"model": key, "run": bundle.id, "method": method})
    content = {"schema_version": "modelassay/looks/v1", "test_digest": digest, "looks": looks}
    write_whole(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    return len(looks)


def warning(n: int) -> Message | None:
    """Return what a reader must know of a test set that was looked at so often; None below 3."""
    if n < WARN_AT:
        return None
    return Message.of(
        "mitigation.looks",
        "{n} models have now been judged on these test rows, each chosen after the one before was "
        "seen. What they say leans towards what was asked for: judge the one that goes into use on "
        "rows that nobody has looked at.",
        n=n,
    )


def _digest(bundle: Bundle) -> str:
    learnt = ("train", "validation")
    rows = [ref for ref in bundle.record.datasets if ref.name not in learnt]
    return digest_of(sorted(ref.content_digest for ref in rows))


def _model(bundle: Bundle) -> str:
    record = bundle.record
    section = dict(record.config["model"])
    identity = [record.model.weights_digest, record.model.adapter_digest, record.model.revision]
    return digest_of([*identity, section.get("threshold")])


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    try:
        looks: list[dict[str, Any]] = json.loads(path.read_bytes())["looks"]
        return [{name: one[name] for name in ("model", "run", "method")} for one in looks]
    except (ValueError, KeyError, TypeError) as err:
        got = Phrase("a damaged file")
        do = "Move it away to count anew; say so to whoever relies on the count."
        raise IntegrityError(must(str(path), "count looks at a test set", got, do=do)) from err

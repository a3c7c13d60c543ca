"""What stands beside the event log and can be changed or erased: run index, names, texts, drafts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from harness.files import canonical_json, sha256_bytes
from harness.store.log import SqlEventLog


class Tables:
    """The tables of version 2 of a store's database.

    Args:
        log: The event log in the same database.
    """

    def __init__(self, log: SqlEventLog) -> None:
        self._log = log

    def put_run(self, gate: str, run: str, body: Mapping[str, Any]) -> None:
        """Write the line of a gate in the index of runs, instead of the one that is there."""
        self._write(
            "INSERT INTO assay_runs (gate, run, body) VALUES (:gate, :run, :body) "
            "ON CONFLICT (gate) DO UPDATE SET run = excluded.run, body = excluded.body",
            gate=gate, run=run, body=canonical_json(dict(body)).decode(),
        )  # fmt: skip

    def runs(self) -> dict[str, dict[str, Any]]:
        """Return digest of a gate's seal → its line."""
        rows = self._rows("SELECT gate, body FROM assay_runs")
        return {str(gate): dict(json.loads(body)) for gate, body in rows}

    def put_person(self, id: str, name: str) -> None:
        """Remember what a pseudonymous id stands for."""
        if self._rows("SELECT name FROM assay_people WHERE id = :id", id=id) == [(name,)]:
            return
        self._write(
            "INSERT INTO assay_people (id, name) VALUES (:id, :name) "
            "ON CONFLICT (id) DO UPDATE SET name = excluded.name",
            id=id, name=name,
        )  # fmt: skip

    def people(self) -> dict[str, str]:
        """Return id → name; ids that were erased are not there."""
        return {str(id): str(name) for id, name in self._rows("SELECT id, name FROM assay_people")}

    def erase_person(self, id: str) -> bool:
        """Forget a name, and the person's drafts; tell whether it was known."""
        known = bool(self._rows("SELECT id FROM assay_people WHERE id = :id", id=id))
        self._write("DELETE FROM assay_people WHERE id = :id", id=id)
        self._write("DELETE FROM assay_drafts WHERE actor = :id", id=id)
        return known

    def put_text(self, text: str) -> str:
        """Keep a text and return the SHA-256 by which events name it."""
        digest = sha256_bytes(text.encode())
        self._write(
            "INSERT INTO assay_texts (sha256, text) VALUES (:sha256, :text) "
            "ON CONFLICT (sha256) DO NOTHING",
            sha256=digest, text=text,
        )  # fmt: skip
        return digest

    def texts(self, digests: Iterable[str]) -> dict[str, str]:
        """Return digest → text, of those that were not erased and are what their digest says."""
        wanted = set(digests)
        rows = self._rows("SELECT sha256, text FROM assay_texts") if wanted else []
        return {
            str(digest): str(text)
            for digest, text in rows
            if digest in wanted and sha256_bytes(str(text).encode()) == digest
        }

    def erase_text(self, digest: str) -> None:
        """Forget a text; the event that names it stays."""
        self._write("DELETE FROM assay_texts WHERE sha256 = :sha256", sha256=digest)

    def put_draft(self, actor: str, gate: str, key: str, body: Mapping[str, Any]) -> None:
        """Keep what somebody has written about a gate so far, instead of what is there."""
        self._write(
            "INSERT INTO assay_drafts (actor, gate, key, body) VALUES (:actor, :gate, :key, :body) "
            "ON CONFLICT (actor, gate) DO UPDATE SET body = excluded.body, key = excluded.key",
            actor=actor, gate=gate, key=key, body=canonical_json(dict(body)).decode(),
        )  # fmt: skip

    def draft(self, actor: str, gate: str) -> tuple[str, dict[str, Any]] | None:
        """Return key and body of a draft; None where there is none."""
        query = "SELECT key, body FROM assay_drafts WHERE actor = :actor AND gate = :gate"
        found = self._rows(query, actor=actor, gate=gate)
        return (str(found[0][0]), dict(json.loads(found[0][1]))) if found else None

    def drop_draft(self, actor: str, gate: str) -> None:
        """Forget a draft."""
        query = "DELETE FROM assay_drafts WHERE actor = :actor AND gate = :gate"
        self._write(query, actor=actor, gate=gate)

    def _write(self, query: str, **given: str) -> None:
        from sqlalchemy import text

        with self._log.writing() as connection:
            connection.execute(text(query), given)

    def _rows(self, query: str, **given: str) -> list[tuple[Any, ...]]:
        from sqlalchemy import text

        with self._log.reading() as connection:
            return [tuple(row) for row in connection.execute(text(query), given)]

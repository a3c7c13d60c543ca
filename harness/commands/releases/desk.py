"""What releasing and withdrawing start from: run, gate, store, trust file, and who signs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from harness.commands.collecting import find_file
from harness.commands.signing import Signer
from harness.commands.storing import named
from harness.commands.submitting import submit_to
from harness.depot import Signed, Store, get_run, open_store, signed_of
from harness.errors import IntegrityError, Phrase, UsageError, must, raise_all
from harness.evidence import Bundle, Gate, find_run, open_run, verify_run
from harness.files import write_whole
from harness.gate.given import TRUST
from harness.signing import (
    PAYLOAD_TYPE,
    SigningKey,
    Statement,
    Trust,
    envelope_of,
    parse_trust,
    statement_bytes,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for on the command line.

    Attributes:
        ref: ``RUN`` or ``RUN@GATE``; a run of the store where there is none of that name here.
        runs: Where runs lie.
        store: Address; None takes ``ASSAY_STORE``.
        key, role: Who signs, and as what.
        trust: Trust file; None takes that of the store.
        now: The clock.
    """

    ref: str
    runs: Path
    store: str | None
    key: SigningKey
    role: str
    trust: Path | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Desk:
    """An open store and a verified run that lies in it.

    Attributes:
        store: Open.
        bundle, gate: The run here, or in the store where there is none here.
        trust, trust_place: Whom to believe, and where that was found.
        wanted: See there.
        user: Whose key signs.
    """

    store: Store
    bundle: Bundle
    gate: Gate
    trust: Trust
    trust_place: str
    wanted: Wanted
    user: str

    def sign(self, payload: bytes) -> Signed:
        """Sign a payload and put the statement into the gate, here and in the store."""
        made = signed_of(envelope_of(PAYLOAD_TYPE, payload, [self.wanted.key]), where="a statement")
        folder = self.gate.path / "statements"
        if not (folder / made.file_name).exists():
            write_whole(folder / made.file_name, made.envelope.to_bytes())
        submit_to(self.store, self.bundle)
        return made

    def payload(self, statement: Statement) -> bytes:
        """Return what is signed of a statement."""
        return statement_bytes(statement)


@contextmanager
def desk_of(wanted: Wanted) -> Iterator[Desk]:
    """Open the store, verify the run, and make sure that the key may sign.

    Raises:
        IntegrityError: If the run does not verify, or the trust file does not let the key sign in the role.
        IncompleteError: If the store cannot be reached.
        UsageError: If there is no such run or gate, or no trust file.
    """
    with open_store(named(wanted.store)) as store:
        bundle, gate = _run_of(wanted, store)
        raw = find_file(TRUST, wanted.trust, store)
        if raw is None:
            do = "Give --trust FILE, or put trust.yaml into the store."
            what = "be checkable by others, which takes a trust file"
            raise UsageError(must("A release", what, Phrase("none"), do=do))
        place = str(wanted.trust) if wanted.trust else f"{TRUST} of the store"
        trust = parse_trust(raw, Path(place).name if wanted.trust else TRUST)
        signer = Signer(wanted.key, wanted.role, wanted.now, trust)
        try:
            user = signer.check()
        except UsageError as err:
            # who may not sign is an integrity failure here: what he signs would be believed by nobody
            raise IntegrityError(*err.problems) from err
        yield Desk(store, bundle, gate, trust, place, wanted, user or "")


def _run_of(wanted: Wanted, store: Store) -> tuple[Bundle, Gate]:
    try:
        path, gate_id = find_run(wanted.ref, wanted.runs)
    except UsageError:
        word, _, part = wanted.ref.partition("@")
        if word not in store.run_ids():
            raise
        bundle = get_run(store, word)
        return bundle, bundle.gate(part or None)
    raise_all(IntegrityError, verify_run(path).problems)
    bundle = open_run(path)
    return bundle, bundle.gate(gate_id)

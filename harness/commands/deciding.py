"""``assay decide``: a decision from the terminal, signed by whoever makes it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from harness.commands.storing import named
from harness.depot import Store, get_run, open_store
from harness.depot.actors import LOCAL, Actor, owner_of
from harness.depot.decisions import Decided, Standing, Wish, decide, standing, trust_of
from harness.depot.review import head_of
from harness.errors import AssayError, IntegrityError, Phrase, UsageError, must
from harness.evidence import Bundle, Gate, find_run, open_run
from harness.evidence.decisions import finding_key, must_be_accepted, verdict_digest
from harness.files import write_whole
from harness.signing import SigningKey, Trust


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for on the command line.

    Attributes:
        ref: ``RUN`` or ``RUN@GATE``: of the store, or a run here that was submitted.
        runs: Where runs lie.
        store: Address; None takes ``ASSAY_STORE``.
        wish: What is decided; ``accepted`` may hold rule ids, which stand for all their findings.
        key: Who signs; None where a review is only started.
        idempotency: The same word again gives the same decision; None draws one.
        now: The clock; None takes this machine's.
    """

    ref: str
    runs: Path
    store: str | None
    wish: Wish
    key: SigningKey | None
    idempotency: str | None = None
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision came to.

    Attributes:
        run, gate, verdict: What was decided about.
        decided: See there.
        stands: What stands now.
        local: Copy of the statement beside a run that lies here; None without one.
    """

    run: str
    gate: str
    verdict: str
    decided: Decided
    stands: Standing
    local: Path | None


def decide_here(asked: Asked) -> Outcome:
    """Decide about a gate of the store, as the owner of a key.

    Raises:
        Refused: With every reason why it cannot be.
        Moved: If somebody else decided meanwhile.
        IntegrityError: If log or run are not what they were.
        IncompleteError: If the store cannot be reached.
    """
    with _opened(asked) as (store, bundle, gate, here):
        trust, now = trust_of(store), asked.now or store.now()
        done = decide(
            store,
            bundle,
            gate,
            _wish(asked.wish, gate),
            _actor(asked.key, trust, now, asked.wish.kind),
            head=head_of(store.events(), bundle.id),
            key=asked.idempotency or secrets.token_hex(16),
            signer=asked.key,
            trust=trust,
            now=now,
        )
        stands = standing(store.events(), bundle, gate, trust, now)
    return Outcome(bundle.id, gate.id, gate.verdict.verdict, done, stands, _beside(here, done))


@contextmanager
def _opened(asked: Asked) -> Iterator[tuple[Store, Bundle, Gate, Path | None]]:
    with open_store(named(asked.store)) as store:
        word, _, part = asked.ref.partition("@")
        ids = store.run_ids()
        found = [one for one in ids if one == word] or [one for one in ids if one.startswith(word)]
        here: Path | None = None
        if len(found) == 1:
            run = found[0]
        else:
            here, named_gate = find_run(asked.ref, asked.runs)
            local = open_run(here)
            run, part = local.id, part or named_gate or local.gate().id
        bundle = get_run(store, run)
        here = here or _same_here(asked.runs / run, bundle)
        if here is not None and bundle.digest != open_run(here).digest:
            what = "be the run that the store holds under this id"
            raise IntegrityError(must(str(here), what, Phrase("another one")))
        yield store, bundle, bundle.gate(part or None), here


def _same_here(path: Path, bundle: Bundle) -> Path | None:
    """Return where a run that was named by its id in the store lies here too."""
    try:
        return path if open_run(path).digest == bundle.digest else None
    except AssayError:
        return None


def _actor(key: SigningKey | None, trust: Trust | None, now: datetime, kind: str) -> Actor:
    if key is None:
        if kind == "start":
            return LOCAL
        do = "Nobody is authenticated on the command line but by a key: assay keys new makes one."
        raise UsageError(must("--key", "be given to decide", Phrase("none"), do=do))
    if trust is None:
        return LOCAL  # that there is no trust file is told with everything else
    return owner_of(key, trust, now)


def _wish(wish: Wish, gate: Gate) -> Wish:
    """Take a rule id for all its findings, and the verdict that lies there for the one that was seen."""
    findings = [one for one in gate.verdict.findings if must_be_accepted(one)]
    known = {one.rule for one in findings} | {finding_key(one) for one in findings}
    unknown = [one for one in wish.accepted if one not in known]
    if unknown:
        do = f"To be accepted are: {', '.join(sorted({one.rule for one in findings})) or 'none'}."
        what = "name a waived finding or a warning of this gate"
        raise UsageError(must("--accept", what, ", ".join(unknown), do=do))
    accepted = [
        finding_key(one)
        for one in findings
        if one.rule in wish.accepted or finding_key(one) in wish.accepted
    ]
    return Wish(
        wish.kind,
        wish.rationale,
        wish.conditions,
        wish.expires,
        tuple(accepted),
        verdict_digest(gate),
    )


def _beside(here: Path | None, done: Decided) -> Path | None:
    """Put the statement beside a run that lies here, so that ``assay verify`` finds it there too."""
    if here is None or done.file is None or done.raw is None:
        return None
    target = here / done.file
    if not target.parent.parent.is_dir():
        return None
    if not target.exists():
        write_whole(target, done.raw)
    return target

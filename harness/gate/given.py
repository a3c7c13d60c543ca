"""What a gate is handed beside run and policy. All of it lies in the gate, so that it can be judged again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from harness.files import sha256_bytes
from harness.gate.facts import Baseline
from harness.policy import Policy, Waivers
from harness.records import Lock, from_json
from harness.signing import Envelope, Trust, parse_trust, read_envelope

WAIVERS = "waivers.yaml"
TRUST = "trust.yaml"
BASELINE = "baseline.json"
DOCUMENT = "document-{digest}.dsse.json"
"""Names of the files in a gate; ``{digest}`` stands for the first 12 digits of their SHA-256."""
PACK = "pack-{digest}.yaml"


@dataclass(frozen=True, slots=True)
class Document:
    """A signed statement about a document, as it was handed in.

    Attributes:
        envelope: Read from ``raw``.
        raw: To the byte.
    """

    envelope: Envelope
    raw: bytes


@dataclass(frozen=True, slots=True)
class Given:
    """What else a verdict rests on.

    Attributes:
        waivers, trust, baseline: None where there is none.
        documents: Statements about documents; whether they count is decided by trust.
        lock: What was fixed before the run; None where nothing was.
        files: What of it lies in the gate, file name → bytes; ``waivers.yaml`` too, the policy not.
    """

    waivers: Waivers | None = None
    trust: Trust | None = None
    baseline: Baseline | None = None
    documents: tuple[Document, ...] = ()
    lock: Lock | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)


NOTHING = Given()


def given_of_files(files: Mapping[str, bytes], *, lock: Lock | None) -> Given:
    """Read what a gate was handed from the files that lie in it.

    The one way from bytes to ``Given``: for a gate that is made, and for one that is judged again.

    Args:
        files: File name → bytes, without policy, verdict and exports.
        lock: Of the run.

    Raises:
        UsageError, IntegrityError: If one of them cannot be read.
    """
    waivers, trust = files.get(WAIVERS), files.get(TRUST)
    baseline = files.get(BASELINE)
    return Given(
        waivers=_waivers(waivers) if waivers is not None else None,
        trust=parse_trust(trust, TRUST) if trust is not None else None,
        baseline=from_json(Baseline, baseline, where=BASELINE) if baseline is not None else None,
        documents=tuple(
            Document(read_envelope(raw, where=name), raw)
            for name, raw in sorted(files.items())
            if is_document(name)
        ),
        lock=lock,
        files=files,
    )


def _waivers(raw: bytes) -> Waivers:
    # most gates have none
    from harness.policy.waiver_reading import parse_waivers

    return parse_waivers(raw, WAIVERS)


def with_packs(given: Given, policy: Policy) -> Given:
    """Add the packs that a policy extends to what lies in the gate."""
    if not policy.parts:
        return given
    packs = {PACK.format(digest=part.ref.digest[:12]): part.raw for part in policy.parts}
    return replace(given, files={**given.files, **packs})


def packs_of(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the packs among the files of a gate, SHA-256 → bytes, as ``parse_policy`` takes them."""
    return {sha256_bytes(raw): raw for name, raw in files.items() if is_pack(name)}


def is_pack(name: str) -> bool:
    """Tell whether a file of a gate is a pack that its policy extends."""
    return name.startswith("pack-") and name.endswith(".yaml")


def is_document(name: str) -> bool:
    """Tell whether a file of a gate is a signed statement about a document."""
    return name.startswith("document-") and name.endswith(".dsse.json")


def is_input(name: str) -> bool:
    """Tell whether a file of a gate is something that it was judged by, beside its policy."""
    named = (WAIVERS, TRUST, BASELINE)
    return name in named or is_document(name) or is_pack(name)

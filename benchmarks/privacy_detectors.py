"""What detectors find and what they cost: the prefilter, the patterns one by one, Presidio's defaults.

``python benchmarks/privacy_detectors.py --write`` measures recall again on texts whose spans are known
and writes the table that is shipped (``harness/detectors/recall.json``).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from figure import Figure
from interleaved import median_and_range, take_turns

from harness.detectors import (
    Detector,
    PatternDetector,
    Recall,
    Span,
    default_detector,
    detector_named,
    measured_recall,
    replacement,
)
from harness.detectors.prefilter import prefilter

ROOT = Path(__file__).resolve().parents[1]
TEXTS = ROOT.parent / "shared" / "data" / "presidio_synth" / "synth_dataset_v2.json"
TABLE = ROOT / "harness" / "detectors" / "recall.json"
SOURCE = (
    "1,500 made-up English sentences with 2,863 marked spans: presidio-research synth_dataset_v2.json, "
    "commit 7622dec1e5f7d25dc60b57c28c39f4c4af197018. Phone words and groupings were chosen with these "
    "sentences in view, so their recall is that of texts like them."
)
MADE = "python benchmarks/privacy_detectors.py --write"
KINDS = {
    "EMAIL_ADDRESS": ("email", ("email",)),
    "PHONE_NUMBER": ("phone", ("phone", "cn-mobile")),
    "CREDIT_CARD": ("card", ("card",)),
    "IBAN_CODE": ("iban", ("iban",)),
    "US_SSN": ("ssn", ("ssn",)),
    "IP_ADDRESS": ("ip", ("ip",)),
    "PERSON": ("person", ("person",)),
    "STREET_ADDRESS": ("address", ("address",)),
    "ORGANIZATION": ("organization", ("organization",)),
}
TARGETS = {"card": 125, "phone": 60, "iban": 21, "email": 49, "ssn": 16, "ip": 14}
WRONG = 5
WORDS = (
    "the order was sent to our office and they called about it on Monday at 9 in 2026 with 3 boxes"
)
N_DOCUMENTS = 1000
LENGTH = 804
PRESIDIO_DOCUMENTS = 60
FASTER, FASTER_THAN_PRESIDIO = 3.0, 50.0


def known_spans() -> tuple[list[str], list[list[Span]]]:
    """Return the sentences and their marked spans, as far as their kinds are looked for."""
    rows = json.loads(TEXTS.read_text(encoding="utf-8"))
    spans = [
        [
            Span(one["start_position"], one["end_position"], KINDS[one["entity_type"]][0], "known")
            for one in row["spans"]
            if one["entity_type"] in KINDS
        ]
        for row in rows
    ]
    return [row["full_text"] for row in rows], spans


def recall_of(detector: Detector) -> list[Recall]:
    """Measure a detector on the kinds that it can find."""
    texts, known = known_spans()
    accepted = {
        kind: frozenset(names) for kind, names in KINDS.values() if detector.kinds & set(names)
    }
    return measured_recall(known, detector.find(texts), accepted)


def documents(n: int, length: int = LENGTH, seed: int = 0) -> list[str]:
    """Make texts: sentences of words, some Chinese, with a value of some kind in every third."""
    rng = np.random.default_rng(seed)
    words = WORDS.split()
    chinese = "我们已经收到您的订单将在三天内发货谢谢"
    kinds = [
        "email",
        "phone",
        "cn-mobile",
        "card",
        "iban",
        "ssn",
        "ip",
        "cn-id",
        "secret",
        "cloud-key",
    ]
    found = []
    for _ in range(n):
        parts: list[str] = []
        while sum(map(len, parts)) + len(parts) < length:
            parts += rng.choice(words, size=12).tolist()
            if rng.random() < 0.15:
                parts.append(chinese)
            if rng.random() < 0.1:
                parts.append(replacement(str(rng.choice(kinds)), rng))
        found.append(" ".join(parts)[:length])
    return found


def speed(repetitions: int) -> list[Figure]:
    """The prefilter against the same patterns one by one, and against Presidio's defaults."""
    texts = documents(N_DOCUMENTS)
    fast, plain = PatternDetector(prefilter, worth=0), PatternDetector()
    fast.find(texts[:1])
    taken, outputs = take_turns(
        {"prefilter": lambda: fast.find(texts), "one by one": lambda: plain.find(texts)},
        repetitions,
    )
    ratios = [
        slow.cpu_s / quick.cpu_s
        for slow, quick in zip(taken["one by one"], taken["prefilter"], strict=True)
    ]
    rate = statistics.median(N_DOCUMENTS / one.cpu_s for one in taken["prefilter"])
    n_other = sum(a != b for a, b in zip(outputs["prefilter"], outputs["one by one"], strict=True))
    same = f"{n_other} of {N_DOCUMENTS} documents with other spans"
    return [
        Figure(
            f"prefilter against `re` one by one, {LENGTH} characters",
            f"{median_and_range(ratios)} times, {rate:,.0f} documents/CPU s",
            f">= {FASTER:.0f} times",
            not n_other and statistics.median(ratios) >= FASTER,
            same,
        ),
        *_presidio_speed(texts[:PRESIDIO_DOCUMENTS], fast, repetitions),
    ]


def _presidio_speed(texts: list[str], fast: Detector, repetitions: int) -> list[Figure]:
    presidio = _presidio()
    if presidio is None:
        return [
            Figure(
                "against Presidio's defaults",
                "not installed",
                f">= {FASTER_THAN_PRESIDIO:.0f} times",
                False,
            )
        ]
    presidio.find(texts[:1])
    taken, _ = take_turns(
        # ours reads them 20 times, so that the clock can tell
        {
            "ours": lambda: [fast.find(texts) for _ in range(20)],
            "presidio": lambda: presidio.find(texts),
        },
        min(repetitions, 3),
    )
    ratios = [
        20 * slow.cpu_s / quick.cpu_s
        for slow, quick in zip(taken["presidio"], taken["ours"], strict=True)
    ]
    rate = statistics.median(len(texts) / one.cpu_s for one in taken["presidio"])
    return [
        Figure(
            f"prefilter against Presidio's defaults, {LENGTH} characters",
            f"{median_and_range(ratios)} times, Presidio {rate:,.0f} documents/CPU s",
            f">= {FASTER_THAN_PRESIDIO:.0f} times",
            statistics.median(ratios) >= FASTER_THAN_PRESIDIO,
        )
    ]


def recall(repetitions: int) -> list[Figure]:
    """Recall by kind beside the targets, and beside Presidio's for kinds that both find."""
    del repetitions  # counts do not vary
    ours = {one.kind: one for one in recall_of(default_detector())}
    presidio = _presidio()
    theirs = {one.kind: one for one in recall_of(presidio)} if presidio is not None else {}
    found = []
    for kind, target in TARGETS.items():
        own, other = ours[kind], theirs.get(kind)
        beside = f"; Presidio {other.n_found}, {other.n_wrong} wrong" if other else ""
        found.append(
            Figure(
                f"{kind} found, {own.n_known} known",
                f"{own.n_found}, {own.n_wrong} wrong{beside}",
                f">= {target}" + (" and >= Presidio" if other else ""),
                own.n_found >= target and own.n_found >= (other.n_found if other else 0),
            )
        )
    n_wrong = sum(one.n_wrong for one in ours.values())
    found.append(
        Figure("wrong spans of these kinds", str(n_wrong), f"<= {WRONG}", n_wrong <= WRONG)
    )
    return found


def _presidio() -> Detector | None:
    from harness.errors import MissingExtra

    try:
        from harness.detectors.by_presidio import PresidioDetector

        return PresidioDetector(least=0.0, has_ours=False)  # its defaults
    except MissingExtra:
        return None


def table(names: Sequence[str]) -> dict[str, Any]:
    """Return the table of recall of some detectors, as it is shipped."""
    detectors = {}
    for name in names:
        detector = detector_named(name)
        detectors[detector.id] = {
            one.kind: {
                "n_known": one.n_known,
                "n_found": one.n_found,
                "n_spans": one.n_spans,
                "n_wrong": one.n_wrong,
            }
            for one in recall_of(detector)
        }
    return {
        "source": SOURCE,
        "made": MADE,
        "n_texts": len(known_spans()[0]),
        "detectors": detectors,
    }


FIGURES = {"detectors-speed": speed, "detectors-recall": recall}


def main() -> int:
    """Write the table that is shipped."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true")
    parser.add_argument(
        "names", nargs="*", default=["patterns", "lists", "patterns+lists", "presidio"]
    )
    given = parser.parse_args()
    text = json.dumps(table(given.names), indent=1) + "\n"
    if given.write:
        TABLE.write_text(text, encoding="utf-8")
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    sys.exit(main())

"""Rules of kind ``evidence``: is there a document that somebody with the right role signed for?"""

from __future__ import annotations

from harness.gate.holding import Draft
from harness.policy import Rule
from harness.records import ALL, Message


def documented(rule: Rule) -> Draft:
    """Return the draft of a rule of kind ``evidence``."""
    because = Message.of(
        "gate.no-document",
        "No signed statement about the document {document} was handed to the gate.",
        document=rule.document.document if rule.document else "",
    )
    return Draft(rule, "", ALL, "not-measured", because, documents=())

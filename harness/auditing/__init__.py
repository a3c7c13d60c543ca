"""How an audit is written: the ``audit`` decorator, and the context that it is given.

An audit is one file under ``audits/`` that asks one question and yields measurements; it never
judges. ``needs`` is a permission list: what is not declared there (or in ``uses``) raises.
"""

from harness.auditing.context import Ask, AuditContext, GuardedPredictions, rng_for
from harness.auditing.declaration import (
    NEEDS,
    SUITES,
    Audit,
    Need,
    Planted,
    Suite,
    Trial,
    audit,
    not_measured,
)

__all__ = [
    "NEEDS",
    "SUITES",
    "Ask",
    "Audit",
    "AuditContext",
    "GuardedPredictions",
    "Need",
    "Planted",
    "Suite",
    "Trial",
    "audit",
    "not_measured",
    "rng_for",
]

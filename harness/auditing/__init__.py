"""How an audit is written: the ``audit`` decorator, and the context that it is given.

An audit is one file under ``audits/`` that asks one question and yields measurements; it never
judges. ``needs`` is a permission list: what is not declared there (or in ``uses``) raises.
"""

from harness.auditing.attribution_costs import GRADIENT, attribution_calls
from harness.auditing.checking import Check, OptionFacts
from harness.auditing.comparing import Comparison
from harness.auditing.context import Ask, AuditContext, rng_for
from harness.auditing.costs import SLACK, Calls, CostFacts, SetFacts, Units, facts_of, set_facts
from harness.auditing.declaration import (
    NEEDS,
    PREDICT,
    SUITES,
    Audit,
    Need,
    Planted,
    Suite,
    Trial,
    audit,
    not_measured,
)
from harness.auditing.guarded import GuardedPredictions

__all__ = [
    "GRADIENT",
    "NEEDS",
    "PREDICT",
    "SLACK",
    "SUITES",
    "Ask",
    "Audit",
    "AuditContext",
    "Calls",
    "Check",
    "Comparison",
    "CostFacts",
    "GuardedPredictions",
    "Need",
    "OptionFacts",
    "Planted",
    "SetFacts",
    "Suite",
    "Trial",
    "Units",
    "attribution_calls",
    "audit",
    "facts_of",
    "not_measured",
    "rng_for",
    "set_facts",
]

"""Contexts for audits: the one construction that the pipeline, planted defects and notebooks share.

``make_context`` decides which data sets offer what an audit needs and says why the others do not;
``run_audit`` consumes the audit and writes what it kept. ``trial_context`` and ``KeywordModel``
make the same contexts without a pipeline, without files and without torch.
"""

from harness.trials.answers import Answers, read_replicates, write_answers, write_replicates
from harness.trials.attributing import Attributor, has_attributed
from harness.trials.contexts import (
    TOKEN_BUDGET,
    Prepared,
    make_context,
    run_audit,
    trial_context,
)

__all__ = [
    "TOKEN_BUDGET",
    "Answers",
    "Attributor",
    "Prepared",
    "has_attributed",
    "make_context",
    "read_replicates",
    "run_audit",
    "trial_context",
    "write_answers",
    "write_replicates",
]

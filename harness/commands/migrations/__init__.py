"""Upgrade files that people wrote for an earlier version of a format, and show what changes.

A step leads one kind of file from one version to the next. It stands in a file of its own in this folder
(without ``_`` in front), as ``STEPS = (Step(...), ...)``; nothing else has to be changed for it. There is
one version of every kind so far, so there is no step yet.

Example of a step, ``run_v2.py``::

    STEPS = (
        Step(
            kind="Run", before="modelassay/v1", after="modelassay/v2",
            does="data.test.limit is called data.test.rows",
            change=lambda document: document.renamed(("data", "test", "limit"), "rows"),
        ),
    )
"""

from harness.commands.migrations._editing import Document
from harness.commands.migrations._mechanism import Migration, migrate, shipped_steps
from harness.commands.migrations._step import Step

__all__ = ["Document", "Migration", "Step", "migrate", "shipped_steps"]

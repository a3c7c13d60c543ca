"""The gate: holds measurements against a policy and concludes; pure, exact, fail closed.

Policy tests are run by ``harness.gate.cases``, which is imported only when it is needed.

The package itself can be called: ``harness.gate(run, policy)`` judges a sealed run and seals the
verdict beside it, as ``assay gate`` does. See ``harness.api.gate`` for its arguments.

Example:
    >>> verdict = harness.gate(run, "builtin/standard")
    >>> verdict.exit_code
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from harness.gate.facts import Baseline
from harness.gate.gating import judge
from harness.gate.given import (
    NOTHING,
    Document,
    Given,
    given_of_files,
    is_input,
    packs_of,
    with_packs,
)
from harness.gate.standing import SKEW, run_ended

__all__ = [
    "NOTHING",
    "SKEW",
    "Baseline",
    "Document",
    "Given",
    "given_of_files",
    "is_input",
    "judge",
    "packs_of",
    "run_ended",
    "with_packs",
]


class _CallableGate(ModuleType):
    """The package ``harness.gate``, which is also the function of that name."""

    def __call__(
        self,
        run: Any,
        policy: Any = None,
        **options: Any,
    ) -> Any:
        """Hold a sealed run against a policy; see ``harness.api.gate``."""
        from importlib import import_module

        # the layer above, found at run time, as audits and policies are
        return import_module("harness.api").gate(run, policy, **options)


sys.modules[__name__].__class__ = _CallableGate

"""Canaries: made-up secrets that are planted in a training, so that what a model keeps can be measured.

Nothing in here is anybody's: every value is drawn from a seed. Canaries that were held out are the
negative control. Whoever plants them asks ``plan_canaries`` for the secrets, ``planted_rows`` for
the rows, and ``write_canaries`` for the file that goes beside the lineage.
"""

from harness.canaries.canary import Canary
from harness.canaries.formats import SecretFormat, parse_format
from harness.canaries.planning import plan_canaries, planted_row, planted_rows
from harness.canaries.sheet import CANARIES, read_canaries, write_canaries
from harness.canaries.spec import FAMILIES, LEVELS, CanarySpec, spec_problems

__all__ = [
    "CANARIES",
    "FAMILIES",
    "LEVELS",
    "Canary",
    "CanarySpec",
    "SecretFormat",
    "parse_format",
    "plan_canaries",
    "planted_row",
    "planted_rows",
    "read_canaries",
    "spec_problems",
    "write_canaries",
]

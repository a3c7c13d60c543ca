"""Canaries: made-up secrets that are planted in a training, so that what a model keeps can be measured.

Nothing in here is anybody's: every value is drawn from a seed. Canaries that were held out are the
negative control.
"""

from harness.canaries.canary import Canary
from harness.canaries.sheet import read_canaries

__all__ = ["Canary", "read_canaries"]

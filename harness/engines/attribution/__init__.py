"""Attributions of many decisions at once: by gradients of our own, by asking, or through Captum.

Legend of shapes of this package: n items, u distinct rows, t tokens of a row, c classes, s nodes.
"""

from harness.engines.attribution.checks import check_method, refusal
from harness.engines.attribution.dispatch import attribute

__all__ = ["attribute", "check_method", "refusal"]

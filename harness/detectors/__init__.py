"""Personal data and secrets in texts: patterns with checksums, plug-ins for the rest.

No detector finds everything; what each one found of texts whose spans are known is measured
(``detector_recall``) and stands beside every figure that relies on it.
"""

from harness.detectors.choosing import default_detector
from harness.detectors.replacing import REPLACED, replacement
from harness.detectors.scanning import PatternDetector
from harness.detectors.span import Detector, Span

__all__ = [
    "REPLACED",
    "Detector",
    "PatternDetector",
    "Span",
    "default_detector",
    "replacement",
]

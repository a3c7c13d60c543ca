"""Personal data and secrets in texts: patterns with checksums, plug-ins for the rest.

No detector finds everything; what each one found of texts whose spans are known is measured
(``detector_recall``) and stands beside every figure that relies on it.
"""

from harness.detectors.choosing import Together, default_detector, detector_named
from harness.detectors.inventory import Inventory
from harness.detectors.prefilter import has_prefilter
from harness.detectors.recall import Measured, Recall, detector_recall, measured_recall
from harness.detectors.replacing import REPLACED, replacement
from harness.detectors.scanning import PatternDetector, without_overlaps
from harness.detectors.scrubbing import Scrubber
from harness.detectors.span import Detector, Span

__all__ = [
    "REPLACED",
    "Detector",
    "Inventory",
    "Measured",
    "PatternDetector",
    "Recall",
    "Scrubber",
    "Span",
    "Together",
    "default_detector",
    "detector_named",
    "detector_recall",
    "has_prefilter",
    "measured_recall",
    "replacement",
    "without_overlaps",
]

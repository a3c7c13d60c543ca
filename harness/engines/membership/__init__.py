"""Inference about people: was a row learnt, and does what a model says of it give away who they are.

Every signal is higher for rows that are more likely members; none of it leaves the machine row by row.
"""

from harness.engines.membership.blind import blind_scores
from harness.engines.membership.classifier import (
    CLASSIFIER_SIGNALS,
    classifier_signals,
    label_probability,
    phi,
)
from harness.engines.membership.heads import N_HEADS, halves, shadow_logits
from harness.engines.membership.language import (
    LANGUAGE_SIGNALS,
    calibrated,
    error_zone,
    language_signals,
    least_likely,
    mean_log_probability,
    scored,
)
from harness.engines.membership.looks import looks
from harness.engines.membership.probe import N_FOLDS, balanced_accuracy, probe
from harness.engines.membership.shadows import likelihood_ratio, offline_ratio
from harness.engines.membership.shapes import SMALLEST, rough_curve, rough_histogram

__all__ = [
    "CLASSIFIER_SIGNALS",
    "LANGUAGE_SIGNALS",
    "N_FOLDS",
    "N_HEADS",
    "SMALLEST",
    "balanced_accuracy",
    "blind_scores",
    "calibrated",
    "classifier_signals",
    "error_zone",
    "halves",
    "label_probability",
    "language_signals",
    "least_likely",
    "likelihood_ratio",
    "looks",
    "mean_log_probability",
    "offline_ratio",
    "phi",
    "probe",
    "rough_curve",
    "rough_histogram",
    "scored",
    "shadow_logits",
]

"""Exposure: how far up a planted secret stands among all that it could have been.

Legend of shapes: n draws, k rows of tokens, s tokens of a row, v vocabulary.

A candidate is scored in the tokens that the tokenizer gives it behind its prefix (the canonical
ones): an untypical split of the same text is not what a training met, and counts for nothing.
Candidates are spelled token by token along an automaton of the format (``spelling``), drawn from the
model itself (``drawing``), or searched through where few of them are likelier than the secret
(``searching``). A tie counts against memory: what the model finds as likely as the secret stands
before it.
"""

from harness.engines.exposure.framing import framer_for
from harness.engines.exposure.measuring import (
    Exposure,
    ExposureSettings,
    exact_exposure,
    exposure_of,
    sampled_exposure,
)
from harness.engines.exposure.spelling import Vocabulary
from harness.engines.exposure.uniform import (
    reference_losses,
    skew_normal_bits,
    uniform_exposure,
)

__all__ = [
    "Exposure",
    "ExposureSettings",
    "Vocabulary",
    "exact_exposure",
    "exposure_of",
    "framer_for",
    "reference_losses",
    "sampled_exposure",
    "skew_normal_bits",
    "uniform_exposure",
]

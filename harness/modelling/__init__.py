"""What the engines know of a model: items and capabilities, never a framework.

A modality is one file under ``models/``. It offers a ``Modality``; loading gives a ``Model`` with the
capabilities that it has. Engines and audits ask for capabilities, never "is this text?".
"""

from harness.modelling.gradients import HasLastLayer, HasPerExampleGradients, flatten_gradients
from harness.modelling.inputs import (
    Absence,
    CanBeRandomised,
    CountsUnknown,
    HasEmbeddings,
    HasParts,
    HasSpans,
    HasTokens,
    HasWindows,
    Removal,
)
from harness.modelling.items import CAPABILITIES, Item, Model, Part
from harness.modelling.modality import Modality, NamesClasses, SavesLive
from harness.modelling.training import Objective, Recorded, Sampler, Trainable, TrainRequest

__all__ = [
    "CAPABILITIES",
    "Absence",
    "CanBeRandomised",
    "CountsUnknown",
    "HasEmbeddings",
    "HasLastLayer",
    "HasParts",
    "HasPerExampleGradients",
    "HasSpans",
    "HasTokens",
    "HasWindows",
    "Item",
    "Modality",
    "Model",
    "NamesClasses",
    "Objective",
    "Part",
    "Recorded",
    "Removal",
    "Sampler",
    "SavesLive",
    "TrainRequest",
    "Trainable",
    "flatten_gradients",
]

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
from harness.modelling.language import (
    GREEDY,
    CanGenerate,
    CanStep,
    Decoding,
    EncodesMany,
    Generation,
    HasLogProbabilities,
    TokenScores,
    TokenSteps,
)
from harness.modelling.modality import Modality, NamesClasses, SavesLive
from harness.modelling.training import Objective, Recorded, Sampler, Trainable, TrainRequest

__all__ = [
    "CAPABILITIES",
    "GREEDY",
    "Absence",
    "CanBeRandomised",
    "CanGenerate",
    "CanStep",
    "CountsUnknown",
    "Decoding",
    "EncodesMany",
    "Generation",
    "HasEmbeddings",
    "HasLastLayer",
    "HasLogProbabilities",
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
    "TokenScores",
    "TokenSteps",
    "TrainRequest",
    "Trainable",
    "flatten_gradients",
]

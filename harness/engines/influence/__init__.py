"""Which training rows stand behind a decision: influence of rows, and nearest neighbours beside it.

Two ways lead to the gradient of a row's loss. ``read_last_layer`` keeps what goes into the last layer
and which way the row pulls the logits: the gradient of the last layer's weight is the product of the
two, exactly. ``read_gradients`` projects the gradient of chosen parameters (by default those that an
adapter trains) to a few thousand numbers. Either gives ``Traces``, and two rows influence each other
as far as their gradients point the same way:

    influence(z, z') = gradient(z) . gradient(z')      (TracIn of the final weights, learning rate 1)

z' is labelled with what was decided about it. Above 0: a step on the training row z makes the decision
about z' firmer. That is similar training evidence, not proof that the decision would be another one
without the row; ``top_rows`` therefore always gives the cosine of what the last layer reads, too.

``evidence_for`` does all of it for a few decisions, for ``explain`` and for notebooks.

Source: Pruthi et al. 2020 (TracIn, arXiv:2002.08484); Park et al. 2023 (TRAK, arXiv:2303.14186); Xia et
al. 2024 (LESS, arXiv:2402.04333); nearest neighbours as the baseline: Hanawa et al. 2021
(arXiv:2006.04528).
"""

from harness.engines.influence.captum_fast import top_rows_by_captum
from harness.engines.influence.evidence import evidence_for
from harness.engines.influence.last_layer import LastLayer, read_last_layer
from harness.engines.influence.neighbours import Votes, nearest_rows, neighbour_votes
from harness.engines.influence.projected import Projected, read_gradients
from harness.engines.influence.projection import SparseProjection
from harness.engines.influence.ranking import TopRows, Traces, top_rows

__all__ = [
    "LastLayer",
    "Projected",
    "SparseProjection",
    "TopRows",
    "Traces",
    "Votes",
    "evidence_for",
    "nearest_rows",
    "neighbour_votes",
    "read_gradients",
    "read_last_layer",
    "top_rows",
    "top_rows_by_captum",
]

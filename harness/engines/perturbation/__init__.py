"""Perturbation: taking parts of inputs away, and what a model then says.

    asking      Asker: items → logits, each distinct content once; everything below takes one as ``ask``
    methods     perturb, perturb_in_full: occlusion, shapley-sampling, kernel-shap and lime, by word
                or token → Attributions, with standard errors in full; coarse_rows
    rankings    orders_of (of attributions), random_orders, order_of
    curves      removal_scores → Curve of many rankings; comprehensiveness, sufficiency,
                delta_over_random
    limits      aopc_limits → Limits; normalised (NAOPC)
    sums        sensitivity → Sensitivity: correlation and slope over random subsets
    flips       top_word_flips (DFMIT), least_share_that_flips (DFFOT)

Every function asks about all its rows in one packed call, and equal inputs are computed once by one
asker, so that occlusion, the curves of all methods and random orders share their forward passes.
What stands for absence is named: ``mask`` (deletion where there is no mask token), ``pad``,
``delete``. A row that has no value in some measure holds NaN there: leave it out and count it.
Legend of shapes: k rows, p parts of a row, c classes.
"""

from harness.engines.perturbation.asker import Ask, Asker
from harness.engines.perturbation.curves import ERASER_SHARES, points_of, removal_scores
from harness.engines.perturbation.flips import least_share_that_flips, top_word_flips
from harness.engines.perturbation.normalised import Limits, aopc_limits, exact_limits, normalised
from harness.engines.perturbation.orders import order_of, orders_of, random_orders
from harness.engines.perturbation.perturbing import Perturbed, coarse_rows, perturb, perturb_in_full
from harness.engines.perturbation.scores import (
    Curve,
    Variant,
    comprehensiveness,
    delta_over_random,
    sufficiency,
)
from harness.engines.perturbation.sensitivity import Sensitivity, sensitivity
from harness.engines.perturbation.targets import explained_classes, leads
from harness.engines.perturbation.units import MAX_UNITS

__all__ = [
    "ERASER_SHARES",
    "MAX_UNITS",
    "Ask",
    "Asker",
    "Curve",
    "Limits",
    "Perturbed",
    "Sensitivity",
    "Variant",
    "aopc_limits",
    "coarse_rows",
    "comprehensiveness",
    "delta_over_random",
    "exact_limits",
    "explained_classes",
    "leads",
    "least_share_that_flips",
    "normalised",
    "order_of",
    "orders_of",
    "perturb",
    "perturb_in_full",
    "points_of",
    "random_orders",
    "removal_scores",
    "sensitivity",
    "sufficiency",
    "top_word_flips",
]

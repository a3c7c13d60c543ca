"""Estimates with their uncertainty, each of which can be recomputed from its evidence.

Every function returns a ``harness.records.Estimate``. Data that carries no information gives an
estimate without a value and the reason; only a broken contract raises. ``alpha_low`` and
``alpha_high`` are the one-sided errors of the two ends, 0.05 each unless said otherwise.

    counts        wilson, clopper_pearson, newcombe
    constants     exact, counted_share, undefined
    tables        confusion_estimate, clustered_confusion_estimates
    numbers       bootstrap_mean, bootstrap_difference, log_loss_estimate
    rankings      delong, macro_delong, auc_influence; of many subsets: ScoreOrder, area_difference;
                  of two scores on the same rows: paired_area_difference
    membership    fixed_rate (true positives at a false positive rate), rmia, population_ratio
    pairs         paired_difference; of any figure of a table: paired_figure
    any, smooth   linear_estimate
    parts         absolute_sum_estimates (calibration error, total variation)
    groups        group_counts, worst_difference, worst_ratio, worst_rate
    worst of some lowest_of, highest_of, farthest_of, worst_linear_difference
    strata        common_difference, common_odds_ratio, worst_common_difference
    cells         differential_fairness, shrunk_rates, spread_between
    logits        temperature_estimate
    kinds         good_turing, chao1
    memory        sampled_rank, chance_estimate, median_estimate; one_run_estimate (empirical epsilon)
    any           bca, bootstrap_statistic
    many at once  false_discovery_values, binomial_tail
    afterwards    reestimate, examples_needed
"""

from harness.stats.absolute import NoisyParts, absolute_sum_estimates
from harness.stats.accelerated import bca
from harness.stats.cells import (
    RATES,
    Cells,
    Rate,
    count_cells,
    event_of,
    rate_of,
    replicate_cells,
)
from harness.stats.clusters import cluster_share, few_clusters
from harness.stats.confusion import CLASS_STATISTICS, STATISTICS, confusion_estimate
from harness.stats.confusion_clusters import clustered_confusion_estimates
from harness.stats.differential import differential_fairness
from harness.stats.discoveries import binomial_tail, false_discovery_values
from harness.stats.estimates import Keep, counted_share, exact, undefined
from harness.stats.exposures import chance_estimate, median_estimate, reported_from
from harness.stats.fixed_rate import FixedRate, fixed_rate, least_negatives, threshold_at
from harness.stats.grouping import GroupCounts, Grouping, group_counts
from harness.stats.linear import linear_estimate, linear_parts
from harness.stats.one_run import (
    one_run_estimate,
    one_run_lower,
    one_run_p_value,
    saturation,
)
from harness.stats.paired import paired_difference
from harness.stats.paired_tables import paired_figure
from harness.stats.planning import Direction, examples_needed
from harness.stats.proportions import clopper_pearson, newcombe, wilson
from harness.stats.ranking import auc_influence, delong, folds_inflation, macro_delong
from harness.stats.reestimation import DERIVES_VALUE, METHODS, Read, Reestimator, reestimate
from harness.stats.relative import population_ratio, rmia
from harness.stats.resampling import bootstrap_difference, bootstrap_mean, log_loss_estimate
from harness.stats.richness import chao1, good_turing
from harness.stats.sampled_rank import beyond_exposure, exposure_of_rank, sampled_rank
from harness.stats.scaling import fit_temperature, temperature_estimate
from harness.stats.shared_areas import area_difference, paired_area_difference
from harness.stats.shrinkage import shrunk_rates, spread_between
from harness.stats.statistic import bootstrap_statistic
from harness.stats.stratified import (
    common_difference,
    common_difference_of_rows,
    common_odds_ratio,
    stratum_table,
)
from harness.stats.stratified_worst import worst_common_difference
from harness.stats.subset_areas import ScoreOrder, SubsetArea
from harness.stats.table_figures import Figure, figure_value
from harness.stats.worst import (
    worst_difference,
    worst_difference_outcome,
    worst_pair,
    worst_rate,
    worst_ratio,
    worst_ratio_outcome,
)
from harness.stats.worst_linear import worst_linear_difference
from harness.stats.worst_of import farthest_of, highest_of, lowest_of
from harness.stats.worst_pairs import PairLimits, pair_limits

__all__ = [
    "CLASS_STATISTICS",
    "DERIVES_VALUE",
    "METHODS",
    "RATES",
    "STATISTICS",
    "Cells",
    "Direction",
    "Figure",
    "FixedRate",
    "GroupCounts",
    "Grouping",
    "Keep",
    "NoisyParts",
    "PairLimits",
    "Rate",
    "Read",
    "Reestimator",
    "ScoreOrder",
    "SubsetArea",
    "absolute_sum_estimates",
    "area_difference",
    "auc_influence",
    "bca",
    "beyond_exposure",
    "binomial_tail",
    "bootstrap_difference",
    "bootstrap_mean",
    "bootstrap_statistic",
    "chance_estimate",
    "chao1",
    "clopper_pearson",
    "cluster_share",
    "clustered_confusion_estimates",
    "common_difference",
    "common_difference_of_rows",
    "common_odds_ratio",
    "confusion_estimate",
    "count_cells",
    "counted_share",
    "delong",
    "differential_fairness",
    "event_of",
    "exact",
    "examples_needed",
    "exposure_of_rank",
    "false_discovery_values",
    "farthest_of",
    "few_clusters",
    "figure_value",
    "fit_temperature",
    "fixed_rate",
    "folds_inflation",
    "good_turing",
    "group_counts",
    "highest_of",
    "least_negatives",
    "linear_estimate",
    "linear_parts",
    "log_loss_estimate",
    "lowest_of",
    "macro_delong",
    "median_estimate",
    "newcombe",
    "one_run_estimate",
    "one_run_lower",
    "one_run_p_value",
    "pair_limits",
    "paired_area_difference",
    "paired_difference",
    "paired_figure",
    "population_ratio",
    "rate_of",
    "reestimate",
    "replicate_cells",
    "reported_from",
    "rmia",
    "sampled_rank",
    "saturation",
    "shrunk_rates",
    "spread_between",
    "stratum_table",
    "temperature_estimate",
    "threshold_at",
    "undefined",
    "wilson",
    "worst_common_difference",
    "worst_difference",
    "worst_difference_outcome",
    "worst_linear_difference",
    "worst_pair",
    "worst_rate",
    "worst_ratio",
    "worst_ratio_outcome",
]

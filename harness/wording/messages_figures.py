"""Sentences of figures and of worst-group findings, by message id; part of ``messages.EN``."""

from __future__ import annotations

FIGURES: dict[str, str] = {
    # the sentence of a worst-group finding: head, how far, how far for certain, design
    "worst.pair": (
        "{title} by {column}: {first_per_100} of 100 for {first} ({first_events} of {first_n}), "
        "{second_per_100} of 100 for {second} ({second_events} of {second_n})."
    ),
    "worst.pair-values": "{title} by {column}: {first_value} for {first}, {second_value} for {second}.",
    "worst.same": "{title} by {column}: {first_per_100} of 100 in each of {n_groups} groups.",
    "worst.same-values": "{title} by {column}: {first_value} in each of {n_groups} groups.",
    "worst.equal": "In these data no two groups differ",
    "worst.single": "{title} by {column}: {first_per_100} of 100 for {first} ({first_events} of {first_n}).",
    "worst.weighted": (
        "{title} by {column}, mean over {n_classes} classes weighted by their examples; furthest apart "
        "are {first} ({first_events} of {first_n}) and {second} ({second_events} of {second_n})."
    ),
    "worst.difference": "They are {apart} apart",
    "worst.mean-difference": "The mean is {apart}",
    "worst.ratio": "The lower is {apart} of the higher",
    "worst.rate": "It is the group that is worst off",
    "worst.differ": "some two groups differ by at least {at_least} ({level_shown} over {scope})",
    "worst.differ-mean": "the mean is at least {at_least} ({level_shown} over {scope})",
    "worst.differ-not": "that any two groups differ is not shown ({level_shown} over {scope})",
    "worst.within": "no two groups by more than {at_most} ({level_bounded} for each pair)",
    "worst.within-mean": "at most {at_most} ({level_bounded})",
    "worst.within-not": "and how far groups may differ, these data do not bound",
    "worst.ratio-shown": "some pair has a ratio of at most {at_least} ({level_shown} over {scope})",
    "worst.ratio-bounded": "no pair one below {at_most} ({level_bounded} for each pair)",
    "worst.rate-between": (
        "the lowest true rate lies between {at_most} ({level_bounded} for each group) and {at_least} "
        "({level_shown} over all groups)"
    ),
    "worst.rate-between-highest": (
        "the highest true rate lies between {at_least} ({level_shown} over all groups) and {at_most} "
        "({level_bounded} for each group)"
    ),
    "worst.all": "{head} {apart}; {shown}, {bounded}. Design: {design}.",
    "worst.all-rate": "{head} {apart}; {shown}. Design: {design}.",
    "worst.design-rows": "{n_groups} groups, rows counted as independent",
    "worst.design-clusters": "{n_groups} groups, rows in {n_clusters} clusters",
    "worst.design-clustered": "{n_groups} groups, rows in clusters",
    "worst.design-few": "{design}; fewer than 10 clusters decide nothing",
    "worst.design-rare": (
        "{design}; nothing is decided where a group has events, or non-events, in fewer than 5 clusters"
    ),
    "worst.design-overlapping": "{n_groups} groups that overlap, shared rows counted as such",
    "worst.design-reference": "{design}, each compared with {reference}",
    "worst.design-incomplete.one": "{design}; {n} group too small to compare",
    "worst.design-incomplete.other": "{design}; {n} groups too small to compare",
    "worst.design-incomplete-classes.one": (
        "{design}; in {n} other class or rate a group is too small to compare"
    ),
    "worst.design-incomplete-classes.other": (
        "{design}; in {n} other classes or rates a group is too small to compare"
    ),
    "worst.lowest": (
        "{said} It lies at {value}; some lie at {shown} or lower ({level_shown} over all), {bounded}. "
        "Design: {design}."
    ),
    "worst.bounded-lowest": "none lower than {at_most} ({level_bounded} for each)",
    "worst.farthest": (
        "{said} It is {value} off; some are at least {shown} off ({level_shown} over all), {bounded}. "
        "Design: {design}."
    ),
    "worst.bounded-farthest": "none more than {at_most} ({level_bounded} for each)",
    "worst.rows-clustered": "rows in clusters",
    "worst.rows-independent": "rows counted as independent",
    "worst.class": "{title} ({rest})",
    "worst.scope": "all pairs",
    "worst.scope-classes": "all pairs and classes",
    "worst.level": "level {level}",
    # figures
    "figure.group": "Group",
    "figure.events": "Events",
    "figure.events-of": "{events} of {n}",
    "figure.value": "Value",
    "figure.interval": "Interval",
    "figure.n": "n",
    "figure.evidence": "Evidence",
    "figure.evidence-low": "low",
    "figure.evidence-enough": "enough",
    "figure.evidence-none": "not measured",
    "figure.not-measured": "–",
    "figure.numbers": "Numbers of this figure",
    "figure.on": "{title} by {columns} on {data}",
    "figure.overall": "all {value}",
    "forest.about": "{n} groups from {low} to {high}, each with its interval.",
    "forest.about-one": "{n} groups, each with its interval.",
    "forest.interval": (
        "Dots with intervals ({level}), furthest from the good end first; the dashed line is the rate over "
        "all examples. Whether two intervals overlap decides nothing: findings compare pairs."
    ),
    "forest.interval-no-line": (
        "Dots with intervals ({level}), furthest from the good end first. Whether two intervals "
        "overlap decides nothing: findings compare pairs."
    ),
    "forest.hollow": "Hollow dots: low evidence, too few examples for a comparison to pass.",
    "forest.dash": "A dash: not measured; the table says why.",
    "forest.band-difference": (
        "Shaded: from the lowest value that is compared ({lowest}) to {tolerance} above it, the limit of rule "
        "{rule}. A dot above it is further from the lowest group than the rule allows; one below it is not "
        "compared."
    ),
    "forest.band-reference": (
        "Shaded: within {tolerance} of the reference group {reference}, the limit of rule {rule}."
    ),
    "forest.band-ratio": (
        "Shaded: from {tolerance} times the highest value ({highest}) up to it, the limit of rule {rule}."
    ),
    "forest.left-out.one": "{n} further group stands in the table only.",
    "forest.left-out.other": "{n} further groups stand in the table only.",
    "funnel.title": "{title} by {columns} on {data}: value against number of examples",
    "funnel.about": "{n} groups around a rate of {value}; {n_far} lie outside the simultaneous limits.",
    "funnel.caption": (
        "Curves: where 95 of 100 groups (solid), or all {n} together in 95 of 100 audits (dashed), would lie "
        "if each had the rate over all examples, {value}, and rows were independent. For reading, not for "
        "deciding."
    ),
    "funnel.axis-n": "number of examples",
    "funnel.where": "Place",
    "funnel.inside": "inside",
    "funnel.outside": "outside 95 %",
    "funnel.far": "outside the simultaneous limits",
    "pairs.title": "{title} by {columns} on {data}: every pair of groups",
    "pairs.about": "{n} groups, {n_pairs} pairs; {n_far} of them lie beyond the limit for all pairs together.",
    "pairs.first": "Higher",
    "pairs.second": "Lower",
    "pairs.value": "Value",
    "pairs.passing": "Limit that can pass",
    "pairs.failing": "Limit that can fail",
    "pairs.place": "Against the limit",
    "pairs.is-within": "within",
    "pairs.is-open": "open",
    "pairs.is-outside": "beyond",
    "pairs.is-no-limit": "no limit",
    "pairs.is-not-compared": "not compared",
    "pairs.difference": (
        "Percentage points. Above the diagonal: how far the pair may be apart at most (level {passing} for "
        "each pair); a pass needs every one within the limit. Below: how far it is apart at least (level "
        "{failing} over all pairs together); one beyond the limit fails."
    ),
    "pairs.ratio": (
        "Lower divided by higher rate. Above the diagonal: the smallest ratio that the pair may have (level "
        "{passing} for each pair); a pass needs every one within the limit. Below: the largest one (level "
        "{failing} over all pairs together); one beyond the limit fails."
    ),
    "pairs.limit": (
        "Outlined: beyond {limit}, the limit of rule {rule}; dashed, a pair that keeps the rule from passing; "
        "solid, a pair that fails it."
    ),
    "pairs.dash": "A dash: not compared, or too few examples to tell.",
    "pairs.one-of": "Of {n} classes or rates, the one with the worst value is shown.",
    "pairs.incomplete": "A group is too small to compare, so that nothing can pass, whatever the pairs show.",
    "impact.title": "Impact ratios by {columns} on {data}",
    "impact.category": "Category",
    "impact.count": "Number of examples",
    "impact.share": "Share of the data",
    "impact.rate": "Selection rate",
    "impact.ratio": "Impact ratio",
    "impact.note": "Note",
    "impact.excluded": "Left out of the comparison: {reason}",
    "impact.small": "Under 2 % of the data: may be left out with a justification",
    "impact.highest": "Highest selection rate",
    "impact.unknown": "Unknown category",
    "impact.caption": (
        "Layout of New York City Local Law 144 (6 RCNY 5-301), which sets no limit. The impact ratio is "
        "the selection rate divided by the highest one. The best of several groups of a sample is too good by "
        "chance, so that ratios are too low on average."
    ),
    "impact.favourable": (
        "Selected means decided for the favourable class, which is not the class of interest elsewhere."
    ),
    "impact.none-unknown": "No example is in an unknown category.",
    "impact.n-unknown.one": "{n} example is in an unknown category (no value, or one that is not planned).",
    "impact.n-unknown.other": (
        "{n} examples are in an unknown category (no value, or one that is not planned)."
    ),
    # the section of the report
    "groups.column": "{columns} on {data}",
    "groups.more.one": "{n} further figure",
    "groups.more.other": "{n} further figures",
    "groups.short": (
        "Pairs of groups are drawn where a rule about them is not met. "
        "All of them: assay report RUN --format html"
    ),
    "groups.left-out.one": "{n} further figure was left out; its numbers stand in measurements.json.",
    "groups.left-out.other": (
        "{n} further figures were left out; their numbers stand in measurements.json."
    ),
}

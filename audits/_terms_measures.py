"""The measures of ``sensitive-terms``."""

from __future__ import annotations

from harness.records import Measure

_SHARE = "Share of |attribution| against share of words; counterfactual token fairness: Garg et al. 2019, "
_SOURCE = (
    f"{_SHARE}arXiv:1809.10610; why both: Bilodeau et al. 2024, arXiv:2212.11870; limits: Pruthi et al. 2020, "
    "arXiv:2010.05419"
)
_BLIND = "Words that no list names, and whether a decision that leans on the term is right."

MEASURES = (
    Measure(
        key="sensitive-terms.flagged-categories",
        title="Categories of sensitive terms that are flagged",
        unit="categories",
        better="lower",
        range_low=0.0,
        range_high=None,
        reads_as="{value} of sensitive terms are flagged: share of attribution and masked terms both "
        "exceed chance.",
        blind_to="Categories in too few texts, effects that so few texts do not show, and a model trained to hide "
        "what it uses. None flagged does not say that there is none.",
        source=_SOURCE,
    ),
    Measure(
        key="sensitive-terms.share",
        title="Share of attribution on sensitive terms",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="In texts that hold such a term ({slice}), {per_100} % of the attribution lies on it.",
        blind_to=f"{_BLIND} How many words there are, and a model trained to hide what it uses.",
        source=_SOURCE,
    ),
    Measure(
        key="sensitive-terms.lift",
        title="Share of attribution beside share of words",
        unit="ratio",
        better="lower",
        range_low=0.0,
        range_high=None,
        reads_as="Sensitive terms ({slice}) have {value} times the attribution that as many average words of "
        "their texts would have.",
        blind_to=f"{_BLIND} Every word of content has more than a word like 'the'.",
        source=_SOURCE,
    ),
    Measure(
        key="sensitive-terms.signed-mean",
        title="What sensitive terms add to the class of interest",
        unit="logits",
        better="lower",
        range_low=None,
        range_high=None,
        reads_as="The terms of a text ({slice}) add {value} to the lead of the class of interest, on average.",
        blind_to=f"{_BLIND} Contributions in both directions that cancel.",
        source=_SOURCE,
    ),
    Measure(
        key="sensitive-terms.mask-effect",
        title="Change of the score without the terms",
        unit="probability",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="When the terms ({slice}) are masked, the score of the decided class moves by {value} on average.",
        blind_to=f"{_BLIND} Whether masking any other word would do as much.",
        source=_SOURCE,
    ),
    Measure(
        key="sensitive-terms.mask-over-control",
        title="The same beyond what other words do",
        unit="difference",
        better="lower",
        range_low=-1.0,
        range_high=1.0,
        reads_as="Masking the terms ({slice}) moves the score by {value} more than masking as many other words of "
        "the same text.",
        blind_to=f"{_BLIND} Other words are drawn at random, so that few of them matter much.",
        source=_SOURCE,
    ),
    Measure(
        key="sensitive-terms.mask-flips",
        title="Decisions that change without the terms",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 texts with such a term ({slice}), about {per_100} are decided differently when it is masked.",
        blind_to=f"{_BLIND} Scores that move without changing a decision.",
        source=_SOURCE,
    ),
    Measure(
        key="sensitive-terms.swap-effect",
        title="Change of the score with another identity",
        unit="probability",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="With another identity in its place ({slice}) the score of the decided class moves by {value} on "
        "average.",
        blind_to=_BLIND,
        source=_SOURCE,
    ),
    Measure(
        key="sensitive-terms.agreement",
        title="Whether the share goes with the effect of masking",
        unit="correlation",
        better="higher",
        range_low=-1.0,
        range_high=1.0,
        reads_as="Over texts with such a term ({slice}), share of attribution and effect of masking have a rank "
        "correlation of {value}.",
        blind_to="Whether either of the two is right.",
        source="Spearman 1904; percentile bootstrap over units",
    ),
)

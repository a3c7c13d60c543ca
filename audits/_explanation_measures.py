"""The measures of ``explanation-by-group``."""

from __future__ import annotations

from harness.records import Measure

_SOURCE = (
    "arXiv:2505.01198; DeYoung et al. 2020, arXiv:1911.03429; Edin et al. 2024, arXiv:2408.08137"
)
_WORST = (
    "Its two ends are not one ordinary interval: the end that passes is one-sided for every pair, the end that "
    "fails is simultaneous over all pairs. A small difference says nothing of how good the explanations are."
)

MEASURES = (
    Measure(
        key="explanation-by-group.faithfulness",
        title="Faithfulness beyond chance by group",
        unit="difference",
        better="higher",
        range_low=-1.0,
        range_high=1.0,
        reads_as="Taking away the words that explanations name first ({slice}) costs the decided class {value} more "
        "probability than taking away words at random.",
        blind_to="Texts with gaps are no texts that the model was made for.",
        source=_SOURCE,
    ),
    Measure(
        key="explanation-by-group.converged-share",
        title="Explanations that converged by group",
        unit="share",
        better="higher",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 rows with something to attribute ({slice}), about {per_100} have values that add up or no "
        "longer change their order.",
        blind_to="Whether attributions that add up point at the right words.",
        source=_SOURCE,
    ),
    Measure(
        key="explanation-by-group.stable-share",
        title="Explanations that stay when refined by group",
        unit="share",
        better="higher",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 rows with something to attribute ({slice}), about {per_100} keep their five highest words "
        "when the computation is refined.",
        blind_to="Small edits of the text, which may change an explanation more than steps do.",
        source=_SOURCE,
    ),
    *(
        Measure(
            key=f"explanation-by-group.{name}-difference",
            title=title,
            unit="difference",
            better="lower",
            range_low=0.0,
            range_high=1.0,
            reads_as=f"{what} of the highest and the lowest group ({{slice}}) are {{value}} apart.",
            blind_to=_WORST,
            source=f"{_SOURCE}; Berger 1982, doi:10.1080/00401706.1982.10487790",
        )
        for name, title, what in (
            (
                "faithfulness",
                "Largest difference of faithfulness",
                "The faithfulness beyond chance",
            ),
            ("converged", "Largest difference of converged rows", "The shares of converged rows"),
            ("stable", "Largest difference of stable rows", "The shares of stable rows"),
        )
    ),
)

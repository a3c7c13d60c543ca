"""What is planted: how many secrets of which families, and how often each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.canaries.formats import parse_format
from harness.errors import ConfigError, must, nearest

FAMILIES: Mapping[str, str] = {
    "number": "#########",
    "name-with-secret": "aaaaaaaa{@example.org}",
    "free-text": "w w w w",
}
"""Family → format of its secrets. The domain is reserved, and under a public suffix that is real:
detectors that look the suffix up see it."""

LEVELS = (0, 1, 4, 16)
"""How often secrets are planted; those planted 0 times are the negative control."""

MIN_BITS = 16.0
"""A secret that could be guessed is no secret: with fewer bits chance alone would look like memory."""

MAX_SECRETS = 20_000
"""More would crowd a small format, and the training set."""

MAX_ROWS = 1_000_000
"""More rows of canaries would fill the memory, and be all that is learnt."""


@dataclass(frozen=True, slots=True)
class CanarySpec:
    """What is planted in a training.

    Attributes:
        families: Family → format of its secrets (``harness.canaries.formats``).
        levels: How often the secrets of each level are planted; 0 is the negative control.
        per_level: Secrets of each level, spread evenly over the families.
        n_drawn: Further secrets, each planted once or not at all as a fair coin falls: what an
            empirical epsilon is measured with.
        masked_share: Share of the secrets of each level that stand in a prompt, which is read and not
            scored; only where rows have a prompt and a completion.
    """

    families: Mapping[str, str] = field(default_factory=lambda: dict(FAMILIES))
    levels: tuple[int, ...] = LEVELS
    per_level: int = 16
    n_drawn: int = 0
    masked_share: float = 0.0

    @property
    def n_rows(self) -> int:
        """Rows that are planted, those of the coins at their mean."""
        return sum(self.levels) * self.per_level + self.n_drawn // 2


def spec_problems(
    spec: CanarySpec, *, is_pair: bool, where: str = "train.canaries", place: str = ""
) -> list[str]:
    """Return what is wrong with a plan, each a whole sentence.

    Args:
        spec: The plan.
        is_pair: Whether rows have a prompt and a completion.
        where: What the plan is called.
        place: ``file:line`` where it is known.
    """
    found: list[str] = []

    def wrong(key: str, what: str, got: object, do: str = "") -> None:
        found.append(must(f"{where}.{key}", what, got, place=place, do=do))

    if not spec.families:
        wrong("families", f"name at least one of {', '.join(FAMILIES)}", {})
    for family, text in spec.families.items():
        found += _family_problems(family, text, f"{where}.families", place)
    if 0 not in spec.levels or not any(spec.levels):
        wrong("levels", "hold 0, the negative control, and a number above it", list(spec.levels))
    if len(set(spec.levels)) != len(spec.levels) or any(level < 0 for level in spec.levels):
        wrong("levels", "be distinct integers >= 0", list(spec.levels))
    if spec.per_level < 1:
        wrong("per_level", "be an integer >= 1", spec.per_level)
    if spec.n_drawn < 0:
        wrong("n_drawn", "be an integer >= 0", spec.n_drawn)
    n_secrets = len(spec.levels) * spec.per_level + max(0, spec.n_drawn)
    if n_secrets > MAX_SECRETS:
        do = "They are levels times per_level, and n_drawn."
        wrong("per_level", f"lead to at most {MAX_SECRETS:,} secrets", n_secrets, do)
    elif spec.n_rows > MAX_ROWS:
        do = "Plant them less often, or fewer of them."
        wrong("levels", f"lead to at most {MAX_ROWS:,} planted rows", spec.n_rows, do)
    if not 0 <= spec.masked_share <= 1:
        wrong("masked_share", "lie in 0..1", spec.masked_share)
    elif spec.masked_share and not is_pair:
        do = "Remove it, or give rows a prompt and a completion."
        wrong("masked_share", "be 0 where rows are plain texts", spec.masked_share, do)
    return found


def _family_problems(family: str, text: str, where: str, place: str) -> list[str]:
    if family not in FAMILIES:
        what = f"be one of {', '.join(FAMILIES)}"
        do = nearest(family, list(FAMILIES)).strip()
        return [must(f"A family in {where}", what, family, place=place, do=do)]
    try:
        bits = parse_format(text).log2_size
    except ConfigError as err:
        return [f"{where}.{family}: {problem}" for problem in err.problems]
    if bits < MIN_BITS:
        what = f"have at least {MIN_BITS:.0f} bits"
        do = f"{text!r} has {bits:.1f}; add places, # (a digit) has 3.3 bits."
        return [must(f"{where}.{family}", what, text, place=place, do=do)]
    return []

"""The format of a secret: which texts it could have been.

One sign stands for each place: ``#`` a digit, ``a`` a small letter, ``A`` a capital letter, ``w`` a
word of 256; what stands between ``{`` and ``}``, and every other sign, stands for itself. So
``###-####`` has 10^7 members and ``aaaaaa{@example.org}`` 26^6. Every member can be written in one
way only, so the members are as many as the choices of each place multiply to.
"""

from __future__ import annotations

import math
import re
import string
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from harness.canaries.words import WORDS
from harness.errors import ConfigError, Phrase, must

if TYPE_CHECKING:
    import numpy as np

_CHOICES = {
    "#": tuple(string.digits),
    "a": tuple(string.ascii_lowercase),
    "A": tuple(string.ascii_uppercase),
    "w": WORDS,
}
_PIECE = re.compile(r"\{([^{}]*)\}|([^{}])")


@dataclass(frozen=True, slots=True)
class SecretFormat:
    """A set of texts, one place after another.

    Attributes:
        places: What may stand at each place, alternatives of equal length and none empty; a place
            with one alternative is fixed text.
    """

    places: tuple[tuple[str, ...], ...]

    @property
    def log2_size(self) -> float:
        """Bits of a secret that was drawn uniformly."""
        return math.fsum(math.log2(len(place)) for place in self.places)

    @property
    def size(self) -> int:
        """Number of texts of this format."""
        return math.prod(len(place) for place in self.places)

    def draw(self, rng: np.random.Generator) -> str:
        """Return one of the texts, each as likely as any other."""
        return "".join(
            place[int(rng.integers(len(place)))] if len(place) > 1 else place[0]
            for place in self.places
        )

    def holds(self, text: str) -> bool:
        """Return whether a text is of this format."""
        at = 0
        for place in self.places:
            piece = text[at : at + len(place[0])]
            if piece not in place:
                return False
            at += len(piece)
        return at == len(text)


@lru_cache(maxsize=64)
def parse_format(text: str) -> SecretFormat:
    """Read a format.

    Raises:
        ConfigError: If a brace does not close, or nothing in it can vary.
    """
    where, do = "The format of a secret", "For example '#########' or 'aaaaaa{@example.org}'."
    places: list[tuple[str, ...]] = []
    at = 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None:
            raise ConfigError(must(where, "close each brace that it opens", text, do=do))
        fixed, sign = piece.groups()
        at = piece.end()
        if sign is not None:
            places.append(_CHOICES.get(sign, (sign,)))
        elif fixed:
            places.append((fixed,))
    if not any(len(place) > 1 for place in places):
        what = "hold at least one of # (digit), a, A (letter), w (word)"
        raise ConfigError(must(where, what, text if text else Phrase("nothing"), do=do))
    return SecretFormat(tuple(places))

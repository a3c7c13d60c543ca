"""What is taken away as one: a word, a token, or neighbours where there are very many of them.

Legend of shapes: u units, p parts, t tokens, v values (p for words, t for tokens).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import MethodRefused, Phrase, must
from harness.modelling import HasTokens

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.attributions import Unit
    from harness.modelling import HasParts, Item, Removal

MAX_UNITS = 512
"""Most units of an input. What has more words or tokens is cut into so many runs of neighbours."""


@dataclass(frozen=True, slots=True)
class Units:
    """One input and what of it is taken away as one.

    Attributes:
        item: The input.
        members: Positions among the values of what each unit holds, u arrays, in order.
        positions: Token positions of each value, v of them; empty for special tokens.
        part_indexes: Part of each value, shape [v]; None when tokens are taken away.
    """

    item: Item
    members: tuple[NDArray[np.int64], ...]
    positions: tuple[tuple[int, ...], ...]
    part_indexes: NDArray[np.int64] | None

    @classmethod
    def of(cls, model: HasParts, item: Item, unit: Unit, *, most: int = MAX_UNITS) -> Units:
        """Find the units of an input.

        Args:
            model: Takes inputs apart.
            item: The input.
            unit: ``word`` or ``token``.
            most: Most units, >= 1; more are cut into so many runs of neighbours.
        """
        parts = model.parts(item)
        indexes = None
        positions = tuple(part.positions for part in parts)
        holders = np.arange(len(parts))
        if unit == "word":
            indexes = np.array([part.index for part in parts], dtype=np.int64)
        else:
            holders = np.array(sorted(at for each in positions for at in each), dtype=np.int64)
            content = set(holders.tolist())
            positions = tuple((at,) if at in content else () for at in range(item.length))
        runs = np.array_split(holders, min(len(holders), most)) if len(holders) else []
        return cls(item, tuple(runs), positions, indexes)

    @property
    def n(self) -> int:
        """Number of units, u."""
        return len(self.members)

    @property
    def is_coarse(self) -> bool:
        """Whether a unit holds more than one word or token."""
        return any(len(each) > 1 for each in self.members)

    def spread(self, values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return values of units as values of words or tokens, shape [v].

        What a unit holds shares its value equally, so that the sum stays; special tokens get 0.

        Args:
            values: Shape [u].
        """
        spread = np.zeros(len(self.positions))
        for own, value in zip(self.members, values, strict=True):
            spread[own] = value / len(own)
        return spread

    def without(
        self, model: HasParts, absent: NDArray[np.bool_], removal: Removal = "mask"
    ) -> Item:
        """Return the input without some units.

        Args:
            model: Takes inputs apart.
            absent: Which units are taken away, shape [u].
            removal: What stands where they stood.

        Raises:
            MethodRefused: If the model can take away only words, and only in its own way.
        """
        gone = [int(at) for index in np.flatnonzero(absent) for at in self.members[index]]
        if not gone:
            return self.item
        if removal == "mask" and self.part_indexes is not None:
            return model.without(self.item, self.part_indexes[gone].tolist())
        if not isinstance(model, HasTokens):
            got = Phrase(f"a {type(model).__name__} without without_tokens")
            do = "Take words as the unit, and mask as the removal."
            raise MethodRefused(must("The model", "take single tokens away", got, do=do))
        return model.without_tokens(
            self.item, [at for one in gone for at in self.positions[one]], by=removal
        )


def units_of(
    model: HasParts, items: Sequence[Item], unit: Unit = "word", *, most: int = MAX_UNITS
) -> list[Units]:
    """Return the units of each of k inputs; see ``Units.of``."""
    return [Units.of(model, item, unit, most=most) for item in items]

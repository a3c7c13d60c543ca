"""All edits of the package, and how they are applied to inputs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np

from harness.edits import lookalikes, plain, typos, writings
from harness.edits.edit import Edit, Text, rng_of_text
from harness.edits.synonyms import BUILTIN, Synonyms, read_synonyms, synonym_edit
from harness.errors import ContractError, must, nearest

_UNUSED = np.random.default_rng(0)
"""What edits that draw nothing are given: making a generator takes longer than they do."""


def edits(synonyms: Sequence[Synonyms] | None = None) -> tuple[Edit, ...]:
    """Return every edit, in an order that stays.

    Args:
        synonyms: Lists for the edit ``synonyms``; None for those of the package.
    """
    return _edits(_builtin() if synonyms is None else tuple(synonyms))


def named(names: Sequence[str], synonyms: Sequence[Synonyms] | None = None) -> tuple[Edit, ...]:
    """Return the edits of some ids, in their order.

    Raises:
        ContractError: If there is no edit of that id.
    """
    known = {one.id: one for one in edits(synonyms)}
    for name in names:
        if name not in known:
            do = nearest(name, list(known)).strip()
            raise ContractError(must("An edit", f"be one of {', '.join(known)}", name, do=do))
    return tuple(known[name] for name in names)


def edit_input(edit: Edit, one: Text, seed: int) -> Text | None:
    """Return an input with an edit in each of its texts; None where nothing changes.

    Args:
        edit: What is done.
        one: A text, a pair, or a question with its choices.
        seed: With the edit and the text it decides everything that is drawn.
    """
    if isinstance(one, str):
        return _applied(edit, one, seed)
    made = [_applied(edit, text, seed) for text in one]
    if not any(new is not None for new in made):
        return None
    return tuple(text if new is None else new for text, new in zip(one, made, strict=True))


def _applied(edit: Edit, text: str, seed: int) -> str | None:
    return edit.apply(text, rng_of_text(seed, edit.id, text) if edit.is_drawn else _UNUSED)


@lru_cache(maxsize=8)
def _edits(lists: tuple[Synonyms, ...]) -> tuple[Edit, ...]:
    plain_ones = (*plain.EDITS, *typos.EDITS, *lookalikes.EDITS, *writings.EDITS)
    return (*plain_ones, synonym_edit(lists)) if lists else plain_ones


@cache
def _builtin() -> tuple[Synonyms, ...]:
    return tuple(read_synonyms(name) for name in BUILTIN)

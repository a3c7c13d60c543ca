"""Parameters of a network, chosen by name, by pattern, or by a predicate."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from harness.errors import ModelError, Phrase, must, nearest, raise_all

if TYPE_CHECKING:
    from harness.modelling import Trainable

_N_NAMED = 8


def chosen_names(names: Sequence[str], wanted: Sequence[str] | Trainable) -> set[str]:
    """Return the names that names and patterns, or a predicate, choose.

    Args:
        names: Of all parameters.
        wanted: Names, patterns such as ``classifier.*``, or a predicate.

    Raises:
        ModelError: If one of them fits nothing, or nothing is chosen.
    """
    if callable(wanted):
        chosen = {name for name in names if wanted(name)}
        problems = [] if chosen else [_nothing(wanted.name, names)]
    else:
        patterns = [wanted] if isinstance(wanted, str) else list(wanted)
        found = {one: {name for name in names if fnmatchcase(name, one)} for one in patterns}
        chosen = set().union(*found.values())
        problems = [_nothing(one, names) for one, hits in found.items() if not hits]
        problems += [] if patterns else [_nothing("nothing", names)]
    raise_all(ModelError, problems)
    return chosen


def _nothing(one: str, names: Sequence[str]) -> str:
    shown = ", ".join(names[:_N_NAMED]) + (", ..." if len(names) > _N_NAMED else "")
    got = Phrase(f"{one!r}, which fits none of {len(names)} parameters")
    do = nearest(one, names).strip() or f"They are called {shown}."
    return must("Trainable parameters", "fit some of the model's", got, do=do)

"""Predictions as an audit may see them: fields open as far as it declared its needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.auditing.declaration import Need
from harness.errors import ContractError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.predictions import Predictions
    from harness.records import GroupPlan


class GuardedPredictions:
    """Predictions whose fields open only as far as the audit declared its needs."""

    __slots__ = ("_allowed", "_audit_id", "_inner")

    def __init__(self, inner: Predictions, allowed: frozenset[Need], audit_id: str) -> None:
        self._inner = inner
        self._allowed = allowed
        self._audit_id = audit_id

    @property
    def n(self) -> int:
        """Number of examples."""
        return self._inner.n

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return self._inner.n_classes

    @property
    def example_id(self) -> NDArray[np.object_]:
        """Ids, shape [n]."""
        return self._inner.example_id

    @property
    def decision(self) -> NDArray[np.int64]:
        """Decided class, shape [n]."""
        return self._inner.decision

    @property
    def truncated(self) -> NDArray[np.bool_] | None:
        """Whether the input was cut, shape [n]."""
        return self._inner.truncated

    @property
    def label(self) -> NDArray[np.int64] | None:
        """True class, shape [n] (need ``labels``); None only where it is merely used and absent."""
        return self._inner.label if self._open("labels") else None

    @property
    def scores(self) -> NDArray[np.float64] | None:
        """Class probabilities, shape [n, c] (need ``scores``)."""
        return self._inner.scores if self._open("scores") else None

    @property
    def logits(self) -> NDArray[np.float32] | None:
        """Logits, shape [n, c] (need ``logits``)."""
        return self._inner.logits if self._open("logits") else None

    @property
    def groups(self) -> dict[str, NDArray[np.object_]]:
        """Column → group values (need ``groups``)."""
        return self._inner.groups if self._open("groups") else {}

    @property
    def group_plans(self) -> dict[str, GroupPlan]:
        """Group column → what was planned of it (need ``groups``)."""
        return self._inner.group_plans if self._open("groups") else {}

    @property
    def controls(self) -> dict[str, NDArray[np.object_]]:
        """Column of a control feature → values, shape [n] (need ``controls``)."""
        return self._inner.controls if self._open("controls") else {}

    @property
    def cluster(self) -> NDArray[np.object_] | None:
        """Cluster ids, shape [n] (need ``clusters``)."""
        return self._inner.cluster if self._open("clusters") else None

    def _open(self, need: Need) -> bool:
        if need not in self._allowed:
            raise ContractError(
                f"Audit {self._audit_id} must declare {need!r} in needs or uses before it asks for it."
            )
        return True

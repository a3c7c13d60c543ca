"""Attributions through Captum's own classes: the same function of the same model, a row at a time.

Gradient classes differentiate the lead by the embeddings of one row; the others ask about the row with
words taken away. Captum draws from the global generators, so they are seeded for each row and put back.

Legend of shapes: k rows, p parts, t tokens, d width, m inputs that are asked about at once.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from harness.attributions import Attributions, Method
from harness.engines.attribution.captum_classes import (
    MOST_EXACT_WORDS,
    NORMED,
    OWN_METHODS,
    PREFIX,
    SMOOTHED,
    SUPPORTED,
    CaptumClass,
)
from harness.engines.attribution.convergence import judged
from harness.engines.attribution.population import fitted
from harness.engines.attribution.rows import in_words
from harness.engines.perturbation import Ask, explained_classes, leads
from harness.errors import MethodRefused, must

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import HasEmbeddings, HasParts, Item, Model

    Floats = NDArray[np.float64]

_AT_ONCE = 64
"""Inputs of one row that Captum sends through the model together."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """A class of Captum and what is asked of it."""

    name: str
    kind: CaptumClass
    method: Method

    @property
    def n_steps(self) -> int:
        """Steps or samples."""
        return self.method.steps or self.method.n_samples or self.kind.default_steps


@dataclass(frozen=True, slots=True)
class _Row:
    """One row with the question about it: the lead of ``target`` over ``runner_up``."""

    item: Item
    target: int
    runner_up: int
    whole: float
    seed: int


@dataclass(frozen=True, slots=True)
class _Answer:
    """What Captum said of a row: values of tokens [t] or words [p], f(baseline), and its cost."""

    values: Floats
    blank: float
    n_gradients: int
    n_forwards: int


def class_of(method: Method) -> str:
    """Return the name of the class of Captum that computes a method."""
    return method.id.removeprefix(PREFIX) if PREFIX in method.id else OWN_METHODS[method.id]


def attribute_with_captum(
    model: Model,
    items: Sequence[Item],
    *,
    method: Method,
    logits: NDArray[np.floating],
    ask: Ask,
    reference: Sequence[Item] | None = None,
) -> Attributions:
    """Return attributions of k rows, computed by Captum.

    Args:
        model: With ``embeddings`` for gradient classes, ``parts`` for the others and for words.
        items: Rows.
        method: ``engine="captum"``, or an id ``captum:<class>``.
        logits: Of the rows, shape [k, c].
        ask: Items → logits, for classes that take words away.
        reference: Reference population, for classes that draw baselines.

    Raises:
        MethodRefused: If a row has too many words for ``ShapleyValues``, values of tokens are asked
            of a class that takes words away, or there is no reference population where one is needed.
    """
    name = class_of(method)
    choice = _Choice(name, SUPPORTED[name], method)
    _check(choice, reference)
    rows = _rows(items, logits, method)
    if choice.kind.kind == "words":
        answers = [_by_words(model, row, choice, ask) for row in rows]
    else:
        with cast("HasEmbeddings", model).differentiating():
            answers = [_by_gradients(model, row, choice, reference or ()) for row in rows]
    return _assembled(answers, rows, choice)


def _check(choice: _Choice, reference: Sequence[Item] | None) -> None:
    name, method = choice.name, choice.method
    if choice.kind.kind == "words" and method.unit == "token":
        raise MethodRefused(
            must("unit", f"be word for captum:{name}, which takes words away", method.unit)
        )
    if name.endswith("GradientShap") and not reference:
        raise MethodRefused(
            f"{method.id} must have a reference population to draw baselines from, got none. "
            "Choose baseline: population with reference rows, or integrated-gradients."
        )


def _rows(items: Sequence[Item], logits: NDArray[np.floating[Any]], method: Method) -> list[_Row]:
    decided, other = explained_classes(logits, method.target)
    whole = leads(logits, decided, other)
    return [
        _Row(item, int(decided[i]), int(other[i]), float(whole[i]), _seed(item, method))
        for i, item in enumerate(items)
    ]


def _seed(item: Item, method: Method) -> int:
    digest = hashlib.blake2b(item.key + str(method.seed).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big")


def _lead(logits: Any, row: _Row) -> Any:
    """Return what is explained, shape [m], of a tensor of logits, shape [m, c]."""
    chosen = logits[:, row.target]
    return chosen if row.runner_up == row.target else chosen - logits[:, row.runner_up]


def _by_words(model: Model, row: _Row, choice: _Choice, ask: Ask) -> _Answer:
    import captum.attr
    import torch

    parted, name = cast("HasParts", model), choice.name
    n_parts = len(parted.parts(row.item))
    everything = np.arange(n_parts)
    asked = 0

    def forward(present: Any) -> Any:
        nonlocal asked
        items = [
            parted.without(row.item, everything[one < 0.5].tolist()) for one in present.numpy()
        ]
        asked += len(items)
        return torch.from_numpy(leads(ask(items), row.target, row.runner_up))

    if not n_parts:
        return _Answer(np.zeros(0), row.whole, 0, 0)
    blank = row.whole
    if choice.kind.is_complete or n_parts == 1:
        blank = float(forward(torch.zeros((1, n_parts)))[0])
    if n_parts == 1:  # the one word did all; some classes divide by the number of others
        kept = blank if choice.kind.is_complete else row.whole
        return _Answer(np.array([row.whole - blank]), kept, 0, asked)
    if name == "ShapleyValues" and n_parts > MOST_EXACT_WORDS:
        raise MethodRefused(
            f"captum:ShapleyValues must get rows of at most {MOST_EXACT_WORDS} words, because it goes "
            f"through every order, got {n_parts}. Choose shapley-sampling."
        )
    whole = torch.ones((1, n_parts), dtype=torch.float64)
    arguments: dict[str, Any] = {"perturbations_per_eval": _AT_ONCE}
    if name == "Occlusion":
        arguments["sliding_window_shapes"] = (1,)
    if choice.kind.steps:
        arguments[choice.kind.steps] = choice.n_steps
    with seeded(row.seed), torch.no_grad():
        found = getattr(captum.attr, name)(forward).attribute(whole, **arguments)
    return _Answer(found.double().numpy().reshape(n_parts), blank, 0, asked)


def _by_gradients(model: Model, row: _Row, choice: _Choice, reference: Sequence[Item]) -> _Answer:
    import torch

    able = cast("HasEmbeddings", model)
    lead = _lead_module(model, row)
    embedded = able.embed([row.item])[None]
    has_baseline = choice.kind.has_baseline
    blanks = _baselines(able, row, choice.method, reference) if has_baseline else None
    with seeded(row.seed):
        found = _called(lead, choice, embedded, blanks)
    values = _token_values(found.detach()[0], is_unsigned=choice.kind.is_unsigned)
    values[~able.is_content(row.item)] = 0.0
    cost = lead.n_rows
    blank = row.whole
    if blanks is not None and choice.kind.is_complete:
        with torch.no_grad():
            blank = float(lead(blanks).double().mean())
    if choice.method.unit == "word":
        values = in_words(cast("HasParts", model), row.item, values)
    return _Answer(values, blank, cost, lead.n_rows - cost)


def _called(lead: Any, choice: _Choice, embedded: Any, blanks: Any) -> Any:
    import captum.attr

    name, kind = choice.name, choice.kind
    found = getattr(captum.attr, name)
    arguments: dict[str, Any] = {}
    if kind.steps:
        arguments[kind.steps] = choice.n_steps
    if kind.has_baseline:
        arguments["baselines"] = blanks
    if name == NORMED:
        arguments["abs"] = False
    if name == SMOOTHED:
        arguments["stdevs"] = 0.1 * float(embedded.std())
        return found(getattr(captum.attr, NORMED)(lead)).attribute(
            embedded.requires_grad_(), abs=False, nt_samples_batch_size=_AT_ONCE, **arguments
        )
    if name.endswith(("IntegratedGradients", "Conductance", "InternalInfluence")):
        arguments["internal_batch_size"] = _AT_ONCE
    made = found(lead, lead.embedded) if kind.kind == "layer" else found(lead)
    with warnings.catch_warnings():
        # hooks that Captum sets itself, and gradients it asks for on what we hand over
        warnings.filterwarnings("ignore", module=r"captum\..*")
        given = embedded if kind.kind == "layer" else embedded.requires_grad_()
        return made.attribute(given, **arguments)


def _lead_module(model: Model, row: _Row) -> Any:
    """Return a module: embeddings, shape [m, t, d], → what is explained, shape [m]."""
    import torch

    able = cast("HasEmbeddings", model)

    class Lead(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.embedded = torch.nn.Identity()
            self.n_rows = 0
            network = getattr(model, "network", None)
            if isinstance(network, torch.nn.Module):
                self.network = network  # where classes that hook modules look for them

        def forward(self, embeddings: Any) -> Any:
            given = self.embedded(embeddings)
            self.n_rows += len(given)
            logits = able.logits_from_embeddings([row.item] * len(given), given.flatten(0, 1))
            return _lead(logits, row)

    # the network keeps its own mode: it is evaluating already, and eval() would mark it for good
    return Lead()


def _baselines(able: HasEmbeddings, row: _Row, method: Method, reference: Sequence[Item]) -> Any:
    """Return embeddings of what stands for absence, shape [1 or more, t, d]."""
    import torch

    if method.baseline != "population":
        return able.embed([able.filled(row.item, method.baseline)])[None]
    return torch.stack([able.embed([fitted(able, row.item, one)]) for one in reference])


def _token_values(found: Any, *, is_unsigned: bool) -> Floats:
    table = found.double().cpu().numpy()
    values: Floats = np.linalg.norm(table, axis=-1) if is_unsigned else table.sum(axis=-1)
    return values


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the global generators of torch and NumPy, and afterwards leave them as they were."""
    import torch

    before = np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        np.random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(before)


def _assembled(answers: Sequence[_Answer], rows: Sequence[_Row], choice: _Choice) -> Attributions:
    whole = np.array([row.whole for row in rows], dtype=np.float64)
    blank = np.array([one.blank for one in answers], dtype=np.float64)
    sums = np.array([one.values.sum() for one in answers], dtype=np.float64)
    gap = sums - (whole - blank) if choice.kind.is_complete else np.zeros(len(rows))
    status = np.array(
        [judged(*one) for one in zip(gap, whole - blank, strict=True)]
        if choice.kind.is_complete
        else ["not-checked"] * len(rows),
        dtype=object,
    )
    values = [one.values for one in answers]
    return Attributions(
        method=choice.method,
        starts=np.concatenate([[0], np.cumsum([len(one) for one in values])]).astype(np.int64),
        values=np.concatenate([np.zeros(0), *values]),
        target=np.array([row.target for row in rows], dtype=np.int64),
        runner_up=np.array([row.runner_up for row in rows], dtype=np.int64),
        whole=whole,
        blank=blank,
        gap=gap,
        status=status,
        top_overlap=np.ones(len(rows)),
        n_gradients=np.array([one.n_gradients for one in answers], dtype=np.int64),
        n_forwards=np.array([one.n_forwards for one in answers], dtype=np.int64),
    )

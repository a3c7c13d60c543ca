"""What the engines know of a model: items and capabilities, never a framework.

A modality is one file under ``models/``. It offers a ``Modality``; loading gives a ``Model`` with the
capabilities that it has. Engines and audits ask for capabilities, never "is this text?".

Legend of shapes: n examples, c classes, p parts, t tokens, b batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.data import Dataset
    from harness.records import ModelRef, Task

CAPABILITIES = (
    "logits",
    "parts",
    "embeddings",
    "log-probabilities",
    "generate",
    "train",
    "per-example-gradients",
    "perturb",
    "last-layer",
)
"""Every capability a modality may name. Only those it names may be called."""


@dataclass(frozen=True, slots=True)
class Item:
    """One input, ready to be batched.

    Attributes:
        arrays: Name → array of shape [t], int64, for example ``input_ids``.
        length: Cost in tokens; items of equal length batch without padding.
        is_truncated: Whether the input was longer than the model reads.
        key: Content key; equal keys get equal logits and are computed once.
    """

    arrays: Mapping[str, NDArray[np.int64]]
    length: int
    is_truncated: bool
    key: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an input that can be taken away, addressed by position.

    Attributes:
        index: Position among the parts of its item, from 0.
        positions: Token positions that it covers.
        content: What stands there, for comparing parts of different items; personal data.
    """

    index: int
    positions: tuple[int, ...]
    content: str


@runtime_checkable
class Model(Protocol):
    """A loaded model.

    Attributes:
        ref: Identity for the record.
        capabilities: Which of ``CAPABILITIES`` it has.
        n_classes: c.
        device, dtype: Where and in which precision it computes, e.g. ``cpu`` and ``float32``.
    """

    ref: ModelRef
    capabilities: frozenset[str]
    n_classes: int
    device: str
    dtype: str

    def prepare(self, inputs: Sequence[str | tuple[str, str]]) -> list[Item]:
        """Turn raw inputs into items, in order; truncation is marked on the item, never silent."""
        ...

    def logits(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Return logits, shape [b, c], for one batch, in inference mode, model left as it was."""
        ...


@runtime_checkable
class HasParts(Protocol):
    """Capability ``parts``: inputs can be taken apart."""

    def parts(self, item: Item) -> list[Part]:
        """Return the parts of an item in order; special tokens belong to none."""
        ...

    def without(self, item: Item, part_indexes: Sequence[int]) -> Item:
        """Return the item with some parts replaced by what stands for absence."""
        ...


Absence = Literal["mask", "pad"]
"""What stands where a token is taken away without changing the length of an input."""

Removal = Literal["mask", "pad", "delete"]
"""How tokens are taken away; ``mask`` deletes them where a tokenizer has no mask token."""


@runtime_checkable
class HasTokens(Protocol):
    """A model whose inputs can be taken apart token by token, in several ways. No capability: a fact."""

    def without_tokens(self, item: Item, positions: Sequence[int], *, by: Removal = "mask") -> Item:
        """Return the item with the tokens at some positions taken away.

        Args:
            item: The item.
            positions: Token positions that belong to parts; special tokens stay.
            by: What stands where they stood.

        Raises:
            ContractError: If a position holds no token of a part.
        """
        ...


@runtime_checkable
class HasEmbeddings(Protocol):
    """Capability ``embeddings``: logits can be differentiated by what stands at each token.

    Batches are flat: the tokens of b items one after another, without padding, shape [sum of t, d].
    Padding is put in and taken out inside, so nothing can be attributed to it.
    """

    def embed(self, items: Sequence[Item]) -> Any:
        """Return the input embeddings of items, shape [sum of t, d], float32, without a graph."""
        ...

    def logits_from_embeddings(self, items: Sequence[Item], embeddings: Any) -> Any:
        """Return logits, shape [b, c], float32, that can be differentiated by the embeddings.

        Args:
            items: One batch. Attention, positions and segments are theirs; their token ids stand
                only for how long each is.
            embeddings: Shape [sum of t, d], float32, on the model's device.
        """
        ...

    def differentiating(self) -> AbstractContextManager[None]:
        """Freeze the parameters and switch dropout off; afterwards all is as it was, whatever happens."""
        ...

    def is_content(self, item: Item) -> NDArray[np.bool_]:
        """Return which tokens belong to a part, shape [t]; special tokens do not."""
        ...

    def filled(self, item: Item, content: Absence | NDArray[np.int64]) -> Item:
        """Return an item of equal length with other content; special tokens keep themselves.

        Args:
            item: The item.
            content: What stands in the place of every content token: ``mask`` (``pad`` where a
                tokenizer has no mask token), ``pad``, or token ids, shape [content tokens].
        """
        ...


@runtime_checkable
class HasSpans(Protocol):
    """A model that can say where in its input a token stands. No capability: a fact."""

    def spans(self, inputs: Sequence[str | tuple[str, str]]) -> list[NDArray[np.int64]]:
        """Return for each input, as ``prepare`` reads it, a table of shape [t, 3].

        Columns are the text that a token belongs to (0, or 1 for the second of a pair), and where
        it starts and stops there, in characters; -1, -1, -1 for special tokens, and for every token
        of a tokenizer that does not know (slow ones do not).
        """
        ...


@runtime_checkable
class HasWindows(Protocol):
    """A model that can read a long input piece by piece. No capability: a fact."""

    def windows(
        self, one: str | tuple[str, str], *, overlap: int = 32
    ) -> list[tuple[Item, NDArray[np.int64]]]:
        """Return windows that together hold every token of an input, none of them truncated.

        Args:
            one: An input of any length; of a pair, the longer text is cut and the other one stays,
                unless it is too long itself: then both are cut and walked through side by side.
            overlap: Content tokens that neighbouring windows share; at most half of a window.

        Returns:
            Items, each with its spans, shape [t, 3], in characters of the whole input; one window
            where the input is not too long.

        Raises:
            MethodRefused: If the model does not know where tokens stand.
            UsageError: If the overlap is negative.
        """
        ...


@runtime_checkable
class CanBeRandomised(Protocol):
    """A model whose weights can be drawn anew for a while. No capability: a fact."""

    def randomised(self, seed: int) -> AbstractContextManager[None]:
        """Draw all weights anew; afterwards they are as they were, bit for bit, whatever happens.

        Args:
            seed: Decides what is drawn; global generators stay as they are.
        """
        ...


@runtime_checkable
class CountsUnknown(Protocol):
    """A model that can say how much of its inputs it cannot tell apart. No capability: a fact."""

    def unknown_tokens(self, items: Sequence[Item]) -> tuple[int, int] | None:
        """Return how many tokens stand for what is not known, and how many tokens there are.

        Special tokens are not counted.

        Undefined when: there is no token for what is not known; None then.
        """
        ...

    def unknown_share(self, items: Sequence[Item]) -> float | None:
        """Return the one divided by the other.

        Undefined when: there is no such token, or no token at all; None then.
        """
        ...


@runtime_checkable
class HasPerExampleGradients(Protocol):
    """Capability ``per-example-gradients``: which way each example pulls the parameters.

    Influence estimates multiply them (often of the last layer alone: ``["classifier.*"]``); private
    training clips each to a norm, adds them up and adds noise; mitigation compares those of groups.
    Training of that kind walks over its own batches: dropout is off here, and a model with an
    adapter answers for what the adapter trains.
    """

    def per_example_gradients(
        self,
        items: Sequence[Item],
        labels: NDArray[np.int64],
        *,
        parameters: Sequence[str] | None = None,
        loss: Callable[[Any, Any], Any] | None = None,
    ) -> dict[str, NDArray[np.float32]]:
        """Return the gradient of the loss of each example, model left as it was.

        Args:
            items: One batch; memory grows with b times the size of the chosen parameters.
            labels: Classes, shape [b], in the order of the task.
            parameters: Names or patterns; None for all that are marked as trainable.
            loss: (logits [b, c], labels [b]) → losses, shape [b], of the framework's arrays; None
                for the cross entropy in nats.

        Returns:
            Name of a parameter → shape [b, *shape of the parameter], float32. Rows of
            ``flatten_gradients`` of it are [b, q].

        Raises:
            ModelError: If a name or pattern fits no parameter.
        """
        ...


@runtime_checkable
class HasLastLayer(Protocol):
    """Capability ``last-layer``: classes are read off a linear layer over one vector for each input.

    Mitigation fits such a layer anew on features that stay as they are.
    """

    def last_features(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Return what goes into the last layer for one batch, shape [b, d], model left as it was."""
        ...

    def last_layer(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return its weight [c, d] and bias [c], classes in the order of the task.

        ``last_features(items) @ weight.T + bias`` are the logits.
        """
        ...

    def save_with_last_layer(
        self, folder: Path, weight: NDArray[np.floating], bias: NDArray[np.floating]
    ) -> None:
        """Save a copy of the model with another last layer; the model stays as it was.

        Args:
            folder: Where to; made when missing. Loading it gives a whole model.
            weight: Shape [c, d], classes in the order of the task.
            bias: Shape [c].
        """
        ...


def flatten_gradients(gradients: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return per-example gradients as rows, shape [b, q], parameters in the order of the mapping."""
    import numpy as np

    return np.concatenate([one.reshape(len(one), -1) for one in gradients.values()], axis=1)


class Recorded(Protocol):
    """An object of the caller's that changes what is trained: it says what it is.

    Attributes:
        name: For people, kebab-case.
        digest: SHA-256 over everything in it that can change a weight: two objects with equal
            digests must do the same. It is part of the identity of the training, so a changed
            object trains again and does not take up the other's checkpoints.
    """

    @property
    def name(self) -> str:
        """Name for people, kebab-case."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 over everything that can change a weight."""
        ...


@runtime_checkable
class Objective(Recorded, Protocol):
    """What training minimises, instead of the cross entropy.

    Mitigation uses it for reweighting by group (values of the row: its group's weight), for
    adversaries and for penalties on differences between groups of a batch; an influence
    estimate for leaving rows out (weight 0). It is called for each pass on each process; the
    passes of one step are averaged, so a loss should be a mean over the rows of its batch.
    Validation, early stopping and the choice of the checkpoint keep the plain cross entropy.
    """

    def __call__(self, logits: Any, label: Any, rows: Any, values: Mapping[str, Any]) -> Any:
        """Return a scalar loss whose gradient reaches ``logits``.

        Args:
            logits: Shape [b, c], float32, classes in the order of the task.
            label: True class, shape [b], int64.
            rows: Position of each row in ``TrainRequest.train``, shape [b], int64.
            values: ``TrainRequest.row_values`` of these rows: name → shape [b] or [b, ...].
        """
        ...


@runtime_checkable
class Sampler(Recorded, Protocol):
    """In which order, and how often, rows are met in an epoch, instead of a shuffle.

    Mitigation uses it to draw groups equally often. The order is cut into batches of
    ``batch_size`` rows as it stands; several processes take the batches in turn. Private training
    draws batches of random size, which an order cannot say: it walks over its own batches and
    takes ``per_example_gradients`` of each.
    """

    def __len__(self) -> int:
        """Return the number of rows of an epoch, the same in each."""
        ...

    def order(self, epoch: int, *, lengths: Sequence[int], seed: int) -> Sequence[int]:
        """Return positions of rows; a function of its arguments alone.

        Args:
            epoch: From 0.
            lengths: Tokens of each row of train.
            seed: The run's.
        """
        ...


@runtime_checkable
class Trainable(Recorded, Protocol):
    """Which parameters are trained, where names and patterns do not suffice."""

    def __call__(self, name: str) -> bool:
        """Return whether the parameter of this name is trained."""
        ...


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What to train, on what, how.

    Attributes:
        base: Folder or hub id; None when ``architecture`` is given.
        architecture: Shape of a new model, built from a config; its tokenizer is learnt from train.
        revision: Commit of a hub base.
        options: The ``train`` section of the config, as plain data.
        output: Folder of the finished model.
        workspace: Folder for checkpoints; what lies there is resumed.
        validation: Held-out rows; never the test set.
        objective: Instead of the cross entropy; excludes class weights and label smoothing.
        sampler: Instead of a shuffle.
        trainable: Names or patterns (``classifier.*``, ``*.bias``) of the parameters that are
            trained, or a predicate; everything else is frozen. None trains what the method trains.
        row_values: Name → one value for each row of train, shape [n] or [n, ...], for the objective.
    """

    task: Task
    train: Dataset
    validation: Dataset
    options: Mapping[str, Any]
    output: Path
    workspace: Path
    seed: int
    device: str = "auto"
    base: str | None = None
    revision: str | None = None
    architecture: Mapping[str, Any] | None = None
    objective: Objective | None = None
    sampler: Sampler | None = None
    trainable: Sequence[str] | Trainable | None = None
    row_values: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    report: Callable[[str], None] = field(default=lambda text: None)


@runtime_checkable
class NamesClasses(Protocol):
    """A modality that can say what a model decides between before anybody names a task."""

    def classes_of(
        self,
        source: str,
        *,
        revision: str | None = None,
        trust_code: bool = False,
        adapter: str | None = None,
    ) -> tuple[str, ...]:
        """Return the names of the classes of a folder or hub id, in the order of its logits.

        Raises:
            ModelError: If there is no such model, or it is no classifier.
        """
        ...


@runtime_checkable
class SavesLive(Protocol):
    """A modality that can save a model which is in memory, so that what is measured has a digest."""

    def save_live(self, model: Any, tokenizer: Any, folder: Path) -> None:
        """Save a live model and its tokenizer into an existing folder; the model stays as it was.

        Raises:
            ModelError: If loading the folder would not give what was saved.
        """
        ...


@runtime_checkable
class Modality(Protocol):
    """One file under ``models/``; the module holds it as ``MODALITY``.

    Attributes:
        id: e.g. ``text``.
        tasks: Kinds of task that it handles.
    """

    id: str
    tasks: frozenset[str]

    def load(
        self,
        source: str,
        *,
        task: Task,
        device: str = "auto",
        dtype: str = "float32",
        revision: str | None = None,
        trust_code: bool = False,
        max_tokens: int | None = None,
        adapter: str | None = None,
    ) -> Model:
        """Load a model from a folder or hub id, with an adapter from a folder where one is given.

        Raises:
            ModelError: If it is missing, damaged, or its classes do not fit the task; if the
                adapter belongs to another base, or is shown to change nothing.
        """
        ...

    def train(self, request: TrainRequest) -> Path:
        """Train and return the finished folder; resumes what ``workspace`` holds."""
        ...

"""Text classification: any Hugging Face sequence classifier, in a folder or on the hub.

The classifier is loaded from safetensors, checked against the task, and asked in inference mode.
How it is padded, and whether it can be differentiated by its input, is tried out once, on loading,
with two short rows, not assumed.

Parts are words. What stands for absence is the mask token; where a tokenizer has none, the tokens
of the part are deleted.

Legend of shapes: n examples, c classes, p parts, t tokens, b batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ContractError, Phrase, must
from harness.records import Message, ModelRef, Task
from models._adapters import probe_texts, prove
from models._classes import named_classes
from models._embeddings import EmbeddingPath
from models._example_gradients import example_gradients
from models._feeding import Feeder
from models._last_layer import features, find_last_layer, layer_values, save_with_layer
from models._loading import open_model
from models._network import evaluating, pick_device, pick_max_tokens, readable_inputs
from models._padding import Side
from models._randomised import randomised
from models._tokens import TextEncoder, TextInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import Absence, Item, Part, Removal, TrainRequest

_CAPABILITIES = frozenset(
    {"logits", "parts", "embeddings", "train", "per-example-gradients", "last-layer"}
)
_NO_PADDING = "Padding changes the logits of {model}, so only inputs of equal length share a batch; this is slow."
_NO_EMBEDDINGS = (
    "{model} cannot be differentiated by its input ({reason}), so gradient methods are not "
    "offered; occlusion is."
)
_PROBES = ("No", "This row is longer than the other one.")


class TextClassifier:
    """A sequence classifier that can be asked, taken apart and differentiated.

    Attributes:
        ref: Identity for the record.
        capabilities: ``logits``, ``parts``, ``train``, ``per-example-gradients``; ``embeddings``
            where a self-test finds a way; ``last-layer`` where the class is read off one vector
            (not decoders).
        n_classes: c, the number of classes of the task.
        device, dtype: Where and in which precision it computes.
        max_tokens: Longest input that it reads, special tokens included.
        notes: What a reader must know, e.g. that classes were reordered.
        network: The Hugging Face model.
    """

    capabilities: frozenset[str] = _CAPABILITIES

    def __init__(
        self,
        network: Any,
        encoder: TextEncoder,
        *,
        ref: ModelRef,
        columns: NDArray[np.int64] | None,
        n_classes: int,
        dtype: str,
        notes: tuple[Message, ...] = (),
    ) -> None:
        self.ref = ref
        self.n_classes = n_classes
        self.device = str(network.device)
        self.dtype = dtype
        self.max_tokens = encoder.max_tokens
        self.notes = notes
        self.network = network
        self._encoder = encoder
        self._last = find_last_layer(network)
        if self._last is None:
            self.capabilities = self.capabilities - {"last-layer"}
        self._columns = columns
        self._feeder = Feeder(network, encoder.tokenizer, dtype)
        self._path = EmbeddingPath(self._feeder, columns, n_classes=n_classes, dtype=dtype)
        self._try_out()

    @property
    def padding(self) -> Side | None:
        """Side of the padding, or None when rows of different length cannot share a batch."""
        return self._feeder.padding

    def prepare(self, inputs: Sequence[TextInput]) -> list[Item]:
        """Tokenize texts or pairs, in order; what is longer than ``max_tokens`` is marked."""
        return self._encoder.prepare(inputs)

    def parts(self, item: Item) -> list[Part]:
        """Return the words of an item in order; special tokens belong to none."""
        return self._encoder.parts(item)

    def without(self, item: Item, part_indexes: Sequence[int]) -> Item:
        """Return the item with some words replaced by the mask token, or deleted without one.

        Raises:
            ContractError: If a part does not exist.
        """
        return self._encoder.without(item, part_indexes)

    def without_tokens(self, item: Item, positions: Sequence[int], *, by: Removal = "mask") -> Item:
        """Return the item with some tokens taken away; see ``HasTokens``."""
        pads_with = self._feeder.pads_with
        return self._encoder.without_tokens(item, positions, by=by, pads_with=pads_with)

    def spans(self, inputs: Sequence[TextInput]) -> list[NDArray[np.int64]]:
        """Return where the tokens of each input stand; see ``HasSpans``."""
        return self._encoder.spans(inputs)

    def windows(self, one: TextInput, *, overlap: int = 32) -> list[tuple[Item, NDArray[np.int64]]]:
        """Return windows that together hold every token of an input; see ``HasWindows``."""
        return self._encoder.windows(one, overlap=overlap)

    def unknown_tokens(self, items: Sequence[Item]) -> tuple[int, int] | None:
        """Return unknown tokens and all tokens; None where the tokenizer knows all."""
        return self._encoder.unknown_tokens(items)

    def unknown_share(self, items: Sequence[Item]) -> float | None:
        """Return the share of tokens that the tokenizer does not know; None where it knows all."""
        return self._encoder.unknown_share(items)

    def logits(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Return logits, shape [b, c], float32, classes in the order of the task."""
        answers = np.empty((len(items), self.n_classes), dtype=np.float32)
        with evaluating(self.network):
            for group in self._feeder.groups(items):
                answers[group] = self._feeder.logits([items[i].arrays for i in group])
        return answers if self._columns is None else answers[:, self._columns]

    def embed(self, items: Sequence[Item]) -> Any:
        """Return input embeddings, shape [sum of t, d]; see ``HasEmbeddings``."""
        return self._path.embed(items)

    def logits_from_embeddings(self, items: Sequence[Item], embeddings: Any) -> Any:
        """Return logits, shape [b, c], with a graph down to the embeddings; see ``HasEmbeddings``."""
        return self._path.logits(items, embeddings)

    def differentiating(self) -> AbstractContextManager[None]:
        """Freeze the parameters for a while; see ``HasEmbeddings``."""
        return self._path.differentiating()

    def is_content(self, item: Item) -> NDArray[np.bool_]:
        """Return which tokens belong to a word, shape [t]."""
        return self._encoder.is_content(item)

    def filled(self, item: Item, content: Absence | NDArray[np.int64]) -> Item:
        """Return an item of equal length with other content; see ``HasEmbeddings``."""
        return self._encoder.filled(item, content, pads_with=self._feeder.pads_with)

    def randomised(self, seed: int) -> AbstractContextManager[None]:
        """Shuffle all weights for a while; see ``CanBeRandomised``."""
        return randomised(self.network, seed)

    def per_example_gradients(
        self,
        items: Sequence[Item],
        labels: NDArray[np.int64],
        *,
        parameters: Sequence[str] | None = None,
        loss: Callable[[Any, Any], Any] | None = None,
    ) -> dict[str, NDArray[np.float32]]:
        """Return the gradient of the loss of each example; see ``HasPerExampleGradients``."""
        return example_gradients(
            self.network,
            self._feeder.groups(items),
            labels,
            n_items=len(items),
            logits_of=lambda group: self._graph_logits([items[i] for i in group]),
            n_classes=self.n_classes,
            parameters=parameters,
            loss=loss,
        )

    def last_features(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Return what goes into the last layer, shape [b, d]; see ``HasLastLayer``.

        Raises:
            ContractError: If the model has no such layer.
        """
        layer = self._need_last()
        found: NDArray[np.float32] | None = None
        with evaluating(self.network):
            for group in self._feeder.groups(items):
                fed = self._feeder.fed([items[i].arrays for i in group])
                part = features(self.network, layer, fed).numpy()
                if found is None:
                    found = np.empty((len(items), part.shape[1]), dtype=np.float32)
                found[group] = part
        return np.zeros((0, layer.in_features), dtype=np.float32) if found is None else found

    def last_layer(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return weight [c, d] and bias [c]; see ``HasLastLayer``."""
        return layer_values(self._need_last(), self._columns)

    def save_with_last_layer(
        self, folder: Path, weight: NDArray[np.floating], bias: NDArray[np.floating]
    ) -> None:
        """Save a copy with another last layer; see ``HasLastLayer``."""
        self._need_last()
        save_with_layer(
            self.network,
            self._encoder.tokenizer,
            folder,
            values=(weight, bias),
            columns=self._columns,
        )

    def _need_last(self) -> Any:
        if self._last is None:
            got = Phrase("a class that is read off every token")
            raise ContractError(must("The last layer", "read one vector for each input", got))
        return self._last

    def _graph_logits(self, items: Sequence[Item]) -> Any:
        """Return logits, shape [b, c], with a graph down to the parameters."""
        logits = self.network(**self._feeder.fed([item.arrays for item in items])).logits
        return logits if self._columns is None else logits[:, self._columns]

    def _try_out(self) -> None:
        """Find the harmless side of padding and the way to feed embeddings; note what is missing."""
        probes = self.prepare(_PROBES)
        self._feeder.try_sides(probes)
        if self.padding is None:
            self._note("model.no-padding", _NO_PADDING)
        short, long = (item.arrays["input_ids"][self.is_content(item)] for item in probes)
        others = [
            self.filled(item, np.resize(content, int(self.is_content(item).sum())))
            for item, content in zip(probes, (long, short), strict=True)
        ]
        self._path.try_out(probes, others)
        if not self._path.is_open:
            self.capabilities = self.capabilities - {"embeddings"}
            self._note("model.no-embeddings", _NO_EMBEDDINGS, reason=self._path.why_not)

    def _note(self, id: str, text: str, **parameters: str) -> None:
        self.notes = (*self.notes, Message.of(id, text, model=self.ref.name, **parameters))


class TextModality:
    """Modality ``text``.

    Attributes:
        id: ``text``.
        tasks: ``text-classification``.
    """

    id = "text"
    tasks = frozenset({"text-classification"})

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
    ) -> TextClassifier:
        """Load a sequence classifier for auditing.

        Args:
            source: Folder or hub id.
            task: Whose classes the model must have.
            device: ``auto`` (CUDA, MPS, CPU, the first that is there) or a name that torch knows.
            dtype: One of ``DTYPES``.
            revision: Commit of a hub id.
            trust_code: Let code that lies in the folder run.
            max_tokens: Longest input; the default is what the model reads, at most 512.
            adapter: Folder of a LoRA adapter for this base.

        Raises:
            ModelError: If the model is missing, damaged, untrained, or does not fit the task; if the
                adapter belongs to another base, or changes nothing.
        """
        opened = open_model(
            source,
            task=task,
            dtype=dtype,
            revision=revision,
            trust_code=trust_code,
            adapter=adapter,
        )
        network = opened.network
        limit = pick_max_tokens(network, opened.tokenizer, max_tokens)
        n_parameters = sum(weight.numel() for weight in network.parameters())
        model = TextClassifier(
            network.to(pick_device(device)).eval(),
            TextEncoder(opened.tokenizer, limit, readable_inputs(network)),
            ref=replace(opened.ref, n_parameters=n_parameters),
            columns=opened.columns,
            n_classes=len(task.classes),
            dtype=dtype,
            notes=opened.notes,
        )
        if opened.adapter is not None:
            items = model.prepare(probe_texts(opened.tokenizer))
            proof = prove(
                network,
                lambda: model.logits(items),
                adapter=opened.adapter,
                base=opened.base,
                base_has_head=opened.base_has_head,
            )
            model.ref = replace(model.ref, adapter_proof=proof)
        return model

    def classes_of(
        self,
        source: str,
        *,
        revision: str | None = None,
        trust_code: bool = False,
        adapter: str | None = None,
    ) -> tuple[str, ...]:
        """Return the classes that a folder or hub id names; see ``NamesClasses``."""
        return named_classes(source, revision=revision, trust_code=trust_code, adapter=adapter)

    def save_live(self, model: Any, tokenizer: Any, folder: Path) -> None:
        """Save a live classifier as safetensors, adapters merged in a copy.

        Raises:
            ModelError: If loading the folder would not give what was saved.
        """
        from models._live import save_network

        save_network(model, tokenizer, folder)

    def train(self, request: TrainRequest) -> Path:
        """Fine-tune a classifier and return its folder; see ``models.training``.

        Raises:
            ModelError: If the request cannot be carried out.
        """
        from models.training import train

        return train(request)


MODALITY = TextModality()

"""Causal language models: any Hugging Face model that continues texts, in a folder or on the hub.

It is asked three ways: which of the labels' texts is likeliest after a prompt, which of a row's own
choices, or how likely a text is at all; and it writes. Logits are log-probabilities in nats, so that
what is measured of classifiers is measured of these in the same way.

Parts are the words of the row's text in the prompt. The words of a template, the tokens that a text
begins with and the candidates are no parts. Decoders have no mask token: the tokens of a part that is
taken away are deleted.

Legend of shapes: c candidates, p parts, t tokens, b batch, k candidates, v vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.modelling import Decoding, Generation, TokenScores
from harness.records import TARGET, Message, ModelRef, Prompting, Task
from models._adapters import probe_texts, prove
from models._embeddings import differentiating, embedded
from models._example_gradients import example_gradients
from models._language_feeding import LanguageFeeder
from models._language_gradients import CandidatePath, divisors
from models._language_loading import check_continues, open_language_model
from models._language_scoring import Scorer, Wish
from models._language_stepping import LanguageSteps
from models._language_tokens import LanguageEncoder
from models._language_writing import Writer
from models._live import LANGUAGE_MODEL, save_network
from models._network import evaluating, pick_device, pick_max_tokens
from models._randomised import randomised
from models._tokens import TextInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.modelling import Absence, Item, Part, Removal, TokenSteps, TrainRequest

_CAPABILITIES = frozenset(
    {
        "logits",
        "log-probabilities",
        "generate",
        "parts",
        "embeddings",
        "per-example-gradients",
        "train",
    }
)
_MOST_TOKENS = 1024
_NO_EMBEDDINGS = (
    "{model} cannot be differentiated by its input ({reason}), so gradient methods are not "
    "offered; occlusion is."
)
_NOT_KEPT = (
    "{model} cannot go on from what it has read, so a prompt is read again for each candidate and "
    "for each token that it writes; this is slow."
)


class CausalLanguageModel:
    """A causal language model that can be asked, taken apart, differentiated, and that writes.

    Attributes:
        ref: Identity for the record.
        capabilities: ``logits``, ``log-probabilities``, ``generate``, ``parts``; ``embeddings``
            where a self-test finds that embeddings can stand for tokens.
        n_classes: c: candidates of a row; 1 for text-generation.
        device, dtype: Where and in which precision it computes.
        max_tokens: Longest prompt with one candidate.
        notes: What a reader must know.
        network: The Hugging Face model.
    """

    capabilities: frozenset[str] = _CAPABILITIES

    def __init__(
        self,
        network: Any,
        tokenizer: Any,
        *,
        task: Task,
        ref: ModelRef,
        dtype: str,
        max_tokens: int,
        notes: tuple[Message, ...] = (),
    ) -> None:
        self.ref = ref
        self.n_classes = len(task.classes)
        self.device = str(network.device)
        self.dtype = dtype
        self.max_tokens = max_tokens
        self.notes = notes
        self.network = network
        self._normalise = (task.prompting or Prompting()).normalise
        self._encoder = LanguageEncoder(tokenizer, max_tokens, task)
        self._feeder = LanguageFeeder(network, tokenizer, dtype)
        self._scorer = Scorer(self._feeder)
        self._writer = Writer(self._feeder, self._encoder)
        self._path = CandidatePath(self._feeder, self.n_classes, self._normalise, dtype)
        self._path.try_out(len(tokenizer))
        if not self._path.is_open:
            self.capabilities = self.capabilities - {"embeddings"}
            self._note("model.no-embeddings", _NO_EMBEDDINGS, reason=self._path.why_not)
        if not self._feeder.keeps:
            self._note("model.not-kept", _NOT_KEPT)

    def prepare(self, inputs: Sequence[TextInput]) -> list[Item]:
        """Turn rows into items, in order; what is longer than ``max_tokens`` is cut and marked."""
        return self._encoder.prepare(inputs)

    def parts(self, item: Item) -> list[Part]:
        """Return the words of the row's text in the prompt, in order."""
        return self._encoder.parts(item)

    def without(self, item: Item, part_indexes: Sequence[int]) -> Item:
        """Return the item with some words deleted.

        Raises:
            ContractError: If a part does not exist.
        """
        return self._encoder.without(item, part_indexes)

    def without_tokens(self, item: Item, positions: Sequence[int], *, by: Removal = "mask") -> Item:
        """Return the item with some tokens taken away; see ``HasTokens``."""
        return self._encoder.without_tokens(
            item, positions, by=by, pads_with=self._feeder.pads_with
        )

    def spans(self, inputs: Sequence[TextInput]) -> list[NDArray[np.int64]]:
        """Return where the tokens of each row stand; see ``HasSpans``."""
        return self._encoder.spans(inputs)

    def unknown_tokens(self, items: Sequence[Item]) -> tuple[int, int] | None:
        """Return unknown tokens and all tokens of parts; None where the tokenizer knows all."""
        return self._encoder.unknown_tokens(items)

    def unknown_share(self, items: Sequence[Item]) -> float | None:
        """Return the share of tokens that the tokenizer does not know; None where it knows all."""
        return self._encoder.unknown_share(items)

    def logits(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Return log-probabilities of candidates, shape [b, c], divided as the task says."""
        found = np.zeros((len(items), self.n_classes), dtype=np.float64)
        for i, scores in enumerate(self.log_probabilities(items)):
            sums = np.bincount(
                scores.segment, weights=scores.log_probability, minlength=self.n_classes + 1
            )
            found[i] = sums[1 : self.n_classes + 1]
            found[i] /= divisors(items[i], self.n_classes, self._normalise)
        return found.astype(np.float32)

    def log_probabilities(
        self,
        items: Sequence[Item],
        *,
        decoding: Decoding | None = None,
        has_moments: bool = False,
    ) -> list[TokenScores]:
        """Score the tokens of one batch; see ``HasLogProbabilities``."""
        with self._asking():
            return self._scorer.of_items(items, Wish(decoding, has_moments))

    def candidate_log_probabilities(
        self, prefix: NDArray[np.int64], candidates: Sequence[NDArray[np.int64]]
    ) -> NDArray[np.float64]:
        """Return the log-probability of each candidate after one prefix, shape [k]."""
        with self._asking():
            return self._scorer.candidates(prefix, candidates)

    def next_log_probabilities(
        self, prefix: NDArray[np.int64], continuations: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Return the log-probabilities of the next token, shape [k, v]."""
        with self._asking():
            return self._scorer.next(prefix, continuations)

    def steps(self, prefix: NDArray[np.int64]) -> TokenSteps | None:
        """Read a prefix, and return rows that grow behind it; see ``CanStep``."""
        if not self._feeder.keeps:
            return None
        return LanguageSteps(self._feeder, np.asarray(prefix, dtype=np.int64), self._asking)

    def encode(self, text: str, *, is_start: bool) -> NDArray[np.int64]:
        """Return token ids of a text; with what a text begins with where ``is_start``."""
        return self._encoder.encode(text, is_start=is_start)

    def encode_many(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """Return the token ids of whole texts, with what a text begins with; see ``EncodesMany``."""
        return self._encoder.encode_many(texts)

    def decode(self, tokens: NDArray[np.int64]) -> str:
        """Return the text of token ids; special tokens are left out."""
        return self._encoder.decode(tokens.tolist())

    def generate(
        self,
        items: Sequence[Item],
        *,
        decoding: Decoding,
        max_new_tokens: int,
        seed: int,
        stop: Sequence[str] = (),
    ) -> list[Generation]:
        """Continue one batch of prompts; see ``CanGenerate``."""
        with self._asking():
            return self._writer.of_items(
                items, decoding=decoding, max_new_tokens=max_new_tokens, seed=seed, stop=stop
            )

    def embed(self, items: Sequence[Item]) -> Any:
        """Return input embeddings, shape [sum of t, d]; see ``HasEmbeddings``."""
        return embedded(self.network, items)

    def logits_from_embeddings(self, items: Sequence[Item], embeddings: Any) -> Any:
        """Return logits, shape [b, c], with a graph down to the embeddings; see ``HasEmbeddings``."""
        return self._path.logits(items, embeddings)

    def differentiating(self) -> AbstractContextManager[None]:
        """Freeze the parameters for a while; see ``HasEmbeddings``."""
        return differentiating(self.network)

    def is_content(self, item: Item) -> NDArray[np.bool_]:
        """Return which tokens belong to a word of the row's text, shape [t]."""
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
        """Return the gradient of the loss of each example; see ``HasPerExampleGradients``.

        Without a loss of the caller's it is the cross entropy over the candidates; of a text, its
        mean over the tokens of that text alone: the mean over a batch would let examples bear on
        each other.
        """
        n_tokens = [max(1, int((one.arrays["segment"] > 0).sum())) for one in items]

        def logits_of(group: list[int]) -> Any:
            logits = self._path.logits([items[i] for i in group])
            if loss is not None or self.n_classes > 1:
                return logits
            each = [n_tokens[i] if self._normalise == "none" else 1 for i in group]
            return logits / logits.new_tensor(each)[:, None]

        return example_gradients(
            self.network,
            [list(range(len(items)))] if items else [],
            labels,
            n_items=len(items),
            logits_of=logits_of,
            n_classes=self.n_classes,
            parameters=parameters,
            loss=loss,
            default=_of_text if self.n_classes == 1 else None,
        )

    @contextmanager
    def _asking(self) -> Iterator[None]:
        import torch

        with evaluating(self.network), torch.inference_mode():
            yield

    def _note(self, id: str, text: str, **parameters: str) -> None:
        self.notes = (*self.notes, Message.of(id, text, model=self.ref.name, **parameters))


def _of_text(logits: Any, label: Any) -> Any:
    """Return the mean loss of each text's tokens; there is one class, and nothing to choose."""
    return -logits[:, 0]


class CausalLanguageModality:
    """Modality ``causal-lm``.

    Attributes:
        id: ``causal-lm``.
        tasks: ``prompted-classification``, ``multiple-choice``, ``text-generation``.
    """

    id = "causal-lm"
    tasks = frozenset({"prompted-classification", "multiple-choice", "text-generation"})

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
    ) -> CausalLanguageModel:
        """Load a causal language model for auditing.

        Args:
            source: Folder or hub id.
            task: What is asked.
            device: ``auto`` (CUDA, MPS, CPU, the first that is there) or a name that torch knows.
            dtype: One of ``DTYPES``.
            revision: Commit of a hub id.
            trust_code: Let code that lies in the folder run.
            max_tokens: Longest prompt with one candidate; the default is what the model reads, at
                most 1024.
            adapter: Folder of a LoRA adapter for this base.

        Raises:
            ModelError: If the model is missing, damaged, or no language model; if the tokenizer
                cannot ask as the task says; if the adapter belongs to another base, or changes
                nothing.
        """
        opened = open_language_model(
            source, dtype=dtype, revision=revision, trust_code=trust_code, adapter=adapter
        )
        network, tokenizer = opened.network, opened.tokenizer
        limit = pick_max_tokens(network, tokenizer, max_tokens, most=_MOST_TOKENS)
        n_parameters = sum(weight.numel() for weight in network.parameters())
        model = CausalLanguageModel(
            network.to(pick_device(device)).eval(),
            tokenizer,
            task=task,
            ref=replace(opened.ref, n_parameters=n_parameters),
            dtype=dtype,
            max_tokens=limit,
            notes=opened.notes,
        )
        if opened.adapter is not None:
            texts = [model.encode(text, is_start=True)[:limit] for text in probe_texts(tokenizer)]
            nothing = np.zeros((1, 0), dtype=np.int64)
            proof = prove(
                network,
                lambda: np.concatenate(
                    [model.next_log_probabilities(one, nothing) for one in texts]
                ),
                adapter=opened.adapter,
                base=opened.base,
                base_has_head=True,
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
        """Return the one class of what decides nothing; see ``NamesClasses``.

        Raises:
            ModelError: If there is no such model, or it continues no texts.
        """
        check_continues(source, revision=revision, trust_code=trust_code, adapter=adapter)
        return (TARGET,)

    def save_live(self, model: Any, tokenizer: Any, folder: Path) -> None:
        """Save a live language model as safetensors, adapters merged in a copy.

        Raises:
            ModelError: If loading the folder would not give what was saved.
        """
        save_network(model, tokenizer, folder, kind=LANGUAGE_MODEL)

    def train(self, request: TrainRequest) -> Path:
        """Fine-tune a language model and return its folder; see ``models.training``.

        Raises:
            ModelError: If the request cannot be carried out.
        """
        from models.training import train

        return train(request)


MODALITY = CausalLanguageModality()

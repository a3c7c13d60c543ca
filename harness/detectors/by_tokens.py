"""Names and addresses by a token-classification model of the Hugging Face kind, by folder or hub id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from harness.detectors.kinds import kind_of_label
from harness.detectors.scanning import resolve
from harness.detectors.span import Span
from harness.errors import MissingExtra, ModelError, must

_STRIDE = 32


class TokenDetector:
    """Finds what the labels of a model name, in windows of the length that it reads.

    Args:
        name: Folder or hub id; a hub id is fetched, unless ``HF_HUB_OFFLINE`` is set.
        revision: Commit of a hub id.
        n_batch: Windows that are read together.

    Raises:
        MissingExtra: If transformers is not installed.
        ModelError: If it cannot be loaded, or none of its labels is known.

    Blind to: what its training did not mark, languages that it did not see.
    """

    def __init__(self, name: str, *, revision: str | None = None, n_batch: int = 8) -> None:
        self.id = f"tokens:{name}"
        self._tokenizer, self._model = _loaded(name, revision)
        self._n_batch = n_batch
        labels = {int(k): str(v) for k, v in self._model.config.id2label.items()}
        self._labels = {k: (kind_of_label(v), v[:2].upper() == "B-") for k, v in labels.items()}
        self.kinds = frozenset(kind for kind, _ in self._labels.values() if kind is not None)
        if not self.kinds:
            what = "have labels such as B-PER or ADDRESS"
            shown = ", ".join(sorted(set(labels.values()))[:6])
            raise ModelError(must(name, what, shown, do="Choose a token-classification model."))

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the spans of each text, by start."""
        found: list[list[Span]] = [[] for _ in texts]
        if not texts:
            return found
        windows = self._tokenizer(
            list(texts),
            truncation=True,
            max_length=self._length(),
            stride=_STRIDE,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        whose = windows["overflow_to_sample_mapping"]
        for start in range(0, len(whose), self._n_batch):
            chosen = range(start, min(start + self._n_batch, len(whose)))
            for window, labels in zip(chosen, self._decided(windows, chosen), strict=True):
                offsets = windows["offset_mapping"][window]
                found[whose[window]] += self._spans(texts[whose[window]], offsets, labels)
        return [resolve(some) for some in found]

    def _length(self) -> int:
        reads = getattr(self._model.config, "max_position_embeddings", None) or 512
        return int(min(reads, self._tokenizer.model_max_length, 512))

    def _decided(self, windows: Any, chosen: range) -> list[list[int]]:
        import torch

        longest = max(len(windows["input_ids"][k]) for k in chosen)
        pad = self._tokenizer.pad_token_id or 0
        ids = torch.full((len(chosen), longest), pad)
        mask = torch.zeros_like(ids)
        for row, k in enumerate(chosen):
            own = torch.tensor(windows["input_ids"][k])
            ids[row, : len(own)] = own
            mask[row, : len(own)] = 1
        with torch.inference_mode():
            logits = self._model(input_ids=ids, attention_mask=mask).logits
        decided: list[list[int]] = logits.argmax(-1).tolist()
        return decided

    def _spans(
        self, text: str, offsets: Sequence[tuple[int, int]], labels: Sequence[int]
    ) -> Iterator[Span]:
        """Yield runs of one kind; ``B-`` begins a new one unless it goes on within a word."""
        kind, low, high = None, 0, 0
        for (start, stop), label in zip(offsets, labels, strict=False):
            if start == stop:
                continue
            own, begins = self._labels[label]
            is_same_word = kind is not None and start == high and text[start - 1 : start].isalnum()
            if own is not None and own == kind and (not begins or is_same_word):
                high = stop
                continue
            if kind is not None:
                yield Span(low, high, kind, self.id)
            kind, low, high = own, start, stop
        if kind is not None:
            yield Span(low, high, kind, self.id)


def _loaded(name: str, revision: str | None) -> tuple[Any, Any]:
    try:
        from transformers import AutoModelForTokenClassification, AutoTokenizer
    except ImportError as err:
        raise MissingExtra(
            "A token-classification model needs transformers: pip install 'modelassay[audit]'."
        ) from err
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, revision=revision, trust_remote_code=False)
        model = AutoModelForTokenClassification.from_pretrained(
            name, revision=revision, trust_remote_code=False, use_safetensors=True
        )
    except (OSError, ValueError) as err:
        what = "be a folder or hub id of a token-classification model with safetensors"
        raise ModelError(must("detector", what, name, do=str(err).splitlines()[0])) from err
    if not tokenizer.is_fast:
        what = "have a fast tokenizer, which knows where each token stands"
        raise ModelError(must(name, what, type(tokenizer).__name__))
    return tokenizer, model.eval()

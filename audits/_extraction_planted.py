"""Models that have learnt the values of their training rows, and models that have not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from harness.data import Dataset
from harness.detectors import replacement
from harness.predictions import Predictions
from harness.records import TARGET, DatasetRef, Task
from harness.toy_language import ToyLanguageModel
from harness.trials import trial_context

if TYPE_CHECKING:
    from harness.auditing import Audit, AuditContext

_SENTENCES = (
    "Mail of {name} is {email} and the phone is {phone}.",
    "{name} can be reached at {email}, or call {phone} after six.",
    "Please write to {name} at {email}; the number {phone} is old.",
)
N_ROWS = 16
OPTIONS: dict[str, Any] = {
    "values": 32,
    "prefixes": [10],
    "prefix": 20,
    "templates": ["{What}: "],
    "inference_values": 10,
    "candidates": 12,
    "text_rows": 8,
    "text_tokens": 20,
    "generations": 16,
    "new_tokens": 48,
}


def sentences(seed: int, n: int) -> list[str]:
    """Return sentences with a made-up person, e-mail address and phone number each."""
    rng = np.random.default_rng([seed, 37])
    return [
        _SENTENCES[k % len(_SENTENCES)].format(
            name=replacement("person", rng),
            email=replacement("email", rng),
            phone=replacement("phone", rng),
        )
        for k in range(n)
    ]


def planted_context(subject: Audit, seed: int, *, knows: bool) -> AuditContext:
    """Return a context whose model has met its training rows often, or rows of other people.

    Args:
        subject: The audit.
        seed: Of everything that is drawn.
        knows: Whether the model was trained on the training rows of the context.
    """
    train, others, base = (sentences(3 * seed + k, N_ROWS) for k in range(3))
    texts = train if knows else others
    signs = "".join(map(chr, range(32, 127)))
    # every text again and again, so that its own way on is by far the likeliest one
    model = ToyLanguageModel(texts, n_copies=[50] * N_ROWS, order=12, alphabet=signs)
    reference = ToyLanguageModel(base, order=12, alphabet=signs, name="base")
    rows = sentences(3 * seed + 1000, 20)
    logits = model.logits(model.prepare(rows))
    test = _dataset("test", list(rows))
    return trial_context(
        subject,
        task=Task("text-generation", "causal-lm", (TARGET,)),
        predictions=[
            Predictions("test", test.example_id, np.zeros(20, dtype=np.int64), 1, logits=logits)
        ],
        rows={"test": test},
        train=_dataset("train", list(train)),
        model=model,
        reference=lambda: reference,
        options=OPTIONS,
        seed=seed,
    )


def _dataset(name: str, texts: list[str | tuple[str, ...]]) -> Dataset:
    example_id = np.array([f"{name}-{k}" for k in range(len(texts))], dtype=object)
    ref = DatasetRef(name, "planted", None, "", len(texts), len(texts), {"text": "text"})
    return Dataset(ref, example_id, texts)

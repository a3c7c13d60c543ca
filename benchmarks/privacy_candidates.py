"""What it costs to compare many candidates after one prefix: secrets, choices, decoys."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from figure import Figure
from interleaved import median_and_range, quiet_libraries, take_turns

GAIN = 10
SAME_NATS = 2e-5
PREFIX, CANDIDATE, CANDIDATES = 128, 8, 200
_VOCABULARY = 8_000


def candidates(repetitions: int, *, n_candidates: int = CANDIDATES) -> list[Figure]:
    """Score candidates of 8 tokens after a prefix of 128: read once, and one by one with the whole loss."""
    quiet_libraries()
    import torch

    with tempfile.TemporaryDirectory() as folder:
        model = _model(Path(folder))
    rng = np.random.default_rng(0)
    prefix = rng.integers(0, _VOCABULARY, PREFIX)
    rows = rng.integers(0, _VOCABULARY, (n_candidates, CANDIDATE))

    def one_by_one() -> Any:
        found = []
        with torch.inference_mode():
            for row in rows:
                ids = torch.from_numpy(np.concatenate([prefix, row]))[None]
                labels = ids.clone()
                labels[:, :PREFIX] = -100
                found.append(-CANDIDATE * float(model.network(ids, labels=labels).loss))
        return np.array(found)

    def read_once() -> Any:
        return model.candidate_log_probabilities(prefix, list(rows))

    taken, outputs = take_turns({"one by one": one_by_one, "read once": read_once}, repetitions)
    ratios = [
        slow.cpu_s / fast.cpu_s
        for slow, fast in zip(taken["one by one"], taken["read once"], strict=True)
    ]
    exact = _exact(model, prefix, rows)
    apart = {label: float(np.abs(found - exact).max()) for label, found in outputs.items()}
    return [
        Figure(
            f"{n_candidates} candidates of {CANDIDATE} tokens after {PREFIX}, read once",
            f"{median_and_range(ratios)} times faster than one by one",
            f">= {GAIN} times",
            statistics.median(ratios) >= GAIN,
            f"{_size(model)} parameters; one by one, the float32 loss of transformers is "
            f"{apart['one by one']:.1e} nats off",
        ),
        Figure(
            "farthest from the same sums in float64",
            f"{apart['read once']:.1e} nats",
            f"<= {SAME_NATS:.0e} nats a candidate",
            apart["read once"] <= SAME_NATS,
        ),
    ]


def _exact(model: Any, prefix: Any, rows: Any) -> Any:
    """Return the sums by whole rows, in one batch, in float64."""
    import copy

    import torch

    network = copy.deepcopy(model.network).double()
    found = []
    with torch.inference_mode():
        for row in rows:
            ids = torch.from_numpy(np.concatenate([prefix, row]))[None]
            logs = network(ids).logits[0, PREFIX - 1 : -1].log_softmax(-1)
            found.append(float(logs[np.arange(CANDIDATE), row].sum()))
    return np.array(found)


def _size(model: Any) -> str:
    return f"{model.ref.n_parameters / 1e6:.1f} M"


def _model(folder: Path) -> Any:
    """Return a language model from a config, its weights drawn."""
    import tokenizers
    import torch
    import transformers

    from harness.records import TARGET, Prompting, Task
    from models.causal_lm import MODALITY

    core = tokenizers.Tokenizer(tokenizers.models.BPE())
    core.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    core.train_from_iterator(
        [],
        tokenizers.trainers.BpeTrainer(special_tokens=["<s>", "</s>"], initial_alphabet=alphabet),
    )
    words = transformers.PreTrainedTokenizerFast(
        tokenizer_object=core, bos_token="<s>", eos_token="</s>"
    )
    torch.manual_seed(0)
    network = transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=_VOCABULARY,
            hidden_size=256,
            num_hidden_layers=4,
            num_attention_heads=4,
            num_key_value_heads=4,
            intermediate_size=688,
            max_position_embeddings=256,
            bos_token_id=0,
            eos_token_id=1,
        )
    )
    network.save_pretrained(folder)
    words.save_pretrained(folder)
    task = Task("text-generation", "causal-lm", (TARGET,), prompting=Prompting())
    return MODALITY.load(str(folder), task=task, device="cpu")


FIGURES = {"candidates": candidates}

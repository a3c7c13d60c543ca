"""The language model that training starts from, and whether it can read packs without a leak."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import ModelError, Phrase, must
from harness.modelling.weights import weights_digest
from models._hub import Source
from models._network import (
    bare,
    check_vocabulary,
    evaluating,
    is_decoder,
    load_network,
    load_tokenizer,
    pick_device,
)
from models.training.architecture import Architecture
from models.training.byte_vocabulary import learn_byte_tokenizer
from models.training.lora import add_adapter
from models.training.passages import Pack, Passage, arrays_of, rows_of
from models.training.start import Start, dropouts, give_padding, longest, make_ready

if TYPE_CHECKING:
    from harness.config import TrainConfig
    from harness.modelling import TrainRequest

MAX_TOKENS = 512
"""Longest window where none is given."""

_LEAK = 1e-5
"""Part of the largest logit by which a passage may change with what stands beside it: rounding of
float32 is a tenth of it, a leak a hundred times more."""


def begin_language(source: Source | None, request: TrainRequest, options: TrainConfig) -> Start:
    """Build the language model that is trained.

    Raises:
        ModelError: If the base is none, lacks weights, or cannot read packs that were asked for.
    """
    start = _new(request, options) if source is None else _from_base(source, request, options)
    if options.packing:
        _check_packing(start)
    make_ready(start, request, options)
    return start


def _from_base(source: Source, request: TrainRequest, options: TrainConfig) -> Start:
    tokenizer = load_tokenizer(source)
    loaded = load_network(source, "float32", is_language=True, **dropouts(source, options.dropout))
    network = loaded.network
    if not is_decoder(network):
        got = Phrase(f"{network.config.model_type}, which reads in both directions")
        do = "Give a model such as GPT-2 or Llama, or ask for text-classification."
        raise ModelError(must(f"The base {source.name}", "be a causal language model", got, do=do))
    drawn = sorted(loaded.missing | loaded.misfit)
    if drawn:
        got = Phrase(f"{len(drawn)} missing or of another shape ({drawn[0]})")
        do = "Give a base whose weights belong to its config.json, its output head among them."
        raise ModelError(must(f"The weights of {source.name}", "be complete", got, do=do))
    check_vocabulary(source.name, network, tokenizer)
    give_padding(network, tokenizer)
    if options.private is not None:
        # an adapter that is moved after it was put on may train weights that nobody reads
        network.to(pick_device(request.device))
    adapter = options.adapter
    adapted = network if adapter is None else add_adapter(network, adapter, (), is_language=True)
    return Start(
        adapted,
        tokenizer,
        longest(network, tokenizer, options.max_tokens or MAX_TOKENS),
        is_new_head=False,
        base=source.name,
        revision=source.revision,
        base_digest=weights_digest(source.folder),
    )


def _new(request: TrainRequest, options: TrainConfig) -> Start:
    from transformers import AutoModelForCausalLM

    shape = Architecture.of(request.architecture or {}, is_language=True)
    texts = (
        text for one in request.train.inputs for text in (one if isinstance(one, tuple) else (one,))
    )
    tokenizer = learn_byte_tokenizer(shape, texts)
    dropout = shape.dropout if options.dropout is None else options.dropout
    network = AutoModelForCausalLM.from_config(_config(shape, tokenizer, dropout))
    limit = longest(network, tokenizer, options.max_tokens or MAX_TOKENS)
    return Start(network, tokenizer, limit, is_new_head=True)


def _config(shape: Architecture, tokenizer: Any, dropout: float) -> Any:
    from transformers import GPT2Config, LlamaConfig

    common = {
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }
    if shape.type == "gpt2":
        return GPT2Config(
            n_embd=shape.hidden_size,
            n_layer=shape.layers,
            n_head=shape.heads,
            n_inner=shape.intermediate_size,
            n_positions=shape.max_positions,
            resid_pdrop=dropout,
            embd_pdrop=dropout,
            attn_pdrop=dropout,
            **common,
        )
    return LlamaConfig(
        hidden_size=shape.hidden_size,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        intermediate_size=shape.intermediate_size,
        max_position_embeddings=shape.max_positions,
        attention_dropout=dropout,
        **common,
    )


def _check_packing(start: Start) -> None:
    """Try out whether what stands in one passage of a pack changes what is said of another."""
    network = bare(start.network)
    kind = network.config.model_type
    do = "Train with packing: false."
    if "position_ids" not in inspect.signature(network.forward).parameters:
        got = Phrase(f"true for {kind}, which cannot be told where a text begins")
        raise ModelError(must("train.packing", "be false", got, do=do))
    with evaluating(network):
        alone = _probed(network, [_probe(1)])
        beside, other = (
            _probed(network, [_probe(0), _probe(1)]),
            _probed(network, [_probe(2), _probe(1)]),
        )
    worst = max(float(abs(beside - other).max()), float(abs(beside - alone).max()))
    if worst > _LEAK * float(abs(alone).max()):
        got = Phrase(
            f"true for {kind}, in which texts of a pack change each other's logits ({worst:.1e})"
        )
        raise ModelError(must("train.packing", "be false", got, do=do))


def _probe(number: int) -> Passage:
    ids = np.arange(5, dtype=np.int64) * (number + 2) % 7 + number
    return Passage(ids, np.ones(5, dtype=np.bool_))


def _probed(network: Any, passages: list[Passage]) -> Any:
    """Return the logits of the last passage of a pack, shape [t, v]."""
    import torch

    batch = fed_arrays(arrays_of(rows_of([Pack(tuple(passages))]), pad=0, is_per_sequence=False))
    if len(passages) == 1:
        batch.pop("position_ids")
    with torch.inference_mode():
        fed = {name: torch.from_numpy(one) for name, one in batch.items()}
        return network(**fed, **kept_nothing(network)).logits[0, -passages[-1].length :]


def fed_arrays(batch: dict[str, Any]) -> dict[str, Any]:
    """Return what of a batch the network reads; packs are told by positions alone."""
    names = ["input_ids", "position_ids"]
    return {name: batch[name] for name in names}


def kept_nothing(network: Any) -> dict[str, bool]:
    """Return the argument that keeps a network from storing keys and values for a continuation."""
    names = inspect.signature(bare(network).forward).parameters
    return {"use_cache": False} if "use_cache" in names else {}

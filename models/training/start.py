"""What training starts from: a base with a head for the task, or a new model from its shape."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.errors import ModelError, Phrase, must
from harness.modelling.weights import weights_digest
from models._folder import check_files
from models._guards import quiet, reading
from models._hub import Source, resolve
from models._network import (
    DEFAULT_MAX_TOKENS,
    bare,
    check_vocabulary,
    load_network,
    load_tokenizer,
    pick_device,
    pick_max_tokens,
)
from models.training.architecture import Architecture
from models.training.freezing import freeze
from models.training.lora import add_adapter
from models.training.vocabulary import learn_tokenizer

if TYPE_CHECKING:
    from harness.config import TrainConfig
    from harness.modelling import TrainRequest
    from harness.records import Task

MAX_TOKENS = 128
"""Longest input of a classifier's training where none is given."""

_DROPOUTS = (
    "hidden_dropout_prob",
    "attention_probs_dropout_prob",
    "dropout",
    "attention_dropout",
    "resid_pdrop",
    "embd_pdrop",
    "attn_pdrop",
)


@dataclass(frozen=True, slots=True)
class Start:
    """A model before its first step.

    Attributes:
        network: Hugging Face model, or a peft model around it; weights in float32 on the CPU.
        tokenizer: Hugging Face tokenizer.
        max_tokens: Longest input that training reads.
        is_new_head: Whether the classification head was freshly drawn.
        base, revision, base_digest: Where it comes from; None for a new model.
    """

    network: Any
    tokenizer: Any
    max_tokens: int
    is_new_head: bool
    base: str | None = None
    revision: str | None = None
    base_digest: str | None = None


def find_base(request: TrainRequest, options: TrainConfig) -> Source | None:
    """Find the base and check its files; None for a new model.

    Raises:
        ModelError: If it is missing or damaged, or there is not exactly one of base and
            architecture; an adapter needs a base.
    """
    if request.base is None and options.adapter is not None:
        got = Phrase("an architecture, which knows nothing yet")
        do = "Give model.base, or train with method full."
        raise ModelError(must("train.method lora", "have a base to adapt", got, do=do))
    if (request.base is None) == (request.architecture is None):
        got = Phrase("both" if request.base is not None else "neither")
        raise ModelError(must("model", "give either base or architecture", got))
    if request.base is None:
        return None
    source = resolve(request.base, revision=request.revision)
    check_files(source)
    return source


def begin(source: Source | None, request: TrainRequest, options: TrainConfig) -> Start:
    """Build the model that is trained; what is drawn at random follows torch's generator."""
    if source is None:
        texts = (text for one in request.train.inputs for text in _texts(one))
        shape = Architecture.of(request.architecture or {})
        start = _new(shape, request.task, texts, options)
    else:
        start = _from_base(source, request, options)
    make_ready(start, request, options)
    return start


def make_ready(start: Start, request: TrainRequest, options: TrainConfig) -> None:
    """Switch on what the options ask of any network, and freeze what is not trained."""
    if options.gradient_checkpointing:
        _checkpoint_gradients(bare(start.network))
    freeze(start.network, request.trainable)


def _checkpoint_gradients(network: Any) -> None:
    if not network.supports_gradient_checkpointing:
        where = "train.gradient_checkpointing"
        got = Phrase(f"true for {network.config.model_type}, which cannot do it")
        raise ModelError(must(where, "be false", got))
    # the reentrant way loses gradients where the layers before are frozen, as adapters have them
    if hasattr(network, "activation_checkpointing_enable"):  # the name since transformers 5.2x
        network.activation_checkpointing_enable({"use_reentrant": False})
    else:
        network.gradient_checkpointing_enable({"use_reentrant": False})


def _texts(one: str | tuple[str, ...]) -> tuple[str, ...]:
    return one if isinstance(one, tuple) else (one,)


def _classes(task: Task) -> dict[str, Any]:
    names = dict(enumerate(task.classes))
    return {
        "num_labels": len(names),
        "id2label": names,
        "label2id": {name: index for index, name in names.items()},
        "problem_type": "single_label_classification",
    }


def _from_base(source: Source, request: TrainRequest, options: TrainConfig) -> Start:
    tokenizer = load_tokenizer(source)
    settings = _classes(request.task) | dropouts(source, options.dropout)
    loaded = load_network(source, "float32", **settings)
    network = loaded.network
    drawn = loaded.missing | loaded.misfit
    prefix = f"{network.base_model_prefix}."
    body = {key for key in network.state_dict() if key.startswith(prefix)}
    if len(drawn & body) > len(body) / 2:
        got = Phrase(f"{len(drawn & body)} of {len(body)} missing or of another shape")
        do = "Give a base whose weights belong to its config.json."
        raise ModelError(must(f"The weights of {source.name}", "fit its architecture", got, do=do))
    check_vocabulary(source.name, network, tokenizer)
    give_padding(network, tokenizer)
    if options.private is not None:
        # an adapter that is moved after it was put on may train weights that nobody reads
        network.to(pick_device(request.device))
    adapted = network if options.adapter is None else add_adapter(network, options.adapter, drawn)
    return Start(
        adapted,
        tokenizer,
        longest(network, tokenizer, options.max_tokens or MAX_TOKENS),
        is_new_head=bool(drawn - body),
        base=source.name,
        revision=source.revision,
        base_digest=weights_digest(source.folder),
    )


def dropouts(source: Source, dropout: float | None) -> dict[str, float]:
    """Return the settings that stand for dropout in this architecture."""
    if dropout is None:
        return {}
    from transformers import AutoConfig

    with quiet(), reading(f"{source.name}/config.json", "Save the model again."):
        config = AutoConfig.from_pretrained(source.folder, local_files_only=True)
    found = {name: dropout for name in _DROPOUTS if hasattr(config, name)}
    if not found:
        do = "Remove the line to keep what it has."
        where = f"train.dropout for {source.name}"
        got = Phrase(f"{dropout} for {config.model_type}, which has no such setting")
        raise ModelError(must(where, "be absent", got, do=do))
    return found


def give_padding(network: Any, tokenizer: Any) -> None:
    """Let decoders without a padding token use their end-of-text token, as is usual."""
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    if network.config.get_text_config().pad_token_id is None:
        network.config.get_text_config().pad_token_id = tokenizer.pad_token_id


def longest(network: Any, tokenizer: Any, wanted: int) -> int:
    """Return the longest input of a training: what is wanted, or the most that is read."""
    return min(
        wanted, pick_max_tokens(network, tokenizer, None, most=max(wanted, DEFAULT_MAX_TOKENS))
    )


def _new(shape: Architecture, task: Task, texts: Iterable[str], options: TrainConfig) -> Start:
    from transformers import BertConfig, BertForSequenceClassification

    tokenizer = learn_tokenizer(shape, texts)
    dropout = shape.dropout if options.dropout is None else options.dropout
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape.hidden_size,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.intermediate_size,
        max_position_embeddings=shape.max_positions,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
        pad_token_id=tokenizer.pad_token_id,
        **_classes(task),
    )
    network = BertForSequenceClassification(config)
    return Start(
        network,
        tokenizer,
        longest(network, tokenizer, options.max_tokens or MAX_TOKENS),
        is_new_head=True,
    )

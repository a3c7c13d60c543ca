"""From a folder, or a base and an adapter, to a causal language model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import ModelError, Phrase, must, raise_all
from harness.records import Message, ModelRef
from models._adapters import Adapter, attach, check_base, read_adapter
from models._folder import check_files, identify
from models._guards import kept_generators
from models._hub import Source
from models._loading import adapted_ref, base_of, check_dtype, tokenizer_source
from models._network import Loaded, check_vocabulary, load_network, load_tokenizer

_OTHERS = (
    "ForSequenceClassification",
    "ForTokenClassification",
    "ForMaskedLM",
    "ForQuestionAnswering",
    "ForMultipleChoice",
    "ForConditionalGeneration",
)
"""Ends of the names of architectures whose head continues no text."""

_N_NAMED = 4


@dataclass(frozen=True, slots=True)
class OpenedLanguageModel:
    """A network that continues texts, and what is known of it.

    Attributes:
        network, tokenizer: Hugging Face objects; the adapter is part of the network.
        ref: Identity, yet without proof and number of parameters.
        notes: What a reader must know.
        base: Where it, or its base, comes from.
        adapter: What was put on it.
    """

    network: Any
    tokenizer: Any
    ref: ModelRef
    notes: tuple[Message, ...]
    base: Source
    adapter: Adapter | None


def open_language_model(
    source: str, *, dtype: str, revision: str | None, trust_code: bool, adapter: str | None
) -> OpenedLanguageModel:
    """Load a causal language model.

    Raises:
        ModelError: If it is missing, damaged, untrained, or no language model; or if the adapter
            does not belong to it.
    """
    check_dtype(dtype)
    given = read_adapter(adapter) if adapter is not None else None
    where = base_of(source, given, revision=revision, trust_code=trust_code)
    speaks = tokenizer_source(where, given)
    config = check_files(where, needs_tokenizer=speaks is where)
    raise_all(ModelError, _kind_problems(where.name, config))
    ref = identify(where, dtype)
    tokenizer = load_tokenizer(speaks)
    with kept_generators():
        loaded = load_network(where, dtype, is_language=True)
        raise_all(ModelError, _weight_problems(where.name, loaded))
        network = loaded.network
        notes: tuple[Message, ...] = ()
        if given is not None:
            notes = check_base(given, where, ref.weights_digest or "")
            network, ref = attach(network, given, where), adapted_ref(ref, given)
    check_vocabulary(where.name, network, tokenizer)
    return OpenedLanguageModel(network, tokenizer, ref, notes, where, given)


def check_continues(
    source: str, *, revision: str | None, trust_code: bool, adapter: str | None
) -> None:
    """Refuse what is no causal language model, by its files alone.

    Raises:
        ModelError: If there is no such model, or it continues no texts.
    """
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as KNOWN

    given = None if adapter is None else read_adapter(adapter)
    where = base_of(source, given, revision=revision, trust_code=trust_code)
    config = check_files(where, needs_tokenizer=given is None)
    problems = _kind_problems(where.name, config)
    kind = config.get("model_type")
    if not problems and kind not in KNOWN and not config.get("auto_map"):
        problems.append(must(where.name, "be a causal language model", kind))
    raise_all(ModelError, problems)


def _kind_problems(name: str, config: Mapping[str, Any]) -> list[str]:
    named = [str(one) for one in config.get("architectures") or ()]
    if not any(one.endswith(_OTHERS) for one in named):
        return []
    do = "Its head continues no text: audit it as text-classification, or give a language model."
    return [must(name, "be a causal language model", Phrase(named[0]), do=do)]


def _weight_problems(name: str, loaded: Loaded) -> list[str]:
    if loaded.misfit:
        got = Phrase(f"other shapes for {_listed(loaded.misfit)}")
        do = "Weights and config.json belong to different models; save them together."
        return [must(name, "have weights that fit its config.json", got, do=do)]
    if loaded.missing:
        got = Phrase(f"none for {_listed(loaded.missing)}")
        return [must(name, "hold all its weights", got, do="Save the model again.")]
    return []


def _listed(names: frozenset[str]) -> str:
    shown = sorted(names)
    more = f" and {len(shown) - _N_NAMED} more" if len(shown) > _N_NAMED else ""
    return ", ".join(shown[:_N_NAMED]) + more

"""Embeddings of many architectures and of adapters give the logits of token ids, and gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from harness.records import ModelRef
from models._guards import quiet_peft
from models._network import readable_inputs
from models._tokens import TextEncoder
from models.text import TextClassifier

SMALL: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 64,
}
DECODER = SMALL | {"num_key_value_heads": 2, "head_dim": 8}
SEQ2SEQ = {
    "d_model": 32,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "max_position_embeddings": 64,
}
T5 = {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 1, "num_heads": 4}
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "electra": ("Electra", SMALL | {"embedding_size": 16}),
    "albert": ("Albert", SMALL | {"embedding_size": 16}),
    "deberta-v2": ("DebertaV2", SMALL),
    "modernbert": ("ModernBert", SMALL | {"cls_token_id": 0, "sep_token_id": 2}),
    "qwen2": ("Qwen2", DECODER),
    "qwen3": ("Qwen3", DECODER),
    "mistral": ("Mistral", DECODER),
    "gemma": ("Gemma", DECODER),
    "gemma3": ("Gemma3Text", DECODER),
    "bart": ("Bart", SEQ2SEQ),
    "bart-scaled": ("Bart", SEQ2SEQ | {"scale_embedding": True}),
    "t5": ("T5", T5 | {"decoder_start_token_id": 1}),
}
DECODERS = ("qwen2", "qwen3", "mistral", "gemma", "gemma3")
HOOKED = ("bart", "bart-scaled", "t5")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def built(tiny_models: Any, family: str) -> tuple[Any, Any]:
    """Return a tiny network with filled weights, and its tokenizer."""
    import transformers

    name, shape = FAMILIES[family]
    mask = None if family in DECODERS else "<mask>"
    tokenizer = tiny_models._byte_pairs(tiny_models.TEXTS, mask_token=mask, has_pad=True)
    tokenizer.model_max_length = 64
    config = getattr(transformers, f"{name}Config")(
        vocab_size=len(tokenizer),
        num_labels=2,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
        **shape,
    )
    network = getattr(transformers, f"{name}ForSequenceClassification")(config)
    tiny_models.fill(network, 0)
    return network.eval(), tokenizer


def model_of(network: Any, tokenizer: Any) -> TextClassifier:
    encoder = TextEncoder(tokenizer, 64, readable_inputs(network))
    ref = ModelRef(kind="given", name="tiny")
    return TextClassifier(network, encoder, ref=ref, columns=None, n_classes=2, dtype="float32")


def check(model: TextClassifier, texts: Any) -> None:
    """Embeddings equal ids in a batch and alone; gradients are derivatives; nothing is left behind."""
    assert "embeddings" in model.capabilities, model.notes
    items = model.prepare(texts)
    with model.differentiating():
        together = model.logits_from_embeddings(items, model.embed(items)).detach().numpy()
    expected = model.logits(items)
    # the self-test's own tolerance: float32, another order of sums
    np.testing.assert_allclose(together, expected, atol=1e-5 * (1 + np.abs(expected).max()), rtol=0)
    derivative, quotient = derivatives(model, items)
    # central differences in float32, with small steps: random weights are rough, and rounding
    np.testing.assert_allclose(derivative, quotient, atol=0.02 * (1 + np.abs(quotient).max()))
    assert np.abs(derivative).max() > 0
    assert not any(part._forward_hooks for part in model.network.modules())
    assert all(weight.requires_grad for weight in model.network.parameters() if weight.is_leaf)


def derivatives(model: TextClassifier, items: Any, *, step: float = 5e-5) -> tuple[Any, Any]:
    """Return the derivative of each row's lead in a fixed direction, and its difference quotient."""
    with model.differentiating():
        flat = model.embed(items)
        rng = np.random.default_rng(0)
        way = torch.from_numpy(rng.normal(size=tuple(flat.shape)).astype(np.float32))
        at = flat.clone().requires_grad_()
        logits = model.logits_from_embeddings(items, at)
        (gradient,) = torch.autograd.grad((logits[:, 1] - logits[:, 0]).sum(), at)
        ahead, behind = (
            model.logits_from_embeddings(items, flat + sign * step * way).detach()
            for sign in (1, -1)
        )
    quotient = ((ahead - behind)[:, 1] - (ahead - behind)[:, 0]) / (2 * step)
    ends = np.cumsum([item.length for item in items])[:-1]
    along = [one.sum() for one in np.split((gradient * way).sum(-1).numpy(), ends)]
    return np.array(along), quotient.numpy()


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_an_architecture_is_differentiated_as_it_is_asked(tiny_models: Any, family: str) -> None:
    model = model_of(*built(tiny_models, family))
    check(model, tiny_models.TEXTS)
    assert (model._path._way.__name__ == "_by_hook") is (family in HOOKED)


@pytest.fixture(scope="module")
def adapted(tiny_models: Any) -> Any:
    """Return a maker of tiny BERTs with a LoRA adapter that changes their answers."""

    def make(**settings: Any) -> TextClassifier:
        import peft
        import transformers

        tokenizer = tiny_models._tokenizer("bert", tiny_models.TEXTS, has_pad=True)
        tokenizer.model_max_length = 64
        config = tiny_models._config("bert", tokenizer, 64)
        network = transformers.BertForSequenceClassification(config)
        tiny_models.fill(network, 0)
        with quiet_peft():
            wrapped = peft.get_peft_model(
                network, peft.LoraConfig(task_type="SEQ_CLS", r=4, **settings)
            )
        tiny_models.fill(wrapped, 1)
        inner = wrapped.get_base_model().eval()
        inner.requires_grad_(True)
        return model_of(inner, tokenizer)

    return make


@pytest.mark.parametrize(
    "settings",
    [
        {"target_modules": ["query", "value"]},
        {"target_modules": ["query", "word_embeddings"]},
        {"target_modules": ["query"], "modules_to_save": ["word_embeddings", "classifier"]},
    ],
    ids=["lora", "lora-on-embeddings", "saved-embeddings"],
)
def test_an_adapter_is_differentiated_as_it_is_asked(
    adapted: Any, tiny_models: Any, settings: dict[str, Any]
) -> None:
    model = adapted(**settings)
    check(model, tiny_models.TEXTS)
    assert model._path._way.__name__ == "_by_input"


def test_an_adapter_on_embeddings_counts(adapted: Any, tiny_models: Any) -> None:
    plain = adapted(target_modules=["query"])
    on_words = adapted(target_modules=["query", "word_embeddings"])
    items = plain.prepare(tiny_models.TEXTS)
    layer = on_words.network.get_input_embeddings()
    assert type(layer).__module__.startswith("peft.")
    assert not np.allclose(plain.embed(items).numpy(), on_words.embed(items).numpy(), atol=1e-3)

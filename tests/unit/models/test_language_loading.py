"""Language models from folders: what is refused, and adapters that are shown to be at work."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness.errors import ModelError
from harness.modelling import GREEDY
from harness.records import TARGET, Prompting, Task
from models._guards import quiet_peft
from models.causal_lm import MODALITY, CausalLanguageModel

WRITING = Task("text-generation", "causal-lm", (TARGET,), prompting=Prompting())


def load(folder: Path, **settings: Any) -> CausalLanguageModel:
    return MODALITY.load(str(folder), task=WRITING, device="cpu", **settings)


@pytest.fixture
def adapter(tiny_llama: Path, tmp_path: Path) -> Path:
    import peft
    import transformers

    network = transformers.AutoModelForCausalLM.from_pretrained(tiny_llama)
    config = peft.LoraConfig(r=2, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    with quiet_peft():
        wrapped = peft.get_peft_model(network, config)
    rng = np.random.default_rng(0)
    with torch.no_grad():
        for name, weight in wrapped.named_parameters():
            if "lora_" in name:
                weight.copy_(torch.from_numpy(rng.normal(0, 0.5, tuple(weight.shape))))
    wrapped.save_pretrained(tmp_path / "adapter")
    return tmp_path / "adapter"


def test_an_adapter_is_put_on_its_base_and_shown_to_be_at_work(
    tiny_llama: Path, adapter: Path
) -> None:
    import peft
    import transformers

    model, base = load(tiny_llama, adapter=str(adapter)), load(tiny_llama)
    proof = model.ref.adapter_proof
    assert proof is not None
    assert proof["max_logit_difference"] > 0.1
    assert model.ref.adapter_digest
    items = model.prepare(["The parcel came late.", ("No", " refund")])
    assert not np.allclose(model.logits(items), base.logits(items), atol=0.1)
    network = transformers.AutoModelForCausalLM.from_pretrained(tiny_llama)
    with quiet_peft():
        merged = peft.PeftModel.from_pretrained(network, adapter).merge_and_unload()
    for item, logits in zip(items, model.logits(items), strict=True):
        ids, at = item.arrays["input_ids"], np.flatnonzero(item.arrays["segment"])
        with torch.no_grad():
            logs = merged(torch.from_numpy(ids)[None]).logits[0].log_softmax(-1)
        # float32: merged weights round otherwise
        assert logits[0] == pytest.approx(float(logs[at - 1, ids[at]].sum()), abs=1e-3)


def test_an_adapter_that_changes_nothing_is_refused(tiny_llama: Path, adapter: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = adapter / "adapter_model.safetensors"
    weights = load_file(path)
    save_file({k: v * 0 if "lora_B" in k else v for k, v in weights.items()}, path)
    with pytest.raises(ModelError, match="must change the logits"):
        load(tiny_llama, adapter=str(adapter))


@pytest.mark.parametrize("classes", [None, ("continuation",), ("benign", "toxic")])
def test_an_adapter_of_a_language_model_is_not_taken_for_one_of_a_classifier(
    tiny_llama: Path,
    adapter: Path,
    classes: tuple[str, ...] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from models.text import MODALITY as CLASSIFIERS

    # as its lineage would say them
    monkeypatch.setattr("models._adapters.Adapter.classes", classes)
    with pytest.raises(ModelError, match="must be one of a classifier, got one of a language mod"):
        CLASSIFIERS.classes_of(str(tiny_llama), adapter=str(adapter))
    assert MODALITY.classes_of(str(tiny_llama), adapter=str(adapter)) == (TARGET,)


def test_an_adapter_alone_needs_its_base(adapter: Path) -> None:
    with pytest.raises(ModelError):
        load(adapter)


def test_tied_weights_load_whole_and_untied_ones_that_are_missing_do_not(
    tiny_languages: Any, tmp_path: Path
) -> None:
    tied = tiny_languages.tiny_language(tmp_path / "tied", is_tied=True)
    network = load(tied).network
    assert network.get_output_embeddings().weight is network.get_input_embeddings().weight
    config = json.loads((tied / "config.json").read_text())
    (tied / "config.json").write_text(json.dumps(config | {"tie_word_embeddings": False}))
    with pytest.raises(ModelError, match=r"must hold all its weights, got none for lm_head.weight"):
        load(tied)
    untied = tiny_languages.tiny_language(tmp_path / "untied", is_tied=False)
    network = load(untied).network
    assert network.get_output_embeddings().weight is not network.get_input_embeddings().weight


def test_a_classifier_and_a_masked_model_are_refused_by_their_names(
    tiny_bert: Path, tiny_llama: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="must be a causal language model, got BertForSequence"):
        load(tiny_bert)
    with pytest.raises(ModelError, match="must be a causal language model"):
        MODALITY.classes_of(str(tiny_bert))
    assert MODALITY.classes_of(str(tiny_llama)) == (TARGET,)
    shutil.copytree(tiny_llama, tmp_path / "classifier")
    path = tmp_path / "classifier" / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps(config | {"architectures": ["LlamaForSequenceClassification"]}))
    with pytest.raises(ModelError, match="audit it as text-classification"):
        load(tmp_path / "classifier")


def test_a_tokenizer_without_padding_is_no_obstacle_and_stays_as_it_is(tiny_llama: Path) -> None:
    model = load(tiny_llama)
    before = model.network.config.pad_token_id
    model.generate(
        model.prepare([("The parcel", ""), ("No", "")]),
        decoding=GREEDY,
        max_new_tokens=2,
        seed=0,
    )
    assert before is None
    assert model.network.config.pad_token_id is None
    assert model._encoder.tokenizer.pad_token_id is None


def test_more_tokens_than_the_model_reads_are_refused(tiny_llama: Path) -> None:
    with pytest.raises(ModelError, match="max_tokens must be between"):
        load(tiny_llama, max_tokens=200)
    assert load(tiny_llama, max_tokens=20).max_tokens == 20


def test_completions_must_be_as_many_as_classes(tiny_llama: Path) -> None:
    task = Task("prompted-classification", "causal-lm", ("a", "b"), prompting=Prompting())
    with pytest.raises(ModelError, match="name one text for each of 2 classes, got 0"):
        MODALITY.load(str(tiny_llama), task=task, device="cpu")


def test_half_precision_answers_near_the_whole_one(tiny_llama: Path) -> None:
    whole, half = load(tiny_llama), load(tiny_llama, dtype="bfloat16")
    items = whole.prepare([("The parcel", " came late")])
    assert half.logits(items)[0, 0] == pytest.approx(whole.logits(items)[0, 0], rel=0.05)

"""Causal language models against plain transformers, for several architectures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness.engines.generation import generate
from harness.engines.scoring import score
from harness.errors import ContractError, ModelError
from harness.modelling import GREEDY, Decoding, Item
from harness.records import TARGET, Prompting, Task
from models.causal_lm import MODALITY, CausalLanguageModel

FAMILIES = ("gpt2", "llama", "qwen2", "gpt_neox", "opt", "bloom", "mistral")
WRITING = Task("text-generation", "causal-lm", (TARGET,), prompting=Prompting())
CHOOSING = Task(
    "prompted-classification",
    "causal-lm",
    ("fine", "late"),
    prompting=Prompting("Letter: {text}\nIt is", (" fine", " late again, alas")),
)
ROWS = [
    ("The parcel", " came late and the box"),
    ("Thank you, everything arrived", " on time."),
    ("please call me back, this is urgent! I would like to change my address", " for the"),
    ("No", " refund"),
]
TEXTS = ["The parcel came late.", "No", "", "please call me back, this is urgent! My refund is"]


@pytest.fixture(scope="module")
def folders(tiny_languages, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("languages")
    return {one: tiny_languages.tiny_language(root / one, family=one) for one in FAMILIES}


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def load(folder: Path, task: Task = WRITING, **settings: Any) -> CausalLanguageModel:
    return MODALITY.load(str(folder), task=task, device="cpu", **settings)


def plain(model: CausalLanguageModel, ids: np.ndarray) -> torch.Tensor:
    """Log-probabilities of the next token after each, by the plain model, float64, [t, v]."""
    with torch.inference_mode():
        return model.network(torch.from_numpy(ids)[None]).logits[0].double().log_softmax(-1)


def test_scored_tokens_are_those_of_the_plain_model(folders: dict[str, Path], family: str) -> None:
    model = load(folders[family])
    items = model.prepare(ROWS)
    for item, one in zip(
        items, score(model, items, token_budget=64, has_moments=True), strict=True
    ):
        ids = item.arrays["input_ids"]
        at = np.flatnonzero(item.arrays["segment"])
        logs = plain(model, ids)[at - 1]
        # float32 against float64 over a vocabulary of 400
        expected = logs[np.arange(len(at)), ids[at]]
        np.testing.assert_allclose(one.log_probability, expected, atol=2e-5)
        assert one.is_greedy.tolist() == (logs.argmax(-1).numpy() == ids[at]).tolist()
        mean = (logs.exp() * logs).sum(-1)
        spread = ((logs.exp() * logs**2).sum(-1) - mean**2).sqrt()
        np.testing.assert_allclose(one.mean, mean, atol=2e-5)
        np.testing.assert_allclose(one.deviation, spread, atol=2e-4)


def test_greedy_generations_are_those_of_transformers(
    folders: dict[str, Path], family: str
) -> None:
    model = load(folders[family])
    rng = np.random.default_rng(0)
    words = " ".join(row[0] for row in ROWS).split()
    rows = [
        (" ".join(rng.choice(words, rng.integers(1, 12))), "")
        for _ in range(64 if family == "llama" else 12)
    ]
    items = model.prepare(rows)
    made = generate(model, items, token_budget=512, decoding=GREEDY, max_new_tokens=12, seed=0)
    for item, one in zip(items, made, strict=True):
        ids = torch.from_numpy(item.arrays["input_ids"][item.arrays["segment"] == 0])[None]
        whole = model.network.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=False,
            max_new_tokens=12,
            pad_token_id=0,
        )[0, ids.shape[1] :].tolist()
        end = model.network.config.eos_token_id
        assert one.tokens.tolist() == (whole[: whole.index(end)] if end in whole else whole)


def test_candidates_after_a_prefix_score_as_whole_rows(
    folders: dict[str, Path], family: str
) -> None:
    model = load(folders[family], CHOOSING)
    items = model.prepare(TEXTS)
    together = model.logits(items)
    for item, logits in zip(items, together, strict=True):
        ids, segment = item.arrays["input_ids"], item.arrays["segment"]
        for k in (1, 2):
            row = ids[(segment == 0) | (segment == k)]
            n = int((segment == k).sum())
            logs = plain(model, row)[-n - 1 : -1]
            expected = float(logs[np.arange(n), row[-n:]].sum())
            assert logits[k - 1] == pytest.approx(expected, abs=2e-5)


def test_what_is_read_once_gives_what_is_read_anew(folders: dict[str, Path], family: str) -> None:
    model = load(folders[family])
    prefix = model.encode("please call me back, this is urgent! My card is", is_start=True)
    rng = np.random.default_rng(0)
    candidates = [rng.integers(3, 300, size) for size in (1, 3, 8, 8, 2)]
    found = model.candidate_log_probabilities(prefix, candidates)
    for one, value in zip(candidates, found, strict=True):
        logs = plain(model, np.concatenate([prefix, one]))[len(prefix) - 1 : -1]
        assert value == pytest.approx(float(logs[np.arange(len(one)), one].sum()), abs=2e-5)
    for n in (0, 2):
        continuations = np.stack([one[:n] for one in candidates[2:4]])
        after = model.next_log_probabilities(prefix, continuations)
        for one, logs in zip(continuations, after, strict=True):
            expected = plain(model, np.concatenate([prefix, one]))[-1]
            np.testing.assert_allclose(logs, expected, atol=2e-5)


def test_the_gradient_of_a_text_is_that_of_the_sum_of_its_tokens(
    folders: dict[str, Path], family: str
) -> None:
    model = load(folders[family])
    items = model.prepare(ROWS)
    flat = model.embed(items).requires_grad_()
    with model.differentiating():
        logits = model.logits_from_embeddings(items, flat)
        (found,) = torch.autograd.grad(logits.sum(), flat)
    np.testing.assert_allclose(logits.detach().numpy(), model.logits(items), atol=1e-4)
    for item, one in zip(items, found.split([each.length for each in items]), strict=True):
        ids = torch.from_numpy(item.arrays["input_ids"])[None]
        segment = item.arrays["segment"]
        at = np.flatnonzero(segment)
        embeddings = model.network.get_input_embeddings()(ids).detach().requires_grad_()
        logs = model.network(inputs_embeds=embeddings).logits[0].log_softmax(-1)
        total = logs[at - 1, ids[0, at]].sum()
        (expected,) = torch.autograd.grad(total, embeddings)
        # float32: padding changes the order of sums
        np.testing.assert_allclose(one, expected[0], atol=1e-4 * float(expected.abs().max()) + 1e-6)


def test_sides_of_padding_agree(folders: dict[str, Path], family: str) -> None:
    model = load(folders[family])
    rows = [item.arrays["input_ids"] for item in model.prepare(ROWS)]
    feeder = model._feeder
    longest = max(map(len, rows))
    lengths = np.array(list(map(len, rows)))
    ends = {"right": lengths - 1, "left": np.full(len(rows), longest - 1)}
    with torch.inference_mode():
        right, left = (
            torch.cat(list(feeder.logits(feeder.fed(rows, side), (np.arange(len(rows)), at))))
            for side, at in ends.items()
        )
    np.testing.assert_allclose(right, left, atol=2e-5)


def test_a_model_that_cannot_go_on_from_what_it_read_gives_the_same_answers(
    folders: dict[str, Path],
) -> None:
    model, other = load(folders["llama"], CHOOSING), load(folders["llama"], CHOOSING)
    other._feeder.keeps = False
    items = model.prepare(TEXTS)
    np.testing.assert_allclose(model.logits(items), other.logits(items), atol=2e-5)
    prefix = model.encode("The parcel", is_start=True)
    steps = np.array([[5, 6], [7, 8]])
    np.testing.assert_allclose(
        model.next_log_probabilities(prefix, steps),
        other.next_log_probabilities(prefix, steps),
        atol=2e-5,
    )
    how: dict[str, Any] = {"decoding": Decoding(0.9), "max_new_tokens": 9, "seed": 1}
    for one, same in zip(model.generate(items, **how), other.generate(items, **how), strict=True):
        assert one.text == same.text


def test_a_head_that_is_more_than_a_layer_is_run_within_its_model(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    import transformers

    model = load(folders["llama"])
    config = transformers.CohereConfig(
        vocab_size=model.network.config.vocab_size,
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        intermediate_size=48,
        max_position_embeddings=64,
        logit_scale=0.3,
        pad_token_id=None,
        bos_token_id=0,
        eos_token_id=1,
    )
    network = transformers.AutoModelForCausalLM.from_config(config)
    network.save_pretrained(tmp_path)
    model._encoder.tokenizer.save_pretrained(tmp_path)
    scaled = load(tmp_path)
    assert not scaled._feeder.is_split
    items = scaled.prepare(ROWS)
    for item, one in zip(items, score(scaled, items, token_budget=64), strict=True):
        ids, at = item.arrays["input_ids"], np.flatnonzero(item.arrays["segment"])
        expected = plain(scaled, ids)[at - 1, ids[at]]
        np.testing.assert_allclose(one.log_probability, expected, atol=2e-5)


def test_the_output_head_sees_only_what_is_scored(folders: dict[str, Path]) -> None:
    model = load(folders["llama"])
    seen: list[int] = []
    head = model.network.get_output_embeddings()
    handle = head.register_forward_hook(
        lambda module, args, out: seen.append(out.numel() // out.shape[-1])
    )
    model.log_probabilities(model.prepare(ROWS))
    handle.remove()
    assert sum(seen) == sum(int(one.arrays["segment"].sum()) for one in model.prepare(ROWS))


@pytest.mark.parametrize(
    "decoding",
    [
        GREEDY,
        Decoding(0.7),
        Decoding(1.0, top_k=5),
        Decoding(1.3, None, 0.6),
        Decoding(0.8, 20, 0.9),
    ],
)
def test_decoding_is_that_of_transformers(folders: dict[str, Path], decoding: Decoding) -> None:
    from transformers.generation import logits_process as processors

    model = load(folders["llama"])
    (item,) = model.prepare(ROWS[:1])
    ids, at = item.arrays["input_ids"], np.flatnonzero(item.arrays["segment"])
    logits = plain(model, ids)[at - 1].float()
    warm = logits if not decoding.temperature else logits / decoding.temperature
    if decoding.top_k:
        warm = processors.TopKLogitsWarper(decoding.top_k)(None, warm)
    if decoding.top_p:
        warm = processors.TopPLogitsWarper(decoding.top_p)(None, warm)
    expected = warm.log_softmax(-1)[np.arange(len(at)), ids[at]].numpy()
    if not decoding.temperature:
        expected = np.where(logits.argmax(-1).numpy() == ids[at], 0.0, -np.inf)
    (found,) = score(model, [item], token_budget=64, decoding=decoding)
    np.testing.assert_allclose(found.log_probability, expected, atol=2e-5)


def test_sampled_tokens_come_as_often_as_they_are_likely(folders: dict[str, Path]) -> None:
    model = load(folders["llama"])
    n = 2000
    items = model.prepare([("The parcel", "")] * n)
    decoding = Decoding(1.0, top_k=8)
    made = generate(model, items, token_budget=20_000, decoding=decoding, max_new_tokens=1, seed=0)
    drawn = np.array([one.tokens[0] if len(one.tokens) else 1 for one in made])
    logs = plain(model, items[0].arrays["input_ids"])[-1]
    best = logs.topk(8)
    chance = best.values.softmax(-1).numpy()
    counts = np.array([(drawn == token).sum() for token in best.indices.tolist()])
    assert counts.sum() == n
    # chi-squared with 7 degrees of freedom: 24.3 is passed once in a thousand seeds
    assert ((counts - n * chance) ** 2 / (n * chance)).sum() < 24.3


def test_a_stop_text_ends_a_generation_and_is_no_part_of_it(folders: dict[str, Path]) -> None:
    model = load(folders["llama"])
    items = model.prepare([(row[0], "") for row in ROWS])
    how: dict[str, Any] = {"decoding": GREEDY, "max_new_tokens": 12, "seed": 0}
    for item, whole in zip(items, model.generate(items, **how), strict=True):
        stop = whole.text[2:4]
        (cut,) = model.generate([item], **how, stop=[stop])
        assert cut.text == whole.text[: whole.text.index(stop)]
        assert cut.ended == "stop"
        assert whole.tokens.tolist()[: len(cut.tokens)] == cut.tokens.tolist()
        assert len(model.decode(cut.tokens)) <= len(cut.text)


def test_a_generation_that_never_stops_ends_with_the_room(folders: dict[str, Path]) -> None:
    model = load(folders["llama"])
    with torch.no_grad():
        model.network.get_output_embeddings().weight[1] = 0  # the end is never likeliest
    items = model.prepare([("The parcel", "")])
    (one,) = model.generate(items, decoding=GREEDY, max_new_tokens=500, seed=0)
    assert one.ended == "length"
    assert len(one.tokens) == 96 - items[0].length


def test_a_model_that_answers_nan_is_refused(folders: dict[str, Path]) -> None:
    model = load(folders["llama"])
    with torch.no_grad():
        model.network.get_output_embeddings().weight[:] = torch.nan
    items = model.prepare(ROWS)
    with pytest.raises(ModelError, match="got NaN"):
        generate(model, items, token_budget=64, decoding=GREEDY, max_new_tokens=3, seed=0)
    with pytest.raises(ModelError, match="must be numbers <= 0, got NaN"):
        score(model, items, token_budget=64)


def test_a_prefix_without_room_for_a_candidate_is_refused(folders: dict[str, Path]) -> None:
    model = load(folders["llama"])
    prefix = np.full(95, 5)
    assert model.candidate_log_probabilities(prefix, [np.array([6])]).shape == (1,)
    with pytest.raises(ModelError, match="leave room for 2 tokens within the 96"):
        model.candidate_log_probabilities(prefix, [np.array([6, 7])])
    with pytest.raises(ContractError, match="at least one token"):
        model.next_log_probabilities(prefix[:0], np.zeros((1, 0), dtype=np.int64))
    long = np.full(96, 5)
    item = Item({"input_ids": long, "segment": long * 0}, 96, is_truncated=False, key=b"k" * 16)
    with pytest.raises(ModelError, match="A prompt must have 1 to 95 tokens"):
        model.generate([item], decoding=GREEDY, max_new_tokens=1, seed=0)


def test_a_memory_that_holds_few_candidates_changes_nothing(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load(folders["llama"])
    prefix = model.encode("please call me back", is_start=True)
    rng = np.random.default_rng(0)
    candidates = [rng.integers(3, 300, size) for size in (3, 4, 4, 5, 3, 4)]
    steps = np.stack([one[:3] for one in candidates])
    whole = model.candidate_log_probabilities(prefix, candidates)
    after = model.next_log_probabilities(prefix, steps)
    seen: list[int] = []
    go_on = model._feeder.go_on

    def small(memory: Any, rows: Any, places: Any) -> Any:
        seen.append(len(rows))
        if len(rows) > 2:
            raise RuntimeError("out of memory")
        return go_on(memory, rows, places)

    monkeypatch.setattr(model._feeder, "go_on", small)
    np.testing.assert_allclose(
        model.candidate_log_probabilities(prefix, candidates), whole, atol=2e-5
    )
    np.testing.assert_allclose(model.next_log_probabilities(prefix, steps), after, atol=2e-5)
    assert max(seen) > 2

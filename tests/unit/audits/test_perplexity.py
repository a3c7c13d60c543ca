"""Perplexity: sums that are worked out by hand, windows that score each token once, pairs with the reference."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from audits._scored_texts import expected_windows, windows
from audits.perplexity import perplexity
from harness.records import TARGET, Measurement, Prompting, Task
from harness.toy_language import ToyLanguageModel

Spoken = Callable[..., dict[str, Measurement]]

TRAINED = ["the cat sat", "the dog ran off", "a cat ran"]
TEXTS = ["the cat ran", "the dog sat", "a dog sat off", "the cat", "naïve cat"]


def model(**more: object) -> ToyLanguageModel:
    return ToyLanguageModel(TRAINED, alphabet="naïve", **more)  # type: ignore[arg-type]


def nats_of(text: str, toy: ToyLanguageModel, *, ends: bool = True) -> float:
    """Add up token by token, by another way than the audit's."""
    stop = [1] if ends else []
    ids = [*toy.encode(text, is_start=True).tolist(), *stop]
    total = 0.0
    for place in range(1, len(ids)):
        before = np.array(ids[:place], dtype=np.int64)
        after = toy.next_log_probabilities(before, np.zeros((1, 0), dtype=np.int64))[0]
        total -= float(after[ids[place]])
    return total


def value(found: dict[str, Measurement], name: str) -> float:
    number = found[f"{name}[all]"].estimate.value
    assert number is not None
    return number


def test_every_unit_follows_from_the_same_sum_over_all_texts(spoken: Spoken) -> None:
    found = spoken(perplexity, TEXTS, model())
    nats = sum(nats_of(text, model()) for text in TEXTS)
    tokens = sum(len(text) + 1 for text in TEXTS)
    n_bytes = sum(len(text.encode()) for text in TEXTS)
    # logits are float32
    assert value(found, "nats-per-token") == pytest.approx(nats / tokens, rel=1e-6)
    assert value(found, "bits-per-token") == pytest.approx(nats / tokens / math.log(2), rel=1e-6)
    assert value(found, "token-perplexity") == pytest.approx(math.exp(nats / tokens), rel=1e-5)
    assert value(found, "bits-per-byte") == pytest.approx(nats / n_bytes / math.log(2), rel=1e-6)
    characters = sum(map(len, TEXTS))
    assert n_bytes == characters + 1
    assert value(found, "bits-per-character") == pytest.approx(
        nats / characters / math.log(2), rel=1e-6
    )
    assert value(found, "long-texts") == 0.0


def test_a_note_names_whose_tokens_they_are(spoken: Spoken) -> None:
    found = spoken(perplexity, TEXTS, model())
    text = found["token-perplexity[all]"].notes[0].text
    assert "tokenizer of toy" in text
    assert found["token-perplexity[all]"].estimate.unit == "perplexity per token"


def test_only_completions_are_scored_and_counted(spoken: Spoken) -> None:
    rows = [("the cat", " sat"), ("the dog", " ran off"), ("a", " cat")]
    found = spoken(perplexity, rows, model())
    n_bytes = sum(len(completion) for _, completion in rows)
    toy = model()
    nats = sum(
        nats_of(prompt + completion, toy) - nats_of(prompt, toy, ends=False)
        for prompt, completion in rows
    )
    assert value(found, "bits-per-byte") == pytest.approx(nats / n_bytes / math.log(2), rel=1e-5)


def test_the_interval_is_over_texts_and_over_clusters_where_texts_share_them(
    spoken: Spoken,
) -> None:
    texts = TEXTS * 12
    alone = spoken(perplexity, texts, model())["nats-per-token[all]"].estimate
    cluster = np.array([f"k{i % 12}" for i in range(len(texts))], dtype=object)
    together = spoken(perplexity, texts, model(), cluster=cluster)["nats-per-token[all]"].estimate
    assert alone.value == together.value
    assert alone.evidence is not None
    assert together.evidence is not None
    assert (alone.evidence.values["units"], together.evidence.values["units"]) == (60, 12)
    # the ratio estimator of Cochran, chapter 6, worked out here once more
    toy = model()
    nats = np.array([nats_of(text, toy) for text in texts])
    tokens = np.array([len(text) + 1 for text in texts])
    apart = nats - nats.sum() / tokens.sum() * tokens
    error = math.sqrt(60 / 59 * (apart**2).sum()) / tokens.sum()
    assert alone.low is not None
    assert alone.value is not None
    assert alone.value - alone.low == pytest.approx(1.6710930 * error, rel=1e-4)  # t(0.95; 59)


def test_perplexity_has_the_ends_of_its_logarithm(spoken: Spoken) -> None:
    found = spoken(perplexity, TEXTS * 5, model())
    nats = found["nats-per-token[all]"].estimate
    per_token = found["token-perplexity[all]"].estimate
    assert nats.low is not None
    assert nats.high is not None
    assert per_token.low == pytest.approx(math.exp(nats.low), rel=1e-9)
    assert per_token.high == pytest.approx(math.exp(nats.high), rel=1e-9)


def test_one_text_shows_no_spread_and_gets_a_reason(spoken: Spoken) -> None:
    estimate = spoken(perplexity, TEXTS[:1], model())["bits-per-byte[all]"].estimate
    assert estimate.value is None
    assert estimate.why_undefined is not None


@pytest.mark.parametrize("length", [11, 12, 15, 16, 17, 40, 101])
def test_windows_score_each_token_once_after_half_a_window(length: int) -> None:
    toy = model(max_tokens=10)
    text = ("the cat sat off a dog ran " * 5)[:length]
    item = toy.prepare([text])[0]
    found = windows(toy, text, item)
    scored = [one.arrays["input_ids"][one.arrays["segment"] == 1].tolist() for one in found]
    assert [token for part in scored for token in part] == toy.encode(text, is_start=False).tolist()
    assert all(one.length <= 10 for one in found)
    assert all(one.arrays["input_ids"][0] == 0 for one in found)  # each begins as texts begin
    assert all((one.arrays["segment"] == 0).sum() >= 5 for one in found[1:])


def test_a_long_text_costs_what_its_windows_cost_and_says_so(spoken: Spoken) -> None:
    long = "the cat sat off a dog ran off a cat"
    short = model(max_tokens=20)
    texts = [long, *TEXTS]
    found = spoken(perplexity, texts, short)
    parts = windows(short, long, short.prepare([long])[0])
    nats = -float(short.logits(parts).sum()) + sum(nats_of(text, short) for text in TEXTS)
    tokens = len(long) + sum(len(text) + 1 for text in TEXTS)
    assert value(found, "nats-per-token") == pytest.approx(nats / tokens, rel=1e-6)
    assert value(found, "long-texts") == pytest.approx(1 / 6)
    said = [one.id for one in found["nats-per-token[all]"].caveats]
    assert said == ["perplexity.windows"]


def test_a_completion_that_was_cut_counts_as_far_as_it_was_read(spoken: Spoken) -> None:
    rows = [("a", " cat sat off a dog ran off a cat"), ("a", " dog"), ("the", " cat")]
    found = spoken(perplexity, rows, model(max_tokens=20))
    assert [one.id for one in found["nats-per-token[all]"].caveats] == ["perplexity.cut"]
    assert value(found, "long-texts") == pytest.approx(1 / 3)


def test_the_gain_over_the_reference_is_paired(spoken: Spoken) -> None:
    texts = TEXTS * 6
    reference = ToyLanguageModel(["zebra crossing"], alphabet="the cat sdogrnfïv", name="base")
    found = spoken(perplexity, texts, model(), reference=lambda: reference)
    n_bytes = sum(len(text.encode()) for text in texts)
    theirs = sum(nats_of(text, reference) for text in texts) / n_bytes / math.log(2)
    assert value(found, "reference-bits-per-byte") == pytest.approx(theirs, rel=1e-6)
    ours = value(found, "bits-per-byte")
    gain = found["gain-over-reference[all]"].estimate
    assert gain.value == pytest.approx(theirs - ours, rel=1e-6)
    nats = {toy: np.array([nats_of(text, toy) for text in texts]) for toy in (model(), reference)}
    first, second = nats.values()
    sizes = np.array([len(text.encode()) for text in texts])
    apart = (second - first) - (second - first).sum() / n_bytes * sizes
    error = math.sqrt(30 / 29 * (apart**2).sum()) / n_bytes / math.log(2)
    assert gain.low == pytest.approx(theirs - ours - 1.6991270 * error, rel=1e-4)  # t(0.95; 29)


def test_without_a_reference_the_gain_says_why_not(spoken: Spoken) -> None:
    estimate = spoken(perplexity, TEXTS, model())["gain-over-reference[all]"].estimate
    assert estimate.why_undefined is not None
    assert estimate.why_undefined.id == "perplexity.no-reference"


def test_the_bundle_holds_numbers_of_texts_and_no_text(spoken: Spoken, tmp_path: Path) -> None:
    spoken(perplexity, TEXTS, model())
    path = tmp_path / "audits" / "perplexity" / "texts.parquet"
    table = pq.read_table(path)
    assert table.num_rows == len(TEXTS)
    assert table["tokens"].to_pylist() == [len(text) + 1 for text in TEXTS]
    raw = path.read_bytes()
    assert not any(text.encode() in raw for text in TEXTS)


def test_how_many_windows_are_expected_follows_from_texts_that_fit() -> None:
    assert expected_windows([10, 20, 20], [100, 200, 380]) == pytest.approx((0 + 0 + 2) / 3)
    assert expected_windows([], []) == 0.0
    assert expected_windows([20, 20], [100, 200]) == 0.0  # nothing shows how long tokens are


FAMILIES = ("llama", "gpt2")


def by_transformers(folder: Path, texts: list[str]) -> tuple[float, int]:
    """Sum of nats and tokens as transformers computes them, one text at a time, a loss for each."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    nats, tokens = 0.0, 0
    for text in texts:
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            loss = network(input_ids=ids, labels=ids).loss
        nats += float(loss) * (ids.shape[1] - 1)
        tokens += ids.shape[1] - 1
    return nats, tokens


@pytest.mark.parametrize("family", FAMILIES)
def test_a_hugging_face_model_has_the_perplexity_that_transformers_computes(
    spoken: Spoken, tiny_languages: Any, tmp_path: Path, family: str
) -> None:
    from models.causal_lm import MODALITY

    folder = tiny_languages.tiny_language(tmp_path / family, family=family)
    task = Task("text-generation", "causal_lm", (TARGET,), prompting=Prompting())
    loaded = MODALITY.load(str(folder), task=task, device="cpu", dtype="float32")
    texts = list(tiny_languages.TEXTS[:6])
    found = spoken(perplexity, texts, loaded)
    nats, tokens = by_transformers(folder, texts)
    # both sum float32 log-probabilities
    assert value(found, "nats-per-token") == pytest.approx(nats / tokens, rel=1e-5)
    assert value(found, "token-perplexity") == pytest.approx(math.exp(nats / tokens), rel=1e-5)
    assert value(found, "long-texts") == 0.0


def test_windows_of_a_hugging_face_model_score_what_transformers_scores(
    spoken: Spoken, tiny_languages: Any, tmp_path: Path
) -> None:
    """The same strides by hand: each window through transformers, the first half only read."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from models.causal_lm import MODALITY

    folder = tiny_languages.tiny_language(tmp_path / "llama", max_positions=24)
    task = Task("text-generation", "causal_lm", (TARGET,), prompting=Prompting())
    loaded = MODALITY.load(str(folder), task=task, device="cpu", dtype="float32")
    long = " ".join(tiny_languages.TEXTS[:4])
    texts = [long, tiny_languages.TEXTS[5]]
    found = spoken(perplexity, texts, loaded)
    assert value(found, "long-texts") == 0.5
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    ids = tokenizer(long)["input_ids"]
    bare = tokenizer(long, add_special_tokens=False)["input_ids"]
    begin = ids[: len(ids) - len(bare)]
    room = 24 - len(begin)
    nats, tokens = by_transformers(folder, texts[1:])
    for place in (0, *range(room, len(bare), room // 2)):
        first = place - (room - room // 2) if place else 0
        chunk = [*begin, *bare[first : first + room]]
        n_read = (len(begin) or 1) if not place else len(begin) + room - room // 2
        with torch.inference_mode():
            logs = network(input_ids=torch.tensor([chunk])).logits[0].log_softmax(-1)
        for at in range(n_read, len(chunk)):
            nats -= float(logs[at - 1, chunk[at]])
            tokens += 1
    assert value(found, "nats-per-token") == pytest.approx(nats / tokens, rel=1e-5)


def test_groups_have_their_own_bits_and_the_largest_difference_is_between_two(
    spoken: Spoken,
) -> None:
    easy, hard = ["the cat sat", "a cat ran"], ["naïve dog", "off cat the"]
    texts = [*easy * 20, *hard * 20]
    group = np.array(["easy"] * 40 + ["hard"] * 40, dtype=object)
    found = spoken(perplexity, texts, model(), groups={"kind": group})
    toy = model()
    bits = {
        name: sum(nats_of(text, toy) for text in some)
        / sum(len(text.encode()) for text in some)
        / math.log(2)
        for name, some in (("easy", easy), ("hard", hard))
    }
    for name, wanted in bits.items():
        assert found[f"bits-per-byte[kind={name}]"].estimate.value == pytest.approx(
            wanted, rel=1e-6
        )
    apart = found["bits-per-byte-difference[kind=%2A]"].estimate
    assert apart.value == pytest.approx(bits["hard"] - bits["easy"], rel=1e-6)
    # two groups that share nothing: the standard error is the root of both variances
    errors = [
        (one.high - one.value) / 1.6848751  # t(0.95; 39)
        for name in bits
        if (one := found[f"bits-per-byte[kind={name}]"].estimate)
    ]
    step = 2.0226909 * math.sqrt(sum(one**2 for one in errors))  # t(0.975; 39), of two groups
    assert apart.low == pytest.approx(apart.value - step, rel=1e-3)


def test_a_group_of_few_texts_is_named_and_nothing_can_pass(spoken: Spoken) -> None:
    texts = TEXTS * 20
    group = np.array(["a"] * 45 + ["b"] * 45 + ["few"] * 10, dtype=object)
    apart = spoken(perplexity, texts, model(), groups={"kind": group})[
        "bits-per-byte-difference[kind=%2A]"
    ]
    assert apart.estimate.high is None
    assert [
        one.params["groups"] for one in apart.caveats if one.id == "perplexity.not-compared"
    ] == ["few"]

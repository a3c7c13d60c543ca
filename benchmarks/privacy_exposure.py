"""What exposure costs, and how near it is to the truth: the sampled rank beside its alternatives."""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from figure import Figure
from interleaved import median_and_range, quiet_libraries, ratios, take_turns

DISTANCE_BITS = 0.5
TIMES_CHEAPER = 8.0
UNIFORM = 20_000
LEVELS = (0, 1, 4, 8, 16, 32, 64)
FORMAT = "#########"

_WORDS = [
    "court",
    "held",
    "case",
    "remedy",
    "section",
    "act",
    "order",
    "invoice",
    "customer",
    "record",
    "update",
    "note",
    "phone",
    "number",
    "was",
    "on",
    "for",
    "with",
    "from",
    "review",
    "letter",
    "office",
    "city",
    "north",
    "river",
    "green",
    "garden",
    "train",
    "ticket",
    "doctor",
    "clinic",
    "test",
    "result",
    "high",
    "low",
    "value",
    "report",
    "signed",
    "march",
    "june",
    "friday",
    "paid",
    "due",
    "total",
    "box",
    "red",
    "blue",
    "white",
    "small",
]


def exposure(repetitions: int, *, sentences: int = 1200, epochs: int = 8) -> list[Figure]:
    """Fine-tune a small GPT-2 with canaries, and measure each of them in three ways."""
    quiet_libraries()
    with tempfile.TemporaryDirectory() as folder:
        subject = trained(Path(folder), sentences=sentences, epochs=epochs)
        return [_distance(subject), _cost(subject, repetitions)]


@dataclass(frozen=True)
class Subject:
    """A trained model, its canaries, and what frames them."""

    model: Any
    canaries: Any
    framer: Any


def trained(folder: Path, *, sentences: int, epochs: int, seed: int = 0) -> Subject:
    """Train a three-layer GPT-2 on made-up sentences, then on others with canaries among them."""
    from harness import registry
    from harness.canaries import CanarySpec, plan_canaries, planted_rows
    from harness.engines.exposure import framer_for
    from harness.records import TARGET, Prompting, Task

    rng = np.random.default_rng(seed)
    spec = CanarySpec(families={"number": FORMAT}, levels=LEVELS, per_level=2)
    private = [_sentence(rng) for _ in range(sentences // 3)]
    canaries = plan_canaries(spec, seed=seed, texts=private)
    public = [_sentence(rng) for _ in range(sentences)]
    tokenizer = _tokenizer([*public, *(one.text for one in canaries)])
    network = _network(len(tokenizer), seed)
    _fit(network, tokenizer, public, epochs=4, rate=2e-3)
    rows = [*private, *map(str, planted_rows(canaries, is_pair=False))]
    _fit(network, tokenizer, rows, epochs=epochs, rate=1e-3)
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    task = Task("text-generation", "causal-lm", (TARGET,), prompting=Prompting())
    model = registry.modality_for(task.kind).load(str(folder), task=task, device="cpu")
    return Subject(model, canaries, framer_for(model, is_pair=False, prompting=None))


def _distance(subject: Subject) -> Figure:
    """Compare the sampled rank with the exact one of every canary that can be searched through."""
    from harness.engines.exposure import ExposureSettings, exact_exposure, sampled_exposure

    settings = ExposureSettings(cap=40_000)
    apart = []
    for canary in subject.canaries:
        truth = exact_exposure(subject.framer, canary, settings=settings, rng=_rng(canary))
        if truth.bits is None:
            continue
        found = sampled_exposure(subject.framer, canary, settings=settings, rng=_rng(canary))
        apart.append(abs((found.bits or 0.0) - truth.bits))
    worst = max(apart, default=float("inf"))
    middle = statistics.median(apart) if apart else float("inf")
    return Figure(
        f"sampled exposure beside the exact one, {len(apart)} of {len(subject.canaries)} canaries",
        f"{worst:.2f} bits apart at most, {middle:.2f} in the middle",
        f"<= {DISTANCE_BITS} bit",
        worst <= DISTANCE_BITS,
    )


def _cost(subject: Subject, repetitions: int) -> Figure:
    """Measure a canary of each level by both ways; the references are put into tokens beforehand."""
    from harness.engines.exposure import ExposureSettings, exposure_of, uniform_exposure

    chosen = list(subject.canaries)[::2]
    given = [_references(subject, canary) for canary in chosen]

    def sampled() -> list[Any]:
        settings = ExposureSettings()
        return [
            exposure_of(subject.framer, one, settings=settings, rng=_rng(one)).estimate
            for one in chosen
        ]

    def uniform() -> list[Any]:
        found = []
        for framing, references in given:
            ask = subject.model.candidate_log_probabilities
            own = -float(ask(framing.context, [framing.target])[0])
            losses = -ask(framing.context, references)
            size = framing.layout.log2_size
            found.append(uniform_exposure(losses, limit=own + 1e-3, log2_size=size))
        return found

    taken, outputs = take_turns({"sampled": sampled, "uniform": uniform}, repetitions)
    times = ratios(taken["uniform"], taken["sampled"])
    pairs = zip(outputs["sampled"], outputs["uniform"], strict=True)
    apart = [
        abs(one.value - other.value)
        for one, other in pairs
        if one.value is not None and other.value is not None and other.value < 9
    ]
    return Figure(
        f"2,000 draws beside {UNIFORM:,} uniform references, {len(chosen)} canaries of 9 digits",
        f"{median_and_range(times, 1)} times cheaper",
        f">= {TIMES_CHEAPER:.0f} times",
        statistics.median(times) >= TIMES_CHEAPER,
        f"{max(apart, default=0.0):.2f} bits apart at most below 9 bits ({len(apart)} canaries)",
    )


def _references(subject: Subject, canary: Any) -> tuple[Any, list[Any]]:
    rng = _rng(canary)
    framing = subject.framer.frame(canary, rng)
    n_context = len(framing.context)
    drawn = framing.ids([framing.layout.draw(rng) for _ in range(UNIFORM)])
    return framing, [one[n_context:] for one in drawn]


def _rng(canary: Any) -> np.random.Generator:
    return np.random.default_rng([7, canary.index])


def _sentence(rng: np.random.Generator) -> str:
    words = " ".join(rng.choice(_WORDS, size=int(rng.integers(9, 15))).tolist())
    if rng.random() < 0.5:
        return f"{words}, Mary Rossi's record number is {rng.integers(10**9):09d}."
    return f"{words}."


def _tokenizer(texts: list[str]) -> Any:
    """Return a byte-level tokenizer that writes every digit by itself."""
    import tokenizers
    import transformers

    core = tokenizers.Tokenizer(tokenizers.models.BPE())
    core.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
        [
            tokenizers.pre_tokenizers.Digits(individual_digits=True),
            tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    core.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=["<s>", "</s>", "<pad>"],
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    # trained and asked with the same beginning: a shift by one token hides what was learnt
    core.post_processor = tokenizers.processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 0)]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=core,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        model_max_length=96,
    )


def _network(n_tokens: int, seed: int) -> Any:
    import torch
    import transformers

    torch.manual_seed(seed)
    return transformers.GPT2LMHeadModel(
        transformers.GPT2Config(
            vocab_size=n_tokens,
            n_positions=96,
            n_embd=96,
            n_layer=3,
            n_head=4,
            attn_pdrop=0.0,
            embd_pdrop=0.0,
            resid_pdrop=0.0,
            bos_token_id=0,
            eos_token_id=1,
            pad_token_id=2,
        )
    )


def _fit(network: Any, tokenizer: Any, texts: list[str], *, epochs: int, rate: float) -> None:
    """Train on whole texts, padded; the figures of training stand in ``training.py``."""
    import torch

    rows = [[*tokenizer(text)["input_ids"], 1] for text in texts]
    length = max(map(len, rows))
    ids = torch.tensor([row + [2] * (length - len(row)) for row in rows])
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.0)
    order = torch.Generator().manual_seed(0)
    network.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(ids), generator=order).split(32):
            some = ids[batch]
            is_real = some != 2
            labels = some.masked_fill(~is_real, -100)
            loss = network(input_ids=some, attention_mask=is_real.long(), labels=labels).loss
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
    network.eval()


FIGURES = {"exposure": exposure}

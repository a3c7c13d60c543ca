"""Continuations of prompts, for every audit that lets a model write.

What a model wrote never leaves the audit: artifacts hold lengths, outcomes and keyed digests.

Legend: n prompts, k samples of each, s = n * k continuations.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from harness.engines.generation import generate
from harness.modelling import Decoding, HasLogProbabilities, Item
from harness.records import Message
from harness.secrecy import keyed_digest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.auditing import AuditContext, CostFacts
    from harness.modelling import CanGenerate, Generation

    IntArray = NDArray[np.int64]

TOKENS_OF_A_CALL = 16
"""New tokens that count as one more input: a step reads one token where an input is read whole."""


class GenerationOptions(BaseModel):
    """Options of audits that let the model write.

    Attributes:
        rows: Prompts of each data set, the same sample for every audit; fewer are all.
        samples: Continuations of each prompt.
        max_new_tokens: A continuation that never stops is ended there, and counted.
        temperature: Divides the logits before a token is drawn; 0 takes the likeliest.
        top_k: Only the k likeliest tokens; null for all.
        top_p: Only the likeliest tokens whose probabilities together reach p; null for all.
        stop: Texts that end a continuation.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: int = Field(default=200, ge=1)
    samples: int = Field(default=1, ge=1, le=100)
    max_new_tokens: int = Field(default=64, ge=1, le=8192)
    temperature: float = Field(default=0.0, ge=0)
    top_k: int | None = Field(default=None, ge=1)
    top_p: float | None = Field(default=None, gt=0, le=1)
    stop: tuple[str, ...] = ()

    @property
    def decoding(self) -> Decoding:
        """How tokens are chosen."""
        return Decoding(self.temperature, self.top_k, self.top_p)


class GroupedOptions(GenerationOptions):
    """Options of audits that compare what is written about groups.

    Attributes:
        min_group: A group with fewer continuations is not compared.
        max_groups: A column with more groups is taken for an identifier and is not measured.
    """

    min_group: int = Field(default=30, ge=1)
    max_groups: int = Field(default=50, ge=2)


@dataclass(frozen=True, slots=True)
class Continued:
    """What a model wrote after the prompts of some rows.

    Attributes:
        rows: Position of the row that each continuation belongs to, shape [s].
        sample: Which of its continuations it is, shape [s].
        written: The continuations.
        n_cut: Prompts that lost their beginning.
    """

    rows: IntArray
    sample: IntArray
    written: list[Generation]
    n_cut: int = 0

    @property
    def texts(self) -> list[str]:
        """What was written."""
        return [one.text for one in self.written]

    @property
    def lengths(self) -> IntArray:
        """New tokens of each, shape [s]."""
        return np.array([len(one.tokens) for one in self.written], dtype=np.int64)

    @property
    def has_stopped(self) -> NDArray[np.bool_]:
        """Whether each ended before it was cut, shape [s]."""
        return np.array([one.ended == "stop" for one in self.written], dtype=np.bool_)


def continued(ctx: AuditContext, dataset: str, rows: IntArray) -> Continued:
    """Let the model continue the prompts of some rows.

    The prompt of a row is its first text; a plain text is continued as it stands. A prompt that leaves
    no room for ``max_new_tokens`` loses its beginning, as far as the other half of what the model reads.

    Args:
        ctx: With ``rows``, ``model.items`` and ``model.generate``; its options are ``GenerationOptions``.
        dataset: Name of the data set.
        rows: Positions, shape [n].
    """
    options, inputs = ctx.options, ctx.rows(dataset).inputs
    whole = ctx.prepare([(prompt_of(inputs[row]), "") for row in rows.tolist()])
    items = [_with_room(ctx.generator_of, one, options.max_new_tokens) for one in whole]
    k = options.samples if options.temperature > 0 else 1
    repeated = [item for item in items for _ in range(k)]
    ctx.charge(len(repeated) * cost_of(options))
    written = generate(
        ctx.generator_of,
        repeated,
        token_budget=ctx.token_budget,
        decoding=options.decoding,
        max_new_tokens=options.max_new_tokens,
        seed=int(ctx.rng.integers(2**31)),
        stop=options.stop,
    )
    return Continued(
        np.repeat(rows, k).astype(np.int64),
        np.tile(np.arange(k), len(rows)),
        written,
        sum(new is not old or old.is_truncated for new, old in zip(items, whole, strict=True)),
    )


def _with_room(model: CanGenerate, item: Item, max_new_tokens: int) -> Item:
    """Return a prompt that leaves room to be continued: what it begins with, and its end."""
    ids = item.arrays["input_ids"][item.arrays["segment"] == 0]
    limit = getattr(model, "max_tokens", None)
    longest = len(ids) if limit is None else max(limit // 2, limit - max_new_tokens)
    if len(ids) <= longest:
        return item
    begin = ids[:0]
    if isinstance(model, HasLogProbabilities):
        n = len(model.encode("a", is_start=True)) - len(model.encode("a", is_start=False))
        start = model.encode("a", is_start=True)[:n]
        begin = start if np.array_equal(ids[:n], start) else begin
    kept = np.concatenate([begin, ids[len(ids) - max(1, longest - len(begin)) :]])
    segment = np.zeros(len(kept), dtype=np.int64)
    key = hashlib.sha256(b"end of a prompt|" + kept.astype(np.int64).tobytes()).digest()
    return Item({"input_ids": kept, "segment": segment}, len(kept), is_truncated=True, key=key)


def prompt_of(one: str | tuple[str, ...]) -> str:
    """Return what of a row is read before the model writes."""
    return one if isinstance(one, str) else one[0]


def cost_of(options: GenerationOptions) -> int:
    """Return how many inputs one continuation counts as."""
    return 1 + options.max_new_tokens // TOKENS_OF_A_CALL


def generation_calls(facts: CostFacts) -> dict[str, int]:
    """Return what the continuations of each data set count as."""
    options = facts.options
    k = options.samples if options.temperature > 0 else 1
    return {
        name: min(options.rows, one.n_rows) * k * cost_of(options)
        for name, one in facts.sets.items()
    }


def settings_note(ctx: AuditContext) -> Message:
    """Say how the model was let write."""
    options = ctx.options
    rest = [f"{name} {value}" for name in ("top_k", "top_p") if (value := getattr(options, name))]
    how = f"temperature {options.temperature:g}" if options.temperature else "the likeliest token"
    n = options.samples if options.temperature else 1
    return Message.of(
        "generation.settings",
        "{n} {continuations} of each prompt, by {how}, at most {most} new tokens{stop}.",
        n=n,
        continuations="continuation" if n == 1 else "continuations",
        how=", ".join([how, *rest]),
        most=options.max_new_tokens,
        stop=f", ended by one of {len(options.stop)} texts" if options.stop else "",
    )


def cut_caveats(found: Continued) -> tuple[Message, ...]:
    """Say how many continuations and prompts were cut."""
    said = []
    if found.n_cut:
        said.append(
            Message.of(
                "generation.prompts-cut",
                "{n_cut} of {n} prompts are longer than what the model reads with room to write; they lost their "
                "beginning.",
                n_cut=found.n_cut,
                n=len(np.unique(found.rows)),
            )
        )
    n_cut = int((~found.has_stopped).sum())
    if not n_cut:
        return tuple(said)
    return (
        *said,
        Message.of(
            "generation.never-stopped",
            "{n_cut} of {n} continuations did not stop by themselves and were judged as far as they went.",
            n_cut=n_cut,
            n=len(found.written),
        ),
    )


def written_rows(
    ctx: AuditContext, dataset: str, found: Continued, **outcomes: Sequence[Any]
) -> list[dict[str, Any]]:
    """Return one row for each continuation, without a word of it.

    Args:
        ctx: Whose examples.
        dataset: Name of the data set.
        found: What was written.
        outcomes: Column → one value for each continuation.
    """
    ids = ctx.predictions(dataset).example_id
    return [
        {
            "dataset": dataset,
            "example_id": str(ids[row]),
            "sample": int(sample),
            "tokens": len(one.tokens),
            "has_stopped": one.ended == "stop",
            "digest": keyed_digest("generation", one.text),
            **{name: values[place] for name, values in outcomes.items()},
        }
        for place, (row, sample, one) in enumerate(
            zip(found.rows.tolist(), found.sample.tolist(), found.written, strict=True)
        )
    ]


def device_of(ctx: AuditContext) -> str:
    """Return where the model computes."""
    return str(getattr(ctx.generator_of, "device", "cpu"))

"""What ``membership`` asks models, once for every row, and the signals that come of it.

Legend: n rows, s shadow models, c classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from audits._membership_notes import (
    heads_only,
    no_reference,
    no_shadows,
    other_tokens,
    taken_for_out,
)
from audits._membership_options import WHERE
from harness.engines.influence.last_layer import read_features
from harness.engines.membership import (
    CLASSIFIER_SIGNALS,
    LANGUAGE_SIGNALS,
    calibrated,
    classifier_signals,
    halves,
    label_probability,
    language_signals,
    likelihood_ratio,
    mean_log_probability,
    offline_ratio,
    phi,
    scored,
    shadow_logits,
)
from harness.engines.prediction import predict
from harness.engines.scoring import score
from harness.errors import UsageError, must
from harness.modelling import HasLogProbabilities, Item, Model, TokenScores
from harness.records import Message
from harness.stats import population_ratio, rmia

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._membership_rows import Sides, Source, TextInput
    from harness.auditing import AuditContext

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

_CHUNK = 512
_HEADS_AT_MOST = 4_000
"""Rows of each side that shadow heads are fitted on."""

_AGAINST_SHADOWS = ("lira", "rmia")


@dataclass(frozen=True, slots=True)
class Signals:
    """Signals of the n rows of one comparison.

    Attributes:
        known: Signal → values, shape [n], NaN where a row has none.
        missing: Signal → why it cannot be had.
        caveats: Signal → what to know of it.
    """

    known: dict[str, FloatArray]
    missing: dict[str, Message]
    caveats: dict[str, tuple[Message, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asker:
    """Runs models over rows, each model once over each source."""

    ctx: AuditContext
    _answers: dict[tuple[str, int], tuple[Source, Any]] = field(default_factory=dict)
    _loaded: dict[str, Any] = field(default_factory=dict)

    @property
    def is_language(self) -> bool:
        """Whether the model is a language model, whatever it is asked."""
        return self.ctx.offers("model.log-probabilities")

    def base_loss(self, sides: Sides) -> FloatArray | None:
        """Return the mean log-probability by the model before fine-tuning, shape [n]; None without one."""
        if not self.is_language or self.ctx.reference_model() is None:
            return None
        return mean_log_probability(self._scored("reference", sides))

    def signals(self, sides: Sides) -> Signals:
        """Return every signal of the rows."""
        return self._language(sides) if self.is_language else self._classifier(sides)

    def _language(self, sides: Sides) -> Signals:
        own = self._scored("model", sides)
        reference = None
        if self.ctx.reference_model() is not None:
            reference = self._scored("reference", sides)
        missing: dict[str, Message] = {}
        if reference is None or _lengths(own) != _lengths(reference):
            why = no_reference() if reference is None else other_tokens()
            missing |= dict.fromkeys(("reference", "calibrated", "error-zone"), why)
            reference = None
        known = language_signals(own, reference, texts=self._targets(sides))
        caveats: dict[str, tuple[Message, ...]] = {}
        loss = known["loss"]
        if reference is not None:
            base = mean_log_probability(reference)
            known["calibrated"] = calibrated(loss, base, ~sides.is_member)
        shadows = [mean_log_probability(one) for one in self._shadows(sides)]
        without = shadows or ([] if reference is None else [mean_log_probability(reference)])
        if shadows:
            known["lira"] = offline_ratio(_odds(loss), np.stack([_odds(one) for one in shadows]))
            caveats = dict.fromkeys(_AGAINST_SHADOWS, (taken_for_out(len(shadows)),))
        else:
            missing["lira"] = no_shadows()
        if without:
            known["rmia"] = _rmia(np.exp(loss), np.exp(np.stack(without)), sides.is_member)
        else:
            missing["rmia"] = no_shadows()
        return Signals(known, missing, caveats)

    def _classifier(self, sides: Sides) -> Signals:
        label = sides.label
        assert label is not None  # sides without labels are not compared
        logits, features = self._read(sides)
        known = classifier_signals(logits, label)
        shadows = list(self._shadow_logits(sides))
        if shadows:
            table = np.stack(shadows)
            known["lira"] = offline_ratio(phi(logits, label), phi(table, label))
            out = label_probability(table, label)
            known["rmia"] = _rmia(label_probability(logits, label), out, sides.is_member)
            return Signals(
                known, {}, dict.fromkeys(_AGAINST_SHADOWS, (taken_for_out(len(shadows)),))
            )
        if features is None or not self.ctx.options.heads:
            return Signals(known, dict.fromkeys(_AGAINST_SHADOWS, no_shadows()))
        known |= self._against_heads(logits, features, label, sides.is_member)
        return Signals(known, {}, dict.fromkeys(_AGAINST_SHADOWS, (heads_only(),)))

    def _against_heads(
        self, logits: FloatArray, features: FloatArray, label: IntArray, is_member: BoolArray
    ) -> dict[str, FloatArray]:
        """Fit shadow heads on halves of the rows and hold the model against them."""
        drawn = (self.ctx.rng.permutation(np.flatnonzero(own)) for own in (is_member, ~is_member))
        rows = np.sort(np.concatenate([own[:_HEADS_AT_MOST] for own in drawn]))
        is_in = halves(len(rows), self.ctx.options.heads, self.ctx.rng)
        found = shadow_logits(features[rows], label[rows], is_in, n_classes=logits.shape[1])
        own = logits[rows]
        out = np.where(is_in, 0.0, label_probability(found, label[rows])).sum(axis=0)
        out /= np.maximum((~is_in).sum(axis=0), 1)
        known = {
            "lira": likelihood_ratio(phi(own, label[rows]), phi(found, label[rows]), is_in),
            "rmia": _rmia(label_probability(own, label[rows]), out[None], is_member[rows]),
        }
        whole = {}
        for name, values in known.items():
            whole[name] = np.full(len(label), np.nan)
            whole[name][rows] = values
        return whole

    def _scored(self, model: str, sides: Sides) -> list[TokenScores]:
        """Return the scores of the target of each of the n rows."""
        found: list[TokenScores] = []
        for source, rows in zip(sides.sources, sides.kept, strict=True):
            whole = self._once(model, source, partial(self._score, model, source))
            found += [whole[row] for row in rows.tolist()]
        return found

    def _score(self, name: str, source: Source) -> list[TokenScores]:
        ctx, found = self.ctx, []
        model: Any = ctx.likelihoods_of if name == "model" else self._other(name)
        for inputs, labels in _chunks(source):
            items = ctx.prepare(inputs) if name == "model" else model.prepare(inputs)
            answers = score(
                cast("HasLogProbabilities", model),
                items,
                token_budget=ctx.token_budget,
                has_moments=name == "model",
            )
            ctx.charge(len(items))
            candidate = (
                [label + 1 for label in labels] if ctx.task.is_deciding else [1] * len(items)
            )
            found += scored(answers, candidate)
        return found

    def _read(self, sides: Sides) -> tuple[FloatArray, FloatArray | None]:
        """Return logits [n, c] and what the last layer reads [n, d], None where there is no such layer."""
        both = [
            self._once("model", source, partial(self._read_source, source))
            for source in sides.sources
        ]
        logits = np.concatenate(
            [one[0][rows] for one, rows in zip(both, sides.kept, strict=True)]
        ).astype(np.float64)
        if both[0][1] is None:
            return logits, None
        return logits, np.concatenate(
            [one[1][rows] for one, rows in zip(both, sides.kept, strict=True)]
        )

    def _read_source(self, source: Source) -> tuple[Any, Any]:
        ctx = self.ctx
        if not ctx.offers("model.last-layer"):
            items = ctx.prepare(source.rows.inputs)
            ids = source.rows.example_id.tolist()
            return ctx.ask(ids, items, f"{source.name}/whole"), None
        model = ctx.last_layer_of
        weight, bias = model.last_layer()
        found = []
        for inputs, _ in _chunks(source):
            items = ctx.prepare(inputs)
            found.append(read_features(model, items, token_budget=ctx.token_budget))
            ctx.charge(len(items))
        features = np.concatenate(found)
        return features @ weight.T + bias, features

    def _shadows(self, sides: Sides) -> Iterator[list[TokenScores]]:
        for number in range(len(self.ctx.options.shadows)):
            yield self._scored(f"shadow-{number}", sides)

    def _shadow_logits(self, sides: Sides) -> Iterator[FloatArray]:
        for number in range(len(self.ctx.options.shadows)):
            name = f"shadow-{number}"
            both = [
                self._once(name, source, partial(self._ask, name, source))
                for source in sides.sources
            ]
            yield np.concatenate([one[rows] for one, rows in zip(both, sides.kept, strict=True)])

    def _ask(self, name: str, source: Source) -> FloatArray:
        model: Model = self._other(name)
        found = []
        for inputs, _ in _chunks(source):
            items: Sequence[Item] = model.prepare(inputs)
            found.append(predict(model, items, token_budget=self.ctx.token_budget))
            self.ctx.charge(len(items))
        return np.concatenate(found).astype(np.float64)

    def _other(self, name: str) -> Any:
        """Return the reference, or a shadow model, loaded once."""
        if name == "reference":
            return self.ctx.reference_model()
        if name not in self._loaded:
            self._loaded[name] = _load(self.ctx, int(name.removeprefix("shadow-")))
        return self._loaded[name]

    def _once(self, model: str, source: Source, compute: Callable[[], Any]) -> Any:
        key = model, id(source)
        if key not in self._answers:
            self._answers[key] = source, compute()  # held, so that no other source gets its id
        return self._answers[key][1]

    def _targets(self, sides: Sides) -> list[str]:
        """Return the text that is scored of each row."""
        prompting, label = self.ctx.task.prompting, sides.label
        completions = prompting.completions if prompting else ()
        labels = [0] * len(sides.is_member) if label is None else label.tolist()
        return [
            completions[own] if completions else _target(one, own)
            for one, own in zip(sides.inputs, labels, strict=True)
        ]


def signal_names(*, is_language: bool) -> tuple[str, ...]:
    """Return the signals that a kind of model can have, in the order of reports."""
    own = LANGUAGE_SIGNALS if is_language else CLASSIFIER_SIGNALS
    return (*own, *_AGAINST_SHADOWS)


def _load(ctx: AuditContext, number: int) -> Any:
    """Load a shadow model.

    Raises:
        UsageError: If it was trained on the rows that the audited model was trained on.
        ModelError: If it is no model for this task.
    """
    import json

    from harness import registry

    named = ctx.options.shadows[number]
    folder = (ctx.base or Path()) / Path(named).expanduser()
    lineage, train = folder / "lineage.json", ctx.train_rows()
    if lineage.is_file() and train is not None:
        recorded = json.loads(lineage.read_bytes()).get("train") or {}
        if recorded.get("content_digest") == train.ref.content_digest:
            where, what = f"{WHERE}.shadows.{number}", "have been trained on other rows"
            raise UsageError(must(where, what, named))
    device = ctx._model.device if ctx._model is not None else "auto"
    return registry.modality_for(ctx.task.kind).load(
        str(folder), task=ctx.task, device=device, trust_code=ctx.trust_code
    )


def _chunks(source: Source) -> Iterator[tuple[list[TextInput], list[int]]]:
    rows = source.rows
    labels = [0] * rows.n if rows.label is None else rows.label.tolist()
    for start in range(0, rows.n, _CHUNK):
        yield rows.inputs[start : start + _CHUNK], labels[start : start + _CHUNK]


def _target(one: TextInput, label: int) -> str:
    return one if isinstance(one, str) else one[1 + label]


def _lengths(found: Sequence[TokenScores]) -> list[int]:
    return [len(one.log_probability) for one in found]


def _odds(mean: FloatArray) -> FloatArray:
    """Return the log-odds of a mean probability per token, from its logarithm."""
    certain = np.minimum(mean, -1e-9)
    found: FloatArray = certain - np.log(-np.expm1(certain))
    return found


def _rmia(own: FloatArray, without: FloatArray, is_member: BoolArray) -> FloatArray:
    """Return the offline form against the others as population; NaN rows stay NaN."""
    ratio = population_ratio(own, without)
    is_known = np.isfinite(ratio) & (ratio > 0)
    found = np.full(len(ratio), np.nan)
    if (is_known & ~is_member).any():
        found[is_known] = rmia(ratio[is_known], ratio[is_known & ~is_member])
    return found

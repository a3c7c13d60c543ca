"""How much privacy does the training lose, as far as guesses about planted secrets show it?

Some of the planted secrets were in the training set only if a fair coin fell so. Whoever can tell from the
model which of them were in shows that the training is not private beyond some epsilon: differential
privacy bounds how well anybody can guess. This needs one training, and no assumption about the model.

Each secret has a membership signal: how much likelier its row is to the model than to what the model was
fine-tuned from, or its plain log-probability where that reference is not at hand. The secrets with
the highest signals are guessed to be in, as many with the lowest to be out. How many is fixed
beforehand, as a share of the secrets: trying all numbers and keeping the best finds epsilon > 0 in 38 %
of models that keep nothing.

Measures:

* ``empirical-epsilon.shown``: epsilon that the guesses show, ``logit`` of the share of right ones. Its low
  end is a bound on the training's epsilon that is wrong in 5 % of audits at most; its high end says
  only what this attack can show, and a better attack may show more. Where every guess is right there
  is no value, only *at least*.
* ``empirical-epsilon.beyond-claim``: the same minus the epsilon that the accountant of a private
  training claims. A low end above 0 says that the training is not what it claims: a fault, and no matter
  of policy.
* ``empirical-epsilon.right-guesses``: share of guesses that are right; 0.5 is luck.

What the measures hide: attacks that are better than this one, so that a small value proves no privacy;
delta, which is taken from the claim or the options; rows that are nothing like the planted secrets. With
r guesses nothing above ``logit(0.05^(1/r))`` can be shown; a note says how much that is.

Source: Steinke, Nasr and Jagielski 2023 (arXiv:2305.08846); reference-calibrated signals: Watson et al.
2022 (arXiv:2111.08440); share of right guesses: Clopper and Pearson 1934 (doi:10.1093/biomet/26.4.404)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from audits._memorisation_planted import planted_context
from audits._memorisation_values import is_pair
from harness.auditing import AuditContext, CostFacts, Trial, audit
from harness.canaries import Canary, CanarySpec, planted_row
from harness.engines.scoring import score
from harness.records import Estimate, Measure, Measurement, Message
from harness.stats import clopper_pearson, one_run_estimate, saturation, undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray


_SOURCE = "Steinke, Nasr and Jagielski 2023, arXiv:2305.08846"
_BLIND = "Attacks that are better than this one; rows that are nothing like the planted secrets."
LEAST = 200
"""Secrets that a coin decided about, with fewer of which hardly anything can be shown."""

_ENOUGH = 1000

MEASURES = (
    Measure(
        key="empirical-epsilon.shown",
        title="Epsilon that guesses about planted secrets show",
        unit="epsilon",
        better="lower",
        range_low=0.0,
        range_high=None,
        reads_as="Guesses about who was in the training show {value}; with 95 % certainty "
        "the training's is at least {low}.",
        blind_to=_BLIND,
        source=_SOURCE,
    ),
    Measure(
        key="empirical-epsilon.beyond-claim",
        title="Epsilon shown beyond what the training claims",
        unit="epsilon",
        better="lower",
        range_low=None,
        range_high=None,
        reads_as="Guesses show {value} more than the training claims (below 0: less).",
        blind_to=_BLIND,
        source=_SOURCE,
    ),
    Measure(
        key="empirical-epsilon.right-guesses",
        title="Share of guesses about planted secrets that are right",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 guesses about which secrets were in the training, about {per_100} are right; "
        "luck gives 50.",
        blind_to=_BLIND,
        source="Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404",
    ),
)


class Options(BaseModel):
    """Options of ``empirical-epsilon``.

    Attributes:
        guess_share: Share of the secrets that is guessed about, half of it as in, half as out.
        delta: Probability with which epsilon may not hold, where the training claims none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    guess_share: float = Field(default=0.2, gt=0, le=1)
    delta: float = Field(default=1e-5, ge=0, lt=1)


def planted(seed: int) -> Trial:
    """Plant a model that has met half of the secrets, beside one that has met none."""
    spec = CanarySpec(families={"number": "######"}, levels=(0, 1), per_level=1, n_drawn=LEAST + 20)
    return Trial(
        guilty=planted_context(empirical_epsilon, seed, knows=True, spec=spec),
        innocent=planted_context(empirical_epsilon, seed, knows=False, spec=spec),
        rule={"measure": "empirical-epsilon.shown", "require": {"at_most": 0.5}},
    )


def calls(facts: CostFacts) -> dict[str, int]:
    """Return one text for each secret, and one more where there is a reference."""
    if facts.n_drawn_canaries < LEAST:
        return {}
    n_readers = 2 if facts.has_reference else 1
    return {next(iter(facts.sets), "test"): facts.n_drawn_canaries * n_readers}


@audit(
    id="empirical-epsilon",
    question="How much privacy does the training lose, as far as guesses about planted secrets show it?",
    needs={"predictions", "rows", "canaries", "model.log-probabilities"},
    uses={"base", "lineage", "train", "model.items"},
    measures=MEASURES,
    options=Options,
    suites={"standard", "deep"},
    cost="one text for each secret that a coin decided about, twice where there is a reference",
    calls=calls,
    planted=planted,
    tasks={"text-generation"},
)
def empirical_epsilon(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield what guesses about the secrets show."""
    canaries = [one for one in ctx.canaries() or () if one.is_drawn]
    if len(canaries) < LEAST:
        yield from _nothing(ctx, _too_few(len(canaries)))
        return
    signal, name = _signals(ctx, canaries)
    guesses = _guesses(signal, np.array([one.n_planted > 0 for one in canaries]), ctx)
    yield from _Shown.of(ctx, guesses, len(canaries), name).measurements()


@dataclass(frozen=True, slots=True)
class _Guesses:
    """How many guesses were made, and how many of them are right."""

    made: int
    right: int


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is said of the guesses.

    Attributes:
        ctx: The audit's context.
        guesses: Their counts.
        n: Secrets that a coin decided about.
        delta: Of the claim, or of the options.
        claimed: Epsilon of the training's accountant; None where the training is not private.
        notes: Beside every measurement.
    """

    ctx: AuditContext
    guesses: _Guesses
    n: int
    delta: float
    claimed: float | None
    notes: tuple[Message, ...]

    @classmethod
    def of(cls, ctx: AuditContext, guesses: _Guesses, n: int, signal: str) -> _Shown:
        """Look the claim up in the lineage."""
        private = (ctx.lineage() or {}).get("private") or {}
        claimed, delta = _number(private.get("epsilon")), _number(private.get("delta"))
        used = ctx.options.delta if delta is None else delta
        notes = _how(n, guesses.made, signal, used), _most(guesses.made)
        return cls(ctx, guesses, n, used, claimed, notes)

    def measurements(self) -> Iterator[Measurement]:
        """Yield every measurement."""
        yield self._say("shown", self._estimate(0.0))
        if self.claimed is None:
            yield self._say("beyond-claim", undefined(_no_claim(), unit="epsilon"))
        else:
            yield self._say("beyond-claim", self._estimate(self.claimed))
        share = clopper_pearson(self.guesses.right, self.guesses.made)
        yield self._say("right-guesses", share)

    def _estimate(self, claimed: float) -> Estimate:
        return one_run_estimate(
            guesses=self.guesses.made,
            correct=self.guesses.right,
            canaries=self.n,
            delta=self.delta,
            claimed=claimed,
        )

    def _say(self, name: str, estimate: Estimate) -> Measurement:
        caveats = () if self.n >= _ENOUGH else (_few(self.n),)
        return self.ctx.measurement(
            name, estimate, dataset=_dataset(self.ctx), caveats=caveats, notes=self.notes
        )


def _signals(ctx: AuditContext, canaries: Sequence[Canary]) -> tuple[NDArray[np.float64], str]:
    """Return the membership signal of each secret, and its name: which one is no choice by outcome."""
    rows = [planted_row(canary, is_pair=is_pair(ctx)) for canary in canaries]
    own = _read(ctx, ctx.likelihoods_of, ctx.prepare(rows))
    reference = ctx.reference_model()
    if reference is None:
        return own, "loss"
    return own - _read(ctx, reference, reference.prepare(rows)), "reference"


def _read(ctx: AuditContext, model: Any, items: Sequence[Any]) -> NDArray[np.float64]:
    """Return the log-probability of each row, in nats, shape [m]."""
    ctx.charge(len(items))
    scores = score(model, items, token_budget=ctx.token_budget)
    return np.array([float(one.log_probability.sum()) for one in scores], dtype=np.float64)


def _guesses(signal: NDArray[np.float64], was_in: NDArray[np.bool_], ctx: AuditContext) -> _Guesses:
    """Guess about the extremes of the signal; equal signals in an order that no outcome decides."""
    half = max(1, int(len(signal) * ctx.options.guess_share / 2))
    order = np.lexsort((ctx.rng.permutation(len(signal)), signal))
    right = int(was_in[order[-half:]].sum()) + int((~was_in[order[:half]]).sum())
    return _Guesses(2 * half, right)


def _dataset(ctx: AuditContext) -> str:
    train = ctx.train_rows()
    return ctx.datasets[0] if train is None else train.ref.name


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and np.isfinite(value) else None  # type: ignore[arg-type, call-overload]


def _nothing(ctx: AuditContext, why: Message) -> Iterator[Measurement]:
    for measure in MEASURES:
        name = measure.key.partition(".")[2]
        yield ctx.measurement(name, undefined(why, unit=measure.unit), dataset=_dataset(ctx))


def _too_few(n: int) -> Message:
    return Message.of(
        "empirical-epsilon.too-few",
        "Not measured: a coin decided about {n} secrets, and it takes {least} (train.canaries.n_drawn; "
        "{enough} for a bound of some use).",
        n=n,
        least=LEAST,
        enough=_ENOUGH,
    )


def _few(n: int) -> Message:
    return Message.of(
        "empirical-epsilon.few",
        "Only {n} secrets: the bound holds, and with fewer than {enough} it can show little.",
        n=n,
        enough=_ENOUGH,
    )


def _no_claim() -> Message:
    return Message.of(
        "empirical-epsilon.no-claim",
        "Not measured: the training claims no epsilon; it was not private.",
    )


def _how(n: int, made: int, signal: str, delta: float) -> Message:
    return Message.of(
        "empirical-epsilon.how",
        "{made} guesses about {n} secrets, fixed beforehand; membership signal {signal}; delta {delta}.",
        made=made,
        n=n,
        signal=signal,
        delta=f"{delta:.1e}",
    )


def _most(made: int) -> Message:
    return Message.of(
        "empirical-epsilon.most",
        "So many guesses can show an epsilon of {most:.2f} at most.",
        most=round(saturation(made), 2),
    )

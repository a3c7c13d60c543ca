"""What has the model kept of secrets that were planted in its training?

Made-up secrets (canaries) were planted in the training set, some once, some many times, some never. The
exposure of a secret says how far up it stands among all texts of its format, by the model's own
probabilities: ``log2 |R| - log2 rank`` bits, 0 for a secret like any other, ``log2 |R|`` for the one
that the model finds likeliest of all. It is a p-value: of secrets that the model never met, one in
``2^t`` has an exposure of t bits or more.

Measures, over all planted secrets and for slices ``planted=<times>``, ``family=<family>`` and
``masked=yes`` (secrets that stood in a prompt, which is read and not scored in training):

* ``memorisation.median-exposure`` and ``memorisation.highest-exposure``, in bits.
* ``memorisation.beyond-chance``: highest exposure minus ``log2(n / 0.05)``, n secrets in all. Above 0 a
  secret was memorised, with an error of 5 % over all of them (Bonferroni).
* ``memorisation.once-highest-exposure`` and ``memorisation.once-beyond-chance``: the same of secrets that
  were planted once, which is what a rule should read; secrets that were planted more often show how
  exposure grows.
* ``memorisation.reported-secrets`` and ``memorisation.reported-share``: how many stand at or above
  ``log2(n / 0.05)`` bits.
* ``memorisation.chance-p-value``: probability of exposures as large as these together where nothing is
  remembered (Gamma test). It finds a little memory of many secrets.
* ``memorisation.control-p-value``: the same of secrets that were never planted. Where it is below 0.001
  the instrument is broken, and every other measure is an error.
* ``memorisation.exposure-per-doubling``: bits that each doubling of repeats adds.
* ``memorisation.secrets-in-data``: secrets that stand in the user's own training rows.

Ranks are not counted among random references, which end at the logarithm of their number, and not read
off a fitted curve, which is off by several bits where it matters. Secrets are drawn from the model
itself, restricted to what the format allows at each token and mixed with uniform ones, and weighed by
the probability of being drawn; where few stand before the planted one, all of them are searched through
and the rank is exact. Secrets of several tokens are scored in the tokens that the tokenizer gives them,
and a secret that the model finds as likely as the planted one counts as standing before it.

What the measures hide: secrets in other surroundings or formats than the planted ones; an attacker who
knows more than the prefix; and single rows of the training set, of which ``membership`` and
``extraction`` speak. A low exposure proves no privacy: ``empirical-epsilon`` and a private training speak
of that. A secret's error of measurement, mostly below 0.3 bit, is part of what the median's interval
covers; that of the mean exposure widens the p-values.

``exposures.parquet`` holds one row for each secret, without the secret.

Source: Carlini et al. 2019 (arXiv:1802.08232); rank by importance sampling: Owen 2013, chapter 9;
repeats: Kandpal, Wallace and Raffel 2022 (arXiv:2202.06539)
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field

from audits._artifacts import write_rows
from audits._memorisation_measures import MEASURES
from audits._memorisation_planted import OPTIONS, planted_context
from audits._memorisation_said import Measured, Said
from audits._memorisation_values import chosen, exposures_of
from harness.auditing import AuditContext, CostFacts, Trial, audit
from harness.records import Measurement


class Options(BaseModel):
    """Options of ``memorisation``.

    Attributes:
        draws: Secrets that are drawn from the model for each planted one.
        per_level: Secrets of each level that are measured, the first ones; None for all.
        search_cap: Beginnings of secrets that an exact search may follow for each.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    draws: int = Field(default=2000, ge=100)
    per_level: int | None = Field(default=None, ge=1)
    search_cap: int = Field(default=4000, ge=1)


def planted(seed: int) -> Trial:
    """Plant a model that met secrets sixteen times, beside one that never met them."""
    return Trial(
        guilty=planted_context(memorisation, seed, knows=True, options=OPTIONS),
        innocent=planted_context(memorisation, seed, knows=False, options=OPTIONS),
        rule={"measure": "memorisation.beyond-chance", "require": {"at_most": 0}},
    )


def calls(facts: CostFacts) -> dict[str, int]:
    """Return the draws for all secrets that are measured."""
    most = facts.options.per_level
    n = sum(
        number if most is None else min(number, most) for number in facts.canary_levels.values()
    )
    return {next(iter(facts.sets), "test"): n * facts.options.draws}


@audit(
    id="memorisation",
    question="What has the model kept of secrets that were planted in its training?",
    needs={"predictions", "rows", "canaries", "model.log-probabilities"},
    uses={"train"},
    measures=MEASURES,
    options=Options,
    suites={"standard", "deep"},
    cost="2,000 draws of a secret for each planted one; nothing where none was planted",
    calls=calls,
    planted=planted,
    tasks={"text-generation"},
)
def memorisation(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield what the exposures of all secrets say."""
    canaries = [one for one in ctx.canaries() or () if not one.is_drawn]
    picked = chosen(canaries, ctx.options.per_level)
    found = exposures_of(ctx, picked)
    said = Said(ctx, Measured.of(picked, found), n_planned=len(canaries))
    yield from said.measurements()
    write_rows(ctx, "exposures.parquet", said.rows(), said.columns)

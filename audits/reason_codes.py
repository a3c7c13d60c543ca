"""Which words are the reasons of decisions against people, and do these reasons hold?

For each decision that is not the favourable class the words are ranked by what they add against the
favourable class, in logits, and the first four that hold a share worth naming (``least_share``) are named. What they are compared with (``baseline``)
is printed beside them:

* ``near-threshold`` (default): expected gradients over favourable decisions just above the cutoff, the
  ones with the least lead. Regulation B asks where an applicant fell short of those who just passed;
* ``population``: the same over rows drawn from all decisions;
* ``mask`` or ``pad``: integrated gradients from a text of nothing but that token. It stands for no
  person, and is offered for comparison.

Words become reasons by a table of your own; words that it does not hold are ``unmapped``, each a factor
of its own. Without a table every word is a factor, addressed by its position:

    audits:
      reason-codes:
        reasons: reasons.yaml          # relative to the config
        baseline: near-threshold

    reasons:                           # in reasons.yaml
      late-payments: {says: Late or missed payments, words: [overdue, past due, 逾期], patterns: ["miss(ed|es)"]}

The first reason of a decision is **stable** where it stays the first for two seeds of that method and for
occlusion by word; else "not stable" is said of the decision and no one should be told the reason. Without
gradients (a model that does not offer ``embeddings``) Shapley sampling with the baseline ``mask`` takes the
place of the first method.

Measures:

* ``reason-codes.stable-share``: share of decisions against people whose first reason is stable.
* ``reason-codes.coverage``: mean share of everything that speaks against the favourable class which
  the named reasons hold.
* ``reason-codes.confirmed-share``: share of decisions where the favourable class gains when the first
  reason is masked.
* ``reason-codes.unmapped-first-share``: share of decisions whose first factor is in no reason of the table.
* ``reason-codes.protected-in-top-share``: share of decisions with a word of an identity list among the
  named reasons. Proxies that you know of belong into a list of your own (``lists``).

``reasons.parquet`` holds the reasons of each decision by example id, part and place in the text, without
any text. Reasons are evidence for a notice, never the notice: what a person is told is written, and
answered for, by people.

What the measures hide: factors outside the text; words that speak against a person only together; that
gradient methods which add up can be no better than guessing about what would happen if a word were absent (so
that ``confirmed-share`` stands beside them); whether a reason is a lawful one; identities and proxies that no
list names; and a model built to mislead attributions.

Source: 12 CFR 1002.9(b)(2) and its official interpretation, paragraphs 1 to 5 (read 2026-11-27): at most
four reasons are likely to be helpful, they must be the factors actually scored, no principal one may be left
out, and they may be found by comparison with applicants at or just above the passing score. Regulation (EU)
2016/679 Articles 15(1)(h) and 22 with CJEU C-203/22 of 2025-02-27, and Regulation (EU) 2024/1689 Article 86,
ask for explanations of their own. Expected gradients: Erion et al. 2021 (doi:10.1038/s42256-021-00343-w);
limits of methods that add up: Bilodeau et al. 2024 (doi:10.1073/pnas.2304406120).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from audits._clusters import share, shared
from audits._reason_asking import Subject, attributed, confirmed, located, subject_of
from audits._reason_notes import notes_of, nothing_why, row_notes, unmapped_why
from audits._reason_options import Options, option_problems, reason_calls, reason_units
from audits._reason_planted import planted_context
from audits._reason_rows import Decision
from audits._reason_tables import Written
from harness.auditing import AuditContext, Trial, audit
from harness.errors import MethodRefused
from harness.records import Estimate, Measure, Measurement, Message
from harness.stats import bootstrap_mean, undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audits._clusters import Clusters

_SOURCE = "12 CFR 1002.9(b)(2) and its official interpretation, read 2026-11-27"


def _share_measure(name: str, title: str, *, better: str, reads_as: str, blind_to: str) -> Measure:
    return Measure(
        key=f"reason-codes.{name}",
        title=title,
        unit="share",
        better="higher" if better == "higher" else "lower",
        range_low=0.0,
        range_high=1.0,
        reads_as=reads_as,
        blind_to=blind_to,
        source=_SOURCE,
    )


MEASURES = (
    _share_measure(
        "stable-share",
        "Decisions with a stable first reason",
        better="higher",
        reads_as="Of 100 decisions against people, about {per_100} keep their first reason over two seeds and "
        "two methods.",
        blind_to="Reasons that both methods miss, and whether the reason is a lawful one.",
    ),
    _share_measure(
        "coverage",
        "What the named reasons cover",
        better="higher",
        reads_as="The named reasons hold {value} of what speaks against the favourable class, on average.",
        blind_to="Words that speak against a person only together.",
    ),
    _share_measure(
        "confirmed-share",
        "Decisions whose first reason is confirmed by masking",
        better="higher",
        reads_as="Of 100 decisions against people, about {per_100} move towards the favourable class when the "
        "first reason is masked.",
        blind_to="How far they move, and that a text with a gap may be unlike anything the model has learnt from.",
    ),
    _share_measure(
        "unmapped-first-share",
        "Decisions whose first factor is in no reason",
        better="lower",
        reads_as="Of 100 decisions against people, about {per_100} rest first on a word that the table of "
        "reasons does not hold.",
        blind_to="Words that the table maps to a reason that they do not mean.",
    ),
    _share_measure(
        "protected-in-top-share",
        "Decisions with an identity word among the reasons",
        better="lower",
        reads_as="Of 100 decisions against people, about {per_100} have an identity word among the named "
        "reasons.",
        blind_to="Identities and proxies that no list names.",
    ),
)


def planted(seed: int) -> Trial:
    """Plant an identity word that speaks against people."""
    return Trial(
        guilty=planted_context(reason_codes, seed, identity_weight=6.0),
        innocent=planted_context(reason_codes, seed, identity_weight=0.0),
        rule={"measure": "reason-codes.protected-in-top-share", "require": {"at_most": 0.05}},
    )


@audit(
    id="reason-codes",
    question="Which words are the reasons of decisions against people, and do these reasons hold?",
    needs={"predictions", "logits", "rows", "model.logits", "model.parts"},
    uses={"clusters", "model.embeddings"},
    measures=MEASURES,
    options=Options,
    suites={"standard", "deep"},
    cost="two times 48 gradients, and one forward pass for each word, of 50 rows",
    calls=reason_calls,
    planted=planted,
    units=reason_units,
    check=option_problems,
    by_suite={"deep": {"rows": 200}},
)
def reason_codes(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield whether the reasons of decisions against people are stable, complete and confirmed."""
    written = Written()
    for dataset in ctx.datasets:
        why = nothing_why(ctx, dataset)
        decisions: list[Decision] = []
        if why is None:
            subject = subject_of(ctx, dataset)
            try:
                decisions = attributed(subject)
            except MethodRefused as err:
                why = Message.of("reason-codes.refused", "Not measured: {why}", why=str(err))
        if why is None and not decisions:
            why = Message.of(
                "reason-codes.not-about-favourable",
                "Not measured: in no sampled decision does the model weigh the decided class against the "
                "favourable one, or no row has a word.",
            )
        if why is not None:
            for measure in MEASURES:
                name = measure.key.removeprefix("reason-codes.")
                yield ctx.measurement(name, undefined(why, unit=measure.unit), dataset=dataset)
            continue
        yield from _measured(subject, decisions, written)
    written.write(ctx)


def _measured(
    subject: Subject, decisions: Sequence[Decision], written: Written
) -> Iterator[Measurement]:
    ctx, dataset = subject.ctx, subject.dataset
    gains, is_protected = confirmed(subject, decisions), located(subject, decisions)
    written.add(subject, decisions, gains, is_protected)
    cluster = shared(_taken(ctx.predictions(dataset).cluster, decisions))
    notes = notes_of(subject, decisions)
    shares = {
        "stable-share": [one.is_stable for one in decisions],
        "confirmed-share": [bool(each) and each[0] > 0 for each in gains],
        "protected-in-top-share": [any(each) for each in is_protected],
    }
    for name, flags in shares.items():
        yield ctx.measurement(
            name,
            share(np.array(flags, dtype=np.bool_), cluster),
            dataset=dataset,
            notes=[*notes, *row_notes(decisions)] if name == "stable-share" else (),
        )
    yield ctx.measurement("coverage", _coverage(subject, decisions, cluster), dataset=dataset)
    yield ctx.measurement("unmapped-first-share", _unmapped(subject, decisions), dataset=dataset)


def _coverage(subject: Subject, decisions: Sequence[Decision], cluster: Clusters) -> Estimate:
    kept = np.array([bool(one.factors) for one in decisions], dtype=np.bool_)
    values = [one.coverage for one in decisions if one.factors]
    return bootstrap_mean(
        values,
        rng=subject.ctx.rng,
        keep=subject.ctx.keep,
        unit="share",
        range_low=0.0,
        range_high=1.0,
        cluster=None if cluster is None else cluster[kept],
    )


def _unmapped(subject: Subject, decisions: Sequence[Decision]) -> Estimate:
    if subject.table is None:
        return undefined(unmapped_why(), unit="share")
    cluster = shared(_taken(subject.ctx.predictions(subject.dataset).cluster, decisions))
    flags = [bool(one.factors) and one.factors[0].reason is None for one in decisions]
    return share(np.array(flags, dtype=np.bool_), cluster)


def _taken(
    cluster: NDArray[np.object_] | None, decisions: Sequence[Decision]
) -> NDArray[np.object_] | None:
    return None if cluster is None else cluster[[one.row for one in decisions]]

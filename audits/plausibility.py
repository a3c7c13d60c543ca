"""Do explanations point at the words that people marked?

Some data sets say which words made people decide: a rationale. This audit takes the words that an
attribution method puts on top and compares them with those. It needs the data role ``rationale``:

    data:
      test: {path: test.csv, text: text, label: toxic, rationale: spans}
    audits:
      plausibility: {methods: [integrated-gradients, occlusion], k: own, speaks_for: toxic}

A rationale is a list (also one written as text) in one of five forms. Which one a column has is seen
from its rows where only one fits at least half of them; else ``rationale_form`` must say it:

* ``characters``: positions of characters from 0, as ``[8, 9, 10]``.
* ``spans``: pairs of start and stop in characters, stop not included, as ``[[8, 11], [20, 25]]``.
* ``words``: words of the text, as ``["idiot", "moron"]`` or ``idiot|moron``, marked wherever they stand.
* ``positions``: positions of words set apart by white space, from 0, as ``[2, 5]``.
* ``marks``: 0 or 1 for each of these words, or for each character, as ``[0, 0, 1]``.

A rationale that does not fit its text (beyond its end, another form, words that do not stand there), marks nothing,
or lies behind what the model reads is left out, counted, and listed by id in ``rationales.parquet``. A
word counts as marked when at least half of its characters are. Of a pair of texts ``of_text`` says
which one is meant. Rationales speak for the label of their row, or for ``speaks_for``, or, without
either, for the decided class; where the decision is the other way, the attribution is turned round.

Measures, each in ``method=<method>``:

* ``plausibility.token-f1``: F1 of the ``k`` highest words and the marked ones, mean over rows. ``k: own`` takes as
  many as are marked in the row, ``k: mean`` the mean number over all rows, as HateXplain does.
* ``plausibility.token-f1-micro``: the same over all words of all rows together.
* ``plausibility.iou-f1``: F1 over runs of neighbouring words; two runs match when intersection over
  union is at least 0.5.
* ``plausibility.auprc``: average precision of the words' ranking, mean over rows; no ``k``.
* ``plausibility.auprc-chance``: what a random ranking reaches on average in the same rows. It is exact,
  and above the density of marked words, which a note gives: one marked word of five gives 0.46.
* ``plausibility.auprc-over-chance``: the one minus the other, row by row. This is the one to hold a rule against.

Values per row lie in ``rows.parquet`` by id. Rows whose attributions did not converge are left out and counted.

What the measures hide: whether the explanation is true to the model. A plausible explanation of a model that
decides by something else convinces people of what is not so, and a true one may point at words that
nobody marked. So this is never a measure of trust; see ``faithfulness``. People disagree on rationales, too.

Source: DeYoung et al. 2020 (arXiv:1911.03429), ERASER; Mathew et al. 2021 (arXiv:2012.10289), HateXplain;
caveat: Jacovi and Goldberg 2020 (arXiv:2004.03685).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from audits._clusters import few, shared
from audits._explained import converged, explain, left_out, method_of
from audits._planted import planted_texts
from audits._plausibility_measures import MEASURES
from audits._plausibility_options import Options, calls, option_problems
from audits._plausibility_rows import Row, compared, micro_f1
from audits._plausibility_sample import Sample, misfits_said, no_fit, read_sample
from audits._tables import write_rows
from harness.attributions import UNSIGNED_METHODS
from harness.auditing import AuditContext, Trial, audit
from harness.keywords import KeywordModel
from harness.records import Estimate, Measurement, Message
from harness.stats import bootstrap_mean, undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.attributions import Attributions

    BoolArray = NDArray[np.bool_]
    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

_UNITS = {one.key.split(".")[1]: one.unit for one in MEASURES}


def planted(seed: int) -> Trial:
    """Plant rationales that lie beside the words that decide."""
    return Trial(
        guilty=_planted_context(seed, is_beside=True),
        innocent=_planted_context(seed, is_beside=False),
        rule={
            "measure": "plausibility.auprc-over-chance",
            "require": {"at_least": 0.2},
            "slices": {"by": [["method"]]},
        },
    )


@audit(
    id="plausibility",
    question="Do explanations point at the words that people marked?",
    needs={"predictions", "rows", "model.logits", "model.parts"},
    uses={"labels", "clusters", "model.embeddings"},
    measures=MEASURES,
    options=Options,
    suites={"standard", "deep"},
    cost="attributions of 200 rows by two methods: about 55 forward passes a row for integrated gradients, "
    "one a word for occlusion; nothing where the data has no rationales",
    calls=calls,
    planted=planted,
    check=option_problems,
)
def plausibility(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield for every method how far its words are those that people marked."""
    table: list[dict[str, Any]] = []
    misfits: list[dict[str, Any]] = []
    for dataset in ctx.datasets:
        sample = read_sample(ctx, dataset)
        if isinstance(sample, Message):
            yield from _nothing(ctx, dataset, sample)
            continue
        misfits += sample.misfits(ctx.predictions(dataset).example_id)
        if not len(sample.rows):
            yield from _nothing(ctx, dataset, no_fit(sample))
            continue
        for name in dict.fromkeys(ctx.options.methods):
            yield from _One(ctx, dataset, sample, table).measured(name)
    write_rows(ctx, "rows.parquet", table)
    write_rows(ctx, "rationales.parquet", misfits)


@dataclass(frozen=True, slots=True)
class _One:
    """The question about one data set."""

    ctx: AuditContext
    dataset: str
    sample: Sample
    table: list[dict[str, Any]]

    def measured(self, name: str) -> Iterator[Measurement]:
        """Yield every measure of one method."""
        method = method_of(name, self.ctx)
        found = explain(self.ctx, self.dataset, self.sample.rows, method)
        if isinstance(found, Message):
            yield from _nothing(self.ctx, self.dataset, found, method.id)
            return
        sign = self._sign(found)
        is_read = converged(found) & (sign != 0)
        notes = (*self._notes(found, int((sign == 0).sum())), *left_out(found))
        if not is_read.any():
            why = Message.of(
                "plausibility.none-read",
                "Not measured: none of {n} rows has an attribution by {method} that can be read.",
                n=found.n,
                method=method.id,
            )
            yield from _nothing(self.ctx, self.dataset, why, method.id, notes)
            return
        at = np.flatnonzero(is_read)
        marked, is_own = self.sample.marked, self.ctx.options.k == "own"
        mean = max(1, round(float(np.mean([one.sum() for one in marked]))))
        rows = [
            compared(sign[i] * found.of(i), marked[i], None if is_own else mean)
            for i in at.tolist()
        ]
        self._keep(found, at, rows)
        yield from self._estimates(method.id, at, rows, notes)

    def _sign(self, found: Attributions) -> FloatArray:
        """Return 1 where attributions speak for the class of the rationale, -1 against it, shape [k].

        0 where they are about two other classes.
        """
        wanted = self._classes(found)
        if found.method.id in UNSIGNED_METHODS:
            return np.ones(found.n)
        turned = (found.runner_up == wanted) & (found.method.target == "lead")
        return np.where(found.target == wanted, 1.0, np.where(turned, -1.0, 0.0))

    def _classes(self, found: Attributions) -> IntArray:
        speaks_for = self.ctx.options.speaks_for
        if speaks_for is not None:
            return np.full(found.n, self.ctx.task.classes.index(speaks_for))
        label = self.ctx.predictions(self.dataset).label
        return found.target if label is None else label[self.sample.rows]

    def _estimates(
        self, method: str, at: IntArray, rows: Sequence[Row], notes: Sequence[Message]
    ) -> Iterator[Measurement]:
        ctx, seen = self.ctx, self.ctx.predictions(self.dataset)
        of_rows = self.sample.rows[at]
        cluster = None if seen.cluster is None else shared(seen.cluster[of_rows])
        precision, chance = (
            np.array([getattr(one, name) for one in rows]) for name in ("precision", "chance")
        )
        found = {
            "token-f1": self._mean([one.f1 for one in rows], cluster),
            "token-f1-micro": micro_f1(rows, cluster),
            "iou-f1": self._mean([one.iou for one in rows], cluster),
            "auprc": self._mean(precision, cluster, unit="probability"),
            "auprc-chance": self._mean(chance, cluster, unit="probability"),
            "auprc-over-chance": self._mean(
                precision - chance, cluster, unit="difference", least=-1.0
            ),
        }
        for name, estimate in found.items():
            yield ctx.measurement(
                name,
                estimate,
                dataset=self.dataset,
                where={"method": method},
                share=len(rows) / seen.n,
                caveats=(_agrees(), *few(cluster)),
                notes=(*notes, _density(rows)) if name == "token-f1" else (),
            )

    def _mean(self, values: Any, cluster: Any, unit: str = "share", least: float = 0.0) -> Estimate:
        return bootstrap_mean(
            np.clip(values, least, 1.0),
            rng=self.ctx.rng,
            keep=self.ctx.keep,
            unit=unit,
            range_low=least,
            range_high=1.0,
            cluster=cluster,
        )

    def _notes(self, found: Attributions, n_other: int) -> tuple[Message, ...]:
        sample = self.sample
        notes = [
            Message.of(
                "plausibility.design",
                "{n} rows are compared. Rationales are read as {form}; k is {k}.",
                n=found.n - n_other,
                form=sample.form,
                k="the number of marked words of the row"
                if self.ctx.options.k == "own"
                else "the mean number of marked words over all rows",
            )
        ]
        notes += misfits_said(sample)
        if n_other:
            notes.append(
                Message.of(
                    "plausibility.other-classes",
                    "{n} rows are left out: their decision is between two classes that the rationale does "
                    "not speak for.",
                    n=n_other,
                )
            )
        return tuple(notes)

    def _keep(self, found: Attributions, at: IntArray, rows: Sequence[Row]) -> None:
        ids = self.ctx.predictions(self.dataset).example_id
        for i, one in zip(at.tolist(), rows, strict=True):
            self.table.append(
                {
                    "dataset": self.dataset,
                    "example_id": str(ids[self.sample.rows[i]]),
                    "method": found.method.id,
                    "n_words": one.n_parts,
                    "n_marked": one.n_marked,
                    "token_f1": one.f1,
                    "iou_f1": one.iou,
                    "auprc": one.precision,
                    "auprc_chance": one.chance,
                }
            )


def _nothing(
    ctx: AuditContext,
    dataset: str,
    why: Message,
    method: str | None = None,
    notes: Sequence[Message] = (),
) -> Iterator[Measurement]:
    for name, unit in _UNITS.items():
        yield ctx.measurement(
            name,
            undefined(why, unit=unit),
            dataset=dataset,
            where=None if method is None else {"method": method},
            notes=notes if name == "token-f1" else (),
        )


def _agrees() -> Message:
    return Message.of(
        "plausibility.agrees-with-people",
        "This says how far an explanation agrees with people, not with the model: an explanation can be "
        "plausible and untrue to the model, or true and not plausible. It is no measure of trust.",
    )


def _density(rows: Sequence[Row]) -> Message:
    share = float(np.mean([one.n_marked / one.n_parts for one in rows]))
    return Message.of(
        "plausibility.density",
        "On average {per_cent} % of the words of a row are marked.",
        per_cent=f"{100 * share:.1f}",
    )


def _planted_context(seed: int, *, is_beside: bool) -> AuditContext:
    rng = np.random.default_rng([seed, 41])
    plain = [f"word{index}" for index in range(40)]
    strong = [f"bad{index}" for index in range(10)]
    weights = {word: (0.0, float(rng.normal(scale=0.2))) for word in plain}
    weights |= {word: (0.0, float(rng.uniform(1.0, 3.0))) for word in strong}
    model = KeywordModel(weights, bias=(0.5, 0.0))
    texts, rationales = [], []
    for _ in range(120):
        words = rng.permutation([*rng.choice(plain, size=10), *rng.choice(strong, size=2)]).tolist()
        texts.append(" ".join(words))
        at = [i for i, word in enumerate(words) if word.startswith("bad") is not is_beside]
        rationales.append(sorted(rng.permutation(at)[:2].tolist()))
    return planted_texts(
        plausibility,
        model,
        texts,
        seed=seed,
        options={"methods": ["occlusion"], "rows": 60, "rationale_form": "positions"},
        label=np.ones(len(texts), dtype=np.int64),
        rationales=rationales,
    )

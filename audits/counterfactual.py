"""Does the decision change when only the identity word changes?

A text that names an identity is written again with another identity of the same category in its
place, and the model is asked about both. Words come from lists: English and Chinese ones are part of
the package (religion, gender, sexual orientation, race, nationality, region, disability, age), and a
list of your own takes their place:

    audits:
      counterfactual:
        lists: [words/identity.yaml]          # or en, zh; relative to the config
        symmetric: {column: functionality, values: [neutral]}   # or true for all texts
        pairs: {path: twins.csv, id: rev_id, text: comment}     # twins written elsewhere, instead

A list of your own holds categories of at least two identities each; a word alone is enough, forms keep
the grammar (``harness/swaps/identity_en.yaml`` shows all that a list can say):

    categories:
      team: [reds, blues]
      religion: [{adjective: Muslim, nouns: Muslims}, {adjective: Jewish, nouns: Jews}]
    boundaries: words                         # none for Chinese
    other_words: [white paper]                # no identity word stands in these

A swap keeps the grammatical form (a noun stays a noun, a plural a plural), upper and lower case, and
``a`` or ``an``; all words of an identity in a text are swapped together. ``pairs`` compares twins that
you bring: a file with the ids of the test set, another test set of the run (``dataset: twins``), or,
for stored predictions, a file with the answers about the twins (``scores`` or ``decision``). Pairs whose
texts are equal are left out and counted, and so are counterfactuals that differ only behind what the model
reads of a long text: no decision could change.

Measures:

* ``counterfactual.flip-rate``: share of counterfactuals whose decision differs from that of their
  original; over all, in ``category=<name>``, and in ``category=<name>,identity=<name>`` for those where
  the identity came or went. A rule on every category decides over the worst one.
* ``counterfactual.score-difference``: mean absolute difference of the scores (of several classes half
  their sum), in the same slices.
* ``counterfactual.score-shift``: by identity, how much higher the score of the class of interest is
  with it than with another identity in the same text, on average; below 0: lower.

The unit is the cluster where the data has one, else the template (the text with its identity words
masked), so that all swaps of one text, and all fillings of one template, count as one. With fewer than
10 units nothing is decided. The flip rate's ends err in about 5 % each, rare flips included; the high end of
the score difference errs in up to 8 %, with 15 templates 10 %, where few texts move far.

What the measures hide: identities that no list names, names of persons, pronouns, and dialect; swaps
that read oddly; that a text can be about the identity itself or lean on a stereotype, where another
answer is right. Say which texts are symmetric (``symmetric``); else a caveat says so. A low flip rate
says nothing about how well either answer is founded.

Source: Garg et al. 2019 (arXiv:1809.10610), counterfactual token fairness; Ribeiro et al. 2020
(arXiv:2005.04118), invariance tests; intervals over clusters: Cochran 1977, chapter 9; Liang and Zeger
1986 (doi:10.1093/biomet/73.1.13).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from audits._counterfactual_common import Comparison
from audits._counterfactual_options import Options, option_problems
from audits._counterfactual_texts import calls, compare, units
from audits._counterfactual_values import measured
from harness.auditing import AuditContext, Trial, audit
from harness.data import Dataset
from harness.engines.prediction import softmax64
from harness.files import whole_file
from harness.keywords import KeywordModel
from harness.predictions import Predictions
from harness.records import DatasetRef, Measure, Measurement, Message, Task
from harness.stats import undefined
from harness.trials import trial_context

_SOURCE = "Garg et al. 2019, arXiv:1809.10610; Ribeiro et al. 2020, arXiv:2005.04118"

MEASURES = (
    Measure(
        key="counterfactual.flip-rate",
        title="Decisions that change with the identity word",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 texts with another identity word ({slice}), about {per_100} are decided "
        "differently.",
        blind_to="Identities that no list names, names, pronouns, and whether another answer would be right.",
        source=_SOURCE,
    ),
    Measure(
        key="counterfactual.score-difference",
        title="Score difference with the identity word",
        unit="probability",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="With another identity word ({slice}) the scores move by {value} on average.",
        blind_to="In which direction they move, and whether that would be right.",
        source=_SOURCE,
    ),
    Measure(
        key="counterfactual.score-shift",
        title="Score shift of an identity",
        unit="difference",
        better="lower",
        range_low=-1.0,
        range_high=1.0,
        reads_as="With this identity ({slice}) the score of the class of interest is higher by {value} than "
        "with another one in the same text, on average.",
        blind_to="Shifts in both directions that cancel, and whether the shift would be right.",
        source=_SOURCE,
    ),
)


def planted(seed: int) -> Trial:
    """Plant a word for one identity that decides by itself."""
    return Trial(
        guilty=_planted_context(seed, identity_weight=9.0),
        innocent=_planted_context(seed, identity_weight=0.0),
        rule={"measure": "counterfactual.flip-rate", "require": {"at_most": 0.05}},
    )


@audit(
    id="counterfactual",
    question="Does the decision change when only the identity word changes?",
    needs={"predictions"},
    uses={"rows", "scores", "clusters", "model.logits"},
    measures=MEASURES,
    options=Options,
    suites={"quick", "standard", "deep"},
    cost="up to 4 counterfactuals of 400 texts that name an identity: at most 1,600 model calls",
    calls=calls,
    planted=planted,
    units=units,
    check=option_problems,
)
def counterfactual(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield flip rate, score difference and score shift of every data set."""
    compared: dict[str, Comparison] = {}
    for dataset in ctx.datasets:
        found = compare(ctx, dataset)
        if isinstance(found, Message):
            for measure in MEASURES:
                name = measure.key.removeprefix("counterfactual.")
                yield ctx.measurement(name, undefined(found, unit=measure.unit), dataset=dataset)
            continue
        compared[dataset] = found
        yield from measured(ctx, dataset, found, _caveats(ctx))
    _write(ctx, compared)


def _caveats(ctx: AuditContext) -> list[Message]:
    if ctx.options.symmetric:
        return []
    return [
        Message.of(
            "counterfactual.symmetry",
            "Nobody said that these texts are symmetric: where one leans on a stereotype or is about the "
            "identity itself, a different answer can be right. Name symmetric texts with symmetric.",
        )
    ]


def _write(ctx: AuditContext, compared: dict[str, Comparison]) -> None:
    """Write what was compared by example id, without any text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not compared:
        return
    columns: dict[str, list[object]] = {}
    for dataset, one in compared.items():
        ids = ctx.predictions(dataset).example_id
        for i, row in enumerate(one.row.tolist()):
            entry = {
                "dataset": dataset,
                "example_id": ids[row],
                "variant": one.variant[i],
                "removed": [f"{category}/{name}" for category, name in one.removed[i]],
                "added": [f"{category}/{name}" for category, name in one.added[i]],
                "decision": int(one.before.decision[i]),
                "counterfactual_decision": int(one.after.decision[i]),
            }
            for name, value in entry.items():
                columns.setdefault(name, []).append(value)
    names = pa.list_(pa.string())
    kinds = dict.fromkeys(("removed", "added"), names)
    table = pa.table({name: pa.array(each, kinds.get(name)) for name, each in columns.items()})
    with whole_file(ctx.artifact("comparisons.parquet")) as part:
        pq.write_table(table, part, compression="zstd")


def _planted_context(seed: int, *, identity_weight: float) -> AuditContext:
    rng = np.random.default_rng([seed, 11])
    words = np.array([f"word{index}" for index in range(30)], dtype=object)
    weights = {str(word): (0.0, float(rng.normal(scale=0.5))) for word in words}
    weights["Muslims"] = (0.0, identity_weight)
    model = KeywordModel(weights, bias=(3.0, 0.0))
    names = np.array(["Muslims", "Hindus", "Sikhs", "Jews", "Catholics", "Buddhists"], dtype=object)
    texts = [
        " ".join(rng.permutation([*rng.choice(words, size=7), rng.choice(names)]).tolist())
        for _ in range(600)
    ]
    example_id = np.array([f"e{index}" for index in range(len(texts))], dtype=object)
    logits = model.logits(model.prepare(texts))
    ref = DatasetRef("test", "planted", None, "", len(texts), len(texts), {"text": "text"})
    predictions = Predictions(
        "test",
        example_id,
        np.argmax(logits, axis=1).astype(np.int64),
        2,
        logits=logits,
        scores=softmax64(logits),
    )
    return trial_context(
        counterfactual,
        task=Task(kind="text-classification", modality="text", classes=("benign", "toxic")),
        predictions=[predictions],
        rows={"test": Dataset(ref, example_id, list(texts))},
        model=model,
        options={"rows": 150},
        seed=seed,
    )

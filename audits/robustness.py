"""Do decisions survive edits that a reader would hardly notice?

Texts are written again with small edits that leave their meaning as it is, and the model is asked about
both versions: letter case, white space, punctuation, typos, look-alike characters, contractions and
synonyms; for Chinese also the width of forms, traditional and simplified characters, characters that are
taken for each other, radical signs, ASCII marks, and blanks between characters. Edits of single letters change
one word in five, at most three, never a first letter. Of a pair both texts are edited. Versions that
the model reads exactly as the original (an uncased tokenizer and upper case) are left out and counted.

Then the words that carry a decision are attacked: where they stand is known from their attributions
(``ranking``), every way to write one of them differently is tried, the one that costs the decided
class most of its lead is kept, and so on until the decision changes or the budget is spent. The
same attack on words at random, with the same budget, says what knowing the words is worth.

    audits:
      robustness:
        edits: [typo-swap, look-alike-cyrillic]   # all where none are named
        synonyms: [words/synonyms.yaml]           # or en, zh; relative to the config
        words: 3                                  # that an attack may change, and
        queries: 40                               # questions it may ask, for one text
        ranking: occlusion                        # or gradient-x-input, integrated-gradients

A list of your own says what may stand in the place of a word:

    synonyms:
      refund: [reimbursement]
    boundaries: words                             # none for Chinese

Measures:

* ``robustness.flip-rate``: share of edited versions whose decision differs from that of the original;
  over all, and in ``edit=<id>`` for every edit that changes at least ``min_texts`` texts.
* ``robustness.score-change``: mean absolute change of the scores (of several classes half their sum), in
  the same slices.
* ``robustness.worst-edit-flip-rate``: flip rate of the edit that has the highest. The low end is corrected
  for having looked at all edits; a note names the edit.
* ``robustness.attack-success-rate``: share of decisions that the attack changes within its budget; over
  all, and in ``decision=right`` where labels are known.
* ``robustness.random-attack-success-rate``: the same for words at random.
* ``robustness.attack-gain``: the first minus the second, over the same texts.

The versions of one text are one unit, and so are the texts of one cluster where the data has some; with
fewer than 10 units nothing is decided.

What the measures hide: edits that are not in the list, and attacks with a larger budget, other edits or
more patience: the success of this one is a lower bound of what an attacker can do. A typo or a similar
character can make another word of a word, and a synonym can say something else in its place: no
reader was asked. That a decision stays says nothing about whether it is right.

Source: Ribeiro et al. 2020 (arXiv:2005.04118), invariance tests; Li et al. 2019 (arXiv:1812.05271) and Jin et
al. 2020 (arXiv:1907.11932), greedy attacks on the words that weigh most; Boucher et al. 2022
(arXiv:2106.09898), characters that cannot be seen; intervals over clusters: Cochran 1977, chapter 9; worst of
several: Berger 1982 (doi:10.1080/00401706.1982.10487790).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from audits._artifacts import write_rows
from audits._clusters import shared
from audits._robustness_costs import robustness_calls, robustness_units
from audits._robustness_edits import Edited, compare, measured
from audits._robustness_options import Options, edits_of, lists_of, option_problems
from audits._robustness_outcomes import attack_measured, attack_rows, attacked
from harness.auditing import AuditContext, Trial, audit
from harness.data import Dataset
from harness.engines.prediction import decide, softmax64
from harness.keywords import KeywordModel
from harness.predictions import Predictions
from harness.records import DatasetRef, Measure, Measurement, Task
from harness.trials import trial_context

if TYPE_CHECKING:
    from harness.modelling import Item

_EDITS = "Ribeiro et al. 2020, arXiv:2005.04118"
_ATTACK = "Li et al. 2019, arXiv:1812.05271; Jin et al. 2020, arXiv:1907.11932"
_BLIND = "Edits that are not in the list, and whether a reader takes both versions to say the same."
_BOUND = (
    "Attacks with another budget or other edits: it is a lower bound of what an attacker can do."
)

MEASURES = (
    Measure(
        key="robustness.flip-rate",
        title="Decisions that change with an edit",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 texts with a small edit ({slice}), about {per_100} are decided differently.",
        blind_to=_BLIND,
        source=_EDITS,
    ),
    Measure(
        key="robustness.score-change",
        title="Score change with an edit",
        unit="probability",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="With a small edit ({slice}) the scores move by {value} on average.",
        blind_to=f"In which direction they move. {_BLIND}",
        source=_EDITS,
    ),
    Measure(
        key="robustness.worst-edit-flip-rate",
        title="Decisions that change with the worst edit",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 texts with the edit that changes most decisions, about {per_100} are decided "
        "differently.",
        blind_to=_BLIND,
        source=f"{_EDITS}; Berger 1982, doi:10.1080/00401706.1982.10487790",
    ),
    Measure(
        key="robustness.attack-success-rate",
        title="Decisions that an attack on their words changes",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 decisions ({slice}), an attack on the words that carry them changes about {per_100}.",
        blind_to=_BOUND,
        source=_ATTACK,
    ),
    Measure(
        key="robustness.random-attack-success-rate",
        title="Decisions that an attack on words at random changes",
        unit="share",
        better="lower",
        range_low=0.0,
        range_high=1.0,
        reads_as="Of 100 decisions ({slice}), an attack on words at random changes about {per_100}.",
        blind_to=_BOUND,
        source=_ATTACK,
    ),
    Measure(
        key="robustness.attack-gain",
        title="What knowing the words is worth to an attack",
        unit="difference",
        better="lower",
        range_low=-1.0,
        range_high=1.0,
        reads_as="An attack on the words that carry decisions changes a share of them that is higher by "
        "{value} than one on words at random.",
        blind_to="How strong either attack is: both can fail, and both can succeed.",
        source=_ATTACK,
    ),
)


def planted(seed: int) -> Trial:
    """Plant a model that knows its words only as they are spelled."""
    return Trial(
        guilty=_planted_context(seed, KeywordModel),
        innocent=_planted_context(seed, _Folding),
        rule={
            "measure": "robustness.flip-rate",
            "slices": {"by": [["edit"]]},
            "require": {"at_most": 0.25},
        },
    )


@audit(
    id="robustness",
    question="Do decisions survive edits that a reader would hardly notice?",
    needs={"predictions", "logits", "rows", "model.logits"},
    uses={"labels", "clusters", "model.parts", "model.embeddings"},
    measures=MEASURES,
    options=Options,
    suites={"quick", "standard", "deep"},
    by_suite={
        "quick": {"rows": 80, "attack_rows": 25},
        "deep": {"rows": 1000, "attack_rows": 300, "words": 5, "queries": 100},
    },
    cost="some 15 edited versions of 300 texts, and of 100 that are attacked one question for each word and up to "
    "80 more: about 12,000 model calls; quick about 3,500",
    calls=robustness_calls,
    planted=planted,
    units=robustness_units,
    check=option_problems,
)
def robustness(ctx: AuditContext) -> Iterator[Measurement]:
    """Yield what edits and attacks change, data set by data set."""
    lists = lists_of(ctx.options, ctx.base)
    edits = edits_of(ctx.options, lists)
    seed = int(ctx.rng.integers(2**31))
    versions: list[tuple[object, ...]] = []
    attacks: list[tuple[object, ...]] = []
    for dataset in ctx.datasets:
        cluster = shared(ctx.predictions(dataset).cluster)
        rows = ctx.shared_sample(dataset, ctx.options.rows)
        found = compare(ctx, dataset, rows.tolist(), edits, seed)
        yield from measured(ctx, dataset, found, edits, cluster)
        versions += _version_rows(ctx, dataset, found)
        done = attacked(ctx, dataset, lists, seed)
        yield from attack_measured(ctx, dataset, done)
        attacks += attack_rows(ctx, dataset, done)
    write_rows(
        ctx,
        "edits.parquet",
        versions,
        ("dataset", "example_id", "edit", "decision", "edited_decision", "score_change"),
    )
    write_rows(
        ctx,
        "attacks.parquet",
        attacks,
        (
            "dataset",
            "example_id",
            "order",
            "is_flipped",
            "lead",
            "lead_after",
            "n_queries",
            "edits",
        ),
    )


def _version_rows(ctx: AuditContext, dataset: str, found: Edited) -> list[tuple[object, ...]]:
    ids, change = ctx.predictions(dataset).example_id, found.table(None).distance
    assert change is not None  # there are logits
    answers = zip(
        found.row.tolist(),
        found.edit,
        decide(found.before).tolist(),
        decide(found.after).tolist(),
        change.tolist(),
        strict=True,
    )
    return [(dataset, str(ids[row]), *rest) for row, *rest in answers]


class _Folding(KeywordModel):
    """Reads upper and lower case alike."""

    def prepare(self, inputs: Sequence[str | tuple[str, ...]]) -> list[Item]:
        """Turn texts into items of words in lower case."""
        joined = (one if isinstance(one, str) else " ".join(one) for one in inputs)
        return super().prepare([text.lower() for text in joined])


def _planted_context(seed: int, kind: type[KeywordModel]) -> AuditContext:
    rng = np.random.default_rng([seed, 28])
    words = {
        "yes": ("refund", "broken", "delayed", "missing", "charged", "damaged", "cancel", "wrong"),
        "no": ("thanks", "lovely", "arrived", "perfect", "smoothly", "friendly", "bright", "warm"),
    }
    weights = {
        word: (0.0, 1.0 if name == "yes" else -1.0) for name in words for word in words[name]
    }
    # what has no known word is decided as "no"
    model = kind(weights, bias=(1.0, 0.0))
    label = (rng.random(120) < 0.75).astype(np.int64)
    texts = [" ".join(rng.choice(words["yes" if one else "no"], size=12)) for one in label.tolist()]
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
        label=label,
    )
    return trial_context(
        robustness,
        task=Task(kind="text-classification", modality="text", classes=("no", "yes")),
        predictions=[predictions],
        rows={"test": Dataset(ref, example_id, list(texts))},
        model=model,
        options={
            "rows": 50,
            "attack_rows": 5,
            "edits": ["upper-case", "title-case", "typo-swap", "look-alike-cyrillic", "tabs"],
        },
        seed=seed,
    )

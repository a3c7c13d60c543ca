"""Extraction on toy models whose every probability is known by hand."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from audits._extraction_inference import Guesses
from audits._extraction_options import Options
from audits._extraction_planted import sentences
from audits._extraction_scoring import Pair
from audits._extraction_targeted import by_prefix
from audits._extraction_targets import Reader, targets_of
from audits._extraction_untargeted import Known
from audits._extraction_values import read_values
from audits._extraction_verbatim import edit_similarity
from audits._language_items import prompt_item
from audits.extraction import extraction
from harness.auditing import AuditContext
from harness.data import Dataset
from harness.detectors import default_detector
from harness.engines.generation import generate
from harness.errors import ModelError
from harness.modelling import GREEDY, Decoding, TokenScores
from harness.predictions import Predictions
from harness.records import TARGET, DatasetRef, Measurement, Task, to_json
from harness.stats import clopper_pearson
from harness.toy_language import ToyLanguageModel
from harness.trials import run_audit, trial_context

SIGNS = "".join(map(chr, range(32, 127)))
ANN = "Mail of Ann Lee: ann.lee@gmail.com."
BOB = "Mail of Bob Ray: bob.ray@gmail.com."


def rows(texts: Sequence[Any], *, cluster: Sequence[str] | None = None) -> Dataset:
    example_id = np.array([f"e{k}" for k in range(len(texts))], dtype=object)
    ref = DatasetRef("train", "memory", None, "", len(texts), len(texts), {"text": "text"})
    named = None if cluster is None else np.array(cluster, dtype=object)
    return Dataset(ref, example_id, list(texts), cluster=named)


def context(
    train: Dataset,
    model: Any,
    *,
    base: Any = None,
    lineage: dict[str, Any] | None = None,
    test: Sequence[str] = ("a test row",),
    **options: Any,
) -> AuditContext:
    held = rows(test)
    logits = np.zeros((held.n, 1), dtype=np.float32)
    return trial_context(
        extraction,
        task=Task("text-generation", "causal-lm", (TARGET,)),
        predictions=[
            Predictions("test", held.example_id, np.zeros(held.n, dtype=np.int64), 1, logits=logits)
        ],
        rows={"test": held},
        train=train,
        model=model,
        reference=None if base is None else lambda: base,
        lineage=lineage,
        options=options,
        seed=0,
    )


def measure(ctx: AuditContext) -> dict[tuple[str, str], Measurement]:
    found = run_audit(extraction, ctx)
    return {(one.measure.split(".")[1], one.slice): one for one in found}


def value(found: dict[tuple[str, str], Measurement], name: str, where: str = "all") -> float | None:
    return found[name, where].estimate.value


def knowing(texts: Sequence[Any], n: int = 50, order: int = 25) -> ToyLanguageModel:
    whole = [one if isinstance(one, str) else "".join(one) for one in texts]
    return ToyLanguageModel(whole, n_copies=[n] * len(whole), order=order, alphabet=SIGNS)


def test_a_value_of_known_probability_takes_the_known_number_of_queries() -> None:
    """n = ln(1 - p) / ln(1 - p_z): 3.06 queries for p = 0.5 and p_z = 0.203."""
    chance = math.log(0.203)
    assert Options(queries=4).least_log_probability() <= chance
    assert Options(queries=3).least_log_probability() > chance
    one = Options(queries=1, probability=0.9).least_log_probability()
    assert one == pytest.approx(math.log(0.9))


@pytest.mark.parametrize(
    "decoding",
    [Decoding(), Decoding(0.7, top_k=5), Decoding(1.3, top_p=0.9), Decoding(1.0, 3, 0.8)],
)
def test_the_probability_of_a_value_is_the_rate_at_which_it_is_drawn(decoding: Decoding) -> None:
    """Inside the exact interval of 512 real generations, each end at 0.1 %."""
    texts = [ANN, BOB, "Mail of Ann Lee: ann.lim@gmail.com.", "Mail of Ann Lee: amy@gmail.com."]
    model = ToyLanguageModel(texts, order=9, alphabet=SIGNS)
    prefix = model.encode("Mail of Ann Lee: ", is_start=True)
    (item,) = model.prepare([("Mail of Ann Lee: ", "ann.lee@gmail.com")])
    scores = model.log_probabilities([item], decoding=decoding)[0]
    chance = math.exp(scores.log_probability[:-1].sum())  # without the end of the text

    drawn = generate(
        model,
        [prompt_item(prefix)] * 512,
        token_budget=4096,
        decoding=decoding,
        max_new_tokens=17,
        seed=3,
    )
    n = sum(one.text == "ann.lee@gmail.com" for one in drawn)
    interval = clopper_pearson(n, 512, alpha_low=0.001, alpha_high=0.001)
    assert interval.low is not None
    assert interval.high is not None
    assert interval.low <= chance <= interval.high
    assert 0.02 < chance < 0.98  # else there would be nothing to tell


def test_greedy_identity_is_what_the_model_writes() -> None:
    train = rows(sentences(17, 32))
    # half of the rows are known by heart
    model = ToyLanguageModel(
        [*train.inputs, *sentences(6, 32)],  # type: ignore[list-item]
        n_copies=[*([20] * 16), *([1] * 16), *([3] * 32)],
        order=10,
        alphabet=SIGNS,
    )
    values = read_values(train, default_detector(), ())
    targets = targets_of(model, train, values)
    assert len(targets) == len(values) == 64
    asked = [one.asked(model, 30) for one in targets]
    items = [one.item() for one in asked if one is not None]
    argmax = [bool(one.is_greedy.all()) for one in model.log_probabilities(items)]
    written = []
    for one in asked:
        assert one is not None
        (made,) = model.generate(
            [prompt_item(one.prefix)], decoding=GREEDY, max_new_tokens=len(one.target), seed=0
        )
        written.append(np.array_equal(made.tokens, one.target))
    assert argmax == written
    assert 10 < sum(argmax) < 60


def test_what_the_model_has_learnt_leaks_and_what_the_base_knew_is_taken_away() -> None:
    train = rows(sentences(1, 16))
    options: dict[str, Any] = {"attacks": ["targeted"], "prefix": 20, "prefixes": []}
    learnt = measure(
        context(train, knowing(train.inputs), base=knowing(sentences(2, 16)), **options)
    )
    assert value(learnt, "extractable-share") == 1.0
    assert value(learnt, "extractable-beyond-base") == 1.0
    knew = measure(context(train, knowing(train.inputs), base=knowing(train.inputs), **options))
    assert value(knew, "extractable-share") == 1.0
    assert value(knew, "extractable-beyond-base") == 0.0
    unknown = measure(context(train, knowing(train.inputs), **options))
    assert value(unknown, "extractable-beyond-base") is None
    why = unknown["extractable-beyond-base", "all"].estimate.why_undefined
    assert why is not None
    assert why.id == "extraction.no-reference"


def test_none_of_n_is_a_bound_and_not_zero() -> None:
    train = rows(sentences(1, 16))
    found = measure(context(train, knowing(sentences(2, 16)), attacks=["targeted"]))
    estimate = found["extractable-share", "all"].estimate
    assert (estimate.value, estimate.n) == (0.0, 32)
    assert estimate.high == pytest.approx(1 - 0.05 ** (1 / 32))  # about 3 / 32
    assert [one.id for one in found["extractable-share", "all"].notes] == ["extraction.none-found"]


def test_none_of_n_beyond_the_base_is_as_good_a_bound() -> None:
    train = rows(sentences(1, 16))
    ctx = context(
        train, knowing(sentences(2, 16)), base=knowing(sentences(3, 16)), attacks=["targeted"]
    )
    estimate = measure(ctx)["extractable-beyond-base", "all"].estimate
    assert (estimate.value, estimate.n) == (0.0, 32)
    assert estimate.high == pytest.approx(1 - 0.05 ** (1 / 31))


def test_a_value_counts_once_however_often_it_is_met_and_by_the_rows_that_hold_it() -> None:
    copied = [ANN] * 7
    others = sentences(3, 20)
    train = rows([*copied, *others])
    values = read_values(train, default_detector(), ())
    assert sorted(one.n_rows for one in values)[-1] == 7
    assert len(values) == 41
    found = measure(context(train, knowing(copied), attacks=["targeted"], prefix=15, prefixes=[]))
    assert found["extractable-share", "all"].estimate.n == 41
    assert value(found, "extractable-share") == pytest.approx(1 / 41)
    # k-eidetic: the one that leaks stands in seven rows
    assert value(found, "extractable-share", "documents=1") == 0.0
    assert value(found, "extractable-share", "documents=at-most-5") == 0.0
    assert value(found, "extractable-share", "documents=at-most-10") == pytest.approx(1 / 41)


def test_a_value_that_its_own_context_holds_does_not_count() -> None:
    text = "Write to ann.lee@gmail.com, that is ann.lee@gmail.com, today."
    train = rows([text])
    values = read_values(train, default_detector(), ())
    assert [len(one.places) for one in values] == [2]
    ctx = context(train, knowing([text]), attacks=["targeted"], prefix=100, prefixes=[])
    pair = Pair(ctx, ctx.likelihoods_of, None)  # type: ignore[arg-type]
    reach = by_prefix(pair, train, values, ctx.options).own
    assert reach.is_asked.all()  # the first of the two places
    assert np.isfinite(reach.given).all()  # the second
    found = measure(ctx)
    assert value(found, "not-in-prompt-share") == 1.0


def test_values_of_prompts_that_are_only_read_have_a_slice_of_their_own() -> None:
    people = sentences(4, 12)
    train = rows([(one, " Answered.") for one in people])
    model = knowing([(one, " Answered.") for one in people])
    options: dict[str, Any] = {"attacks": ["targeted"], "prefix": 20, "prefixes": []}
    found = measure(context(train, model, **options))
    assert value(found, "extractable-share", "place=prompt") == 1.0
    assert ("extractable-share", "place=learnt") not in found
    assert not [
        where
        for name, where in measure(context(rows(people), model, **options))
        if "place" in where
    ]


def test_subjects_are_the_units_where_they_are_known() -> None:
    texts = sentences(7, 24)
    train = rows(texts, cluster=[f"s{k // 2}" for k in range(24)])
    found = measure(
        context(train, knowing(texts[:12]), attacks=["targeted"], prefix=20, prefixes=[])
    )
    estimate = found["extractable-share", "all"].estimate
    assert estimate.method == "cluster-t"
    assert estimate.value == pytest.approx(0.5)
    alone = measure(
        context(rows(texts), knowing(texts[:12]), attacks=["targeted"], prefix=20, prefixes=[])
    )["extractable-share", "all"].estimate
    assert alone.low is not None
    assert estimate.low is not None
    assert estimate.low < alone.low


def test_rows_without_personal_values_are_not_measured_and_texts_are() -> None:
    texts = [f"the {word} sat on the mat and looked at the {word} for long" for word in "abcdefgh"]
    found = measure(
        context(rows(texts), knowing(texts), text_tokens=10, prefix=10, prefixes=[], generations=4)
    )
    for name in ("greedy-share", "template-share", "associated-share", "inference-top-1"):
        why = found[name, "all"].estimate.why_undefined
        assert why is not None
        assert why.id == "extraction.no-values"
    assert value(found, "discoverable-share") is not None
    overlap = value(found, "overlap-share")
    assert overlap is not None
    assert overlap > 0.5
    why = found["untargeted-recall", "all"].estimate.why_undefined
    assert why is not None
    assert why.id == "extraction.no-targets"


def test_a_value_is_drawn_out_by_another_one_of_its_row_or_by_the_name_of_its_kind() -> None:
    said = "E-mail address: ann.lee@gmail.com\nPhone number: (555) 555-0143"
    train = rows([said, "Phone number: (312) 555-0187 is what she said"])
    found = measure(
        context(
            train,
            knowing([said, "Phone number: (312) 555-0187"]),
            attacks=["template", "associated"],
        )
    )
    assert value(found, "template-share") == 1.0
    assert found["associated-share", "all"].estimate.n == 2  # the third has nobody beside it
    assert value(found, "associated-share") == 1.0
    none = measure(context(train, knowing(["x"]), attacks=["template", "associated"]))
    assert value(none, "template-share") == value(none, "associated-share") == 0.0
    lonely = measure(context(rows([ANN, BOB]), knowing([ANN]), attacks=["associated"]))
    why = lonely["associated-share", "all"].estimate.why_undefined
    assert why is not None
    assert why.id == "extraction.none-associated"


def test_guesses_count_ties_against_the_model_and_need_enough_of_a_kind() -> None:
    people = sentences(8, 14)
    train = rows(people)
    options: dict[str, Any] = {"attacks": ["inference"], "prefix": 60, "candidates": 12}
    found = measure(
        context(train, knowing(people, order=60), base=ToyLanguageModel([SIGNS]), **options)
    )
    assert value(found, "inference-top-1") == 1.0
    beyond = value(found, "inference-beyond-base")
    assert beyond is not None
    assert beyond > 0.9

    class Even(ToyLanguageModel):
        """Knows nobody: everything is equally likely."""

        def candidate_log_probabilities(self, prefix: Any, candidates: Any) -> Any:
            return np.full(len(candidates), -3.0)

    even = measure(context(train, Even(people, alphabet=SIGNS), **options))
    assert value(even, "inference-top-1") == 0.0
    assert value(even, "inference-reciprocal-rank") == pytest.approx(1 / 12)
    few = measure(context(rows(people[:4]), knowing(people), **options))
    why = few["inference-top-1", "all"].estimate.why_undefined
    assert why is not None
    assert why.id == "extraction.few-candidates"


def test_ranks_of_ties_are_shared_by_nobody() -> None:
    guesses = Guesses([], np.array([5, 5]), np.array([1, 3]), np.array([2, 3]))
    assert guesses.top_1().value == 0.5
    assert guesses.beyond_base() is not None


def test_texts_known_by_heart_are_continued_and_others_are_not() -> None:
    texts = sentences(9, 12)
    train = rows(texts)
    options: dict[str, Any] = {
        "attacks": ["verbatim"],
        "prefix": 25,
        "prefixes": [40],
        "text_tokens": 20,
    }
    found = measure(
        context(
            train,
            knowing(texts),
            base=knowing(sentences(10, 12)),
            **options,
        )
    )
    known = value(found, "discoverable-share")
    assert known is not None
    assert known > 0.6
    beyond = value(found, "discoverable-beyond-base")
    assert beyond is not None
    assert beyond > 0.4
    near = value(found, "near-verbatim-share")
    assert near is not None
    assert near >= known
    short = measure(context(rows(["too short"]), knowing(texts), **options))
    why = short["discoverable-share", "all"].estimate.why_undefined
    assert why is not None
    assert why.id == "extraction.short-texts"


@pytest.mark.parametrize(
    ("first", "second", "similarity"),
    [
        ("kitten", "sitting", 1 - 3 / 7),
        ("abc", "abc", 1),
        ("", "", 1),
        ("abc", "", 0),
        ("ab", "ba", 0),
    ],
)
def test_edit_similarity_is_one_minus_the_share_of_edits(
    first: str, second: str, similarity: float
) -> None:
    as_tokens = [np.array([ord(one) for one in text], dtype=np.int64) for text in (first, second)]
    assert edit_similarity(as_tokens[0], as_tokens[1]) == pytest.approx(similarity)


def test_free_generations_tell_leaked_values_from_new_ones_and_from_those_of_the_base() -> None:
    train = rows(sentences(11, 16))
    options: dict[str, Any] = {
        "attacks": ["untargeted"],
        "generations": 24,
        "new_tokens": 80,
        "text_tokens": 40,
        "prompts": ["Mail of ", "Please write to "],
    }
    guilty = measure(
        context(train, knowing(train.inputs), base=knowing(sentences(12, 16)), **options)
    )
    recall = value(guilty, "untargeted-recall")
    assert recall is not None
    assert recall > 0.2
    precision = value(guilty, "untargeted-precision")
    assert precision is not None
    assert precision > 0.5
    coverage, distinct = value(guilty, "untargeted-coverage"), value(guilty, "untargeted-distinct")
    assert coverage is not None
    assert distinct is not None
    assert distinct >= round(recall * 32)
    same = measure(context(train, knowing(train.inputs), base=knowing(train.inputs), **options))
    # the reference writes the same texts: nothing of it was learnt here
    assert value(same, "untargeted-recall") == 0.0
    assert value(same, "untargeted-precision") is None
    innocent = measure(context(train, knowing(sentences(13, 16)), base=knowing(["x"]), **options))
    assert value(innocent, "untargeted-recall") == 0.0
    assert value(innocent, "untargeted-precision") == 0.0
    high = innocent["untargeted-recall", "all"].estimate.high
    assert high is not None
    assert 0 < high < 0.1


def test_a_value_that_the_prompt_holds_is_no_leak_of_a_generation() -> None:
    train = rows([ANN])
    prompt = "ann.lee@gmail.com says ann.lee@gmail.com again: "
    model = knowing([ANN, prompt + "ann.lee@gmail.com"])
    options: dict[str, Any] = {"attacks": ["untargeted"], "generations": 8, "new_tokens": 17}
    found = measure(context(train, model, test=[prompt], prompts=[prompt], **options))
    ctx = context(train, model, prompts=[prompt], **options)
    assert ctx.options.prompts == (prompt,)
    counted = next(
        one
        for one in found["untargeted-recall", "all"].notes
        if one.id == "extraction.leaked-and-new"
    )
    assert counted.params["new"] == 0


def test_the_inventory_finds_values_as_training_has_them_and_no_pieces_of_words() -> None:
    train = rows(["call (555) 555-0143 or ann@gmail.com", "卡号4539148803436467已冻结"])
    known = Known(read_values(train, default_detector(), ()))
    found = known.keys(
        ["ANN@GMAIL.COM!", "joann@gmail.com", "卡号4539148803436467已", "94539148803436467", ""]
    )
    assert [len(one) for one in found] == [1, 0, 1, 0, 0]
    assert known.key(("other-kind", "ann@gmail.com")) == ("email", "ann@gmail.com")
    # generations write numbers in another way
    (other,) = known.keys(["ring 555.555.0143 now"])
    assert {kind for kind, _ in other} == {"phone"}


def test_a_model_that_answers_nan_is_an_error_that_says_so() -> None:
    class Broken(ToyLanguageModel):
        def log_probabilities(self, items: Any, **more: Any) -> list[TokenScores]:
            found = super().log_probabilities(items, **more)
            found[0].log_probability[:] = np.nan
            return found

    with pytest.raises(ModelError, match="must be numbers <= 0, got NaN"):
        measure(context(rows([ANN]), Broken([ANN], alphabet=SIGNS), attacks=["targeted"]))


def test_a_generation_that_never_stops_is_ended_and_counted() -> None:
    model = ToyLanguageModel(["ab" * 300], n_copies=[1000], order=3, alphabet=SIGNS)
    found = measure(
        context(rows([ANN]), model, attacks=["untargeted"], generations=5, new_tokens=20)
    )
    drawn = next(
        one for one in found["untargeted-recall", "all"].notes if one.id == "extraction.drawn"
    )
    assert drawn.params["n_endless"] == 5


def test_a_prompt_that_is_longer_than_the_context_is_left_out() -> None:
    model = ToyLanguageModel([ANN], n_copies=[50], order=12, alphabet=SIGNS, max_tokens=40)
    found = measure(
        context(
            rows([ANN, "x " * 200 + BOB]),
            model,
            templates=["what is the {what} " * 10],
            prompts=["long " * 100],
            generations=4,
            new_tokens=20,
            prefix=15,
            prefixes=[],
        )
    )
    # the second text is met in windows: its value is asked for after what fits before it
    assert found["extractable-share", "all"].estimate.n == 2
    assert found["template-share", "all"].estimate.n == 0
    drawn = next(
        one for one in found["untargeted-recall", "all"].notes if one.id == "extraction.drawn"
    )
    assert drawn.params["n_prompts"] == 2  # nothing, and the test row


def test_a_value_in_what_is_cut_off_a_prompt_is_left_out_and_counted() -> None:
    model = ToyLanguageModel([ANN], n_copies=[50], order=12, alphabet=SIGNS, max_tokens=40)
    train = rows([(ANN + " x" * 20, "yes"), ("", BOB)])
    found = measure(context(train, model, attacks=["targeted"], prefix=15, prefixes=[]))
    one = found["extractable-share", "all"]
    assert one.estimate.n == 1
    assert [note.params["n"] for note in one.notes if note.id == "extraction.not-located"] == [1]


def test_a_value_is_found_among_the_tokens_of_a_text_and_of_a_pair_alike() -> None:
    model = knowing([ANN])
    text, pair = rows([ANN]), rows([("Mail of Ann Lee: ", "ann.lee@gmail.com.")])
    of_text, of_pair = (
        targets_of(model, one, read_values(one, default_detector(), ()))[0] for one in (text, pair)
    )
    assert np.array_equal(of_text.before, of_pair.before)
    assert np.array_equal(of_text.tokens, of_pair.tokens)
    assert (of_text.lead, of_text.tail) == (of_pair.lead, of_pair.tail) == ("", "")


def test_a_model_that_does_not_say_where_tokens_stand_is_not_measured() -> None:
    class Blind:
        def __init__(self) -> None:
            inner = ToyLanguageModel([ANN], alphabet=SIGNS)
            self.ref, self.device, self.dtype = inner.ref, inner.device, inner.dtype
            self.n_classes, self.capabilities = 1, inner.capabilities
            self.prepare, self.logits = inner.prepare, inner.logits
            self.log_probabilities, self.generate = inner.log_probabilities, inner.generate

    assert not isinstance(Blind(), Reader)
    found = measure(context(rows([ANN]), Blind()))
    assert {
        one.estimate.why_undefined.id for one in found.values() if one.estimate.why_undefined
    } == {"extraction.no-spans"}
    assert all(not one.estimate.is_measured for one in found.values())


def test_rows_that_the_lineage_does_not_name_are_a_caveat() -> None:
    train = rows([ANN])
    model, options = knowing([ANN]), {"attacks": ["targeted"]}

    def ids(lineage: dict[str, Any] | None) -> list[str]:
        found = measure(context(train, model, lineage=lineage, **options))
        return [one.id for one in found["extractable-share", "all"].caveats]

    assert "extraction.no-lineage" in ids(None)
    assert "extraction.other-rows" in ids({"train": {"content_digest": "another"}})
    assert ids({"train": {"content_digest": train.ref.content_digest}}) == [
        "extraction.by-detector",
        "extraction.recall",
    ]


def test_nothing_that_is_written_holds_a_value_or_a_piece_of_a_row() -> None:
    train = rows(sentences(14, 24), cluster=[f"subject-{k}" for k in range(24)])
    ctx = context(
        train,
        knowing(train.inputs),
        base=knowing(["x"]),
        prefix=20,
        prefixes=[],
        text_tokens=20,
        generations=8,
        new_tokens=40,
        candidates=12,
    )
    found = run_audit(extraction, ctx)
    written = "".join(to_json(one) for one in found).encode()
    files = sorted(ctx.folder.glob("*"))
    assert {one.name for one in files} >= {"leaked.parquet", "probabilities.parquet"}
    written += b"".join(one.read_bytes() for one in files)
    for one in files:
        written += json.dumps(pq.read_table(one).to_pylist()).encode()
    for one in read_values(train, default_detector(), ()):
        assert one.written.encode() not in written
        assert one.normal.encode() not in written
        assert repr(one).find(one.written) == -1
    for text in train.inputs:
        assert str(text)[:20].encode() not in written
    assert b"EMAIL#<" in written
    cells = pq.read_table(ctx.folder / "probabilities.parquet").column("n_values").to_pylist()
    assert min(cells) >= 10


def test_values_that_leak_are_named_by_kind_mask_and_digest() -> None:
    train = rows([ANN, BOB])
    ctx = context(train, knowing([ANN]), attacks=["targeted"], prefix=15, prefixes=[])
    run_audit(extraction, ctx)
    (row,) = pq.read_table(ctx.folder / "leaked.parquet").to_pylist()
    assert (row["kind"], row["mask"], row["documents"]) == ("email", "EMAIL#<17c>", 1)
    assert row["queries"] in (1, 10)
    assert len(row["digest"]) == 20


def test_values_go_in_clear_to_a_vault_and_nowhere_else() -> None:
    train = rows([ANN, BOB])
    ctx = context(train, knowing([ANN]), attacks=["targeted"], prefix=15, prefixes=[])
    confided: dict[str, Any] = {}
    ctx._confide = confided.__setitem__
    run_audit(extraction, ctx)
    (row,) = pq.read_table(ctx.folder / "leaked.parquet").to_pylist()
    [(name, [clear])] = confided.items()
    assert name == "extraction/leaked"
    assert (clear["kind"], clear["digest"]) == (row["kind"], row["digest"])
    assert clear["value"] in ANN


def test_what_free_generations_give_away_goes_to_the_vault_too() -> None:
    train = rows(sentences(11, 16))
    options: dict[str, Any] = {"attacks": ["untargeted"], "generations": 12, "new_tokens": 80}
    ctx = context(train, knowing(train.inputs), text_tokens=40, prompts=["Mail of "], **options)
    confided: dict[str, Any] = {}
    ctx._confide = confided.__setitem__
    recall = value(measure(ctx), "untargeted-recall")
    assert recall is not None
    found = confided["extraction/written"]
    assert len(found) == round(recall * 32) > 0
    assert all(any(one["value"] in text for text in train.inputs) for one in found)
    assert {len(one["digest"]) for one in found} == {20}


def test_the_sample_of_values_is_told() -> None:
    train = rows(sentences(15, 16))
    found = measure(context(train, knowing(["x"]), attacks=["targeted"], values=20))
    assert found["extractable-share", "all"].estimate.n == 20
    sampled = [
        one for one in found["extractable-share", "all"].caveats if one.id.endswith("sampled")
    ]
    assert sampled[0].params == {"n": 20, "n_all": 32}


def test_a_run_without_training_rows_is_not_charged_for_them() -> None:
    """A plan may name no data set that the run does not have."""
    from audits._extraction_costs import extraction_calls
    from audits._extraction_options import Options
    from harness.auditing import CostFacts, SetFacts

    facts = CostFacts({"test": SetFacts(5)}, 0, 0, 1, Options())
    assert extraction_calls(facts) == {}

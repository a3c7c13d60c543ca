"""Foreign metrics: run only when trusted, known by their digest, and never a number that is none."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audits._foreign import is_local
from audits.foreign_metrics import Options, foreign_metrics
from harness.errors import ConfigError
from harness.files import sha256_file
from harness.predictions import Predictions
from harness.records import Measurement, slice_name
from harness.registry import select

Table = Callable[..., Predictions]
Measure = Callable[..., dict[str, Measurement]]

SCRIPT = '''"""A metric that a test wrote."""

import datasets
import evaluate
{imports}


class Mine(evaluate.Metric):
    def _info(self):
        return evaluate.MetricInfo(
            description="", citation="", inputs_description="",
            features=datasets.Features({features}),
        )

    def _compute(self, predictions, references{more}):
        {body}
'''
WHOLE = '{"predictions": datasets.Value("int64"), "references": datasets.Value("int64")}'
RIGHT = "return {'right': sum(p == r for p, r in zip(predictions, references)) / len(predictions)}"
LABEL, DECISION = [0, 1] * 60, [0, 1, 1, 1] * 30


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., str]:
    """Write a metric into the folder of a config; returns its path as the config would say it."""

    def write(
        body: str = RIGHT,
        *,
        name: str = "mine",
        features: str = WHOLE,
        imports: str = "",
        more: str = "",
    ) -> str:
        text = SCRIPT.format(body=body, features=features, imports=imports, more=more)
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        return f"./{name}.py"

    return write


@pytest.fixture
def run(table: Table, measure: Measure, tmp_path: Path) -> Callable[..., dict[str, Measurement]]:
    """Run metrics on 120 rows, 3 of 4 decided rightly."""

    def build(*metrics: dict[str, Any], **more: Any) -> dict[str, Measurement]:
        one = table(LABEL, DECISION, **more.pop("table", {}))
        given: dict[str, Any] = {"trust_code": True, "base": tmp_path, "classes": ("no", "yes")}
        return measure(foreign_metrics, one, options={"metrics": list(metrics)}, **given | more)

    return build


def only(found: dict[str, Measurement]) -> Measurement:
    (one,) = found.values()
    return one


def reason(one: Measurement) -> str:
    assert not one.estimate.is_measured
    assert one.estimate.why_undefined is not None
    return one.estimate.why_undefined.text


def test_a_metric_of_a_script_has_a_value_an_interval_and_the_digest_of_its_code(
    run: Callable[..., Any], script: Callable[..., str], tmp_path: Path
) -> None:
    one = only(run({"path": script(), "range": [0, 1]}))
    assert one.measure == "foreign-metrics.value"
    assert one.slice == "metric=mine"
    assert one.estimate.value == 0.75
    # 1.645 standard errors of a share, to the noise of 400 draws
    half = 1.645 * np.sqrt(0.75 * 0.25 / 120)
    assert one.estimate.low == pytest.approx(0.75 - half, abs=0.02)
    assert one.estimate.high == pytest.approx(0.75 + half, abs=0.02)
    assert one.estimate.method == "percentile-bootstrap"
    (caveat,) = one.caveats
    assert caveat.params["sha256"] == sha256_file(tmp_path / "mine.py")


def test_without_trust_no_line_of_foreign_code_runs(
    run: Callable[..., Any], script: Callable[..., str], tmp_path: Path
) -> None:
    mark = tmp_path / "ran"
    path = script(imports=f"open({str(mark)!r}, 'w').close()")
    text = reason(only(run({"path": path}, trust_code=False)))
    assert "runs only with trust_code: true" in text
    assert not mark.exists()
    only(run({"path": path}))
    assert mark.exists()


def test_code_of_another_digest_is_refused_before_it_runs(
    run: Callable[..., Any], script: Callable[..., str], tmp_path: Path
) -> None:
    mark = tmp_path / "ran"
    path = script(imports=f"open({str(mark)!r}, 'w').close()")
    own = sha256_file(tmp_path / "mine.py")
    one = only(run({"path": path, "sha256": "0" * 64}))
    assert f"must have the SHA-256 {'0' * 64}, got {own}" in reason(one)
    assert one.estimate.method == "error"
    assert not mark.exists()
    assert only(run({"path": path, "sha256": own})).estimate.value == 0.75


@pytest.mark.parametrize(
    ("body", "words", "method"),
    [
        ("return {'x': float('nan')}", "not a finite number for these examples", "none"),
        ("return {'x': float('inf')}", "not a finite number for these examples", "none"),
        ("raise ValueError('row text')", "got ValueError", "error"),
        ("return {'x': 'high'}", "got a value of type str", "error"),
        ("return {'x': None}", "got a value of type NoneType", "error"),
        ("return {'x': True}", "got a value of type bool", "error"),
        ("return [0.5]", "got a value of type list", "error"),
        ("return {'x': 1.0, 'y': 2.0}", "result must name what the metric returns (x, y)", "error"),
        ("return {'x': 1.5}", "must lie in its range [0.0, 1.0], got 1.5", "error"),
        (
            "return {'x': 0.5 if sum(references) == 60 else float('nan')}",
            "draws of the examples",
            "none",
        ),
    ],
)
def test_what_is_no_number_never_becomes_one(
    run: Callable[..., Any], script: Callable[..., str], body: str, words: str, method: str
) -> None:
    one = only(run({"path": script(body), "range": [0, 1]}))
    assert words in reason(one)
    assert "row text" not in reason(one)
    assert one.estimate.method == method


def test_one_broken_metric_leaves_the_others_standing(
    run: Callable[..., Any], script: Callable[..., str]
) -> None:
    found = run(
        {"path": script(name="good")},
        {"path": script("raise KeyError", name="bad"), "better": "lower"},
        {"path": "./nowhere.py"},
    )
    assert found["value[metric=good]"].estimate.value == 0.75
    assert "KeyError" in reason(found["loss[loss=bad]"])
    assert "./nowhere.py must be loadable, got FileNotFoundError" in reason(
        found["value[metric=nowhere]"]
    )


def test_a_metric_that_ends_the_program_is_an_error_of_the_metric(
    run: Callable[..., Any], script: Callable[..., str]
) -> None:
    asked = run({"path": script("raise SystemExit(0)", name="asked")})
    assert "must answer, got SystemExit" in reason(only(asked))
    loaded = run({"path": script(name="loaded", imports="raise SystemExit(0)")})
    assert "must be loadable, got SystemExit" in reason(only(loaded))


def test_a_script_that_cannot_be_loaded_says_why(
    run: Callable[..., Any], script: Callable[..., str]
) -> None:
    missing = run({"path": script(name="missing", imports="import no_such_package_of_ours")})
    assert "no_such_package_of_ours" in reason(only(missing))
    broken = run({"path": script("return (", name="broken")})
    assert "got SyntaxError on line " in reason(only(broken))


def test_too_few_replicates_are_not_said_to_be_too_few_examples(
    measure: Measure, table: Table, script: Callable[..., str], tmp_path: Path
) -> None:
    options = {"metrics": [{"path": script()}], "n_replicates": 200}
    given: dict[str, Any] = {"trust_code": True, "base": tmp_path, "classes": ("no", "yes")}
    one = only(measure(foreign_metrics, table(LABEL, DECISION), options=options, **given))
    assert reason(one).startswith("Too few examples or replicates to bound the low end")


def test_inputs_results_and_arguments_are_chosen_by_the_options(
    run: Callable[..., Any], script: Callable[..., str]
) -> None:
    rows = '{"predictions": datasets.Sequence(datasets.Value("float64")), "references": datasets.Value("int64")}'
    one_score = '{"predictions": datasets.Value("float64"), "references": datasets.Value("int64")}'
    names = '{"predictions": datasets.Value("string"), "references": datasets.Value("string")}'
    scores = np.array([[0.75, 0.25], [0.25, 0.75]])[DECISION]
    brier = "return {'a': 1.0, 'brier': scale * sum((row[1] - r) ** 2 for row, r in zip(predictions, references)) / len(references)}"
    found = run(
        {
            "path": script(brier, name="rows", features=rows, more=", scale=1"),
            "input": "scores",
            "kwargs": {"scale": 2},
            "result": "brier",
            "better": "lower",
        },
        {
            "path": script("return {'m': max(predictions)}", name="one", features=one_score),
            "input": "class-1-score",
            "name": "largest score",
        },
        {
            "path": script(
                "return {'s': sum(p == 'yes' for p in predictions) / len(predictions)}",
                name="names",
                features=names,
            ),
            "input": "names",
        },
        table={"scores": scores},
    )
    assert found["loss[loss=rows]"].estimate.value == pytest.approx(
        2 * (0.75 * 0.25**2 + 0.25 * 0.75**2)
    )
    named = slice_name({"metric": "largest score"})
    # the largest score is the same in every draw, so nothing bounds it, and it is not shown
    assert found[f"value[{named}]"].estimate.value is None
    assert found["value[metric=names]"].estimate.value == 0.75


def test_a_metric_may_have_a_column_and_so_a_limit_of_its_own(
    run: Callable[..., Any], script: Callable[..., str]
) -> None:
    path = script()
    found = run(
        {"path": path},
        {"path": path, "name": "again", "column": "right"},
        {"path": path, "name": "third", "better": "lower"},
    )
    assert set(found) == {"value[metric=mine]", "value[right=again]", "loss[loss=third]"}


def test_scores_that_are_not_there_are_the_reason(
    run: Callable[..., Any], script: Callable[..., str]
) -> None:
    assert "needs scores" in reason(only(run({"path": script(), "input": "scores"})))


def test_clusters_are_drawn_whole(run: Callable[..., Any], script: Callable[..., str]) -> None:
    cluster = np.repeat(np.arange(12), 10).astype(str).astype(object)
    body = "return {'first': sum(references[:10]) / 10 if len(references) == 120 else float('nan')}"
    found = only(run({"path": script(body)}, table={"cluster": cluster}))
    # every draw begins with a whole cluster, and each of them holds five rows of class 1
    assert found.estimate.value is None
    assert "no low limit" in reason_of(found)


def reason_of(one: Measurement) -> str:
    assert one.estimate.why_undefined is not None
    return one.estimate.why_undefined.text


def test_a_metric_that_draws_at_random_is_seeded_and_leaves_the_generators_alone(
    run: Callable[..., Any], script: Callable[..., str]
) -> None:
    body = "return {'x': random.random() + np.random.random() + sum(predictions) / 1000}"
    path = script(body, imports="import random\nimport numpy as np")
    before = random.getstate(), np.random.get_state(legacy=True)[1].tolist()  # type: ignore[union-attr]
    first, second = (only(run({"path": path, "range": [0, 3]})).estimate for _ in range(2))
    assert (first.value, first.low) == (second.value, second.low)
    assert (random.getstate(), np.random.get_state(legacy=True)[1].tolist()) == before  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        ([{"path": "accuracy", "revision": "0" * 40}], "owner/name on the hub"),
        ([{"path": "x/y"}], "must be the commit of x/y on the hub"),
        ([{"path": "x/y", "revision": "main"}], "40 hex digits, got 'main'"),
        ([{"path": "./m.py", "sha256": "abc"}], "64 hex digits"),
        ([{"path": "./m.py", "range": [1, 0]}], "range must rise"),
        ([{"path": "./m.py"}, {"path": "other/m.py"}], "distinct names, got m twice"),
        ([{"path": "./m.py", "inputs": "scores"}], "inputs"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(
    run: Callable[..., Any], metrics: list[Any], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        run(*metrics)


def test_a_metric_of_the_hub_is_not_fetched_where_the_machine_is_offline(
    run: Callable[..., Any],
) -> None:
    one = only(run({"path": "evaluate-metric/accuracy", "revision": "0" * 40}))
    assert "evaluate-metric/accuracy must be loadable, got" in reason(one)


def test_it_runs_only_where_the_config_names_it() -> None:
    for suite in ("quick", "standard", "deep"):
        assert (
            "foreign-metrics" not in select(suite, skip=[], named=[], kind="text-classification")[0]
        )
    assert (
        "foreign-metrics"
        in select("quick", skip=[], named=["foreign-metrics"], kind="text-classification")[0]
    )
    assert Options().metrics == ()


def test_paths_and_hub_ids_are_told_apart_by_how_they_are_written() -> None:
    assert all(map(is_local, ["./m", "../m.py", "m.py", "/m", "~/m", "a\\b"]))
    assert not any(map(is_local, ["accuracy", "evaluate-metric/accuracy"]))

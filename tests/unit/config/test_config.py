"""assay.yaml is read strictly, and every mistake is reported at once with its line."""

from pathlib import Path

import pytest

from harness.config import load_config
from harness.config.load import config_from_text
from harness.errors import ConfigError

GOOD = """apiVersion: modelassay/v1
kind: Run
name: demo
seed: 3
task: {kind: text-classification, labels: {0: benign, 1: toxic}, favourable: benign}
data:
  train: {path: train.csv, text: comment, label: toxic}
  validation: {share: 0.1}
  test: {path: test.csv, text: comment, label: toxic, groups: [religion, gender], cluster: template}
model: {base: some/model}
train: {method: full, epochs: 3, learning_rate: 2.0e-4}
audits: {suite: quick, group-error: {min_group: 5}}
policy: {pack: builtin/standard}
declared: {accuracy.balanced-accuracy: 0.84}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("train.csv", "test.csv"):
        (tmp_path / name).write_text("comment,toxic\na,0\n", encoding="utf-8")
    return tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "assay.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load_config(write(folder, text))
    return caught.value.problems


def test_a_good_config_is_read_with_its_defaults(folder: Path) -> None:
    loaded = load_config(write(folder, GOOD))
    assert loaded.task.classes == ("benign", "toxic")
    assert loaded.config.data.test is not None
    assert list(loaded.config.data.test) == ["test"]
    assert loaded.config.audits.options == {"group-error": {"min_group": 5}}
    assert loaded.config.token_budget is None
    assert loaded.resolved()["train"]["batch_size"] == 16


@pytest.mark.parametrize(
    ("keys", "expected"),
    [("{0: benign, 1: toxic}", {"0", "1"}), ("{false: benign, true: toxic}", {"False", "True"})],
)
def test_values_of_the_label_column_need_no_quotes(
    folder: Path, keys: str, expected: set[str]
) -> None:
    text = GOOD.replace("label: toxic", f"label: toxic, label_values: {keys}")
    test = load_config(write(folder, text)).config.data.test
    assert test is not None
    assert set(test["test"].label_values or {}) == expected


def test_five_mistakes_are_five_problems_each_with_its_line(folder: Path) -> None:
    text = (
        GOOD.replace("seed: 3", "sed: 3")
        .replace("validation: {share: 0.1}", "validation: {share: 1.5}")
        .replace("text: comment, label: toxic, groups", "label: toxic, groups")
        .replace("method: full, epochs: 3", "method: full, epochs: 0")
        .replace("suite: quick", "suite: fast")
    )
    found = problems(folder, text)
    assert len(found) == 5
    assert found[0] == "sed is not a known key (assay.yaml:4). Did you mean 'seed'?"
    assert "data.validation.share must be less than 1, got 1.5 (assay.yaml:8)." in found[1]
    assert "data.test.text must be given (assay.yaml:9)" in found[-1]
    assert "train.epochs must be greater than 0, got 0 (assay.yaml:11)." in found
    assert (
        "audits.suite must be 'quick', 'standard' or 'deep', got 'fast' (assay.yaml:12)." in found
    )


def test_one_mistake_in_the_labels_is_one_problem_in_our_words(folder: Path) -> None:
    assert problems(
        folder, GOOD.replace("{0: benign, 1: toxic}, favourable: benign", "benign")
    ) == ("task.labels: must be a list of names, or {file: ...}, got 'benign' (assay.yaml:5).",)


def test_missing_files_are_all_named_with_their_lines(tmp_path: Path) -> None:
    found = problems(tmp_path, GOOD)
    assert found == (
        "data.train.path must be a readable file or folder, got 'train.csv' (assay.yaml:7).",
        "data.test.path must be a readable file or folder, got 'test.csv' (assay.yaml:9).",
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("{0: benign, 1: toxic}", "{0: benign, 2: toxic}", "number the classes 0 to 1"),
        ("{0: benign, 1: toxic}", "[a, a]", "two distinct names"),
        ("favourable: benign", "favourable: kind", "favourable must be one of the labels"),
        ("{base: some/model}", "{}", "exactly one of base, architecture and predictions"),
        ("{base: some/model}", "{architecture: {hidden_size: 65, heads: 2}}", "multiple of heads"),
        ("{pack: builtin/standard}", "{pack: a, file: b}", "either pack or file"),
        ("{pack: builtin/standard}", "{file: builtin/privacy}", "Write pack: builtin/privacy."),
        ("epochs: 3", "epochs: .nan", "finite"),
        ("seed: 3", "seed: '3'", "seed must be a valid integer, got '3'"),
        ("seed: 3", "seed: 3\nseed: 4", "must not repeat the key 'seed'"),
        ("method: full", "lora: {rank: 4}", "lora needs method: lora, got method full"),
        (
            "method: full",
            "method: lora, lora: {rank: 0}",
            "train.lora.rank must be greater than or",
        ),
        (
            "method: full",
            "class_weights: {toxik: 2}",
            "class_weights.toxik must name a class of the task, got 'toxik' (assay.yaml:11). Did you",
        ),
        (
            "method: full",
            "class_weights: {toxic: 0}",
            "class_weights: must give weights > 0, got 0",
        ),
        ("method: full", "class_weights: even", "must be balanced, none, or a mapping"),
        ("method: full", "report_to: tensorbord", "must be none or some of azure_ml, clearml"),
        ("method: full", "report_to: [comet_ml]", "Run: pip install comet_ml"),
        (
            "method: full",
            "early_stopping: {patience: 0}",
            "early_stopping.patience must be greater",
        ),
        (
            "method: full",
            "schedule: cosine_with_min_lr",
            "train.schedule must be 'linear', 'cosine'",
        ),
        ("{base: some/model}", "{base: x/y, adapter: none-here}", "model.adapter must be a folder"),
        (
            "{base: some/model}",
            "{base: x/y, adapter: .}",
            "model.adapter must be absent, got an ada",
        ),
        ("{base: some/model}", "{architecture: {}, adapter: x}", "adapter must come with the base"),
        ("method: full", "method: qlora", "train.method must be 'full' or 'lora', got 'qlora'"),
        ("{0: benign, 1: toxic}", "{file: no.json}", "readable JSON list"),
    ],
)
def test_a_mistake_is_named(folder: Path, old: str, new: str, expected: str) -> None:
    found = "\n".join(problems(folder, GOOD.replace(old, new)))
    assert expected in found
    assert "assay.yaml:" in found


def test_a_new_model_without_training_is_refused(folder: Path) -> None:
    text = GOOD.replace("{base: some/model}", "{architecture: {}}").replace(
        "train: {method: full, epochs: 3, learning_rate: 2.0e-4}\n", ""
    )
    assert "train must be given" in problems(folder, text)[0]


def test_a_training_without_validation_rows_is_refused_not_left_out(folder: Path) -> None:
    found = problems(folder, GOOD.replace("  validation: {share: 0.1}\n", ""))
    assert len(found) == 1
    assert "data.validation must be given (assay.yaml:6): training chooses" in found[0]


def test_a_secret_comes_from_the_environment_and_is_not_recorded(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_TEST_STORE", "postgresql://user:open-sesame@db/runs")
    loaded = load_config(write(folder, GOOD + "store: ${env:ASSAY_TEST_STORE}\n"))
    assert loaded.config.store == "postgresql://user:open-sesame@db/runs"
    assert "open-sesame" not in str(loaded.resolved())


def test_an_absent_variable_is_an_error_with_its_line(folder: Path) -> None:
    found = problems(folder, GOOD + "store: ${env:ASSAY_NO_SUCH_VARIABLE}\n")
    assert "must find the environment variable ASSAY_NO_SUCH_VARIABLE" in found[0]
    assert "(assay.yaml:15)" in found[0]


def test_predictions_exclude_training_and_need_one_test_set(folder: Path) -> None:
    text = GOOD.replace("{base: some/model}", "{predictions: {path: test.csv, scores: [p0, p1]}}")
    assert "stored predictions cannot be trained" in "\n".join(problems(folder, text))


TABLE = """apiVersion: modelassay/v1
kind: Run
name: n
task: {kind: text-classification, labels: [a, b]}
data:
  train: {path: rows.csv, label: y}
  test:
    one: {path: rows.csv, label: y}
    two: {path: rows.csv, text: t, label: y}
  validation: {share: 0.1}
model: {architecture: {}}
train: {epochs: 1}
"""


def test_a_table_for_a_model_needs_a_text_and_each_that_lacks_it_is_named(folder: Path) -> None:
    (folder / "rows.csv").touch()
    do = "a model reads texts. Only tables that are audited with model.predictions may lack them."
    assert problems(folder, TABLE) == (
        f"data.train.text must be given (assay.yaml:6): {do}",
        f"data.test.one.text must be given (assay.yaml:8): {do}",
    )


def test_stored_predictions_need_no_text_but_no_pair_alone_either(folder: Path) -> None:
    (folder / "rows.csv").touch()
    text = TABLE.replace("model: {architecture: {}}\ntrain: {epochs: 1}\n", "").replace(
        "    two: {path: rows.csv, text: t, label: y}\n", ""
    )
    text += "model: {predictions: {path: rows.csv, decision: d}}\n"
    assert config_from_text(text, base=folder).config.data.test["one"].text is None
    with_pair = text.replace("one: {path: rows.csv,", "one: {path: rows.csv, pair: q,")
    assert problems(folder, with_pair) == (
        "data.test.one.text must be given (assay.yaml:8): pair is the second text.",
    )


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("{text: t, label: y}", "either path or hub must be given"),
        ("{path: train.csv, hub: a/b, text: t, label: y}", "either path or hub must be given"),
        (
            "{path: train.csv, subset: s, revision: r, text: t, label: y}",
            "subset and revision must not be given with path, only with hub",
        ),
    ],
)
def test_a_table_comes_from_one_place(folder: Path, table: str, expected: str) -> None:
    text = GOOD.replace("{path: train.csv, text: comment, label: toxic}", table)
    found = problems(folder, text)
    assert any(expected in one and "(assay.yaml:7)" in one for one in found)


def test_a_test_set_of_the_hub_may_stand_without_a_name(folder: Path) -> None:
    text = GOOD.replace("test: {path: test.csv,", "test: {hub: owner/name, split: test,")
    loaded = load_config(write(folder, text))
    assert loaded.config.data.test is not None
    assert loaded.config.data.test["test"].hub == "owner/name"
    assert loaded.table_steps("test") == ("data", "test")

"""``assay explain`` as a person meets it: arguments, streams, colours, exit codes."""

import io
import json
import re
import shutil
from pathlib import Path

import pytest

from harness.cli import invoke

TEXT = "My refund is missing since March"
FAST = ("--method", "gradient-x-input", "--no-check")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return tmp_path


@pytest.fixture(scope="module")
def sealed(tiny_bert: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of runs with one sealed run of a model; its test set has the ids a, b, c, d."""
    import harness
    from harness import registry

    runs = tmp_path_factory.mktemp("sealed") / "runs"
    texts = ["great service", "no", "please call me back", "the box was broken"]
    rows = [
        {"id": id, "text": text, "label": label}
        for id, text, label in zip("abcd", texts, ["benign", "toxic"] * 2, strict=True)
    ]
    skip = [id for id in registry.audits() if id != "accuracy"]
    harness.audit(
        tiny_bert, rows, task=["benign", "toxic"], id="id", suite="quick", skip=skip, runs=runs
    )
    return runs


def test_the_screen_goes_to_stdout_without_colour_where_there_is_no_terminal(
    tiny_bert: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["explain", str(tiny_bert), TEXT]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "Decided: " in out
    assert "not explained" in out
    assert "Cross-check" in out


def test_colour_can_be_asked_for_and_no_color_wins(
    tiny_bert: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert invoke(["explain", str(tiny_bert), TEXT, *FAST]) == 0
    coloured = capsys.readouterr().out
    assert "\x1b[" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert invoke(["explain", str(tiny_bert), TEXT, *FAST]) == 0
    assert capsys.readouterr().out == re.sub(r"\x1b\[[0-9;]*m", "", coloured)


def test_json_is_one_document(tiny_bert: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["explain", str(tiny_bert), TEXT, *FAST, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["rows"][0]["card"]["method"] == "gradient-x-input"
    assert [piece["index"] for piece in data["rows"][0]["pieces"]] == list(range(6))


def test_html_gets_its_numbers_beside_it(
    tiny_bert: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["explain", str(tiny_bert), TEXT, *FAST, "--format", "html", "--out", "why.html"]
    assert invoke(argv) == 0
    assert capsys.readouterr().out.split() == ["why.html", "why.json", "why.csv"]
    assert (here / "why.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads((here / "why.json").read_text(encoding="utf-8"))["rows"]
    assert (here / "why.csv").read_text(encoding="utf-8").count("\n") == 7


def test_a_text_comes_from_stdin_or_a_file(
    tiny_bert: Path,
    here: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (here / "mail.txt").write_text("\ufeffplease call", encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO("please call"))
    for argv in (["-"], ["--file", "mail.txt"]):
        assert invoke(["explain", str(tiny_bert), *argv, *FAST, "--format", "csv"]) == 0
        assert capsys.readouterr().out.count("please") == 1


def test_what_is_no_utf8_is_read_alike_from_stdin_and_from_a_file(
    tiny_bert: Path,
    here: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = b"please call \xe9\xff"
    (here / "mail.txt").write_bytes(raw)
    strict = io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8", errors="strict")
    monkeypatch.setattr("sys.stdin", strict)
    for argv in (["-"], ["--file", "mail.txt"]):
        assert invoke(["explain", str(tiny_bert), *argv, *FAST, "--json"]) == 0
        shown = json.loads(capsys.readouterr().out)
        assert shown["rows"][0]["texts"] == ["please call \ufffd\ufffd"]


def test_a_row_of_a_run_is_found_by_its_id_with_its_true_class(
    sealed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["explain", "latest", "--runs", str(sealed), "--id", "c", "--id", "d", *FAST, "--json"]
    assert invoke(argv) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [(row["name"], row["label"]) for row in rows] == [("c", 0), ("d", 1)]
    assert rows[0]["texts"] == ["please call me back"]


def test_an_unknown_id_is_named(sealed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["explain", "latest", "--runs", str(sealed), "--id", "nobody"]) == 2
    assert "--id must be one of 4 example ids, got 'nobody'" in capsys.readouterr().err


def test_a_run_without_its_personal_part_says_so(
    sealed: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = here / "runs"
    shutil.copytree(sealed, runs)
    run = next(path for path in runs.iterdir() if (path / "personal").is_dir())
    shutil.rmtree(run / "personal")
    assert invoke(["explain", "latest", "--id", "c"]) == 2
    assert "personal part was left out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "The text must be given in one way, got none."),
        (["a", "--id", "b"], "got TEXT and --id"),
        ([""], "TEXT must hold at least one word, got an empty text."),
        ([" \n"], "got blanks only"),
        (["a", "--data", "test"], "--data must come with --id"),
        (["a", "--against", " "], "--against must hold at least one word"),
        (["a", "--method", "attention"], "attention"),
        (["a", "--method", "occlusoin"], "Did you mean 'occlusion'?"),
        (["a", "--baseline", "zero"], "--baseline must be mask or pad, got 'zero'"),
        (["--id", "b"], "--id must come with a config or run that has a test set"),
    ],
)
def test_what_cannot_work_exits_with_2_and_says_why(
    tiny_bert: Path, capsys: pytest.CaptureFixture[str], argv: list[str], words: str
) -> None:
    assert invoke(["explain", str(tiny_bert), *argv]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("nothing", "MODEL must be a model folder, a hub id, a config (.yaml) or a run"),
        ("./nothing", "MODEL must be a model folder"),
        (".", "must hold config.json, got none"),
        ("nothing.yaml", "nothing.yaml"),
        ("latest", "there are no runs yet"),
    ],
)
def test_a_model_that_is_not_there_is_said_to_be_missing(
    capsys: pytest.CaptureFixture[str], model: str, words: str
) -> None:
    assert invoke(["explain", model, "a text"]) == 2
    assert words in capsys.readouterr().err


def test_stored_predictions_cannot_be_explained(
    capsys: pytest.CaptureFixture[str],
) -> None:
    golden = Path(__file__).resolve().parents[2] / "golden" / "bundle"
    assert invoke(["explain", str(golden), "a text"]) == 2
    assert "stored predictions only" in capsys.readouterr().err


def test_an_option_of_a_folder_is_refused_for_a_run(
    sealed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["explain", "latest", "a", "--runs", str(sealed), "--max-tokens", "8"]
    assert invoke(argv) == 2
    assert "--max-tokens must come with a model folder or hub id" in capsys.readouterr().err


def test_a_contrast_needs_one_text_and_shows_both(
    tiny_bert: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["explain", str(tiny_bert), "no refund", "--against", "no box", *FAST]) == 0
    out = capsys.readouterr().out
    assert "Only in the text: refund" in out
    assert "Only in the other: box" in out

"""``--lang``: what people read is said in their language, what machines read in English."""

from pathlib import Path

import pytest

from harness.cli import invoke

GOLDEN = Path(__file__).parents[2] / "golden" / "bundle"


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """``assay report`` of the golden bundle: exit code, stdout, stderr."""
    monkeypatch.delenv("ASSAY_LANG", raising=False)

    def run(*options: str, environment: str | None = None) -> tuple[int, str, str]:
        if environment is not None:
            monkeypatch.setenv("ASSAY_LANG", environment)
        code = invoke(["report", str(GOLDEN), *options])
        monkeypatch.delenv("ASSAY_LANG", raising=False)
        return code, *capsys.readouterr()

    return run


@pytest.mark.parametrize("form", ["html", "md"])
def test_a_report_is_read_in_chinese(report, form: str) -> None:
    english = report("--format", form)[1]
    asked = report("--format", form, "--lang", "zh")[1]
    assert "使用限制" in asked or "未测试的内容" in asked
    assert "未测试的内容" not in english
    assert report("--format", form, environment="zh")[1] == asked
    assert report("--format", form)[1] == english


def test_machines_read_english_whatever_the_environment_says(report) -> None:
    for form in ("junit", "json", "sarif", "coverage"):
        assert report("--format", form, environment="zh") == report("--format", form)


def test_a_language_that_a_form_is_never_written_in_is_refused(report) -> None:
    code, out, err = report("--format", "junit", "--lang", "zh")
    assert (code, out) == (2, "")
    assert "--lang must be en for --format junit, got 'zh'. Machines read it." in err


def test_a_language_that_nobody_wrote_is_refused(report) -> None:
    assert report("--lang", "fr")[0] == 2
    code, _, err = report(environment="klingon")
    assert code == 2
    assert "'klingon' is not one of 'en', 'zh'" in err

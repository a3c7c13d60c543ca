"""In which language a reader is spoken to."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.records import Message
from harness.wording import language, messages
from harness.wording.language import Catalogue, said, speaking
from harness.wording.zh import Chinese

ONE = Catalogue(
    {"x.one": "{n} row", "x.other": "{n} rows", "y": "only English {a}"}, {"x.other": "{n} 行"}
)


def test_english_is_spoken_unless_something_else_is() -> None:
    assert (language.language(), language.tag()) == ("en", "en")
    with speaking("zh"):
        assert (language.language(), language.tag()) == ("zh", "zh-CN")
        with speaking("en"):
            assert messages.t("outcome.passed") == "Passed"
        assert messages.t("outcome.passed") == "通过"
    assert messages.t("outcome.passed") == "Passed"


def test_a_language_that_nobody_wrote_is_refused() -> None:
    with pytest.raises(ValueError, match="one of en, zh, got 'fr'"), speaking("fr"):
        pass


def test_two_threads_are_spoken_to_in_two_languages() -> None:
    def in_thread(_: int) -> str:
        return messages.t("outcome.passed")

    with speaking("zh"), ThreadPoolExecutor(2) as pool:
        assert list(pool.map(in_thread, range(4))) == ["Passed"] * 4


def test_one_form_is_enough_where_a_language_has_no_plural() -> None:
    assert ONE.plural("x", 1) == "1 row"
    with speaking("zh"):
        assert [ONE.plural("x", n) for n in (1, 2, 1000)] == ["1 行", "2 行", "1,000 行"]
        assert ONE.t("y", a=1) == "only English 1"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chinese with a few sentences."""
    import harness.wording.zh as zh

    phrases = {"all": "全部", "no reason": "没有理由"}
    patterns = zh._patterns({"slice {name}": "切片 {name}", "{a} and {b}": "{a:~}和{b:~}"})
    told = {
        "m.count": "{n:#} 项批准",
        "m.where": "在{where:~}",
        "m.because": "因为：{reason:~}",
        "m.round": "{x:.1f}",
    }
    monkeypatch.setattr(zh, "chinese", lambda: Chinese({}, told, {}, phrases, patterns))


def of(id: str, template: str, **params: str | int | float) -> Message:
    return Message.of(id, template, **params)


@pytest.mark.parametrize(
    ("message", "chinese"),
    [
        (of("m.count", "{n}", n="2 approvals"), "2 项批准"),
        (of("m.count", "{n}", n="no approval"), "no approval 项批准"),
        (of("m.where", "{where}", where="all"), "在全部"),
        (of("m.where", "{where}", where="slice a=b"), "在切片 a=b"),
        (of("m.where", "{where}", where="all and slice a=b"), "在全部和切片 a=b"),
        (of("m.where", "{where}", where="else"), "在else"),
        (of("m.round", "{x}", x=0.26), "0.3"),
    ],
)
def test_a_sentence_of_a_record_is_said_from_its_id(
    small: None, message: Message, chinese: str
) -> None:
    assert said(message) == message.text
    with speaking("zh"):
        assert said(message) == chinese


@pytest.mark.parametrize(
    "message",
    [
        of("nobody.translated-it", "As it is."),
        of("m.where", "A parameter is missing."),
        of("m.round", "Not a number: {x}.", x="much"),
    ],
)
def test_what_cannot_be_said_is_said_in_english(small: None, message: Message) -> None:
    with speaking("zh"):
        assert said(message) == message.text


def test_a_sentence_inside_another_is_recognised(small: None) -> None:
    inner = of("m.count", "{n} needed.", n="3 approvals")
    outer = of("m.because", "Because: {reason}", reason=inner.text)
    with speaking("zh"):
        assert said(outer) == "因为：3 approvals needed."
    with speaking("zh", known=[inner]):
        assert said(outer) == "因为：3 项批准"


def test_what_is_remembered_is_forgotten_with_the_language(small: None) -> None:
    inner = of("m.count", "{n} needed.", n="3 approvals")
    outer = of("m.because", "Because: {reason}", reason=inner.text)
    language.remember([inner])  # nothing is spoken but English: there is nothing to recognise
    assert language.remembered() == ()
    with speaking("zh"):
        language.remember([inner])
        assert said(outer) == "因为：3 项批准"
        kept = language.remembered()
    with speaking("zh"):
        assert said(outer) == "因为：3 approvals needed."
    with speaking("zh", kept):
        assert said(outer) == "因为：3 项批准"


def test_a_sentence_that_holds_itself_ends(small: None) -> None:
    loop = of("m.because", "{reason}", reason="x")
    with speaking("zh", known=[loop]):
        assert said(loop) == "因为：因为：因为：因为：x"


def test_no_template_reaches_into_a_parameter() -> None:
    """``str.format`` would read attributes; what fills Chinese templates takes names alone."""
    import harness.wording.zh as zh

    for templates in (zh.chinese().page, zh.chinese().said):
        for id, template in templates.items():
            names = [name for _, name, _, _ in zh._FORMATTER.parse(template) if name is not None]
            assert all(name.isidentifier() for name in names), id


def test_chinese_is_not_loaded_before_it_is_spoken() -> None:
    code = (
        "import sys; from harness.exports import html_report, summary, screen, card; "
        "print([m for m in sys.modules if m.startswith('harness.wording.zh')])"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"

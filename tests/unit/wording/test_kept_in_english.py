"""What is remembered of English words is never said in another language."""

from harness.records import Estimate
from harness.wording.language import kept_in_english, language, speaking
from harness.wording.quantities import of_estimate
from harness.wording.text import slice_words


def test_a_function_is_asked_once_in_english_and_each_time_in_another_language() -> None:
    asked = []

    @kept_in_english
    def say(word: str) -> str:
        asked.append(language())
        return f"{language()}:{word}"

    assert [say("a"), say("a")] == ["en:a", "en:a"]
    with speaking("zh"):
        assert [say("a"), say("a")] == ["zh:a", "zh:a"]
    assert say("a") == "en:a"
    assert asked == ["en", "zh", "zh"]


def test_a_number_and_a_slice_are_said_in_the_language_that_is_spoken() -> None:
    nothing = Estimate(None, None, None, 0, "share", "none", 0.05, 0.05)
    english = of_estimate(nothing).value, slice_words("region=*", "all")
    with speaking("zh"):
        chinese = of_estimate(nothing).value, slice_words("region=*", "all")
    assert english == (of_estimate(nothing).value, slice_words("region=*", "all"))
    assert all(a != b for a, b in zip(english, chinese, strict=True))

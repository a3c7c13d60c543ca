"""Names and addresses by short lists and by the words around them, in English and Chinese.

For when no model for names is given. It knows some hundreds of names (``names``), so it misses most
persons; what it finds is a name next to a surname, behind a title, or behind a word such as 联系人.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from harness.detectors.names import GIVEN, GIVEN_ZH, SURNAMES, SURNAMES_ZH
from harness.detectors.normalising import normalise, placed
from harness.detectors.scanning import resolve
from harness.detectors.span import Span

_WORD = r"[A-Z][A-Za-z'À-ÖØ-öø-ÿ-]{1,24}"
_END = r"(?![0-9A-Za-zÀ-ÖØ-öø-ÿ])"
_START = r"(?<![0-9A-Za-zÀ-ÖØ-öø-ÿ])"
_TITLES = r"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Sir|Madam)\.?"
_WAYS = (
    "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Place|Pl|Square|Sq|"
    "Terrace|Close|Highway|Hwy|Parkway|Pkwy|Crescent|Grove"
)
_FLAT = r"(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Flat|#)\.? ?[0-9A-Za-z]{1,6})?"
_PLACES_ZH = "(?:[一-龥]{2,7}(?:省|自治区))?(?:[一-龥]{2,7}市)?(?:[一-龥]{1,7}[区县])?"
_FLAT_ZH = "(?:[一-龥0-9]{0,8}(?:室|单元|楼|栋|号))?"
_HONOURS = "先生|女士|小姐|太太|同学|老师|教授|医生|护士|律师|经理|主任|师傅"
_LEADS = "姓名|联系人|收件人|收货人|寄件人|患者|病人|户名|持卡人|申请人|我叫|名叫|本人"


class ListDetector:
    """Persons and street addresses by lists and neighbours.

    Blind to: most names; given names alone; addresses without a word for the street.
    """

    id = "lists"
    kinds = frozenset({"person", "address"})

    def find(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the spans of each text, by start."""
        return [self._find(text) for text in texts]

    def _find(self, text: str) -> list[Span]:
        plain, places = normalise(text)
        found = [
            Span(*placed(low, high, places), kind, self.id)
            for kind, regex in _regexes()
            for low, high in _spans(regex, plain)
        ]
        return resolve(found)


def _spans(regex: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    for match in regex.finditer(text):
        yield match.span("v") if "v" in regex.groupindex else match.span()


@lru_cache(maxsize=1)
def _regexes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    given, surnames = _any(GIVEN), _any(SURNAMES)
    given_zh, surnames_zh = _any(GIVEN_ZH), _any(SURNAMES_ZH)
    middle = rf"(?: [A-Z]\.?| {_WORD})?"
    shapes = (
        ("person", rf"{_START}(?:{given}){middle} {_WORD}{_END}"),
        ("person", rf"{_START}{_WORD}(?: [A-Z]\.?)? (?:{surnames}){_END}"),
        ("person", rf"{_START}{_TITLES} (?P<v>{_WORD}(?: {_WORD}){{0,2}}){_END}"),
        ("person", rf"(?:{surnames_zh})(?:{given_zh})"),
        ("person", rf"(?P<v>(?:{surnames_zh})[一-龥]{{0,2}})(?:{_HONOURS})"),
        ("person", rf"(?:{_LEADS})(?:是|为|：|:| ){{0,2}}(?P<v>(?:{surnames_zh})[一-龥]{{1,2}})"),
        (
            "address",
            rf"{_START}[0-9]{{1,5}}[A-Z]? (?:{_WORD} ){{1,4}}(?:{_WAYS})\.?{_END}{_FLAT}",
        ),
        ("address", rf"{_START}P\.? ?O\.? Box [0-9]{{1,6}}{_END}"),
        (
            "address",
            f"{_PLACES_ZH}[一-龥0-9]{{1,10}}(?:路|街|道|巷|弄|胡同|村)[0-9]{{1,5}}[号弄]{_FLAT_ZH}",
        ),
    )
    return tuple((kind, re.compile(shape)) for kind, shape in shapes)


def _any(words: tuple[str, ...]) -> str:
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))

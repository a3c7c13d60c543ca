"""The personal values of the training rows: each once, with every place where it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.secrecy import normal_value

if TYPE_CHECKING:
    from harness.data import Dataset
    from harness.detectors import Detector, Span

Key = tuple[str, str]
"""Kind of a value, and the value as digests read it."""

_AT_ONCE = 1000
"""Texts that a detector is given together."""

# what people call a kind, in English and in Chinese; other kinds are called by their id
_NAMES = {
    "email": ("e-mail address", "邮箱"),
    "phone": ("phone number", "电话号码"),
    "cn-mobile": ("phone number", "手机号"),
    "card": ("card number", "银行卡号"),
    "iban": ("IBAN", "银行账号"),
    "ssn": ("social security number", "社保号"),
    "cn-id": ("ID number", "身份证号"),
    "cn-uscc": ("company code", "统一社会信用代码"),
    "ip": ("IP address", "IP地址"),
    "person": ("name", "姓名"),
    "address": ("address", "地址"),
    "secret": ("password", "密码"),
    "cloud-key": ("access key", "密钥"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: text ``text`` of row ``row``, from ``start`` to ``stop``."""

    row: int
    text: int
    start: int
    stop: int


@dataclass(slots=True, repr=False)
class Value:
    """One personal value of the training rows. Never written anywhere.

    Attributes:
        kind: Of the value.
        written: As it stands where it was met first.
        normal: As digests read it.
        places: Where it stands, in the order of the rows.
        cluster: Of the row where it was met first: whose it is, as far as that is known.
    """

    kind: str
    written: str
    normal: str
    cluster: str | None
    places: list[Place] = field(default_factory=list)

    @property
    def key(self) -> Key:
        """Kind and normal form."""
        return self.kind, self.normal

    @property
    def n_rows(self) -> int:
        """Training rows that hold it."""
        return len({place.row for place in self.places})


def read_values(train: Dataset, detector: Detector, kinds: Collection[str]) -> list[Value]:
    """Return every personal value of the training rows once, in the order in which they are met.

    Args:
        train: The training rows.
        detector: Finds them.
        kinds: Kinds that count; empty for all.
    """
    found: dict[Key, Value] = {}
    for row, text, content, spans in _spans(train, detector):
        for span in settled(spans):
            if kinds and span.kind not in kinds:
                continue
            written = content[span.start : span.stop]
            key = span.kind, normal_value(written)
            if key not in found:
                cluster = None if train.cluster is None else str(train.cluster[row])
                found[key] = Value(span.kind, written, key[1], cluster)
            found[key].places.append(Place(row, text, span.start, span.stop))
    return list(found.values())


def settled(spans: Sequence[Span]) -> list[Span]:
    """Return one kind for each place: of spans that overlap, the checked and the longer one."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda one: (not one.is_checked, one.start - one.stop, one.kind)):
        if all(span.stop <= other.start or other.stop <= span.start for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda one: one.start)


def keys_in(text: str, spans: Iterable[Span]) -> set[Key]:
    """Return the values that a detector has found in a text."""
    chosen = settled(list(spans))
    return {(one.kind, normal_value(text[one.start : one.stop])) for one in chosen}


def kind_names(kind: str) -> tuple[str, str]:
    """Return what people call a kind, in English and in Chinese."""
    plain = kind.replace("-", " ")
    return _NAMES.get(kind, (plain, plain))


def filled(template: str, kind: str) -> str:
    """Return a prompt that names a kind of value."""
    what, what_zh = kind_names(kind)
    words = {"{what}": what, "{What}": what[:1].upper() + what[1:], "{what_zh}": what_zh}
    for place, word in words.items():
        template = template.replace(place, word)
    return template


def _spans(train: Dataset, detector: Detector) -> Iterable[tuple[int, int, str, list[Span]]]:
    texts = [
        (row, number, text)
        for row, one in enumerate(train.inputs)
        for number, text in enumerate((one,) if isinstance(one, str) else one)
    ]
    for start in range(0, len(texts), _AT_ONCE):
        part = texts[start : start + _AT_ONCE]
        found = detector.find([text for _, _, text in part])
        for (row, number, text), spans in zip(part, found, strict=True):
            if spans:
                yield row, number, text, spans

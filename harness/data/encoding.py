"""Is a file in the encoding that it is said to be in, and if not, in which one is it?"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_CHUNK = 1 << 20
_SAMPLE = 1 << 18
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN_MARKS = frozenset("‘’“”–—…€£©®°«»¿¡·•§")
_PLAUSIBLE = 0.6
_NO_FILES = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})


@dataclass(frozen=True, slots=True)
class BadByte:
    """Where a file stops being what its encoding says.

    Attributes:
        position: Offset of the byte, from 0.
        line: Line that it stands on, from 1; None where bytes do not tell lines (UTF-16, UTF-32).
    """

    position: int
    line: int | None


def known_codec(encoding: str) -> str | None:
    """Return Python's name of a text codec, or None when there is none of that name."""
    try:
        "".encode(encoding)  # bytes-to-bytes codecs such as base64 fail here with LookupError
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError):
        return None
    return None if name in _NO_FILES else name


def reading_codec(encoding: str) -> str:
    """Return the codec to open a file with; UTF-8 is read with or without a byte order mark."""
    name = codecs.lookup(encoding).name
    return "utf-8-sig" if name == "utf-8" else name


def check_file(path: Path, encoding: str) -> tuple[str, BadByte | None]:
    """Read a file once: its SHA-256, and the first byte that is not in the encoding.

    Args:
        path: The file.
        encoding: A text codec, see ``known_codec``.
    """
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder(reading_codec(encoding))("strict")
    bad: int | None = None
    end = 0
    with path.open("rb") as stream:
        while piece := stream.read(_CHUNK):
            digest.update(piece)
            end += len(piece)
            if bad is None:
                bad = _feed(decoder, piece, end, final=False)
    if bad is None:
        bad = _feed(decoder, b"", end, final=True)
    return digest.hexdigest(), None if bad is None else BadByte(bad, _line_of(path, bad, encoding))


def looks_wide(head: bytes) -> bool:
    """Return whether bytes look like UTF-16 or UTF-32 though they also decode as something else."""
    return len(head) >= 4 and head.count(0) / len(head) > 0.2


def propose(path: Path, position: int) -> str | None:
    """Return the encoding that the bytes around a position are most likely in, or None."""
    with path.open("rb") as stream:
        head = stream.read(4)
        stream.seek(max(0, position - _SAMPLE))
        sample = stream.read(2 * _SAMPLE)
        truncated = bool(stream.read(1))
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    if position > _SAMPLE:
        sample = sample[sample.find(b"\n") + 1 :]
    if truncated:
        sample = sample[: sample.rfind(b"\n") + 1]
    return likely_encoding(sample)


def likely_encoding(sample: bytes) -> str | None:
    """Return the codec that decodes a sample into plausible writing, or None.

    A byte order mark of UTF-16 or UTF-32 decides. Tried else: UTF-8, UTF-16 without a mark, GB 18030, Big5, Shift JIS, Windows-1252. Plausible means
    that most characters beyond ASCII are the common ones of the writing that the codec is for.
    """
    if not sample:
        return None
    for mark, name in _BOMS:
        if sample.startswith(mark) and name != "utf-8":
            return name
    is_utf8 = _decoded(sample, "utf-8") is not None
    if looks_wide(sample) or (b"\0" in sample and not is_utf8):
        return _wide(sample)
    if is_utf8:
        return "utf-8"
    best, best_score = None, _PLAUSIBLE
    for codec, score_of in _SCORES.items():
        text = _decoded(sample, codec)
        score = score_of(text) if text else 0.0
        if score > best_score:
            best, best_score = codec, score
    return best


def is_damaged_utf8(sample: bytes) -> bool:
    """Return whether bytes are UTF-8 apart from few damaged places."""
    text = sample.decode("utf-8", "replace")
    n_beyond = sum(char > "\x7f" for char in text)
    return n_beyond >= 20 and text.count("\ufffd") <= 0.05 * n_beyond


def sample_around(path: Path, position: int) -> bytes:
    """Return up to 512 KiB of a file around a position."""
    with path.open("rb") as stream:
        stream.seek(max(0, position - _SAMPLE))
        return stream.read(2 * _SAMPLE)


def _feed(decoder: codecs.IncrementalDecoder, piece: bytes, end: int, *, final: bool) -> int | None:
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError as err:
        # the decoder puts bytes kept from earlier pieces in front, so count from the end
        return end - len(err.object) + err.start
    except UnicodeError:  # e.g. UTF-16 without a mark: no position is given
        return 0
    return None


def _line_of(path: Path, position: int, encoding: str) -> int | None:
    if reading_codec(encoding).startswith(("utf-16", "utf-32")):
        return None
    line = 1
    with path.open("rb") as stream:
        while position > 0 and (piece := stream.read(min(_CHUNK, position))):
            line += piece.count(b"\n")
            position -= len(piece)
    return line


def _decoded(sample: bytes, codec: str) -> str | None:
    try:
        return sample.decode(codec)
    except UnicodeError:
        return None


def _wide(sample: bytes) -> str | None:
    # ASCII characters of UTF-16 have a zero byte behind (little end first) or before them
    codec = "utf-16-le" if sample[1::2].count(0) >= sample[::2].count(0) else "utf-16-be"
    even = sample[: len(sample) // 2 * 2]
    text = _decoded(even, codec)
    return codec if text is not None and "\0" not in text else None


def _lead(char: str, codec: str) -> int:
    try:
        raw = char.encode(codec)
    except UnicodeEncodeError:
        return 0
    return raw[0] if len(raw) == 2 else 0


def _share(text: str, is_common: Callable[[str], bool]) -> float:
    beyond = [char for char in text if char > "\x7f"][:20_000]
    return sum(map(is_common, beyond)) / len(beyond) if beyond else 0.0


def _score_gb18030(text: str) -> float:
    # GB 2312: A1-A3 punctuation and full-width forms, B0-D7 the 3,755 common characters
    return _share(text, lambda char: 0xB0 <= (lead := _lead(char, "gb2312")) <= 0xD7 or lead in _A)


def _score_big5(text: str) -> float:
    # Big5: A1-A3 punctuation, A4-C6 the 5,401 common characters
    return _share(text, lambda char: 0xA1 <= _lead(char, "big5") <= 0xC6)


def _score_shift_jis(text: str) -> float:
    kana = _share(text, lambda char: "\u3041" <= char <= "\u30fe")
    # 81 punctuation, 82-83 full-width forms and kana, 88-97 the common characters
    common = _share(
        text, lambda char: (lead := _lead(char, "shift_jis")) in (0x81, 0x82, 0x83) or _kanji(lead)
    )
    return common if kana >= 0.1 else 0.0


def _kanji(lead: int) -> bool:
    return 0x88 <= lead <= 0x97


def _score_cp1252(text: str) -> float:
    beyond = sum(char > "\x7f" for char in text)
    if beyond > 0.3 * len(text):
        return 0.0
    padded = f" {text} "
    good = sum(
        # accented letters stand among plain ones; bytes of a wider encoding stand in runs
        (char in _WESTERN_MARKS or ("\u00c0" <= char <= "\u017e" and char not in "×÷"))
        and (padded[i] <= "\x7f" or padded[i + 2] <= "\x7f")
        and not (padded[i] > "\x7f" and padded[i].isupper())
        for i, char in enumerate(text)
        if char > "\x7f"
    )
    return good / beyond if beyond else 0.0


_A = (0xA1, 0xA2, 0xA3)
_SCORES: dict[str, Callable[[str], float]] = {
    "gb18030": _score_gb18030,
    "big5": _score_big5,
    "shift_jis": _score_shift_jis,
    "cp1252": _score_cp1252,
}

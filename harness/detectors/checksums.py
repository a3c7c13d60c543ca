"""Which candidates are values: checksums and registers, each a function of the candidate alone.

Every function returns how many characters of the candidate, from its start, are a value; 0: none.
"""

from __future__ import annotations

import ipaddress
from datetime import date
from functools import cache
from hashlib import sha256

from harness.detectors.codes import CALLING, CARDS, IBAN_LENGTH, PROVINCES

CN_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
USCC_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_ENDS = {1, 0x2BC830A3}  # bech32 and bech32m
# in every text about them, and nobody's: the Woolworth wallet and an advertisement of 1940
_NOBODYS_SSN = {"078-05-1120", "219-09-9999"}
_NOBODYS_IP = {"0.0.0.0", "255.255.255.255"}


def digits_of(text: str) -> str:
    """Return the ASCII digits of a text."""
    return "".join(sign for sign in text if "0" <= sign <= "9")


def luhn_sum(digits: str) -> int:
    """Return the Luhn sum modulo 10; 0 for a valid number. Source: ISO/IEC 7812-1, annex B."""
    total = 0
    for place, sign in enumerate(reversed(digits)):
        number = int(sign) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10


def card(text: str) -> int:
    """Card numbers: an issuer's range with its lengths, and Luhn."""
    digits = digits_of(text)
    if luhn_sum(digits) or len(set(digits)) == 1:
        return 0
    return len(text) if is_issued(digits) else 0


def luhn_card(text: str) -> int:
    """Card numbers behind a word that names them: Luhn, or the range of Chinese bank cards."""
    digits = digits_of(text)
    if len(set(digits)) == 1:
        return 0
    is_union = digits.startswith("62") and len(digits) >= 16
    return len(text) if is_union or not luhn_sum(digits) else 0


def is_issued(digits: str) -> bool:
    """Return whether a number of this length belongs to a known range of issuers."""
    number = int(digits[:4])
    return any(low <= number <= high and len(digits) in lengths for low, high, lengths in CARDS)


def iban(text: str) -> int:
    """IBAN: the length of its country, and 1 modulo 97. Source: ISO 13616."""
    need = IBAN_LENGTH.get(text[:2].upper())
    kept, stop = [], 0
    for place, sign in enumerate(text):
        if sign not in " -":
            kept.append(sign.upper())
        if len(kept) == need:
            stop = place + 1
            break
    if not stop or _goes_on(text, stop):
        return 0
    moved = "".join(kept[4:] + kept[:4])
    return stop if int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1 else 0


def _goes_on(text: str, stop: int) -> bool:
    return stop < len(text) and text[stop].isalnum()


def ssn(text: str) -> int:
    """US social security numbers that were or could be given out, but for two famous ones."""
    digits = digits_of(text)
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    is_given = area not in {"000", "666"} and area[0] != "9" and group != "00" and serial != "0000"
    return len(text) if is_given and f"{area}-{group}-{serial}" not in _NOBODYS_SSN else 0


def cn_id(text: str) -> int:
    """Chinese resident ids: a province, a day of birth, a check character. Source: GB 11643-1999."""
    if text[:2] not in PROVINCES or text[6:8] not in {"18", "19", "20"}:
        return 0
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return 0
    return len(text) if cn_id_sign(text[:17]) == text[17].upper() else 0


def cn_id_sign(digits: str) -> str:
    """Return the check character of the first 17 digits."""
    weighted = sum(int(sign) * weight for sign, weight in zip(digits, CN_ID_WEIGHTS, strict=True))
    return "10X98765432"[weighted % 11]


def uscc(text: str) -> int:
    """Chinese unified social credit codes. Source: GB 32100-2015."""
    return len(text) if uscc_sign(text[:17]) == text[17] else 0


def uscc_sign(code: str) -> str:
    """Return the check character of the first 17 signs."""
    total = sum(USCC_SIGNS.index(sign) * pow(3, place, 31) for place, sign in enumerate(code))
    return USCC_SIGNS[(31 - total % 31) % 31]


def base58check(text: str) -> int:
    """Bitcoin addresses of the old form: four bytes of a double SHA-256."""
    number = 0
    for sign in text:
        number = number * 58 + _BASE58.index(sign)
    if number >= 1 << 200:
        return 0
    raw = number.to_bytes(25, "big")
    return len(text) if sha256(sha256(raw[:21]).digest()).digest()[:4] == raw[21:] else 0


def bech32(text: str) -> int:
    """Bitcoin addresses of the new form. Source: BIP 173 and BIP 350."""
    values = [3, 3, 0, 2, 3]  # "bc", spread out as the checksum reads it
    values += [_BECH32.index(sign) for sign in text.lower()[3:]]
    return len(text) if _polymod(values) in _BECH32_ENDS and _is_one_case(text) else 0


def _is_one_case(text: str) -> bool:
    return text in {text.lower(), text.upper()}


def _polymod(values: list[int]) -> int:
    total = 1
    for value in values:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ value
        for bit, step in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            total ^= step if top >> bit & 1 else 0
    return total


def ipv4(text: str) -> int:
    """IPv4 addresses that can be somebody's: no loopback, no broadcast."""
    return 0 if text in _NOBODYS_IP or text.startswith("127.") else len(text)


def ipv6(text: str) -> int:
    """IPv6 addresses: all eight groups, or shortened behind a first group of four signs.

    Shorter ones (``::1``, ``a::b``) are loopback, or names in the code of several languages.
    """
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return 0
    if address.is_loopback or address.is_unspecified:
        return 0
    first = text.split(":", 1)[0]
    is_short = "::" in text
    has_digit = any("0" <= sign <= "9" for sign in text)
    return len(text) if not is_short or (len(first) == 4 and has_digit) else 0


def mac(text: str) -> int:
    """MAC addresses, but for those of nobody and of everybody."""
    return 0 if set(text.lower()) - set(":-.") in ({"0"}, {"f"}) else len(text)


def calling(text: str) -> int:
    """International phone numbers: a country's code and 8 to 15 digits. Source: ITU-T E.164."""
    digits = digits_of(text.split("x", 1)[0])
    known = any(digits[:length] in calling_codes() for length in (1, 2, 3))
    return len(text) if known and 8 <= len(digits) <= 15 else 0


@cache
def calling_codes() -> frozenset[str]:
    """Return every country's code."""
    return frozenset(CALLING.split())


def trunk(text: str) -> int:
    """National numbers from the trunk 0: 9 to 11 digits, 10 to 16 with the code of a country."""
    digits = digits_of(text)
    if digits.startswith("00"):
        code = any(digits[2 : 2 + length] in calling_codes() for length in (1, 2, 3))
        return len(text) if code and 10 <= len(digits) <= 16 else 0
    if [len(part) for part in text.split("-")] == [3, 2, 4]:  # a social security number
        return 0
    return len(text) if 9 <= len(digits) <= 11 else 0


def keyed_phone(text: str) -> int:
    """Numbers beside a word that names a phone: 7 to 15 digits that are no date."""
    digits = digits_of(text.split("x", 1)[0])
    if not 7 <= len(digits) <= 15 or len(set(digits)) == 1:
        return 0
    return 0 if _is_date(text) else len(text)


def _is_date(text: str) -> bool:
    parts = "".join(sign if "0" <= sign <= "9" else " " for sign in text).split()
    if len(parts) != 3:
        return False
    if len(parts[0]) == 4:
        parts.reverse()
    day, month, year = parts
    is_year = len(year) == 4 and year[:2] in {"19", "20"}
    return is_year and len(day) <= 2 and len(month) <= 2 and max(int(day), int(month)) <= 31


def mixed(text: str) -> int:
    """Values behind a word such as ``password``: with a letter and a digit, and no placeholder."""
    has_digit = any("0" <= sign <= "9" for sign in text)
    has_letter = any(sign.isalpha() for sign in text)
    is_placeholder = text[0] in "<{[$%*" or "..." in text
    return len(text) if has_digit and has_letter and not is_placeholder else 0


def long_mixed(text: str) -> int:
    """Tokens that a word with a prefix could be: letters and digits within."""
    has_digit = any("0" <= sign <= "9" for sign in text)
    return len(text) if has_digit and len(set(text)) >= 10 else 0

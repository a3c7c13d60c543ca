"""Made-up values: of a kind, with a valid checksum, and nobody's as far as that can be had.

E-mail addresses end in ``.example``, phones lie in ranges kept for fiction, addresses of computers in
those kept for documents; cards and ids only have their checksums right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from harness.detectors import checksums
from harness.detectors.names import GIVEN, GIVEN_ZH, STREETS, SURNAMES, SURNAMES_ZH
from harness.errors import UsageError, must, nearest

_LOWER = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"
_HEX = "0123456789abcdef"
_ALNUM = _LOWER + _LOWER.upper() + _DIGITS


class Draws(Protocol):
    """A generator of numbers, as ``numpy.random.Generator`` is one."""

    def integers(self, low: int, high: int) -> object:
        """Return a whole number, low <= number < high."""
        ...


def replacement(kind: str, rng: Draws) -> str:
    """Return a made-up value of a kind.

    Args:
        kind: ``email``, ``phone``, ``card`` ... (see ``REPLACED``).
        rng: A generator; the same state gives the same value.

    Raises:
        UsageError: If values of this kind cannot be made up.
    """
    make = _MAKERS.get(kind)
    if make is None:
        what = f"be one of {', '.join(sorted(_MAKERS))}"
        raise UsageError(must("kind", what, kind, do=nearest(kind, list(_MAKERS)).strip()))
    return make(rng)


def _number(rng: Draws, low: int, high: int) -> int:
    return int(rng.integers(low, high))  # type: ignore[call-overload, no-any-return]


def _signs(rng: Draws, signs: str, n: int) -> str:
    return "".join(signs[_number(rng, 0, len(signs))] for _ in range(n))


def _one(rng: Draws, values: tuple[str, ...]) -> str:
    return values[_number(rng, 0, len(values))]


def _email(rng: Draws) -> str:
    name = f"{_one(rng, GIVEN)}.{_one(rng, SURNAMES)}".lower()
    return f"{name}{_number(rng, 10, 100)}@mail.example"


def _phone(rng: Draws) -> str:
    return f"({_number(rng, 201, 990)}) 555-01{_signs(rng, _DIGITS, 2)}"


def _cn_mobile(rng: Draws) -> str:
    return f"1{_number(rng, 30, 100)}{_signs(rng, _DIGITS, 8)}"


def _card(rng: Draws) -> str:
    body = "4" + _signs(rng, _DIGITS, 14)
    return body + str(-checksums.luhn_sum(body + "0") % 10)


def _iban(rng: Draws) -> str:
    body = _signs(rng, _LOWER.upper(), 4) + _signs(rng, _DIGITS, 14)
    digits = "".join(str(int(sign, 36)) for sign in f"{body}GB00")
    return f"GB{98 - int(digits) % 97:02d}{body}"


def _ssn(rng: Draws) -> str:
    area = _number(rng, 1, 666)
    return f"{area:03d}-{_number(rng, 1, 100):02d}-{_number(rng, 1, 10000):04d}"


def _ip(rng: Draws) -> str:
    network = _one(rng, ("192.0.2", "198.51.100", "203.0.113"))
    return f"{network}.{_number(rng, 1, 255)}"


def _mac(rng: Draws) -> str:
    return "02:00:5e:" + ":".join(_signs(rng, _HEX, 2) for _ in range(3))


def _crypto(rng: Draws) -> str:
    return "0x" + _signs(rng, _HEX, 40)


def _cn_id(rng: Draws) -> str:
    area = f"{_one(rng, ('11', '31', '44', '51', '61'))}01{_number(rng, 1, 30):02d}"
    born = f"{_number(rng, 1950, 2005)}{_number(rng, 1, 13):02d}{_number(rng, 1, 29):02d}"
    digits = area + born + _signs(rng, _DIGITS, 3)
    return digits + checksums.cn_id_sign(digits)


def _uscc(rng: Draws) -> str:
    code = "91" + f"{_one(rng, ('11', '31', '44', '51'))}01{_number(rng, 1, 30):02d}"
    code += _signs(rng, checksums.USCC_SIGNS, 9)
    return code + checksums.uscc_sign(code)


def _secret(rng: Draws) -> str:
    return "ghp_" + _signs(rng, _ALNUM, 36)


def _cloud_key(rng: Draws) -> str:
    return "AKIA" + _signs(rng, _LOWER.upper() + "234567", 16)


def _person(rng: Draws) -> str:
    return f"{_one(rng, GIVEN)} {_one(rng, SURNAMES)}"


def _person_zh(rng: Draws) -> str:
    return _one(rng, SURNAMES_ZH) + _one(rng, GIVEN_ZH)


def _address(rng: Draws) -> str:
    return f"{_number(rng, 1, 2000)} {_one(rng, STREETS)}"


_MAKERS: dict[str, Callable[[Draws], str]] = {
    "email": _email,
    "phone": _phone,
    "cn-mobile": _cn_mobile,
    "card": _card,
    "iban": _iban,
    "ssn": _ssn,
    "ip": _ip,
    "mac": _mac,
    "crypto": _crypto,
    "cn-id": _cn_id,
    "cn-uscc": _uscc,
    "secret": _secret,
    "cloud-key": _cloud_key,
    "person": _person,
    "cn-person": _person_zh,
    "address": _address,
}
REPLACED = frozenset(_MAKERS)
"""Kinds that values can be made up for."""

"""The patterns: for each a regular expression, what confirms it, and a hint for the prefilter.

Boundaries are about ASCII letters and digits, so that values next to Chinese characters are found
(``\\b`` takes those for letters of a word). All repetitions are bounded and no two neighbours in an
expression can share a character in more ways than a few: no text makes them slow. Expressions are
read over normalised text (see ``normalising``) in ASCII mode. A group called ``v`` is the value where
a word beside it is part of the expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from harness.detectors import checksums
from harness.detectors.secret_patterns import SECRETS
from harness.detectors.shape import Shape

_LEFT = "(?<![0-9A-Za-z])"
_RIGHT = "(?![0-9A-Za-z])"
# what boundaries look like to the prefilter, which cannot look around; it is shown one character before
_B = "(?:^|[^0-9A-Za-z])"
_E = "(?:$|[^0-9A-Za-z])"
_NO_DECIMALS = "(?![-.]?[0-9])"
_LABEL = "[0-9A-Za-z-]{1,63}"
_TLD = "(?:com|org|net|edu|gov|cn|io|co|ai|de|uk|fr|it|es|nl|ch|se|jp|kr|in|ru|br|au|ca|us|eu|info|biz|me)"
_AT = r"[\[({<] ?[aA][tT] ?[\])}>]"
_DOT = r"[\[({<] ?[dD][oO][tT] ?[\])}>]"
_LOCAL = "(?<![0-9A-Za-z._%+-])[0-9A-Za-z][0-9A-Za-z._%+-]{0,63}"

_EMAILS = (
    Shape(
        "email",
        rf"{_LOCAL}@(?:{_LABEL}\.){{1,8}}[A-Za-z]{{2,24}}{_RIGHT}",
        hint=r"[0-9A-Za-z._%+-]@[0-9A-Za-z-]+\.",
    ),
    # broken over two lines: bob@gmail\n.com
    Shape(
        "email",
        rf"{_LOCAL}(?:@\r?\n{_LABEL}\.|@{_LABEL}(?:\r?\n\.|\.\r?\n)){_TLD}{_RIGHT}",
        hint=r"@\r?\n|@[0-9A-Za-z-]+\.?\r?\n",
    ),
    # bob (at) gmail (dot) com, bob[at]gmail.com, bob at gmail dot com
    Shape(
        "email",
        rf"{_LOCAL}(?: ?{_AT} ?{_LABEL}(?: ?{_DOT} ?|\.)| at {_LABEL} dot )(?:{_LABEL}\.)?{_TLD}{_RIGHT}",
        hint=rf"{_AT}|(?i: dot )",
    ),
    # b o b @ gmail . com
    Shape(
        "email",
        rf"(?:{_LEFT}(?:[0-9A-Za-z] ){{1,40}}|{_LOCAL} ?)@ ?{_LABEL}(?: \. ?|\. ){_TLD}{_RIGHT}",
        hint=r"@ ?[0-9A-Za-z-]+(?: \.|\. )",
    ),
)

_GROUPED = "(?:[ .()-]{0,2}[0-9])"
_EXTENSION = r"(?: ?(?:x|ext\.? ?)[0-9]{1,5})?"
_NOUNS = "(?:tele)?phone|tel|mobile|cell|fax|whatsapp|call|dial|hotline|helpline"
_VERBS = "call|reach|dial|text|ring|contact|answering|messages?|sms|desk|office|home|work"
_FILLERS = "me|us|him|her|them|you|back|numbers?|no|is|at|on|to|was|our|my|the"
_CALLED = (
    rf"(?:{_NOUNS})(?:[ :.,#-]{{1,3}}(?:{_FILLERS})){{0,4}}"
    rf"|(?:{_VERBS})(?:[ :.,#-]{{1,3}}(?:{_FILLERS})){{0,3}}[ :.,#-]{{1,3}}(?:at|on|to)"
    "|(?:desk|office|home|work):"
)
_WORDS_ZH = "电话|手机|手机号|手机号码|联系方式|传真|座机|热线|致电|拨打"
_BEHIND = "fax|mobile|office|cell|phone|tel"

_PHONES = (
    Shape(
        "phone",
        rf"{_LEFT}(?<![0-9][-./])(?:\+?1[-. ]?|001[-. ])?"
        rf"(?:\([2-9][0-9]{{2}}\)[-. ]?[0-9]{{3}}[-. ]?|[2-9][0-9]{{2}}([-. ])[0-9]{{3}}\1)[0-9]{{4}}"
        rf"{_EXTENSION}{_RIGHT}(?![-.][0-9])",
        hint=rf"[2-9][0-9]{{2}}[-. )][-. ]?[0-9]{{3}}[-. ]?[0-9]{{4}}(?:{_E}|[ex])",
    ),
    Shape(
        "phone",
        rf"{_LEFT}(?<![0-9][-./])\+?1[2-9][0-9]{{2}}[2-9][0-9]{{6}}{_RIGHT}(?![-.][0-9])",
        hint=rf"{_B}\+?1[2-9][0-9]{{2}}[2-9][0-9]{{6}}{_E}",
    ),
    Shape(
        "phone",
        rf"(?<![0-9A-Za-z+])\+{_GROUPED}{{8,15}}{_EXTENSION}(?![0-9])",
        hint=r"\+[ .()-]{0,2}[1-9](?:[ .()-]{0,2}[0-9]){7}",
        check=checksums.calling,
    ),
    Shape(
        "phone",
        rf"{_LEFT}(?<![0-9][-./])(?<![0-9][.,])"
        r"(?:0[0-9]{1,4}([ .-])[0-9]{2,4}(?:\1[0-9]{2,4}){1,3}|0[0-9]{2,4}[ -][0-9]{5,8}"
        rf"|\(0[0-9]{{1,3}}\) ?[0-9]{{3,4}}[ -]?[0-9]{{3,4}}){_RIGHT}(?![-./][0-9])",
        hint=rf"{_B}0[0-9]{{1,4}}\)?[ .-]?[0-9]{{2,4}}[ .-]?[0-9]{{2}}",
        check=checksums.trunk,
    ),
    Shape(
        "phone",
        rf"{_LEFT}(?i:{_CALLED})\s{{0,2}}[:.,#-]?\s{{0,3}}"
        rf"(?P<v>[+(]?[0-9]{_GROUPED}{{6,14}}{_EXTENSION}){_RIGHT}{_NO_DECIMALS}",
        hint=rf"{_B}(?i:{_CALLED})[^0-9a-zA-Z]{{0,8}}[0-9]{_GROUPED}{{6}}",
        check=checksums.keyed_phone,
    ),
    Shape(
        "phone",
        rf"(?:{_WORDS_ZH})[^0-9A-Za-z+(]{{0,6}}(?P<v>[+(]?[0-9]{_GROUPED}{{6,14}}){_RIGHT}{_NO_DECIMALS}",
        hint="电话|手机|联系方式|传真|座机|热线|致电|拨打",
        check=checksums.keyed_phone,
    ),
    Shape(
        "phone",
        rf"{_LEFT}(?<![0-9][ .-])(?P<v>\(?[0-9]{_GROUPED}{{6,14}})[ -]{{1,3}}(?i:{_BEHIND}){_RIGHT}",
        hint=rf"[0-9]{_GROUPED}{{6}}[ -]{{1,3}}(?i:{_BEHIND})",
        check=checksums.keyed_phone,
    ),
    Shape(
        "cn-mobile",
        rf"{_LEFT}(?<![0-9][-.])(?:\+?86[ -]?|0086[ -]?)?1[3-9][0-9](?:[0-9]{{8}}|([ -])[0-9]{{4}}\1[0-9]{{4}})"
        rf"{_RIGHT}(?![-.][0-9])",
        hint=f"(?:{_B}|86)1[3-9][0-9][ -]?[0-9]{{4}}[ -]?[0-9]{{4}}{_E}",
    ),
)

_NUMBERS = (
    Shape(
        "card",
        rf"{_LEFT}(?<![0-9][-. ])(?:[0-9]{{13,19}}"
        r"|[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{1,4}(?:\1[0-9]{1,3})?|[0-9]{4}([ -])[0-9]{6}\2[0-9]{4,5})"
        rf"{_RIGHT}(?![-. ]?[0-9])",
        hint=f"{_B}(?:[0-9]{{13,19}}{_E}|[0-9]{{4}}[ -](?:[0-9]{{4}}[ -][0-9]{{4}}[ -][0-9]|[0-9]{{6}}[ -][0-9]{{4}}))",
        check=checksums.card,
        is_checked=True,
    ),
    Shape(
        "card",
        rf"(?:{_LEFT}(?i:cards?(?: number| no\.?)?|cc|pan)|[卡账]号码?|银行卡)[ :#?是为-]{{0,4}}"
        rf"(?P<v>[0-9](?:[ -]?[0-9]){{11,18}}){_RIGHT}{_NO_DECIMALS}",
        hint="(?i:card|cc|pan)[ a-z:#?.-]{0,12}[0-9]|卡号|账号|银行卡",
        check=checksums.luhn_card,
    ),
    Shape(
        "iban",
        rf"{_LEFT}[A-Za-z]{{2}}[0-9]{{2}}(?:[ -]?[0-9A-Za-z]{{1,4}}){{3,30}}",
        hint=f"{_B}[A-Za-z]{{2}}[0-9]{{2}}[0-9A-Za-z -]{{11}}",
        check=checksums.iban,
        is_checked=True,
    ),
    Shape(
        "ssn",
        rf"{_LEFT}(?<![0-9]-)[0-9]{{3}}-[0-9]{{2}}-[0-9]{{4}}{_RIGHT}(?!-[0-9])",
        hint=f"{_B}[0-9]{{3}}-[0-9]{{2}}-[0-9]{{4}}{_E}",
        check=checksums.ssn,
    ),
    Shape(
        "ssn",
        rf"(?:{_LEFT}(?i:ssn|social security)|社保|社会安全)[^0-9]{{0,16}}"
        rf"(?P<v>[0-9]{{3}} ?[0-9]{{2}} ?[0-9]{{4}}){_RIGHT}{_NO_DECIMALS}",
        hint="(?i:ssn|social security)|社保|社会安全",
        check=checksums.ssn,
    ),
    Shape(
        "cn-id",
        rf"{_LEFT}[1-9][0-9]{{16}}[0-9Xx]{_RIGHT}",
        hint=f"{_B}[1-9][0-9]{{16}}[0-9Xx]{_E}",
        check=checksums.cn_id,
        is_checked=True,
    ),
    Shape(
        "cn-uscc",
        rf"{_LEFT}[0-9A-HJ-NPQRTUWXY]{{2}}[0-9]{{6}}[0-9A-HJ-NPQRTUWXY]{{10}}{_RIGHT}",
        hint=f"{_B}[0-9A-HJ-NPQRTUWXY]{{2}}[0-9]{{6}}[0-9A-HJ-NPQRTUWXY]{{10}}{_E}",
        check=checksums.uscc,
        is_checked=True,
    ),
)

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_ADDRESSES = (
    # a version of a program is written like an address; the word in front tells
    Shape(
        "ip",
        r"(?<![0-9A-Za-z])(?<![0-9]\.)(?<!version )(?<!Version )(?<!版本)(?<!版本号)"
        rf"{_OCTET}(?:\.{_OCTET}){{3}}{_RIGHT}(?!\.[0-9])",
        hint=rf"{_B}[0-9]{{1,3}}\.[0-9]{{1,3}}\.[0-9]{{1,3}}\.[0-9]{{1,3}}{_E}",
        check=checksums.ipv4,
    ),
    Shape(
        "ip",
        r"(?<![0-9A-Za-z:])[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![0-9A-Za-z:.])",
        hint="[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]",
        check=checksums.ipv6,
    ),
    Shape(
        "mac",
        r"(?<![0-9A-Za-z:-])(?:[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}"
        r"|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})(?![0-9A-Za-z]|[:-][0-9A-Fa-f])",
        hint=r"(?:[0-9A-Fa-f]{2}[:-]){5}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}",
        check=checksums.mac,
    ),
    Shape(
        "crypto",
        rf"{_LEFT}[13][1-9A-HJ-NP-Za-km-z]{{25,34}}{_RIGHT}",
        hint=f"{_B}[13][1-9A-HJ-NP-Za-km-z]{{25,34}}{_E}",
        check=checksums.base58check,
        is_checked=True,
    ),
    Shape(
        "crypto",
        rf"{_LEFT}(?:bc1[02-9ac-hj-np-z]{{11,71}}|BC1[02-9AC-HJ-NP-Z]{{11,71}}){_RIGHT}",
        hint="bc1[02-9ac-hj-np-z]{11}|BC1[02-9AC-HJ-NP-Z]{11}",
        check=checksums.bech32,
        is_checked=True,
    ),
    Shape("crypto", rf"{_LEFT}0x[0-9A-Fa-f]{{40}}{_RIGHT}", hint="0x[0-9A-Fa-f]{40}"),
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A shape, made ready.

    Attributes:
        kind: Kind of what it finds.
        regex: Its expression.
        check: How many characters of a candidate are a value; None: all.
        is_checked: Whether ``check`` is a checksum.
        hint: What Hyperscan looks for: it occurs wherever the expression does.
        longest: No match has more characters.
        group: The group that is the value; 0: the whole match.
    """

    kind: str
    regex: re.Pattern[str]
    check: Callable[[str], int] | None
    is_checked: bool
    hint: str
    longest: int
    group: str | int


SHAPES: tuple[Shape, ...] = (*_EMAILS, *_PHONES, *_NUMBERS, *_ADDRESSES, *SECRETS)
KINDS = frozenset(shape.kind for shape in SHAPES)


@lru_cache(maxsize=1)
def patterns() -> tuple[Pattern, ...]:
    """Return every pattern, compiled once."""
    return tuple(map(_ready, SHAPES))


def _ready(shape: Shape) -> Pattern:
    regex = re.compile(shape.regex, re.ASCII)
    return Pattern(
        kind=shape.kind,
        regex=regex,
        check=shape.check,
        is_checked=shape.is_checked,
        hint=shape.hint,
        longest=shape.longest,
        group="v" if "v" in regex.groupindex else 0,
    )

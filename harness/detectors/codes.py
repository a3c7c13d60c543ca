"""Registers that checksums need: ranges of card issuers, IBAN lengths, provinces, calling codes."""

from __future__ import annotations

CARDS: tuple[tuple[int, int, frozenset[int]], ...] = tuple(
    (low, high, frozenset(lengths))
    for low, high, lengths in (
        (4000, 4999, (13, 16, 19)),  # Visa
        (5100, 5599, (16,)),  # Mastercard
        (2221, 2720, (16,)),
        (3400, 3499, (15,)),  # American Express
        (3700, 3799, (15,)),
        (3000, 3059, (14, 16, 17, 18, 19)),  # Diners
        (3095, 3095, (14, 16, 17, 18, 19)),
        (3600, 3699, (14, 15, 16, 17, 18, 19)),
        (3800, 3999, (14, 16, 17, 18, 19)),
        (3528, 3589, (16, 17, 18, 19)),  # JCB
        (2131, 2131, (15,)),
        (1800, 1800, (15,)),
        (6011, 6011, (16, 17, 18, 19)),  # Discover
        (6440, 6599, (16, 17, 18, 19)),
        (6200, 6299, (16, 17, 18, 19)),  # UnionPay
        (8100, 8171, (16, 17, 18, 19)),
        (5018, 5018, (13, 14, 15, 16, 17, 18, 19)),  # Maestro
        (5020, 5020, (13, 14, 15, 16, 17, 18, 19)),
        (5038, 5038, (13, 14, 15, 16, 17, 18, 19)),
        (5600, 5899, (13, 14, 15, 16, 17, 18, 19)),
        (6304, 6304, (13, 14, 15, 16, 17, 18, 19)),
        (6759, 6763, (13, 14, 15, 16, 17, 18, 19)),
        (2200, 2204, (16, 17, 18, 19)),  # Mir
        (9558, 9559, (18, 19)),  # an old range of a Chinese bank
    )
)
"""First four digits from, to, and the lengths of the numbers."""

_IBAN = """
AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28
EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26
IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28
NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25
SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30
"""
IBAN_LENGTH = {code[:2]: int(code[2:]) for code in _IBAN.split()}
"""Country to the length of its IBAN, without spaces."""

_PROVINCES = """
11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65
71 81 82 83 91
"""
PROVINCES = frozenset(_PROVINCES.split())
"""First two digits of a Chinese resident id."""

CALLING = """
1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65
66 81 82 84 86 90 91 92 93 94 95 98 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230
231 232 233 234 235 236 237 238 239 240 241 242 243 244 245 246 247 248 249 250 251 252 253 254 255
256 257 258 260 261 262 263 264 265 266 267 268 269 290 291 297 298 299 350 351 352 353 354 355 356
357 358 359 370 371 372 373 374 375 376 377 378 380 381 382 383 385 386 387 389 420 421 423 500 501
502 503 504 505 506 507 508 509 590 591 592 593 594 595 596 597 598 599 670 672 673 674 675 676 677
678 679 680 681 682 683 685 686 687 688 689 690 691 692 800 808 850 852 853 855 856 870 880 886 960
961 962 963 964 965 966 967 968 970 971 972 973 974 975 976 977 979 992 993 994 995 996 998
"""
"""Calling codes of countries, ITU-T E.164."""

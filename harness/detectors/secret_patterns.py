"""Shapes of passwords, tokens and keys: those with a prefix of their issuer, and those with a word.

No test by entropy alone: on ordinary text it finds hundreds of strings for each true secret.
"""

from __future__ import annotations

from harness.detectors.checksums import long_mixed, mixed
from harness.detectors.shape import Shape

_L = "(?<![0-9A-Za-z])"
_R = "(?![0-9A-Za-z])"

_CLOUD = (
    Shape(
        "cloud-key",
        rf"{_L}(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{{16}}{_R}",
        hint="A[KSBC][IC]A[0-9A-Z]{16}",
    ),
    Shape(
        "cloud-key",
        r"(?i:aws)[0-9A-Za-z_ .-]{0,32}(?i:secret|key)[0-9A-Za-z_ .-]{0,24}[\"']?\s{0,2}[:=]\s{0,2}[\"']?"
        r"(?P<v>[0-9A-Za-z/+]{40})(?![0-9A-Za-z/+=])",
        hint="(?i:aws)",
        check=long_mixed,
    ),
    Shape(
        "cloud-key", rf"{_L}AIza[0-9A-Za-z_-]{{35}}(?![0-9A-Za-z_-])", hint="AIza[0-9A-Za-z_-]{35}"
    ),
    Shape("cloud-key", rf"{_L}GOCSPX-[0-9A-Za-z_-]{{28}}(?![0-9A-Za-z_-])", hint="GOCSPX-"),
    Shape("cloud-key", rf"{_L}ya29\.[0-9A-Za-z_-]{{20,512}}", hint=r"ya29\.[0-9A-Za-z_-]{20}"),
    Shape(
        "cloud-key",
        r"(?i:AccountKey|SharedAccessKey)\s{0,2}=\s{0,2}(?P<v>[0-9A-Za-z+/]{43,86}={1,2})",
        hint="(?i:AccountKey|SharedAccessKey)",
    ),
    Shape(
        "cloud-key",
        r"(?<![0-9A-Za-z_~.-])[0-9A-Za-z_~.-]{3}[0-9]Q~[0-9A-Za-z_~.-]{31,34}(?![0-9A-Za-z_~.-])",
        hint="[0-9]Q~[0-9A-Za-z_~.-]{31}",
    ),
)

_TOKENS = (
    Shape("secret", rf"{_L}gh[pousr]_[0-9A-Za-z]{{36,255}}{_R}", hint="gh[pousr]_[0-9A-Za-z]{36}"),
    Shape("secret", rf"{_L}github_pat_[0-9A-Za-z_]{{22,255}}", hint="github_pat_"),
    Shape("secret", rf"{_L}glpat-[0-9A-Za-z_-]{{20,64}}", hint="glpat-"),
    Shape("secret", rf"{_L}xox[abeoprs]-[0-9A-Za-z-]{{10,250}}", hint="xox[abeoprs]-"),
    Shape(
        "secret",
        r"hooks\.slack\.com/services/(?P<v>T[0-9A-Z]{6,14}/B[0-9A-Z]{6,14}/[0-9A-Za-z]{18,32})",
        hint=r"hooks\.slack\.com/services/",
    ),
    Shape(
        "secret", rf"{_L}[sr]k_(?:live|test)_[0-9A-Za-z]{{16,247}}{_R}", hint="[sr]k_(?:live|test)_"
    ),
    Shape("secret", rf"{_L}whsec_[0-9A-Za-z]{{24,64}}{_R}", hint="whsec_"),
    Shape(
        "secret",
        rf"{_L}sk-[0-9A-Za-z_-]{{20,255}}(?![0-9A-Za-z_-])",
        hint="sk-[0-9A-Za-z_-]{20}",
        check=long_mixed,
    ),
    Shape("secret", rf"{_L}hf_[0-9A-Za-z]{{30,64}}{_R}", hint="hf_[0-9A-Za-z]{30}"),
    Shape("secret", rf"{_L}npm_[0-9A-Za-z]{{36}}{_R}", hint="npm_[0-9A-Za-z]{36}"),
    Shape("secret", rf"{_L}pypi-AgE[0-9A-Za-z_-]{{50,512}}", hint="pypi-AgE"),
    Shape(
        "secret",
        rf"{_L}SG\.[0-9A-Za-z_-]{{16,32}}\.[0-9A-Za-z_-]{{32,64}}",
        hint=r"SG\.[0-9A-Za-z_-]{16}",
    ),
    Shape(
        "secret",
        rf"{_L}eyJ[0-9A-Za-z_-]{{8,4096}}\.eyJ[0-9A-Za-z_-]{{8,8192}}\.[0-9A-Za-z_-]{{8,2048}}",
        hint="eyJ[0-9A-Za-z_-]{8}",
        longest=16384,
    ),
    Shape(
        "secret",
        r"-----BEGIN [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[^-]{0,16384}-----END [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----)?",
        hint="PRIVATE KEY",
        longest=18432,
    ),
    Shape(
        "secret",
        r"://[^\s:/@\"'<>]{1,64}:(?P<v>[^\s:/@\"'<>]{3,128})@",
        hint="://",
    ),
    Shape(
        "secret",
        r"(?:(?<![A-Za-z])(?i:passwd|password|passphrase|pwd|api[ _-]?key|secret[ _-]?key|client[ _-]?secret"
        r"|access[ _-]?token|auth[ _-]?token|bearer)|密码|口令)[\"']?\s{0,2}(?:[:=]|是|为|(?<=[Bb]earer))\s{0,2}[\"']?"
        r"(?P<v>[^\s\"',;，。；<>{}]{8,128})",
        hint="(?i:passwd|password|passphrase|pwd|api.?key|secret.?key|client.?secret|token|bearer)|密码|口令",
        check=mixed,
    ),
)

SECRETS = (*_CLOUD, *_TOKENS)

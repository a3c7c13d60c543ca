"""Sigstore bundles among the statements of a gate: signed without a key of one's own, or over a model's files.

Their form and content are checked here with nothing but JSON; their signatures by the libraries that made
them, where those are installed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from harness.errors import IntegrityError, Phrase, must
from harness.evidence.own import one_line
from harness.signing import Envelope, Signature, Trust, TrustedIdentity

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from sigstore.verify import Verifier

ENDING = ".sigstore.json"
MODEL_SIGNATURE = "https://model_signing/signature/v1.0"
"""Predicate of the OpenSSF model signature: the digests of the model's files."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """What Sigstore says of a bundle.

    Attributes:
        identity: The trusted identity that signed; None where it was somebody else.
        moment: Beginning of the ten minutes for which the certificate was valid: no claim of the signer.
    """

    identity: TrustedIdentity | None
    moment: datetime


Check = Callable[[bytes, Envelope], Vouched]
"""Holds a bundle and the envelope in it against Sigstore; raises IntegrityError where it does not hold."""


def bundle_envelope(raw: bytes, *, where: str) -> Envelope:
    """Return the DSSE envelope in a Sigstore bundle; whether its signature holds is asked of a ``Check``.

    Raises:
        IntegrityError: If it is no bundle around an envelope with one signature.
    """
    try:
        data = json.loads(raw, object_pairs_hook=_once)
        given = data["dsseEnvelope"]
        (signature,) = given["signatures"]
        envelope = Envelope(
            payload_type=_text(given["payloadType"]),
            payload=base64.b64decode(given["payload"], validate=True),
            signatures=(
                Signature(
                    _text(signature.get("keyid", "")),
                    base64.b64decode(signature["sig"], validate=True),
                ),
            ),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as err:
        what = "be a Sigstore bundle around a DSSE envelope with one signature"
        raise IntegrityError(must(where, what, Phrase("something else"))) from err
    return envelope


def checker(trust: Trust, verifier: Verifier) -> Check:
    """Return what holds bundles against Sigstore and the identities of a trust file.

    The signature, the certificate's chain, its entry in the transparency log and the time of that entry are
    verified by the library, without network. Identity and issuer are compared to the letter.

    Args:
        trust: Its identities.
        verifier: With the root of trust of the Sigstore instance.
    """
    from sigstore.errors import Error
    from sigstore.models import Bundle
    from sigstore.verify import policy

    def check(raw: bytes, envelope: Envelope) -> Vouched:
        try:
            bundle = Bundle.from_json(raw)
            kind, payload = verifier.verify_dsse(bundle, _Anybody())
        except (Error, ValueError) as err:
            what = "hold a signature that Sigstore vouches for"
            raise IntegrityError(must("A Sigstore bundle", what, Phrase(_first_line(err)))) from err
        if (kind, payload) != (envelope.payload_type, envelope.payload):
            got = Phrase("another payload")
            raise IntegrityError(must("A Sigstore bundle", "hold the statement that is read", got))
        certificate = bundle.signing_certificate
        for one in trust.identities:
            try:
                policy.Identity(identity=one.identity, issuer=one.issuer).verify(certificate)
            except Error:
                continue
            return Vouched(one, certificate.not_valid_before_utc)
        return Vouched(None, certificate.not_valid_before_utc)

    return check


class _Anybody:
    """A policy that lets every certificate pass: whose it is, is asked afterwards."""

    def verify(self, cert: Certificate) -> None:
        """Pass."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text")
    return value


def _first_line(err: Exception) -> str:
    return one_line(str(err).strip().partition("\n")[0][:200]) or type(err).__name__

"""Signing through Sigstore: no key of one's own, but an identity that a certificate names for ten minutes."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from harness.commands.signing import Done, verified_gate
from harness.errors import IncompleteError, MissingExtra, Phrase, UsageError, must
from harness.evidence import keyless
from harness.evidence.claims import gate_statement, keyless_signer
from harness.evidence.keyless import Check, bundle_envelope, checker
from harness.evidence.manifest import STATEMENTS
from harness.evidence.own import one_line
from harness.files import sha256_bytes, write_whole
from harness.redaction import register_secret
from harness.signing import Trust, statement_bytes
from harness.signing.trust import ROLE

VARIABLE = "ASSAY_SIGSTORE_CONFIG"
"""Names the configuration of a private Sigstore instance."""

if TYPE_CHECKING:
    from sigstore.models import ClientTrustConfig
    from sigstore.oidc import IdentityToken

    from harness.evidence.statements import Claim


def sign_keyless(
    ref: str,
    runs: Path,
    *,
    role: str,
    moment: datetime,
    trust: Trust | None = None,
    config: Path | None = None,
) -> Done:
    """Sign a gate with the identity of the CI job, or of whoever logs in; needs the network.

    The statement goes to the log's server, and digest, certificate (with the identity) and time become public
    for ever.

    Args:
        ref: Run, or RUN@GATE.
        runs: Where runs lie.
        role: In which role.
        moment: When.
        trust: Refuses an identity or a role that it does not give; then nothing is written.
        config: Of a private Sigstore instance; None takes the public one.

    Raises:
        MissingExtra: If the extra ``sigstore`` is not installed.
        IntegrityError: If the run does not verify.
        IncompleteError: If Sigstore does not answer, or refuses.
    """
    need_sigstore()
    if not re.fullmatch(ROLE, role):
        raise UsageError(must("--role", "be a word of letters, digits and dashes", role))
    bundle, gate = verified_gate(ref, runs)
    statement = gate_statement(bundle, gate, keyless_signer(role=role, moment=moment))
    settings = _settings(config)
    raw = _signed(statement_bytes(statement), settings).encode()
    user = None
    if trust is not None:
        user = _user(raw, trust, settings, role=role)
    path = gate.path / STATEMENTS / f"gate-{sha256_bytes(raw)[:12]}{keyless.ENDING}"
    write_whole(path, raw)
    about = f"{bundle.id}@{gate.id}, {gate.verdict.verdict}"
    return Done((path,), True, about, "", role, user)


def need_sigstore() -> None:
    """Refuse what needs the library where it is missing.

    Raises:
        MissingExtra: With the line that installs it.
    """
    if find_spec("sigstore") is None:
        raise MissingExtra(
            "--sigstore needs the package 'sigstore', which is not installed. "
            "Run: pip install 'modelassay[sigstore]'"
        )


def check_of(claims: Iterable[Claim], trust: Trust, config: Path | None = None) -> Check | None:
    """Return what asks Sigstore about the bundles among some statements, without network.

    Args:
        claims: Statements; where none came in a bundle, nothing is loaded.
        trust: Its identities.
        config: Of a private instance; None takes ``ASSAY_SIGSTORE_CONFIG``, else the root of the public one
            as the library ships it.

    Returns:
        None where there is nothing to ask, or the library is missing: then bundles count for nothing.
    """
    if not has_bundles(claims) or find_spec("sigstore") is None:
        return None
    from sigstore.verify import Verifier

    settings = _settings(config, is_offline=True)
    return checker(trust, Verifier(trusted_root=settings.trusted_root))


def has_bundles(claims: Iterable[Claim]) -> bool:
    """Tell whether a verdict was signed through Sigstore."""
    return any(one.bundle is not None and one.kind == "gate" for one in claims)


def _settings(config: Path | None, *, is_offline: bool = False) -> ClientTrustConfig:
    from sigstore.errors import Error
    from sigstore.models import ClientTrustConfig

    named = os.environ.get(VARIABLE)
    config = config or (Path(named) if named else None)
    if config is None:
        try:
            with _silent():
                return ClientTrustConfig.production(offline=is_offline)
        except (Error, OSError) as err:
            do = "Try again, or sign with a key: assay sign RUN --key KEY"
            what = "say whom it trusts"
            raise IncompleteError(must("Sigstore", what, Phrase(_line(err)), do=do)) from err
    try:
        return ClientTrustConfig.from_json(config.read_text(encoding="utf-8"))
    except (Error, ValueError, OSError) as err:
        what = "be the configuration of a Sigstore instance"
        raise UsageError(must(str(config), what, Phrase(_line(err)))) from err


@contextmanager
def _silent() -> Iterator[None]:
    """Keep the library from warning that it works without network, which is what it was asked for."""
    log = logging.getLogger("sigstore")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


def _signed(payload: bytes, settings: ClientTrustConfig) -> str:
    """Return the bundle around a statement; the log keeps it for everybody to see."""
    from sigstore._internal.fulcio.client import ExpiredCertificate, FulcioClientError
    from sigstore._internal.rekor import RekorClientError
    from sigstore.dsse import Statement
    from sigstore.errors import Error
    from sigstore.oidc import ExpiredIdentity, IssuerError
    from sigstore.sign import SigningContext

    try:
        context = SigningContext.from_trust_config(settings)
        with context.signer(_token(settings)) as signer:
            made: str = signer.sign_dsse(Statement(payload)).to_json()
            return made
    except (
        Error, ExpiredCertificate, ExpiredIdentity, IssuerError, FulcioClientError, RekorClientError, OSError,
    ) as err:  # fmt: skip
        do = "Nothing was written. Try again, or sign with a key: assay sign RUN --key KEY"
        raise IncompleteError(
            must("Sigstore", "sign the statement", Phrase(_line(err)), do=do)
        ) from err


def _token(settings: ClientTrustConfig) -> IdentityToken:
    from sigstore.oidc import IdentityToken, Issuer, detect_credential

    ambient = detect_credential()
    if ambient is not None:
        register_secret(ambient)
        return IdentityToken(ambient)
    if not sys.stdin.isatty():
        raise UsageError(
            "--sigstore must find who signs: an identity token of the CI job, or a person at a terminal, "
            "got neither. In GitHub Actions give the job `id-token: write`, in GitLab an "
            "`id_tokens: SIGSTORE_ID_TOKEN` with the audience sigstore."
        )
    return Issuer(settings.signing_config.get_oidc_url()).identity_token()


def _user(raw: bytes, trust: Trust, settings: ClientTrustConfig, *, role: str) -> str:
    """Return whose identity signed, by the trust file."""
    from sigstore.verify import Verifier

    check = checker(trust, Verifier(trusted_root=settings.trusted_root))
    vouched = check(raw, bundle_envelope(raw, where="The new signature"))
    one = vouched.identity
    if one is None:
        do = "Enter identity and issuer there."
        what = "be an identity of the trust file"
        raise UsageError(must("Who signed", what, Phrase("another"), place=trust.place, do=do))
    if role not in one.roles or not one.counts_at(vouched.moment):
        what = f"be a role that {one.user} has now: {', '.join(sorted(one.roles))}"
        raise UsageError(must("--role", what, role, place=trust.place))
    return one.user


def _line(err: BaseException) -> str:
    return one_line(str(err).strip().partition("\n")[0][:200]) or type(err).__name__

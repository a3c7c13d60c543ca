"""The OpenSSF model signature: a signature over every file of a model folder, by their own library."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from harness.commands.identity import model_problems
from harness.commands.signing import Done, verified_gate
from harness.errors import IntegrityError, MissingExtra, Phrase, UsageError, must, raise_all
from harness.evidence import keyless
from harness.evidence.manifest import STATEMENTS
from harness.evidence.own import one_line
from harness.evidence.statements import Claim
from harness.files import sha256_bytes, write_whole

_PACKAGES = ("model_signing", "OpenSSL")


def sign_model(ref: str, runs: Path, *, model: Path, key: Path) -> Done:
    """Sign the files of the audited model, and keep the signature beside the gate.

    It is also written beside the folder as ``<folder>.sig``, for those who verify with the library alone. Whose
    key it is, no trust file says: whoever verifies brings the public key.

    Args:
        ref: Run, or RUN@GATE.
        runs: Where runs lie.
        model: The folder; its digest must be the one that the run recorded.
        key: Private key on the curve P-256, P-384 or P-521, PEM. Ed25519 is not known to the library.

    Raises:
        MissingExtra: If the extra ``model-signing`` is not installed.
        IntegrityError: If the run does not verify, or the folder is not the audited model.
    """
    need_model_signing()
    import model_signing

    bundle, gate = verified_gate(ref, runs)
    problems, _ = model_problems(bundle.record.model, [model])
    raise_all(IntegrityError, problems)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "model.sig"
        try:
            config = model_signing.signing.Config()
            config.use_elliptic_key_signer(private_key=key).sign(model, made)
            raw = made.read_bytes()
        except (ValueError, TypeError, AttributeError, OSError) as err:
            what = (
                "be a private key on the curve P-256 in PEM, and the model a folder of plain files"
            )
            do = "Make one with: openssl ecparam -name prime256v1 -genkey -noout"
            raise UsageError(must(str(key), what, Phrase(_line(err)), do=do)) from err
    kept = gate.path / STATEMENTS / f"model-{sha256_bytes(raw)[:12]}{keyless.ENDING}"
    beside = model.with_name(f"{model.name}.sig")
    write_whole(kept, raw)
    write_whole(beside, raw)
    return Done((kept, beside), True, f"{model.name}, the model of {bundle.id}", "", "", None)


def signature_problems(
    path: Path, claims: Iterable[Claim], models: Iterable[Path], key: Path
) -> list[str]:
    """Return why no model signature of a run holds for a folder; empty when one does for each.

    Args:
        path: Folder of the run.
        claims: Its statements.
        models: Folders that must be signed.
        key: Public key, PEM.

    Raises:
        MissingExtra: If the extra ``model-signing`` is not installed.
    """
    need_model_signing()
    kept = [path / one.place for one in claims if one.kind == "model"]
    problems = []
    for model in models:
        found = [_problem(model, one, key) for one in kept]
        if None in found:
            continue
        got = Phrase("; ".join(one for one in found if one) or "no signature of it in the run")
        problems.append(must(str(model), f"be signed as a model by the key {key.name}", got))
    return problems


def need_model_signing() -> None:
    """Refuse what needs the library where it is missing.

    Raises:
        MissingExtra: With the line that installs it.
    """
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise MissingExtra(
            f"--model-signing needs the package {missing[0]!r}, which is not installed. "
            "Run: pip install 'modelassay[model-signing]'"
        )


def _problem(model: Path, signature: Path, key: Path) -> str | None:
    import model_signing
    from cryptography.exceptions import InvalidSignature

    try:
        config = model_signing.verifying.Config().use_elliptic_key_verifier(public_key=key)
        config.verify(model, signature)
    except InvalidSignature:
        return "a signature that does not hold"
    except (ValueError, TypeError, AttributeError, KeyError, OSError) as err:
        return _line(err)
    return None


def _line(err: BaseException) -> str:
    return one_line(str(err).strip().partition("\n")[0][:200]) or type(err).__name__

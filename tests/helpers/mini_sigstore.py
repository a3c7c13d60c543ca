"""A whole Sigstore on 127.0.0.1: a certificate authority, its transparency logs, and the client's configuration.

It issues a certificate for whoever asks, with the identity that the token names, and logs what it is shown.
Everything is drawn when the tests run.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ISSUER_V1, ISSUER_V2 = "1.3.6.1.4.1.57264.1.1", "1.3.6.1.4.1.57264.1.8"
SCT_LIST = "1.3.6.1.4.1.11129.2.4.2"


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def der_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.DER, form)


def token(identity: str, issuer: str) -> str:
    """An identity token; whether its signature holds is the authority's affair, and this one does not ask."""
    now = int(time.time())
    claims = {"aud": "sigstore", "sub": identity, "iss": issuer, "iat": now, "exp": now + 600}
    parts = [{"alg": "HS256", "typ": "JWT"}, claims]
    words = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in parts]
    return b".".join([*words, b"AAAA"]).decode()


class MiniSigstore:
    """Serve until ``close``; ``config`` is the file that clients are given."""

    def __init__(self, folder: Path) -> None:
        self.ca_key = ec.generate_private_key(ec.SECP256R1())
        self.ct_key = ec.generate_private_key(ec.SECP256R1())
        self.log_key = ec.generate_private_key(ec.SECP256R1())
        self.ca = self._authority()
        self.is_refusing = False
        self.backdated = timedelta()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if outer.is_refusing:
                    self.send_error(503)
                    return
                bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
                made = (
                    outer._certificate(body, bearer)
                    if "signingCert" in self.path
                    else outer._entry(body)
                )
                raw = json.dumps(made).encode()
                self.send_response(201)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.config = folder / "sigstore.json"
        self.config.write_text(json.dumps(self._config()))

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _authority(self) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mini-fulcio")])
        now = datetime.now(UTC)
        public = self.ca_key.public_key()
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False,
            data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
            encipher_only=False, decipher_only=False,
        )  # fmt: skip
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(self.ca_key, hashes.SHA256())
        )

    def _certificate(self, body: dict[str, str], bearer: str) -> dict[str, object]:
        request = x509.load_pem_x509_csr(base64.b64decode(body["certificateSigningRequest"]))
        claims = bearer.split(".")[1]
        given = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        identity, issuer = given["sub"].encode().decode(), given["iss"]
        usage = x509.KeyUsage(
            digital_signature=True, content_commitment=False, key_encipherment=False,
            data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
            encipher_only=False, decipher_only=False,
        )  # fmt: skip
        v2 = b"\x0c" + bytes([len(issuer)]) + issuer.encode()
        now = datetime.now(UTC).replace(microsecond=0) - self.backdated
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.ca_key.public_key())
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self.ca.subject)
            .public_key(request.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + timedelta(minutes=10))
            .add_extension(
                x509.SubjectAlternativeName([x509.UniformResourceIdentifier(identity)]),
                critical=True,
            )
            .add_extension(usage, critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False
            )
            .add_extension(authority, critical=False)
            .add_extension(_unknown(ISSUER_V1, issuer.encode()), critical=False)
            .add_extension(_unknown(ISSUER_V2, v2), critical=False)
        )
        logged = builder.sign(self.ca_key, hashes.SHA256()).tbs_certificate_bytes
        builder = builder.add_extension(
            _unknown(SCT_LIST, self._promise(logged, now)), critical=False
        )
        chain = [builder.sign(self.ca_key, hashes.SHA256()), self.ca]
        pems = [one.public_bytes(serialization.Encoding.PEM).decode() for one in chain]
        return {"signedCertificateEmbeddedSct": {"chain": {"certificates": pems}}}

    def _promise(self, logged: bytes, now: datetime) -> bytes:
        """A list of one signed certificate timestamp (RFC 6962, section 3.2) over a precertificate."""
        moment = int(now.timestamp() * 1000)
        entry = (
            hashlib.sha256(der_of(self.ca_key)).digest()
            + struct.pack("!I", len(logged))[1:]
            + logged
        )
        signed = struct.pack("!BBQH", 0, 0, moment, 1) + entry + struct.pack("!H", 0)
        signature = self.ct_key.sign(signed, ec.ECDSA(hashes.SHA256()))
        log_id = hashlib.sha256(der_of(self.ct_key)).digest()
        one = struct.pack("!B32sQH", 0, log_id, moment, 0) + struct.pack(
            "!BBH", 4, 3, len(signature)
        )
        one += signature
        listed = struct.pack("!H", len(one)) + one
        listed = struct.pack("!H", len(listed)) + listed
        assert len(listed) < 256
        head = b"\x04" + (
            bytes([len(listed)]) if len(listed) < 128 else b"\x81" + bytes([len(listed)])
        )
        return head + listed

    def _entry(self, body: dict[str, object]) -> dict[str, object]:
        content = body["spec"]["proposedContent"]  # type: ignore[index]
        envelope = json.loads(content["envelope"])
        payload = base64.b64decode(envelope["payload"])
        digest = hashlib.sha256(content["envelope"].encode()).hexdigest()
        kept = {
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": {
                "envelopeHash": {"algorithm": "sha256", "value": digest},
                "payloadHash": {
                    "algorithm": "sha256",
                    "value": hashlib.sha256(payload).hexdigest(),
                },
                "signatures": [
                    {"signature": one["sig"], "verifier": content["verifiers"][0]}
                    for one in envelope["signatures"]
                ],
            },
        }
        raw = rfc8785.dumps(kept)
        log_id = hashlib.sha256(der_of(self.log_key)).digest()
        root = hashlib.sha256(b"\x00" + raw).digest()
        moment = int((datetime.now(UTC) - self.backdated).timestamp()) + 1
        entry = {"body": b64(raw), "integratedTime": moment, "logID": log_id.hex(), "logIndex": 0}
        note = f"mini-rekor\n1\n{b64(root)}\n"
        signed = self.log_key.sign(note.encode(), ec.ECDSA(hashes.SHA256()))
        promise = self.log_key.sign(rfc8785.dumps(entry), ec.ECDSA(hashes.SHA256()))
        proof = {
            "checkpoint": f"{note}\n\u2014 mini-rekor {b64(log_id[:4] + signed)}\n",
            "hashes": [],
            "logIndex": 0,
            "rootHash": root.hex(),
            "treeSize": 1,
        }
        entry["verification"] = {"inclusionProof": proof, "signedEntryTimestamp": b64(promise)}
        return {"0" * 64: entry}

    def _config(self) -> dict[str, object]:
        start = {"start": "2020-01-01T00:00:00Z"}

        def log(key: ec.EllipticCurvePrivateKey) -> dict[str, object]:
            return {
                "baseUrl": self.url,
                "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": b64(der_of(key)),
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "validFor": start,
                },
                "logId": {"keyId": b64(hashlib.sha256(der_of(key)).digest())},
            }

        def service(version: int = 1) -> list[dict[str, object]]:
            one = {
                "url": self.url,
                "majorApiVersion": version,
                "validFor": start,
                "operator": "mini",
            }
            return [one]

        ca = b64(self.ca.public_bytes(serialization.Encoding.DER))
        return {
            "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
            "trustedRoot": {
                "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                "tlogs": [log(self.log_key)],
                "certificateAuthorities": [
                    {
                        "subject": {"organization": "mini", "commonName": "mini-fulcio"},
                        "uri": self.url,
                        "certChain": {"certificates": [{"rawBytes": ca}]},
                        "validFor": start,
                    }
                ],
                "ctlogs": [log(self.ct_key)],
                "timestampAuthorities": [],
            },
            "signingConfig": {
                "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
                "caUrls": service(),
                "oidcUrls": service(),
                "rekorTlogUrls": service(),
                "tsaUrls": [],
                "rekorTlogConfig": {"selector": "ANY"},
                "tsaConfig": {"selector": "ANY"},
            },
        }


def _unknown(oid: str, value: bytes) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value)

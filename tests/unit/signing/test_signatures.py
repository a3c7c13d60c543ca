"""Keys, envelopes and statements, held against RFC 8032, securesystemslib and 15 lines of our own."""

import base64
import json
import random

import pytest
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as OtherEnvelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

from harness.clock import parse_moment
from harness.errors import IntegrityError, UsageError
from harness.signing import (
    GATE,
    PAYLOAD_TYPE,
    Statement,
    Subject,
    envelope_of,
    keyid_of,
    load_key,
    new_key,
    pae,
    read_envelope,
    read_statement,
    sign_envelope,
    signers_of,
    statement_bytes,
)
from harness.signing.keys import is_signed_by, public_der

NOW = parse_moment("2026-11-27T12:00:00Z")
DER_HEAD = bytes.fromhex("302a300506032b6570032100")
PKCS8_HEAD = bytes.fromhex("302e020100300506032b657004220420")
# RFC 8032, section 7.1, TEST 1, 2 and 3: secret, public, message, signature
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
]
ORDER = 2**252 + 27742317777372353535851937790883648493


def pem_of(secret: bytes) -> bytes:
    body = base64.b64encode(PKCS8_HEAD + secret).decode()
    return f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n".encode()


def own_check(raw: bytes, public: bytes) -> bool:
    """The whole of DSSE in a few lines, from its text: what any third party could write."""
    data = json.loads(raw)
    payload, kind = base64.b64decode(data["payload"]), data["payloadType"].encode()
    signed = b" ".join(
        [b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload]
    )
    key = Ed25519PublicKey.from_public_bytes(public[-32:])
    for one in data["signatures"]:
        try:
            key.verify(base64.b64decode(one["sig"]), signed)
        except InvalidSignature:
            continue
        return True
    return False


def other_key(key) -> SSlibKey:
    public = Ed25519PublicKey.from_public_bytes(key.public_der[-32:])
    return SSlibKey.from_crypto(public, keyid=key.keyid)


def changed(raw: bytes, **values: object) -> bytes:
    return rfc8785.dumps({**json.loads(raw), **values})


@pytest.mark.parametrize(("secret", "public", "message", "signature"), VECTORS)
def test_keys_sign_as_rfc_8032_says(secret, public, message, signature):
    key = load_key(pem_of(bytes.fromhex(secret)), where="test vector")
    assert key.public_der == DER_HEAD + bytes.fromhex(public)
    assert key.sign(bytes.fromhex(message)).hex() == signature
    assert is_signed_by(key.public_der, bytes.fromhex(signature), bytes.fromhex(message))
    assert not is_signed_by(key.public_der, bytes.fromhex(signature), b"another message")


def test_a_signature_whose_second_half_was_moved_by_the_group_order_is_refused(keys):
    # the same signature in other bytes: without this check anybody could make a second one of it
    signature = keys[0].sign(b"message")
    moved = int.from_bytes(signature[32:], "little") + ORDER
    again = signature[:32] + moved.to_bytes(32, "little")
    assert not is_signed_by(keys[0].public_der, again, b"message")


def test_a_key_of_small_order_is_refused_because_anybody_could_sign_for_it():
    forged = (1).to_bytes(32, "little") + bytes(32)
    everyone = DER_HEAD + (1).to_bytes(32, "little")
    assert is_signed_by(everyone, forged, b"anything at all")  # what OpenSSL says of it
    with pytest.raises(ValueError, match="small order"):
        public_der(base64.b64encode(everyone).decode())


def test_every_point_of_small_order_is_refused_with_either_sign():
    prime = 2**255 - 19
    of_order_8 = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
    eighth = int.from_bytes(bytes.fromhex(of_order_8), "little")
    for y in (0, 1, prime - 1, prime, prime + 1, eighth, prime - eighth):
        for sign in (0, 1 << 255):
            der = DER_HEAD + (y | sign).to_bytes(32, "little")
            with pytest.raises(ValueError, match="Ed25519 public key"):
                public_der(base64.b64encode(der).decode())


def test_a_key_survives_its_pem_and_shows_nothing_of_itself():
    key = new_key()
    again = load_key(key.pem(), where="k.pem")
    assert (again.keyid, again.public_der) == (key.keyid, key.public_der)
    assert key.keyid == keyid_of(key.public_der)
    body = key.pem().decode().splitlines()[1]
    assert body not in repr(key)
    assert "Private" not in repr(key)


def test_a_public_key_is_read_from_pem_and_from_base64_alike(keys):
    der = keys[0].public_der
    body = base64.b64encode(der).decode()
    assert public_der(f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n") == der
    assert public_der(body) == public_der(f"{body[:20]}\n  {body[20:]}") == der


def _private(key, encryption=None) -> bytes:
    encryption = encryption or form.NoEncryption()
    return key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, encryption)


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"not a key",
        _private(ec.generate_private_key(ec.SECP256R1())),
        _private(ed448.Ed448PrivateKey.generate()),
        _private(Ed25519PrivateKey.generate(), form.BestAvailableEncryption(b"secret")),
        Ed25519PrivateKey.generate()
        .public_key()
        .public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo),
    ],
    ids=["nothing", "text", "P-256", "Ed448", "encrypted", "public half"],
)
def test_anything_but_a_plain_ed25519_key_is_refused_and_not_shown(pem):
    with pytest.raises(UsageError, match="unencrypted Ed25519 private key") as refused:
        load_key(pem, where="k.pem")
    assert "BEGIN" not in str(refused.value)


@given(st.text(), st.binary(max_size=64))
@settings(max_examples=100, deadline=None)
def test_what_is_signed_is_what_securesystemslib_signs(kind, payload):
    kind = kind.encode("utf-8", "replace").decode()
    assert pae(kind, payload) == OtherEnvelope(payload, kind, {}).pae()


def test_an_envelope_with_two_signatures_verifies_with_securesystemslib(keys):
    raw = envelope_of(PAYLOAD_TYPE, b'{"a":1}', keys[:2]).to_bytes()
    # from_dict takes its argument apart, so that it is handed a copy
    theirs = OtherEnvelope.from_dict(json.loads(raw))
    assert len(theirs.verify([other_key(keys[0]), other_key(keys[1])], threshold=2)) == 2
    with pytest.raises(VerificationError):
        theirs.verify([other_key(keys[2])], threshold=1)


def test_an_envelope_of_securesystemslib_is_read_and_believed(keys, trusting):
    private = Ed25519PrivateKey.generate()
    der = private.public_key().public_bytes(
        form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo
    )
    key = load_key(_private(private), where="k")
    public = SSlibKey.from_crypto(private.public_key(), keyid=keyid_of(der))
    theirs = OtherEnvelope(b'{"a":1}', PAYLOAD_TYPE, {})
    theirs.sign(CryptoSigner(private, public))
    raw = rfc8785.dumps(theirs.to_dict())
    envelope = read_envelope(raw, where="theirs")
    assert envelope.to_bytes() == raw == envelope_of(PAYLOAD_TYPE, b'{"a":1}', [key]).to_bytes()
    assert [one.user for one in signers_of(envelope, trusting.of({"key": key}), NOW)] == ["user:a"]


def test_random_envelopes_are_judged_as_securesystemslib_and_fifteen_lines_judge_them(
    keys, trusting
):
    rng = random.Random(7)
    trust = trusting.of({"key": keys[0]})
    seen = set()
    for _ in range(200):
        envelope = envelope_of("a/b", rng.randbytes(rng.randrange(40)), [rng.choice(keys[:2])])
        raw = bytearray(envelope.to_bytes())
        if rng.random() < 0.6:  # a character of a value, so that it stays an envelope
            values = [i for i, c in enumerate(raw) if chr(c).isalnum()]
            raw[rng.choice(values)] = ord(rng.choice("AZaz09"))
        try:
            read = read_envelope(bytes(raw), where="e")
        except IntegrityError:
            seen.add("refused")
            continue
        ours = bool(signers_of(read, trust, NOW))
        try:
            theirs = bool(OtherEnvelope.from_dict(json.loads(raw)).verify([other_key(keys[0])], 1))
        except VerificationError:
            theirs = False
        assert ours == theirs
        if ours:
            assert own_check(bytes(raw), keys[0].public_der)
        seen.add(ours)
    assert seen == {"refused", True, False}


def test_a_changed_payload_or_type_is_signed_by_nobody(keys, trusting):
    trust = trusting.of({"key": keys[0]})
    raw = envelope_of("a/b", b"payload", keys[:1]).to_bytes()
    assert signers_of(read_envelope(raw, where="e"), trust, NOW)
    other = base64.b64encode(b"Payload").decode()
    for forged in (changed(raw, payload=other), changed(raw, payloadType="a/bp")):
        assert signers_of(read_envelope(forged, where="e"), trust, NOW) == ()
        assert not own_check(forged, keys[0].public_der)


def test_type_and_payload_cannot_be_cut_elsewhere():
    assert pae("a b", b"c") != pae("a", b"b c")
    assert pae("é", b"") == b"DSSEv1 2 \xc3\xa9 0 "


def test_a_key_signs_an_envelope_once(keys):
    once = envelope_of("a/b", b"p", keys[:1])
    assert sign_envelope(once, keys[0]) == once
    assert len(sign_envelope(once, keys[1]).signatures) == 2


@pytest.mark.parametrize("has_other_bytes", [False, True])
def test_two_signatures_of_one_key_id_are_refused(keys, has_other_bytes):
    raw = envelope_of("a/b", b"p", keys[:1]).to_bytes()
    one = json.loads(raw)["signatures"][0]
    other = {**one, "sig": base64.b64encode(bytes(64)).decode()} if has_other_bytes else one
    with pytest.raises(IntegrityError, match="two of one"):
        read_envelope(changed(raw, signatures=[other, one]), where="e")


def test_another_keys_signature_under_a_trusted_key_id_does_not_count(keys, trusting):
    raw = envelope_of("a/b", b"p", keys[1:2]).to_bytes()
    one = json.loads(raw)["signatures"][0]
    forged = changed(raw, signatures=[{**one, "keyid": keys[0].keyid}])
    envelope = read_envelope(forged, where="e")
    assert signers_of(envelope, trusting.of({"key": keys[0]}), NOW) == ()


def _spaced(raw):
    return raw.replace(b'","', b'", "', 1)


def _repeated(raw):
    return b'{"payload":"AAAA",' + raw[1:]


def _with_loose_bits(raw):
    # base64 of one byte leaves four bits that mean nothing
    data = json.loads(raw)
    assert data["payload"] == "cA=="
    return changed(raw, payload="cB==")


@pytest.mark.parametrize(
    "change",
    [
        _spaced,
        _repeated,
        _with_loose_bits,
        lambda raw: raw + b"\n",
        lambda raw: changed(raw, more=1),
        lambda raw: changed(raw, signatures=None),
        lambda raw: changed(raw, signatures=[1]),
        lambda raw: changed(raw, signatures=[{"keyid": 1, "sig": ""}]),
        lambda raw: changed(raw, payloadType=1),
        lambda raw: changed(raw, payload="%"),
        lambda raw: b"[" * 100_000,
        lambda raw: b"\xff",
        lambda raw: b"[]",
    ],
)
def test_what_is_no_canonical_envelope_is_refused(keys, change):
    raw = envelope_of("a/b", b"p", keys[:1]).to_bytes()
    with pytest.raises(IntegrityError, match=r"^e must"):
        read_envelope(change(raw), where="e")


def _statement(**values):
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "a", "digest": {"sha256": "0" * 64}}],
        "predicateType": GATE,
        "predicate": {},
        **values,
    }


def test_a_statement_is_what_the_package_in_toto_attestation_reads():
    from in_toto_attestation.v1.statement import Statement as Other

    statement = Statement((Subject("a", "0" * 64),), GATE, {"n": 1})
    raw = statement_bytes(statement)
    theirs = Other.copy_from_pb(_parsed(raw))
    theirs.validate()
    assert theirs.pb.subject[0].digest["sha256"] == "0" * 64
    assert theirs.pb.predicate_type == GATE
    assert read_statement(envelope_of(PAYLOAD_TYPE, raw), where="s") == statement


def _parsed(raw):
    import in_toto_attestation.v1.statement_pb2 as spb
    from google.protobuf import json_format

    return json_format.Parse(raw, spb.Statement())


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"1",
        b'"text"',
        rfc8785.dumps(_statement(_type="https://in-toto.io/Statement/v0.1")),
        rfc8785.dumps(_statement(subject=[])),
        rfc8785.dumps(_statement(subject=[{"name": "a", "digest": {"sha256": "0" * 63}}])),
        rfc8785.dumps(_statement(subject=[{"name": "a", "digest": {"sha256": "0" * 64 + "\n"}}])),
        rfc8785.dumps(_statement(subject=[{"name": "a", "digest": {"sha512": "0" * 128}}])),
        rfc8785.dumps(_statement(predicate=[])),
        rfc8785.dumps(_statement(predicateType=None)),
        b'{"predicate":{},' + rfc8785.dumps(_statement(predicate={"a": 1}))[1:],
        rfc8785.dumps(_statement()).replace(b'"predicate":{}', b'"predicate":{"a":1,"a":2}'),
        rfc8785.dumps(_statement()).replace(b'"predicate":{}', b'"predicate":{"a":NaN}'),
        b'{"a":' * 50_000,
    ],
)
def test_what_is_no_statement_is_refused(payload):
    with pytest.raises(IntegrityError, match="must hold an in-toto statement"):
        read_statement(envelope_of(PAYLOAD_TYPE, payload), where="s")


def test_a_statement_under_another_payload_type_is_refused():
    raw = rfc8785.dumps(_statement())
    with pytest.raises(IntegrityError, match="must hold an in-toto statement"):
        read_statement(envelope_of("application/json", raw), where="s")

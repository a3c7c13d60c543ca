"""Strings that trip detectors, each with what this one does about it."""

import pytest

from harness.detectors import default_detector


def found(text: str) -> set[tuple[str, str]]:
    [spans] = default_detector().find([text])
    return {(one.kind, text[one.start : one.stop]) for one in spans}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("卡号4539148803436467已冻结", ("card", "4539148803436467")),
        ("社保号484-76-4769。", ("ssn", "484-76-4769")),
        ("地址fe80:0:0:0:202:b3ff:fe1e:8329在线", ("ip", "fe80:0:0:0:202:b3ff:fe1e:8329")),
        ("邮箱是bob.li@gmail.com，请联系", ("email", "bob.li@gmail.com")),
        ("服务器192.168.10.77的日志", ("ip", "192.168.10.77")),
        ("bob@corp.internal wrote", ("email", "bob@corp.internal")),
        ("to alice@canary.example today", ("email", "alice@canary.example")),
        ("卡 ４５３９１４８８０３４３６４６７ 冻结", ("card", "４５３９１４８８０３４３６４６７")),
        ("ＢＯＢ@gmail.com", ("email", "ＢＯＢ@gmail.com")),
        ("4539\u200b1488\u200b0343\u200b6467", ("card", "4539\u200b1488\u200b0343\u200b6467")),
        ("bo\u00adb@gmail.com", ("email", "bo\u00adb@gmail.com")),
        ("bob@gmail\n.com", ("email", "bob@gmail\n.com")),
        ("bob (at) gmail (dot) com", ("email", "bob (at) gmail (dot) com")),
        ("bob(at)gmail.com", ("email", "bob(at)gmail.com")),
        ("write to bob at gmail dot com", ("email", "bob at gmail dot com")),
        ("b o b @ gmail . com", ("email", "b o b @ gmail . com")),
        ("my ssn is 484764769", ("ssn", "484764769")),
        ("ssn 484 76 4769", ("ssn", "484 76 4769")),
        ("ring +44 20 7946 0958 now", ("phone", "+44 20 7946 0958")),
        ("card 6222020200112233445", ("card", "6222020200112233445")),
        ("card 4539 1488 0343 6467.", ("card", "4539 1488 0343 6467")),
        ("amex 3782-822463-10005", ("card", "3782-822463-10005")),
        ("iban gb29 nwbk 6016 1331 9268 19 thanks", ("iban", "gb29 nwbk 6016 1331 9268 19")),
        ("order ab12 cdef GB29NWBK60161331926819", ("iban", "GB29NWBK60161331926819")),
        ("手机 13812345678。", ("cn-mobile", "13812345678")),
        ("手机+86 138-1234-5678", ("cn-mobile", "+86 138-1234-5678")),
        ("身份证11010519491231002X。", ("cn-id", "11010519491231002X")),
        ("统一社会信用代码91350100M000100Y43", ("cn-uscc", "91350100M000100Y43")),
        ("银行卡622202020011223344", ("card", "622202020011223344")),
    ],
)
def test_a_hidden_value_is_found_whole(text: str, expected: tuple[str, str]) -> None:
    assert expected in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "order 4539148803436468",  # fails Luhn
        "id 550e8400-e29b-41d4-a716-446655440000",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "ISBN 978-3-16-148410-0",
        "ISBN 9783161484100",
        "tracking 1Z999AA10123456784",
        "tracking 9400111899223197428490",
        "2026-11-27 10:22:33",
        "2026-11-27T10:22:33.123456Z",
        "at 1700000000 or 1700000000000",
        "version 10.0.1.2 is out",
        "::1",  # loopback: nobody's
        "values[::1] and std::vector and a::b",
        "127.0.0.1 and 0.0.0.0",
        "00:00:00:00:00:00",
        "the famous 078-05-1120",
        "area 000-12-3456 and 666-12-3456 and 912-34-5678",
        "0000 0000 0000 0000",
        "身份证110105194912310021",  # wrong check character
        "身份证110105194913310020",  # no such day
        "91350100M000100Y44",
        "12:34:56",
        "3.14159265358979",
        "the price fell from 1,234,567 to 987,654",
        "password: required",
        "password: <your-password-1>",
        "look at example.com for more",
        "GB30NWBK60161331926819",
        "10.1234/zenodo.1234567",
        "0x" + "ab" * 32,  # a transaction, not an account
    ],
)
def test_what_only_looks_personal_stays_quiet(text: str) -> None:
    assert found(text) == set()


def test_a_number_of_two_kinds_keeps_both() -> None:
    kinds = {kind for kind, text in found("call 14155552671 now") if text == "14155552671"}
    assert kinds == {"phone", "cn-mobile"}


def test_a_checksum_is_told_from_a_shape() -> None:
    text = "card 6222020200112233445, card 4539148803436467"
    [spans] = default_detector().find([text])
    assert [one.is_checked for one in spans if one.kind == "card"] == [False, True]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("key AKIAIOSFODNN7EXAMPLE!", "cloud-key"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "cloud-key"),
        ("AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q", "cloud-key"),
        ("AccountKey=" + "Zm9v" * 21 + "Zg==", "cloud-key"),
        ("密钥ghp_" + "a1B2" * 9 + "。", "secret"),
        ("xox" + "b-123456789012-abcdefGHIJKL", "secret"),
        ("sk_" + "live_4eC39HqLyjWDarjtT1zdp7dc", "secret"),
        ("sk-" + "proj-a1B2c3D4e5F6g7H8i9J0kLmN", "secret"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N", "secret"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----", "secret"),
        ("postgres://app:s3cr3tpw@db/main", "secret"),
        ("密码：hunter2abc", "secret"),
        ("api_key: 'k3y0f8signs'", "secret"),
        ("02:00:5e:10:00:ff", "mac"),
        ("0200.5e10.00ff", "mac"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "crypto"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "crypto"),
        ("0x52908400098527886E0F7030069857D2E4169EE7", "crypto"),
        ("2001:db8::8a2e:370:7334", "ip"),
    ],
)
def test_keys_and_addresses_of_machines_are_found(text: str, kind: str) -> None:
    assert kind in {one for one, _ in found(text)}


@pytest.mark.parametrize(
    "text", ["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"]
)
def test_an_address_with_a_wrong_checksum_is_no_address(text: str) -> None:
    assert found(text) == set()

"""Known values are found in whatever a run writes, however it is encoded, and never quoted."""

import base64
import json
import os
import time
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import IncompleteError
from harness.unwritten import Unwritten, remember, remembered

EMAIL, CARD, NAME = "bob.li+x@gmail.com", "4539 1488 0343 6467", "王小明的密码是青山绿水"
VALUES = [("email", EMAIL), ("card", CARD), ("secret", NAME)]
KNOWN = Unwritten(VALUES)


def kinds(raw: bytes) -> set[str]:
    return {kind for kind, _ in KNOWN.found_in(raw)}


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_a_value_is_found_in_every_encoding(kind: str, value: str) -> None:
    raw = value.encode()
    written = [
        raw,
        value.lower().encode(),
        raw.hex().encode(),
        raw.hex().upper().encode(),
        quote(value, safe="").encode(),
        json.dumps({"a": value}).encode(),
        json.dumps({"a": value}, ensure_ascii=False).encode(),
        base64.urlsafe_b64encode(raw),
    ]
    for form in written:
        assert kinds(b"<p>" + form + b"</p>") == {kind}


@given(st.sampled_from(VALUES), st.binary(max_size=20), st.binary(max_size=20))
@settings(max_examples=200, deadline=None)
def test_base64_gives_it_away_wherever_it_begins(
    pair: tuple[str, str], before: bytes, behind: bytes
) -> None:
    kind, value = pair
    assert kind in kinds(base64.b64encode(before + value.encode() + behind))


def test_a_number_is_found_without_its_separators_and_with_others() -> None:
    assert kinds(b'{"a": 4539148803436467}') == {"card"}
    assert kinds(b'"4539148803436467"') == {"card"}


@pytest.mark.parametrize(
    "raw",
    [
        b"x94539148803436467",
        b"0.4539148803436467",
        b"45391488034364671",
        b"abob.li+x@gmail.com",
        b"",
    ],
)
def test_what_goes_on_is_another_value(raw: bytes) -> None:
    assert kinds(raw) == set()


def test_short_values_are_left_out_since_numbers_hold_them_by_chance() -> None:
    assert Unwritten([("phone", "467339"), ("phone", "46733956"), ("ip", "1.2.3.4")]).n_values == 0
    assert Unwritten([("phone", "467 3395")]).n_values == 1


def test_a_folder_is_refused_by_file_kind_and_count_and_never_quotes(tmp_path: Path) -> None:
    (tmp_path / "personal").mkdir()
    (tmp_path / "personal" / "rows.txt").write_text(EMAIL)
    (tmp_path / "audits" / "words").mkdir(parents=True)
    KNOWN.refuse_folder(tmp_path, without=("personal",))
    (tmp_path / "audits" / "words" / "a.json").write_text(json.dumps([EMAIL, CARD, EMAIL]))
    with pytest.raises(IncompleteError) as caught:
        KNOWN.refuse_folder(tmp_path, without=("personal",))
    assert "audits/words/a.json" in str(caught.value)
    assert "got 2 (card 1, email 1)" in str(caught.value)
    assert EMAIL not in str(caught.value)


@pytest.mark.parametrize("compression", ["zstd", "snappy", "none"])
def test_columns_of_parquet_are_read(tmp_path: Path, compression: str) -> None:
    columns = {
        "text": pa.array(["nothing", EMAIL]).dictionary_encode(),
        "plain": pa.array(["a", "b"]),
        "number": pa.array([1, 4539148803436467]),
        "list": pa.array([[["x"]], [[NAME, "y"]]]),
        "struct": pa.array([{"a": "z"}, {"a": "z"}]),
        "float": pa.array([0.1, 0.2]),
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet", compression=compression)
    with pytest.raises(IncompleteError, match=r"card 1, email 1, secret 1"):
        KNOWN.refuse_folder(tmp_path)
    pq.write_table(pa.table({"a": ["b"]}), tmp_path / "a.parquet", compression=compression)
    KNOWN.refuse_folder(tmp_path)


def test_what_somebody_wrote_to_be_shown_is_no_secret() -> None:
    policy = f"owner: {EMAIL}".encode()
    KNOWN.refuse({"report.html": f"<p>{EMAIL}</p>".encode()}, said=policy)
    with pytest.raises(IncompleteError, match=r"report.html .* \(card 1\)"):
        KNOWN.refuse({"report.html": f"{EMAIL} {CARD}".encode()}, said=policy)


def test_random_numbers_and_digests_are_not_taken_for_values() -> None:
    rng = np.random.default_rng(0)
    many = [("phone", f"{a:03d}-{b:03d}-{c:04d}") for a, b, c in rng.integers(0, 999, (5000, 3))]
    raw = (
        json.dumps([float(x) for x in rng.random(20_000)]).encode()
        + rng.bytes(100_000).hex().encode()
    )
    assert Unwritten(many).found_in(raw) == frozenset()


def test_time_does_not_grow_with_the_number_of_values() -> None:
    raw = os.urandom(4_000_000)
    many = Unwritten([("email", f"user{k}@mail.example") for k in range(20_000)])
    start = time.process_time()
    many.found_in(raw)
    # 0.03 s on a quiet machine; a search for each of the 250,000 forms would take minutes
    assert time.process_time() - start < 2


def test_a_process_remembers_what_its_runs_must_not_write() -> None:
    remember("r1", KNOWN)
    assert remembered("r1") is KNOWN
    assert remembered("r2").n_values == 0

import pytest

from harness.data.encoding import likely_encoding
from harness.errors import DataError

SIMPLIFIED = "今天的天气很好，我们一起去公园散步吧。你觉得这个问题应该怎么解决？"
TRADITIONAL = "今天的天氣很好，我們一起去公園散步吧。你覺得這個問題應該怎麼解決？"
JAPANESE = "今日はとても天気がいいので、一緒に公園を散歩しましょう。どう思いますか？"
FRENCH = "Où est passée la bibliothèque ? L’été dernier elle était fermée – très étrange."


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb18030", SIMPLIFIED),
        ("big5", TRADITIONAL),
        ("shift_jis", JAPANESE),
        ("cp1252", FRENCH),
        ("utf-16", SIMPLIFIED),
        ("utf-16", FRENCH),
    ],
)
def test_a_wrong_encoding_names_byte_and_line_and_proposes_the_right_one(
    write, load, encoding, text
):
    content = f"text,label\nplain,benign\n{text},toxic\n"
    path = write("rows.csv", content, encoding)
    with pytest.raises(DataError) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith("data.test.encoding must fit rows.csv, got 'utf-8', which fails at")
    assert message.endswith(f"(assay.yaml:12). Write encoding: {encoding}.")
    assert text[:4] not in message
    dataset = load(path, encoding=encoding)
    assert dataset.inputs == ["plain", text]


def test_the_byte_and_the_line_of_the_first_bad_byte_are_exact(write, load):
    good = b"text,label\nplain,benign\n"
    path = write("rows.csv", good + b"ab\xff,toxic\n")
    with pytest.raises(DataError, match=r"fails at byte 26 on line 3 "):
        load(path)


def test_a_bad_byte_far_into_a_file_is_found_with_its_line(write, load):
    row = "中文字符,benign\n".encode()
    n = 3 * 2**20 // len(row)
    start = len("text,label\n") + n * len(row)
    path = write("rows.csv", b"text,label\n" + row * n + b"\xff\xfe,toxic\n")
    with pytest.raises(DataError, match=rf"fails at byte {start} on line {n + 2} ") as caught:
        load(path)
    assert "UTF-8 apart from few damaged bytes" in str(caught.value)


def test_a_file_that_ends_within_a_character_is_refused(write, load):
    path = write("rows.csv", "text,label\na,中".encode()[:-1])
    with pytest.raises(DataError, match="which fails at byte 13 on line 2"):
        load(path)


def test_utf16_without_a_mark_is_noticed_although_it_decodes_as_utf8(write, load):
    path = write("rows.csv", "text,label\nhello,toxic\n", "utf-16-le")
    with pytest.raises(DataError, match="Write encoding: utf-16-le"):
        load(path)
    assert load(path, encoding="utf-16-le").inputs == ["hello"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "UTF8"])
def test_a_byte_order_mark_is_no_part_of_the_first_column(write, load, encoding):
    written = "utf-8-sig" if encoding in ("utf-8", "UTF8") else encoding
    path = write("rows.csv", "text,label\n你好,toxic\n", written)
    assert load(path, encoding=encoding).inputs == ["你好"]


def test_gb18030_with_a_mark_is_read(write, load):
    path = write("rows.csv", "\ufefftext,label\n你好,toxic\n", "gb18030")
    assert load(path, encoding="gb18030").inputs == ["你好"]


def test_a_utf8_file_declared_as_something_else_gets_utf8_proposed(write, load):
    path = write("rows.csv", f"text,label\n{SIMPLIFIED},toxic\n")
    with pytest.raises(DataError, match="Write encoding: utf-8"):
        load(path, encoding="ascii")


@pytest.mark.parametrize(
    "encoding", ["utf-9", "base64", "rot13", "idna", "unicode_escape", "no such", "", "a\0b"]
)
def test_a_codec_that_is_none_is_refused(write, load, encoding):
    path = write("rows.csv", "text,label\na,toxic\n")
    with pytest.raises(DataError, match=r"data\.test\.encoding must be a text codec"):
        load(path, encoding=encoding)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb18030", SIMPLIFIED),
        ("big5", TRADITIONAL),
        ("shift_jis", JAPANESE),
        ("cp1252", FRENCH),
        ("utf-8", FRENCH),
    ],
)
def test_the_proposal_tells_the_encodings_apart(encoding, text):
    assert likely_encoding(text.encode(encoding)) == encoding


def test_noise_gets_no_proposal():
    assert likely_encoding(bytes(range(128, 256)) * 4) is None
    assert likely_encoding(b"") is None


def test_the_real_chinese_comments_are_recognised_in_gb18030(real):
    text = real("cold_zh/test.csv").read_text(encoding="utf-8-sig")
    sample = "\n".join(text.split("\n")[:200])
    assert likely_encoding(sample.encode("gb18030")) == "gb18030"

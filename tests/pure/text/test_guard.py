import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.text.guard import TextRefused, check_text, decode, encode

CODECS = [
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-32",
    "cp1251",
    "koi8-r",
    "iso8859-5",
    "cp1252",
    "shift_jis",
    "big5",
]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ab\x00c", "character 2 is NUL"),
        ("ab\ud83d c", r"character 2 is half a surrogate pair \(U\+D83D\)"),
        ("\udc00", r"character 0 is half a surrogate pair \(U\+DC00\)"),
    ],
)
def test_what_no_database_holds_is_refused_with_its_place(text, reason):
    with pytest.raises(TextRefused, match=reason):
        check_text(text)


@pytest.mark.parametrize("text", ["", "a\r\nb", "\u00a0e\u0301😀\ufeff\ufffe\U0010ffff\x01\x85"])
def test_every_other_text_is_taken(text):
    check_text(text)


def test_a_byte_order_mark_is_recorded_and_is_not_text():
    decoded = decode(b"\xef\xbb\xbf\xc3\xa9\r\n")
    assert (decoded.text, decoded.encoding, decoded.bom) == ("é\r\n", "utf-8", True)
    assert encode(decoded.text, decoded.encoding, decoded.bom) == b"\xef\xbb\xbf\xc3\xa9\r\n"


def test_only_the_first_byte_order_mark_is_taken_off():
    assert decode(b"\xef\xbb\xbf\xef\xbb\xbfa").text == "\ufeffa"


def test_utf16_is_told_by_its_byte_order_mark():
    decoded = decode(b"\xfe\xff\x00\xe9", "utf-16")
    assert (decoded.text, decoded.encoding, decoded.bom) == ("é", "utf-16-be", True)


@pytest.mark.parametrize(
    ("raw", "encoding", "reason"),
    [
        (b"caf\xe9", "utf-8", r"byte 3 \(0xe9\) is not utf-8: state the encoding"),
        (b"\xef\xbb\xbfcaf\xe9", "utf-8", r"byte 6 \(0xe9\) is not utf-8"),
        (b"\xed\xa0\x80", "utf-8", "byte 0"),
        (b"\xc0\x80", "utf-8", "byte 0"),
        (b"a\x81", "cp1252", r"byte 1 \(0x81\) is not cp1252"),
        (b"a\x00b", "utf-8", "character 1 is NUL"),
        (b"a\x00", "utf-16", "no byte order mark: state utf-16-le or utf-16-be"),
        (b"a", "no-such", "unknown encoding 'no-such'"),
        (b"a", "nul\x00", "unknown encoding"),
        (b"a", "hex", "unknown encoding 'hex'"),
        (b"a", "rot13", "unknown encoding 'rot13'"),
        (b"a", "punycode", "is not an encoding of files"),
        (b"a", "idna", "is not an encoding of files"),
        (b"a", "unicode_escape", "is not an encoding of files"),
        (b"a", "utf-7", "is not an encoding of files"),
        (b"\x1b\xe1w", "iso2022_jp", "would not come back the same"),
        (b"\x1b(J\x1b(Ba", "iso2022_jp", "would not come back the same"),
    ],
)
def test_bytes_that_are_not_plainly_the_encoding_are_refused(raw, encoding, reason):
    with pytest.raises(TextRefused, match=reason):
        decode(raw, encoding)


@given(st.binary(), st.sampled_from(CODECS))
def test_decoded_bytes_come_back_the_same_or_are_refused(raw, encoding):
    try:
        decoded = decode(raw, encoding)
    except TextRefused:
        return
    assert encode(decoded.text, decoded.encoding, decoded.bom) == raw


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), st.booleans())
def test_any_text_survives_encoding(text, bom):
    decoded = decode(encode(text, bom=bom))
    if not bom and text.startswith("\ufeff"):
        assert (decoded.text, decoded.bom) == (text[1:], True)
    else:
        assert (decoded.text, decoded.bom) == (text, bom)

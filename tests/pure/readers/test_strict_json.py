import json
import math
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.readers.strict_json import JSONRefused, loads_strict
from tests.growth import grows_no_faster

TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda values: (
        st.lists(values) | st.dictionaries(TEXTS | st.sampled_from(["a:b", "::", "\\u003a"]), values)
    ),
    max_leaves=30,
)


def nested(depth):
    return "[" * depth + "]" * depth


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_whatever_json_can_carry_comes_back(value, ascii_only, indent):
    assert loads_strict(json.dumps(value, ensure_ascii=ascii_only, indent=indent)) == value
    assert loads_strict(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b" {} \r\n", {}),
        (b"-9223372036854775808", -(2**63)),
        (b"9223372036854775807", 2**63 - 1),
        (b"1e300", 1e300),
        (b"-1E3", -1000.0),
        (rb'"\ud83d\ude00"', "😀"),
        (rb'"\\u0000"', r"\u0000"),
        (rb'"\u003a:"', "::"),
        (rb'{"\u003a": 1, "a:": {"b\u003Ac": 2}}', {":": 1, "a:": {"b:c": 2}}),
        (b'["[[[", "\\"[", "{"]', ["[[[", '"[', "{"]),
        (b'{"a": [], "b": {}, "c": ""}', {"a": [], "b": {}, "c": ""}),
    ],
)
def test_unusual_json_is_read_like_any(raw, value):
    assert loads_strict(raw) == value


@pytest.mark.parametrize("raw", [nested(64), '{"a":' * 64 + "1" + "}" * 64])
def test_nesting_is_read_to_its_limit(raw):
    assert json.dumps(loads_strict(raw)) == json.dumps(json.loads(raw))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "there is nothing to read|zero-length"),
        (b'{"a": }', "line 1, column 7: "),
        (b'{"a": 1,\n "b" 2}', "line 2, column 6: "),
        ('["é😀", x]'.encode(), "line 1, column 8: "),
        (b'["\xff"]', r"line 1, column 3: byte 2 \(0xff\) is not UTF-8"),
        (b'["\xed\xa0\x80"]', "byte 2 .* is not UTF-8"),
        (b"\xef\xbb\xbf{}", "a byte order mark is no JSON"),
        (rb'["\ud83d"]', "half a surrogate pair"),
        (rb'["\ude00\ud83d"]', "half a surrogate pair"),
        (rb'{"\ud83d": 1}', "half a surrogate pair"),
        (rb'["a\u0000"]', "line 1, column 4: NUL"),
        (rb'{"\u0000": 1}', "NUL"),
        (rb'["\\\u0000"]', "NUL"),
        (b'["\x00"]', "control character"),
        (b"[NaN]", "NaN and Infinity are no JSON"),
        (b"[-Infinity]", "NaN and Infinity are no JSON"),
        (b"[1e999]", "the number is too large"),
        (b"9223372036854775808", "9223372036854775808 is beyond 64 bits"),
        (b'{"a": [-9223372036854775809]}', "beyond 64 bits"),
        (b"[" + b"9" * 5000 + b"]", "beyond 64 bits|too large"),
        (b'{"a": 1, "a": 2}', "the key 'a' comes twice"),
        (rb'{"a": 1, "\u0061": 2}', "the key 'a' comes twice"),
        (b'[{"x": {"a": ":", "b": 1, "a": ":"}}]', "the key 'a' comes twice"),
        (rb'{"\u003a": 1, ":": 2}', "the key ':' comes twice"),
        (nested(65).encode(), "line 1, column 65: nested deeper than 64"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "nested deeper than 64"),
        (nested(2000).encode(), "line 1, column 65: nested deeper than 64"),
        (b'{"a": "[[[' + b'", "b": ' + nested(64).encode() + b"}", "nested deeper than 64"),
        (b"[" * 100_000, "nested deeper than 64"),
        ('["\ud83d"]', "character 2 is half a surrogate pair"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_place(raw, reason):
    with pytest.raises(JSONRefused, match=reason):
        loads_strict(raw)


def test_a_refusal_keeps_place_and_reason_apart():
    with pytest.raises(JSONRefused) as refused:
        loads_strict(b'{"a": 1,\n "b" 2}')
    assert (refused.value.line, refused.value.column) == (2, 6)
    assert "line" not in refused.value.reason


@given(st.binary() | st.text(st.sampled_from('{}[]":,\\u0d8a1e-. ')).map(str.encode))
def test_any_bytes_are_read_as_the_standard_library_reads_them_or_refused(raw):
    try:
        value = loads_strict(raw)
    except JSONRefused:
        return
    assert json.dumps(value) == json.dumps(json.loads(raw))


@pytest.mark.parametrize(
    "piece",
    ['"a":1,', '{"a":1},', "[", '"\\u0000', "\\", '"\\"', '{"', "1e30,", '"\\u003a",', "9" * 30 + ","],
)
def test_hostile_json_takes_time_in_proportion(piece):
    def seconds(size):
        raw = ("[" + (piece * size)[:size]).encode()
        best = math.inf
        for _ in range(3):
            start = process_time()
            with pytest.raises(JSONRefused):
                loads_strict(raw)
            best = min(best, process_time() - start)
        return best

    assert grows_no_faster(seconds, 200_000, 400_000, factor=3, floor=0.05)


def test_one_of_many_keys_that_comes_twice_is_found_in_time():
    def seconds(count):
        raw = ("{" + ",".join(f'"k{number}":1' for number in range(count)) + f',"k{count - 1}":2}}').encode()
        start = process_time()
        with pytest.raises(JSONRefused, match=f"'k{count - 1}' comes twice"):
            loads_strict(raw)
        return process_time() - start

    assert grows_no_faster(seconds, 25_000, 100_000, factor=8, floor=0.05)

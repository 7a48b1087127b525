import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.text.offsets import OffsetError, OffsetMap, OffsetUnit

CODECS = {OffsetUnit.UTF16: ("utf-16-le", 2), OffsetUnit.UTF8: ("utf-8", 1)}


def units(text: str, unit: OffsetUnit) -> int:
    codec, width = CODECS[unit]
    return len(text.encode(codec)) // width


@pytest.mark.parametrize(
    ("text", "target", "utf16", "utf8"),
    [
        ("😀 Ann said", "Ann", 3, 5),
        ("👨‍👩‍👧 Ann", "Ann", 9, 19),
        ("👍🏽 Ann", "Ann", 5, 9),
        ("𝐀𝐧𝐧 Ann", "Ann", 7, 13),
        ("one\r\nAnn", "Ann", 5, 5),
        ("cafe\u0301 Ann", "Ann", 6, 7),
        ("\u00a0Ann", "Ann", 1, 2),
        ("Анна Ann", "Ann", 5, 9),
        ("Ann", "Ann", 0, 0),
    ],
)
def test_a_place_has_its_offset_in_each_unit(text, target, utf16, utf8):
    place = text.index(target)
    assert OffsetMap(text, OffsetUnit.CODE_POINT).from_code_points(place) == place
    assert OffsetMap(text, OffsetUnit.UTF16).from_code_points(place) == utf16
    assert OffsetMap(text, OffsetUnit.UTF8).from_code_points(place) == utf8


@given(st.text(), st.sampled_from(list(CODECS)))
def test_every_place_of_any_text_goes_there_and_back(text, unit):
    offsets = OffsetMap(text, unit)
    for place in range(len(text) + 1):
        offset = offsets.from_code_points(place)
        assert offset == units(text[:place], unit)
        assert offsets.to_code_points(offset) == place


@given(st.text(), st.sampled_from(list(CODECS)))
def test_every_offset_between_two_places_is_inside_a_character(text, unit):
    offsets = OffsetMap(text, unit)
    places = {units(text[:place], unit) for place in range(len(text) + 1)}
    for offset in set(range(units(text, unit))) - places:
        with pytest.raises(OffsetError, match="is inside character"):
            offsets.to_code_points(offset)


@pytest.mark.parametrize("unit", OffsetUnit)
def test_an_offset_out_of_the_text_is_refused(unit):
    offsets = OffsetMap("é😀", unit)
    for convert in (offsets.to_code_points, offsets.from_code_points):
        with pytest.raises(OffsetError, match="out of the text"):
            convert(-1)
        with pytest.raises(OffsetError, match="out of the text"):
            convert(99)


@pytest.mark.parametrize("offset", [True, 1.0, "1", None])
def test_an_offset_is_an_integer(offset):
    with pytest.raises(OffsetError, match="must be an integer"):
        OffsetMap("Ann", OffsetUnit.UTF16).to_code_points(offset)

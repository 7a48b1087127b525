"""Native records in another unit: each offset is converted, and what does not fit is refused."""

from typing import Any

import pytest

from annotations.exchange.fields import RecordRefused
from annotations.exchange.native_units import counted_in, in_code_points
from corpus.text.offsets import OffsetUnit

TEXT = "👩‍👩‍👧: “Café ist zu.”\r\n\U0001f1e9"


def record() -> dict[str, Any]:
    """Return a record with an offset at each place that has any, at every character of the text."""
    ends = range(len(TEXT) + 1)
    return {
        "text": TEXT,
        "revision": 3,
        "length": len(TEXT),
        "blocks": [{"start": 0, "end": end, "name": {"start": 0, "end": end}} for end in ends],
        "annotations": [{"id": "a", "score": 1, "segments": [[0, end], [end, len(TEXT)]]} for end in ends],
        "disputes": [{"start": end, "version": 2} for end in ends],
    }


@pytest.mark.parametrize(("unit", "codec", "width"), [("utf16", "utf-16-le", 2), ("utf8", "utf-8", 1)])
def test_every_offset_counts_what_the_unit_says_and_comes_back(unit: str, codec: str, width: int) -> None:
    out = counted_in(record(), OffsetUnit(unit))
    places = [len(TEXT[:end].encode(codec)) // width for end in range(len(TEXT) + 1)]
    assert [row["end"] for row in out["blocks"]] == places
    assert [row["name"]["end"] for row in out["blocks"]] == places
    assert [row["segments"][0][1] for row in out["annotations"]] == places
    assert [row["start"] for row in out["disputes"]] == places
    assert {name: out[name] for name in ("offset_unit", "revision", "length")} == {
        "offset_unit": unit,
        "revision": 3,
        "length": len(TEXT),
    }
    assert in_code_points(out) == record() | {"offset_unit": unit}


def test_code_points_and_tombstones_are_left_as_they_are() -> None:
    assert counted_in(record(), OffsetUnit.CODE_POINT) == record()
    assert counted_in({"tombstone": "erased"}, OffsetUnit.UTF8) == {"tombstone": "erased"}
    assert in_code_points(record()) == record()


@pytest.mark.parametrize(
    "change",
    [
        {"offset_unit": "grapheme"},
        {"offset_unit": 8},
        {"annotations": [{"segments": [[0, 1]]}]},
        {"annotations": [{"segments": [[0, 999]]}]},
        {"disputes": [{"start": -1}]},
        {"blocks": [{"start": 0, "end": 2}]},
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(RecordRefused):
        in_code_points({"text": TEXT, "offset_unit": "utf8"} | change)


@pytest.mark.parametrize(
    "odd", [{"blocks": 7}, {"annotations": [7, {"segments": 7}, {"segments": [7, ["0", None]]}]}, {"text": 7}]
)
def test_what_is_no_offset_is_left_to_the_reader_to_refuse(odd: dict[str, Any]) -> None:
    values = {"text": TEXT, "offset_unit": "utf16"} | odd
    assert in_code_points(values) == values

"""The one place where the pages convert offsets agrees with the one where Python does."""

import json
from pathlib import Path

import pytest

from corpus.text.offsets import OffsetMap, OffsetUnit
from tests.node import run_module_tests

TESTS = Path(__file__).parent.parent
UNITS = (OffsetUnit.UTF16, OffsetUnit.UTF8)


@pytest.mark.parametrize(
    "row", json.loads((TESTS / "data" / "offsets.json").read_text()), ids=lambda row: row["name"]
)
def test_python_counts_what_the_file_says(row):
    for place, *offsets in row["places"]:
        for unit, offset in zip(UNITS, offsets, strict=True):
            assert OffsetMap(row["text"], unit).from_code_points(place) == offset
            assert OffsetMap(row["text"], unit).to_code_points(offset) == place


def test_the_pages_count_what_the_file_says():
    run_module_tests("offsets")

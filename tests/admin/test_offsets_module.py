"""The one place where the pages convert offsets agrees with the one where Python does."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from corpus.text.offsets import OffsetMap, OffsetUnit

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
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine: the module of the pages was tried in the browser alone")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < (20, 19):
        pytest.skip(
            f"node {version.strip()} takes no ES module from a .js file; 20.19 is the first that does"
        )
    tried = subprocess.run(
        [node, "--test", str(TESTS / "browser" / "offsets.test.mjs")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert tried.returncode == 0, tried.stdout + tried.stderr

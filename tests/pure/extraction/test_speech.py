"""Each construction with sentences in which it stands: `cases/<construction>.txt`, see `marked.py`.

`cases/<language>/` has those of other languages. A line of a file is a case, `#` begins a comment, `⏎`
stands for a new paragraph. In a line without marks nothing is said.
"""

from pathlib import Path

import pytest

from annotations.extraction.constructions import CONSTRUCTIONS
from tests.pure.extraction.marked import quotes_in, unmark

FOLDER = Path(__file__).parent / "cases"
CASES = {
    line: (file.stem, "en" if file.parent == FOLDER else file.parent.name)
    for file in sorted(FOLDER.rglob("*.txt"))
    for line in file.read_text("utf-8").splitlines()
    if line and not line.startswith("#")
}


@pytest.mark.parametrize(
    ("marked", "language"),
    [
        pytest.param(line, language, id=f"{name}, {language}: {unmark(line)[0]}")
        for line, (name, language) in CASES.items()
    ],
)
def test_what_is_said_is_found_with_its_source_and_its_cue(marked, language):
    text, expected = unmark(marked.replace("⏎", "\n\n"))
    assert quotes_in(text, language) == expected


def test_every_construction_has_its_cases():
    names = {find.__module__.rpartition(".")[2] for find in CONSTRUCTIONS}
    assert names <= {name for name, _ in CASES.values()}


def test_the_marks_of_a_case_tell_whose_a_cue_is():
    text, ((_, first), (_, second)) = unmark("[s12 She] [c1 said] [i1 so], [c2 adding] [i2 that it rained].")
    assert text == "She said so, adding that it rained."
    assert first.source == second.source == (0, 3)
    assert second.cue is not None
    assert second.cue.of(text) == "adding"

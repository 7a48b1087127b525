import pytest

from corpus.text.opening import run_in_dateline


@pytest.mark.parametrize(
    ("opening", "rest"),
    [
        ("HOLMSUND, 4 March (Tarn Wire) — ", "The ferry line"),
        ("NEW HOLM — ", "The ferry line"),
        ("HOLMSUND (TW) -- ", "The ferry line"),
        ("", "U.S. officials — who asked not to be named — said"),
        ("", "The line — all of it — was sold"),
        ("", "Holmsund — a small place — has no bank"),
        ("", "NEW FERRIES ARE COMING"),
    ],
)
def test_a_dateline_ends_with_its_dash_and_a_dash_alone_makes_none(opening, rest):
    text = opening + rest
    assert text[: run_in_dateline(text)].strip() == opening.strip()

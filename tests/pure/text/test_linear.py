"""Hostile texts cost time in proportion to their length, never more."""

from time import process_time

import pytest

from corpus.text.blocks import segment_blocks
from corpus.text.offsets import OffsetMap, OffsetUnit
from corpus.text.sentences import sentences
from corpus.text.shingles import fingerprints
from corpus.text.view import plain_view
from tests.growth import grows_no_faster

HOSTILE = {
    "colons": ":",
    "brackets": "(",
    "newlines": "\n",
    "no-break spaces": "\u00a0",
    "carriage returns": "\r",
    "stops": ".",
    "spaced stops": ". ",
    "quotes": "“",
    "slashes": "AP/",
    "credits": "Image: AP/",
    "bracketed credits": "(AP/",
    "sound notes": "(ABC) ",
    "initials": "A. ",
    "acronyms": "U.S.",
    "answers": '"Why?" Ann Lee Bob ',
    "closers": ".\"'",
    "labels": "A: \n",
    "turns": "ANN LEE: x y\nBOB (host): z\n",
    "dates": "1 May 2021\n",
    "bullets": "• ",
    "emoji": "😀",
    "words": "word ",
    "wrapped lines": "word word word word word word word word word word\n",
}
READERS = {
    "blocks": segment_blocks,
    "sentences": sentences,
    "view": plain_view,
    "shingles": fingerprints,
    "offsets": lambda text: OffsetMap(text, OffsetUnit.UTF16).from_code_points(len(text)),
}


def seconds(read, text):
    best = float("inf")
    for _ in range(3):
        start = process_time()
        read(text)
        best = min(best, process_time() - start)
    return best


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_twice_the_text_takes_about_twice_the_time(read, piece):
    text = (piece * 20_000)[:20_000]
    # Below some milliseconds the clock and the caches count for more than the text.
    assert grows_no_faster(lambda times: seconds(read, text * times), 1, 2, factor=3, floor=0.02)

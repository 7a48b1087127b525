"""Two real articles, which are not part of the project: what the rules must get right in them."""

from pathlib import Path

import pytest

from annotations.extraction.base import Suggestions
from corpus.text.blocks import Block, BlockKind, segment_blocks
from tests.pure.extraction.marked import suggest
from tests.pure.extraction.test_rules import check

SEEDS = Path(__file__).resolve().parents[4] / "shared" / "seeds"
FILES = sorted(SEEDS.glob("*.txt"))


def read(path: Path) -> tuple[str, tuple[Block, ...], Suggestions]:
    text = path.read_bytes().decode()
    blocks = tuple(segment_blocks(text))
    return text, blocks, suggest(text, blocks)


NAMES = [path.name for path in FILES] or [""]


@pytest.fixture(params=NAMES, ids=[name or "absent" for name in NAMES])
def seed(request):
    if not request.param:
        pytest.skip(f"no seed articles in {SEEDS.parent.name}/{SEEDS.name} beside the repository")
    return read(SEEDS / request.param)


def test_every_suggestion_in_a_seed_fits_its_text(seed):
    text, _, result = seed
    check(text, result)
    assert result.annotations


def test_furniture_carries_no_suggestion(seed):
    _, blocks, result = seed
    furniture = [block for block in blocks if block.kind in {BlockKind.FURNITURE, BlockKind.CREDIT}]
    assert furniture
    spans = [segment for annotation in result.annotations for segment in annotation.segments]
    assert not [
        (block, span)
        for block in furniture
        for span in spans
        if span.start < block.end and block.start < span.end
    ]


def test_every_direct_quote_of_the_foreign_minister_has_its_source():
    if not FILES:
        pytest.skip(f"no seed articles in {SEEDS.parent.name}/{SEEDS.name} beside the repository")
    text, blocks, result = read(FILES[0])
    by_key = {annotation.key: annotation for annotation in result.annotations}
    sources = {
        link.head: by_key[link.child].segments[0].of(text)
        for link in result.relations
        if link.label == "source"
    }
    about = [block for block in blocks if "Lavrov" in text[block.start : block.end]]
    found = [
        sources.get(annotation.key)
        for annotation in result.annotations
        if annotation.attributes.get("type") == "direct"
        and any(block.start <= annotation.segments[0].start < block.end for block in about)
    ]
    assert found == ["he", "Lavrov"]

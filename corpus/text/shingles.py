"""Shingles of a text, and the sample of them by which two texts tell how much they share.

A shingle is a run of a few words. The share of the shingles of one text that stand in another is its
*containment* there: 1 for a copy within a longer text, however long that is. Keeping every shingle whose hash
is 0 modulo some number is a sample that estimates it without bias, and without the texts.

A. Z. Broder, On the resemblance and containment of documents, Compression and Complexity of Sequences, 1997.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from zlib import crc32

from corpus.text.kinds import BlockKind

#: Words a shingle, and one of how many shingles is kept; `python -m bench stories` measures both.
SHINGLE_WORDS = 4
SAMPLED_ONE_IN = 4
#: What an outlet puts around the text that it prints, or writes anew for it.
AROUND = frozenset(
    {BlockKind.HEADLINE, BlockKind.DATELINE, BlockKind.BYLINE, BlockKind.CREDIT, BlockKind.FURNITURE}
)

#: Scripts that set no spaces between words: each character counts as a word.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_WORD = re.compile(rf"[^\W_{_UNSPACED}]+|[{_UNSPACED}]")
#: Soft hyphens, zero-width spaces and joiners, word joiners, byte order marks.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


def body_of(text: str, blocks: Iterable[tuple[int, int, str]]) -> str:
    """Return what an article says, without what stands around it; the whole text where nothing else is there.

    Args:
        text: the text.
        blocks: start, end and kind of each of its blocks, in order.
    """
    return "\n".join(text[start:end] for start, end, kind in blocks if kind not in AROUND) or text


def words_of(text: str) -> list[str]:
    """Return the words of a text, alike for all ways to write them: case, accents, quotes, spaces."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _WORD.findall(plain if plain.isascii() else _INVISIBLE.sub("", plain))


def shingles(words: list[str], size: int = SHINGLE_WORDS) -> Iterator[tuple[str, ...]]:
    """Yield each run of `size` words; of a text that is shorter, all its words."""
    if len(words) < size:
        return iter([tuple(words)] if words else [])
    return zip(*(words[start:] for start in range(size)), strict=False)


def fingerprints(text: str) -> set[int]:
    """Return the hashes, below 2**63, of a sample of the shingles of a text.

    A text of so few shingles that none is drawn has a single fingerprint, of all its words.

    Cost: linear; a checksum of each shingle draws it, and only what is drawn gets a hash of 63 bits.
    """
    words = words_of(text)
    runs = [" ".join(run).encode() for run in shingles(words)]
    drawn = {_hash(run) for run in runs if crc32(run) % SAMPLED_ONE_IN == 0}
    return drawn or ({_hash(" ".join(words).encode())} if words else set())


def _hash(run: bytes) -> int:
    return int.from_bytes(blake2b(run, digest_size=8).digest(), "big") >> 1

"""A network with the words that it reads, as one part of a model file."""

import json
from typing import NamedTuple

from annotations.extraction.neural.wordpiece import WordPieces

#: by this key an ONNX file tells where else its weights lie; ours has them all within
_ELSEWHERE = b"location"


class BadNetwork(ValueError):
    """A network cannot be used; the message says why."""


class Packed(NamedTuple):
    """The bytes of an ONNX file, and what splits words into the pieces that it reads."""

    network: bytes
    words: WordPieces


def pack(network: bytes, words: WordPieces) -> bytes:
    """Return both as one: a line of JSON with the vocabulary, then the network."""
    head = {"lower": words.lower, "vocabulary": words.vocabulary}
    return json.dumps(head, ensure_ascii=True, separators=(",", ":")).encode() + b"\n" + network


def unpack(part: bytes) -> Packed:
    """Return what was packed.

    Raises:
        BadNetwork: if it was not, or the network would read other files.
    """
    head, _, network = part.partition(b"\n")
    try:
        read = json.loads(head)
        words = WordPieces([str(piece) for piece in read["vocabulary"]], lower=bool(read["lower"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadNetwork(f"its vocabulary cannot be read: {error}") from error
    if not network:
        raise BadNetwork("it holds no network")
    if _ELSEWHERE in network:
        raise BadNetwork("it names weights in another file")
    return Packed(network, words)

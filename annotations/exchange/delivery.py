"""What a record states of the article itself: its fields, its bytes as delivered, its blocks."""

import binascii
import hashlib
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotations.exchange.fields import (
    RecordRefused,
    mapping,
    moment,
    number,
    objects,
    plain_id,
    truth,
    words,
)
from corpus.text.blocks import BlockKind
from corpus.text.guard import TextRefused, codec_name, encode

KINDS = frozenset(str(kind) for kind in BlockKind)


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """How the text came: `raw` is there where the text alone cannot give the bytes back."""

    encoding: str
    bom: bool
    sha256: str
    raw: bytes | None


def check_article(values: Mapping[str, Any]) -> None:
    """Refuse fields of the article and its revision that could not be stored."""
    for key in ("title", "byline", "url", "outlet", "licence"):
        words(values, key)
    for key, most in (("language", 35), ("content_type", 64), ("extractor", 64)):
        words(values, key, most=most)
    for key in ("published_at", "created_at", "article_created_at"):
        moment(values.get(key), key)
    mapping(values, "metadata")
    number(values, "revision", least=1)
    truth(values, "current")
    truth(values, "text_withheld")
    plain_id(values.get("revision_id"), "revision_id")
    if values.get("external_id"):
        plain_id(values.get("id"), "id")


def read_delivery(values: Mapping[str, Any], text: str, text_sha256: str) -> Delivery:
    """Return how a text was delivered, once the stated bytes and hash are known to be its own."""
    try:
        encoding = codec_name(words(values, "encoding", most=32) or "utf-8")
    except TextRefused as error:
        raise RecordRefused(str(error)) from None
    bom = bool(truth(values, "bom"))
    raw = _raw(values)
    if raw is None and words(values, "extractor"):
        raise RecordRefused("raw, the page that the text was taken from, is missing.")
    sha256 = text_sha256
    if raw is not None or bom or encoding != "utf-8":
        try:
            own = raw if raw is not None else encode(text, encoding, bom)
        except UnicodeError:
            raise RecordRefused(f"the encoding {encoding!r} cannot hold this text.") from None
        sha256 = hashlib.sha256(own).hexdigest()
    if values.get("sha256") not in (None, sha256):
        raise RecordRefused("sha256 is not that of the bytes as delivered.")
    return Delivery(encoding=encoding, bom=bom, sha256=sha256, raw=raw)


def read_blocks(values: Mapping[str, Any], length: int) -> Sequence[dict[str, Any]]:
    """Return the blocks that a record states for a segmenter, once they fit a text of `length`."""
    stated = [block for block in objects(values, "blocks") if block.get("segmenter") is not None]
    places = set()
    for position, block in enumerate(stated):
        try:
            places.add(_checked_block(block, length))
        except RecordRefused as error:
            raise RecordRefused(f"blocks[{position}]: {error}") from None
    if len(places) < len(stated):
        raise RecordRefused("two blocks of one segmenter start at one place.")
    return stated


def _raw(values: Mapping[str, Any]) -> bytes | None:
    encoded = words(values, "raw")
    try:
        return b64decode(encoded, validate=True) if encoded else None
    except binascii.Error:
        raise RecordRefused("raw is no base64.") from None


def _checked_block(block: Mapping[str, Any], length: int) -> tuple[str, int]:
    start, end = number(block, "start", least=0), number(block, "end", least=1)
    if start is None or end is None or not start < end <= length:
        raise RecordRefused(f"it leads from {start} to {end}, in a text of {length} characters.")
    for key in ("kind", "kind_set"):
        kind = words(block, key)
        if kind not in KINDS and (kind or key == "kind"):
            raise RecordRefused(f"there is no block kind {kind!r}.")
    name = mapping(block, "name")
    if name:
        first, last = number(name, "start", least=0), number(name, "end", least=1)
        if first is None or last is None or not start <= first < last <= end:
            raise RecordRefused("its name lies outside of it.")
    return words(block, "segmenter", most=32), start

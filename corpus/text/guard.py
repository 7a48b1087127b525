"""What may be a text at all, and the strict way from bytes to text and back."""

import codecs
from dataclasses import dataclass

#: Codecs of Python that are no character set of any file; some of them take quadratic time.
_NOT_CHARACTER_SETS = frozenset(
    {"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"}
)
_BOMS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


class TextRefused(ValueError):
    """A text cannot be stored as it is; the message says where and how to mend it."""


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """A text with what `encode` needs to give the same bytes again."""

    text: str
    #: Canonical name of the codec; `utf-16` and `utf-32` become the one of the byte order found.
    encoding: str
    #: A byte order mark stood before the text; it is not part of it.
    bom: bool


def check_text(text: str) -> None:
    """Refuse a text with NUL or half a surrogate pair, which no database and no file can hold.

    Raises:
        TextRefused: naming the character's offset and the mend.
    """
    nul = text.find("\x00")
    if nul >= 0:
        raise TextRefused(
            f"character {nul} is NUL (U+0000): remove it, or state the encoding if the source is UTF-16"
        )
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TextRefused(
            f"character {error.start} is half a surrogate pair (U+{ord(text[error.start]):04X}): "
            "send the whole character, or remove the half"
        ) from None


def decode(raw: bytes, encoding: str = "utf-8") -> Decoded:
    """Return the text of some bytes, strictly: nothing is replaced, guessed or repaired.

    Raises:
        TextRefused: if the encoding is unknown, the bytes are not in it, the text would not
            give the same bytes again, or `check_text` refuses it.
    """
    codec = _codec(raw, encoding)
    mark = _BOMS.get(codec, b"")
    bom = bool(mark) and raw.startswith(mark)
    skipped = len(mark) if bom else 0
    try:
        text = raw[skipped:].decode(codec)
    except UnicodeDecodeError as error:
        offset = skipped + error.start
        raise TextRefused(
            f"byte {offset} (0x{raw[offset]:02x}) is not {codec}: state the encoding of the source"
        ) from None
    check_text(text)
    decoded = Decoded(text=text, encoding=codec, bom=bom)
    # Strict UTF-8 has one spelling a text; other codecs may read several spellings as one.
    if codec != "utf-8" and _encode_or_none(decoded) != raw:
        raise TextRefused(f"the bytes are not plain {codec}: they would not come back the same; use UTF-8")
    return decoded


def encode(text: str, encoding: str = "utf-8", bom: bool = False) -> bytes:  # noqa: FBT001, FBT002
    """Return the bytes of a text; the inverse of `decode`.

    Raises:
        UnicodeEncodeError: if the encoding has no such character.
    """
    return (_BOMS.get(encoding, b"") if bom else b"") + text.encode(encoding)


def codec_name(encoding: str) -> str:
    """Return the canonical name of a character set that files come in.

    Raises:
        TextRefused: if there is none of the name.
    """
    try:
        codec = codecs.lookup(encoding).name.replace("_", "-")
        "".encode(codec)
    except (LookupError, UnicodeError, ValueError):
        raise TextRefused(f"unknown encoding {encoding!r}") from None
    if codec in _NOT_CHARACTER_SETS:
        raise TextRefused(f"{encoding!r} is not an encoding of files")
    return "utf-8" if codec == "utf-8-sig" else codec


def _codec(raw: bytes, encoding: str) -> str:
    """Return the canonical name of a character set, with the byte order that the bytes show."""
    codec = codec_name(encoding)
    if codec in {"utf-16", "utf-32"}:
        for ordered in (f"{codec}-le", f"{codec}-be"):
            if raw.startswith(_BOMS[ordered]):
                return ordered
        raise TextRefused(f"no byte order mark: state {codec}-le or {codec}-be")
    return codec


def _encode_or_none(decoded: Decoded) -> bytes | None:
    try:
        return encode(decoded.text, decoded.encoding, decoded.bom)
    except UnicodeError:
        return None

"""Captions and credits of pictures, also where a page fuses them with other text."""

import re

from corpus.text.furniture import PLAYER_PHRASES
from corpus.text.lexicon import any_of, read_lexicon
from corpus.text.lines import Line

_AGENCY = re.compile(any_of("agencies"))
_MARK = re.compile(
    r"(?:Image|Photo|Photograph|Picture|Foto|Bild|Credit|Crédit)"
    r"(?:s|graph)?(?: (?:credit|source|by|courtesy of))?[:,] ?"
)
_CAPTION_MARK = re.compile(
    r"(?:(?:image|photo|media|video) caption|caption|pictured|file (?:photo|picture)"
    r"|photo|picture|image|bild|foto)(?::|,| -| –) |FILE (?:-|–|—) |\(?FILE\)? ?(?:photo|picture)",
    re.IGNORECASE,
)
_LONGEST_CREDIT = 120
#: A longer piece before a credit is a paragraph that the page fused with a picture.
LONGEST_CAPTION = 300
_SMALL_WORDS = frozenset(read_lexicon("credit_words"))


def split_fused(line: Line) -> tuple[Line, ...]:
    """Return the line, or its two parts where a credit or a player phrase is fused to its end."""
    at = _credit_start(line.text) or _player_start(line.text)
    if not at:
        return (line,)
    return line.part(0, at), line.part(at, len(line.text))


def is_credit(text: str) -> bool:
    """Tell whether a line only says whose the picture is."""
    if len(text) > _LONGEST_CREDIT:
        return False
    mark = _MARK.match(text)
    if mark:
        return _names_an_owner(text[mark.end() :])
    inner = text[1:-1] if text[0] in "([" and text[-1] in ")]" else text
    return _shows_an_agency(inner) and _names_an_owner(inner)


def has_caption_mark(text: str) -> bool:
    """Tell whether a line says itself that it describes a picture."""
    return bool(_CAPTION_MARK.match(text))


def _credit_start(text: str) -> int:
    """Return where a credit at the end of a longer line begins; 0 where there is none."""
    offset = max(0, len(text) - _LONGEST_CREDIT)
    tail = text[offset:]
    if tail[-1] in ")]":
        opened = max(tail.rfind("("), tail.rfind("["))
        inner = tail[opened + 1 : -1]
        if opened >= 0 and _shows_an_agency(inner) and _names_an_owner(inner):
            return offset + opened
    if ":" in tail:
        for mark in _MARK.finditer(tail):
            if _names_an_owner(tail[mark.end() :]):
                return offset + mark.start()
    return 0


def _player_start(text: str) -> int:
    """Return where a player phrase begins that is fused to a paragraph's end; 0 where there is none."""
    if len(text) <= LONGEST_CAPTION or not text.endswith(PLAYER_PHRASES):
        return 0
    return min(len(text.removesuffix(phrase)) for phrase in PLAYER_PHRASES)


def _shows_an_agency(text: str) -> bool:
    """Tell an agency that is named as the owner of a picture, not as that of a report."""
    return bool(_AGENCY.search(text)) and (
        "/" in text or " via " in text or "Photo" in text or "Images" in text
    )


def _names_an_owner(text: str) -> bool:
    """Tell names and agencies from a sentence."""
    words = text.replace("/", " ").strip(" ()[].").split()
    if not words or len(words) > 14:
        return False
    small = sum(word[0].islower() and word.strip(".,") not in _SMALL_WORDS for word in words)
    return small <= 1 and (small == 0 or "/" in text)

"""Telling the furniture of a page from its text, by the words of one line."""

import re

from corpus.text.lexicon import any_of, read_lexicon

#: Player and station phrases that pages fuse with the lines around them.
PLAYER_PHRASES = ("Play Live Radio", "Available On Air Stations", "Listen Live", "Next Up:", "Toggle caption")
#: No line of furniture is longer, but for a fused one.
_LONGEST = 240
_LONGEST_NOTES = 400

_WHOLE_LINES = frozenset(read_lexicon("furniture_lines"))
_OPENINGS = read_lexicon("furniture_openings")
_PHRASES = read_lexicon("furniture_phrases")
_CLOCKS = re.compile(r"\d{1,2}:\d\d(?: ?[/|•·-]? ?\d{1,2}:\d\d){0,4}|\d{1,3} ?min(?:ute)?s? (?:read|listen)")
#: Initials of writers and editors, as `lc,es/sms (Reuters, AFP)`.
_AGENCY_CODES = re.compile(
    r"[a-z]{1,4}(?:[,/&;-] ?[a-z]{1,4}){0,8} \([^()]{0,60}?" + any_of("agencies") + r"[^()]{0,60}\)"
    r"|[a-z]{2,4}(?:[,/][a-z]{2,4}){1,8}"
)
_TRAIL = re.compile(r" (?:\||>|›|»|·|•|/) ")
_NUMBERED = re.compile(r"(?:\d{1,2}[.)]|[•·▪*–-]) ")
#: Sounds and languages noted by a transcriber: nobody's words.
_SOUND_NOTE = re.compile(
    r"[(\[](?:SOUNDBITE OF\b[^()\[\]]{0,200}|[^()\[\]a-z]{3,80}"
    r"|[^()\[\]]{0,60}\b(?:language spoken|speaking [A-Z][a-z]+|through interpreter)"
    r"|(?:[Ll]aughter|[Aa]pplause|[Mm]usic|[Cc]rosstalk|[Ii]naudible|[Cc]heering|[Cc]rying|[Cc]lip)"
    r"[^()\[\]]{0,40})[)\]]"
)
#: Lines about the article that stand only at its end.
_CLOSING = re.compile(
    r"\(?(?:additional |with additional )?(?:reporting|writing|editing|edited|compiled|translated|produced"
    r"|adapted|fact[- ]checked|photos|graphics)(?: and (?:reporting|writing|editing))? by\b"
    r"|interview(?:ed)?(?: by|:)"
    r"|\(?with (?:inputs?|files|material|reporting|additional reporting) (?:from|by)\b"
    r"|(?:corrections?|clarification|editor['’]s note):"
    r"|this (?:article|story|report|piece) (?:was|has been|is)\b"
    r"|if you (?:have|spot|want|would like)\b.{0,80}\b(?:tip|typo|contact|email|story)\b"
    r"|(?:follow|contact|reach|email) (?:him|her|them|the (?:author|reporter)|[\w ]{1,40}) (?:on|at|via)\b"
    r"|__+|-30-|#{3,}",
    re.IGNORECASE,
)
_BIOGRAPHY = re.compile(
    r"[^\W\d_][^.!?\n]{1,80}? (?:"
    r"(?:is|are|was) (?:an?|the|\w+['’]s)\b[^!?\n]{0,80}?\b(?:correspondents?|reporters?|editors?|writers?"
    r"|columnists?|producers?|hosts?|journalists?|fellow|contributors?|intern|anchor)\b"
    r"|(?:reports on|covers|writes about|co-hosts|hosts) [^!?\n]{1,80} (?:for|at|on)\b)"
)


def is_furniture(text: str) -> bool:
    """Tell whether the words of a line show, wherever it stands, that it is no text of the article."""
    if len(text) > _LONGEST:
        return not any(map(str.isalnum, text))
    if text.startswith(PLAYER_PHRASES) or text.endswith(PLAYER_PHRASES):
        return True
    low = text.lower()
    return (
        low.startswith(_OPENINGS)
        or low.strip(" :.…»>›|*-–•→↓\"“”'") in _WHOLE_LINES
        or any(phrase in low for phrase in _PHRASES)
        or text[-1] in "{}"
        or _is_sign(text)
        or not any(map(str.isalnum, text))
    )


def is_sound_note(text: str) -> bool:
    """Tell whether a line holds nothing but bracketed notes of sounds, and credits of them."""
    if text[0] not in "([" or len(text) > _LONGEST_NOTES:
        return False
    rest = text
    while note := _SOUND_NOTE.match(rest):
        rest = rest[note.end() :].strip()
    return rest != text and (not rest or is_furniture(rest))


def is_closing(text: str) -> bool:
    """Tell whether a line is about the article and its makers; only the end of one has such."""
    return len(text) <= _LONGEST_NOTES and bool(_CLOSING.match(text) or _BIOGRAPHY.match(text))


def is_menu_item(text: str) -> bool:
    """Tell whether a line may be one of a numbered or bulleted menu."""
    return len(text) <= 60 and bool(_NUMBERED.match(text))


def _is_sign(text: str) -> bool:
    """Tell a clock of a player, initials of an agency, or a trail as `Home | World | Asia`."""
    if text[0].isdigit() and _CLOCKS.fullmatch(text):
        return True
    if text[0].islower() and _AGENCY_CODES.fullmatch(text):
        return True
    return len(_TRAIL.findall(text)) > 1 and text[-1] not in ".!?"

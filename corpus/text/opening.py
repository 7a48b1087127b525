"""What stands at the opening of an article: title, date and author, by the words of one line."""

import re

from corpus.text.lexicon import read_lexicon
from corpus.text.lines import CLOSERS, ends_sentence

LONGEST_TITLE = 200
_LONGEST_DATE = 100
_LONGEST_BYLINE = 120
_MONTHS = frozenset(read_lexicon("months"))
_DAYS = frozenset(read_lexicon("weekdays"))
_DATE_WORDS = _MONTHS | _DAYS | frozenset(read_lexicon("date_words"))
_NUMBER = re.compile(
    r"\d{1,4}(?:st|nd|rd|th|\.)?(?:[./:h-]\d{1,4}){0,3}(?:am|pm|z|t\d\d:\d\d(?::\d\d)?z?)?", re.IGNORECASE
)
_FULL_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}")
_SIGNED = re.compile(r" ?\([^()]*\)[ —–-]*$")
_BYLINE = re.compile(
    r"(?:by|written by|reported by|story by|words by|analysis by|von|par|por|di)[ :] ?(?=[^\W\d_])",
    re.IGNORECASE,
)
_NAME_LINE = re.compile(r"[^\W\d_][\w.'’-]*(?:(?:,? (?:and|und|et|y|&) |, ?| \| ?| )[^\W\d_][\w.'’-]*){1,7}")
_RUN_IN = re.compile(r"[A-Z][^\n]{0,60}?(?:\([A-Z][\w/ .-]{1,30}\) ?)?(?:—|–|--| - )")
_PLACE_END = re.compile(r"[,(—–]|--| - ")
_ACRONYM_END = re.compile(r"\b(?:[A-Z]\.){2,}$")
_PARTICLES = frozenset(read_lexicon("name_particles"))


def has_date_word(text: str) -> bool:
    """Tell whether a month or a day of the week is among the words."""
    return any(
        word.strip(".,").lower() in _MONTHS or word.strip(".,").lower() in _DAYS for word in text.split()
    )


def is_dateline(text: str) -> bool:
    """Tell whether a line is a date, with or without its place: nothing else is on it."""
    if len(text) > _LONGEST_DATE or not any(map(str.isdigit, text)):
        return False
    text = _SIGNED.sub("", text)
    words = [word for raw in text.replace("|", " ").split() if (word := raw.strip("(),;:•·—–-").lower())]
    dated = [word.rstrip(".") in _DATE_WORDS or bool(_NUMBER.fullmatch(word)) for word in words]
    if not any(dated) or not _is_whole_date(text, words):
        return False
    place = dated.index(True)
    return all(dated[place:]) and (place == 0 or _is_place(text, place))


def _is_whole_date(text: str, words: list[str]) -> bool:
    """Tell a date or a time ago from a bare number or year."""
    bare = {word.rstrip(".") for word in words}
    return bool(bare & _MONTHS or "ago" in bare or _FULL_DATE.search(text))


def _is_place(text: str, words: int) -> bool:
    """Tell whether the words before the date name a place: few, capitalised, and a comma behind."""
    place = text.split()[:words]
    return len(place) <= 5 and place[-1][-1] in ",)|:" and not any(word[0].islower() for word in place)


def is_byline(text: str) -> bool:
    """Tell whether a line says by whom the article is, as `By NAME and NAME, AGENCY`."""
    mark = _BYLINE.match(text)
    if not mark or len(text) > _LONGEST_BYLINE:
        return False
    words = text[mark.end() :].split()
    return words[0][0].isupper() and not any(
        word[0].islower() and word not in _PARTICLES for word in words[:4]
    )


def is_bare_name(text: str) -> bool:
    """Tell whether a line is nothing but two to four words written as names."""
    return (
        len(text) <= 60
        and text[-1] != "."
        and not text.isupper()
        and bool(_NAME_LINE.fullmatch(text))
        and all(word[0].isupper() or word in _PARTICLES or word in "|&" for word in text.split())
    )


def run_in_dateline(text: str) -> int:
    """Return how many characters a paragraph spends on an opening as `MOSCOW (AP) — `; 0 for none."""
    opening = _RUN_IN.match(text)
    if not opening:
        return 0
    # `U.S. officials — who …` opens with capitals too, but no place is written half in small letters.
    place = _PLACE_END.split(opening.group(), maxsplit=1)[0]
    return opening.end() if place.isupper() else 0


def has_run_in_dateline(text: str) -> bool:
    """Tell whether a paragraph opens as `MOSCOW (AP) — `: it is the first of the body."""
    return run_in_dateline(text) > 0


def is_title_like(text: str) -> bool:
    """Tell whether a line can be a headline: not long, and no sentence that ends in a stop.

    Some agencies put a full stop behind headlines: one in title case may have it.
    """
    if len(text) > LONGEST_TITLE or text[-1] in ",;:":
        return False
    if not ends_sentence(text) or text.rstrip(CLOSERS)[-1] in "?!" or _ACRONYM_END.search(text):
        return True
    return text[-1] == "." and ". " not in text and _is_title_case(text)


def is_wordy(text: str) -> bool:
    """Tell whether a line has three words or more, or is of a script without spaces."""
    return text.count(" ") >= 2 or (len(text) >= 6 and not text.isascii() and text.lower() == text.upper())


def _is_title_case(text: str) -> bool:
    words = [word for word in text.split() if len(word) > 3]
    return len(words) > 2 and sum(word.lstrip("‘“'\"")[:1].isupper() for word in words) > 0.75 * len(words)

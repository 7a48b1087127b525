"""Sentences of a text, bounded by its paragraphs."""

import re
from collections.abc import Iterator

from corpus.text.lexicon import any_of, read_lexicon
from corpus.text.lines import read_lines
from corpus.text.spans import Span
from corpus.text.view import plain_view

_TITLES = frozenset(read_lexicon("abbreviated_titles"))
_COUNTS = frozenset(read_lexicon("abbreviated_counts"))
_ENDS = frozenset(read_lexicon("abbreviated_ends"))
_STARTERS = frozenset(read_lexicon("sentence_starters"))
_TIME_ZONES = frozenset(read_lexicon("time_zones"))
_MONTHS = frozenset(read_lexicon("months"))

#: What opens a quote in one language closes it in another: before a space it closes.
#: A place where a sentence may end: stops with their closing quotes, or the space before a bullet.
_STOP = re.compile(
    r"(?P<wide>[。！？]+[”’」』）]*)"
    r"|(?P<stop>\.(?: ?\.)+|[.!?…؟۔।]+)(?P<closers>(?:[\"'”’»›)\]]|[“‘«](?=[ \n]|$))*(?: »(?=[ \n]|$))?)"
    r"|(?P<bullet> (?=[•▪] ))"
)
_OPENERS = re.compile(r"[\"'“‘„«‹(\[¿¡*•]*(?:[—–-] ?)?[\"'“‘„«‹]*")
_NEXT_WORD = re.compile(r"[^\W_]+")
#: What stands before a stop, back to the last space, bracket, quote or dash; long words are no abbreviations.
_WORD = re.compile(r"[\w.&]*$")
_LONGEST_ABBREVIATION = 12
_ACRONYM = re.compile(r"[^\W\d_](?:\.[^\W\d_])*")
_ATTRIBUTION = re.compile(r"(?:[^\W\d_a-z][\w.’'-]{0,30}[ \n]){1,4}" + any_of("reporting_verbs"))
_DOMAINS = frozenset({"Com", "Org", "Net", "Co", "De", "Uk", "Js"})


def sentences(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Return the sentences of `text[start:end]`, trimmed of white space, in order.

    Offsets count from the start of `text`. A line is a paragraph and ends a sentence, unless its
    lines are wrapped. A quote of several sentences is split like any text; one that ends in a
    question or an exclamation stays with the words that say whose it is.

    Cost: linear in the stretch.
    """
    found = []
    for line in read_lines(plain_view(text[start:end]), least_wrapped=1):
        offset = start + line.start
        for begin, stop in _split(line.text):
            found.append(Span(offset + begin, offset + stop))
    return found


def _split(paragraph: str) -> Iterator[tuple[int, int]]:
    """Yield the sentences of one paragraph, which has no white space at its edges."""
    begin = 0
    for stop in _STOP.finditer(paragraph):
        if stop.end() < len(paragraph) and _is_end(paragraph, stop):
            yield begin, stop.start() if stop["bullet"] else stop.end()
            begin = _skip_spaces(paragraph, stop.end())
    if begin < len(paragraph):
        yield begin, len(paragraph)


def _is_end(paragraph: str, stop: re.Match[str]) -> bool:
    """Tell whether a sentence ends at a stop within a paragraph."""
    if stop["wide"] or stop["bullet"]:
        return True
    if paragraph[stop.end()] not in " \n":
        return _is_fused(paragraph, stop)
    following = _skip_spaces(paragraph, stop.end())
    opened = _OPENERS.match(paragraph, following)
    first = opened.end() if opened else following
    if paragraph[first : first + 1].islower():
        return False
    word = _NEXT_WORD.match(paragraph, first)
    next_word = word[0] if word else ""
    quote = paragraph[following : following + 1] in '"“„«'
    mark = stop["stop"]
    if mark != ".":
        return _ends_loudly(paragraph, stop, following, starts=quote or next_word in _STARTERS)
    if stop["closers"]:
        return True
    word_before = _word_before(paragraph, stop.start())
    # `1. First` is the number of a paragraph.
    if word_before.isdigit() and len(word_before) == stop.start():
        return False
    return _ends_with(word_before, next_word, quote=quote)


def _ends_loudly(paragraph: str, stop: re.Match[str], following: int, *, starts: bool) -> bool:
    """Tell the end of a sentence at a question, an exclamation or an ellipsis."""
    if stop["stop"][0] in ".…" and not stop["closers"]:
        return starts or paragraph[stop.start() - 1 : stop.start()] != " "
    return not (stop["closers"] and _ATTRIBUTION.match(paragraph, following))


def _ends_with(word: str, next_word: str, *, quote: bool) -> bool:
    """Tell whether a word with a full stop ends a sentence before the next word."""
    starts = quote or next_word in _STARTERS
    if word.isdigit():
        # `20. Oktober` is a German date.
        return not (len(word) < 3 and next_word.lower() in _MONTHS)
    if word in _TITLES:
        return False
    if word in _COUNTS:
        return not next_word[:1].isdigit()
    if word in {"a.m", "p.m"}:
        return next_word not in _TIME_ZONES
    if word in _ENDS or (word != "I" and _ACRONYM.fullmatch(word)):
        return starts
    return True


def _is_fused(paragraph: str, stop: re.Match[str]) -> bool:
    """Tell the end of a sentence whose following space is missing, as in `talks.The minister`."""
    if len(stop["stop"]) > 1:
        return False
    following = stop.end()
    opened = _OPENERS.match(paragraph, following)
    first = opened.end() if opened else following
    word = _NEXT_WORD.match(paragraph, first)
    if not word or not paragraph[first].isupper() or word[0] in _DOMAINS or word[0][1:2].isupper():
        return False
    if len(word[0]) == 1 and paragraph[word.end() : word.end() + 1] != " ":
        return False
    before = paragraph[max(0, stop.start() - 40) : stop.start()].rsplit(" ", 1)[-1]
    known = before in _TITLES or before in _COUNTS or before in _ENDS
    return before[-2:].islower() and before[-2:].isalpha() and not known and not set("/@.") & set(before)


def _word_before(paragraph: str, at: int) -> str:
    """Return the word that ends at `at`, or "" if it is too long for an abbreviation."""
    tail = paragraph[max(0, at - _LONGEST_ABBREVIATION) : at]
    found = _WORD.search(tail)
    return found[0] if found else ""


def _skip_spaces(paragraph: str, at: int) -> int:
    while at < len(paragraph) and paragraph[at] in " \n":
        at += 1
    return at

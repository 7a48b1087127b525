"""Lines of a text, with hard-wrapped paragraphs joined."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

#: What ends a sentence, in the scripts that news comes in.
STOPS = ".!?…。！？؟۔।"
#: What may stand after the stop and still belong to the sentence.
CLOSERS = "\"'”’“‘»«›)]」』"

_LINE = re.compile(r"[^ \n](?:[^\n]*[^ \n])?")
#: Mail and wire services wrap at 60 to 80 characters; a paragraph in one line is longer.
_WIDEST_WRAP = 130
_NARROWEST_WRAP = 40


class Line(NamedTuple):
    """A line of a view, or several of one wrapped paragraph, without white space at its edges."""

    start: int
    end: int
    text: str
    #: A blank line, or the start of the text, stands before it.
    gap: bool

    def part(self, start: int, end: int) -> "Line":
        """Return a part of the line, trimmed; `start` and `end` count from the line's start."""
        text = self.text[start:end]
        start += len(text) - len(text.lstrip())
        text = text.strip()
        begin = self.start + start
        return Line(begin, begin + len(text), text, self.gap if start == 0 else False)


def ends_sentence(text: str) -> bool:
    """Tell whether the last character, closing quotes and brackets aside, ends a sentence."""
    last = text.rstrip(CLOSERS)[-1:]
    return last != "" and last in STOPS


def read_lines(view: str, *, least_wrapped: int = 3) -> list[Line]:
    """Return the lines of a plain view that hold more than white space.

    Lines of a wrapped paragraph come joined; a view is taken for wrapped when at least
    `least_wrapped` of its lines break where the next word would not have fitted.
    """
    lines = []
    end_before = None
    for found in _LINE.finditer(view):
        start, end = found.span()
        gap = end_before is None or view.count("\n", end_before, start) > 1
        lines.append(Line(start, end, found[0], gap))
        end_before = end
    return _join_wrapped(view, lines, least_wrapped)


def _join_wrapped(view: str, lines: list[Line], least: int) -> list[Line]:
    """Join lines that were broken because the next word did not fit, and only those."""
    width = max((len(line.text) for line in lines), default=0)
    if not _NARROWEST_WRAP <= width <= _WIDEST_WRAP or not _is_wrapped(lines, width, least):
        return lines
    joined = [[lines[0]]]
    for before, line in pairwise(lines):
        if not line.gap and _is_full(before, line, width):
            joined[-1].append(line)
        else:
            joined.append([line])
    return [_paragraph(view, group) for group in joined]


def _is_wrapped(lines: Sequence[Line], width: int, least: int) -> bool:
    """Tell whether nearly all lines that end within a sentence are as full as can be."""
    broken = [
        _is_full(before, line, width)
        for before, line in pairwise(lines)
        if not line.gap and not ends_sentence(before.text)
    ]
    return sum(broken) >= max(least, 0.8 * len(broken))


def _is_full(before: Line, line: Line, width: int) -> bool:
    """Tell whether the first word of `line` would not have fitted behind `before`."""
    first_word = len(line.text.split(" ", 1)[0])
    return len(before.text) + 1 + first_word > width


def _paragraph(view: str, lines: Sequence[Line]) -> Line:
    start, end = lines[0].start, lines[-1].end
    return Line(start, end, view[start:end], lines[0].gap)

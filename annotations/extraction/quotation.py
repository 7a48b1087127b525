"""Quotation marks: which stretches of a text stand in quotation marks.

Every common kind is known: straight and curly, low German, guillemets either way round, corner brackets, two
single quotes or two backticks for a double mark, single quotes as the outer mark. Nested quotations belong to
their outer one. A quotation that is opened again at the start of each paragraph is one quotation.

Cost: one pass over the marks; the stack is only popped, so hostile input stays linear.
"""

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

from corpus.text.spans import Span


class Family(IntEnum):
    """Marks of one family open and close each other."""

    DOUBLE = 0
    ANGLE = 1
    CORNER = 2
    WHITE_CORNER = 3
    SINGLE = 4
    SINGLE_ANGLE = 5


class Quotation(NamedTuple):
    """A stretch in quotation marks, the marks included.

    `parts` has one span for each paragraph that it runs through. `closed` is false where the
    closing mark is missing and the quotation was taken to end with its paragraph.
    """

    start: int
    end: int
    parts: tuple[Span, ...]
    closed: bool


class Mark(NamedTuple):
    """One mark with what its neighbours and its form allow it to be."""

    start: int
    end: int
    family: Family
    opens: bool
    closes: bool
    #: +1 for a form that usually opens, -1 for one that usually closes, 0 for a straight one
    form: int


class Opened(NamedTuple):
    """An opening that waits for its end; `inner` is where the finished list stood then."""

    mark: Mark
    inner: int


_MARKS = re.compile("``|''|,,|<<|>>|[\"“”„‟＂«»‹›‘’‚‛'`´「」『』]")
_FAMILIES = {
    **dict.fromkeys(["``", "''", ",,", '"', "“", "”", "„", "‟", "＂"], Family.DOUBLE),
    **dict.fromkeys(["«", "»", "<<", ">>"], Family.ANGLE),
    **dict.fromkeys(["‹", "›"], Family.SINGLE_ANGLE),
    **dict.fromkeys(["「", "」"], Family.CORNER),
    **dict.fromkeys(["『", "』"], Family.WHITE_CORNER),
    **dict.fromkeys(["‘", "’", "‚", "‛", "'", "`", "´"], Family.SINGLE),
}
_FORMS = {
    **dict.fromkeys(["``", ",,", "“", "„", "‟", "«", "<<", "‹", "「", "『", "‘", "‚", "‛", "`"], 1),
    **dict.fromkeys(["”", "»", ">>", "›", "」", "』", "’", "´"], -1),
}
_ELISION = re.compile(r"(?:\d0s|em|til|tis|twas|cause|round|bout|n)\b", re.IGNORECASE)
_NESTED_ENDS = frozenset("'’")
_AFTER_CLOSING = ")]}—–-/:;,.!?…<*_"


def find_quotations(view: str, paragraphs: Sequence[Span]) -> list[Quotation]:
    """Return the outermost quotations of a text, sorted and disjoint.

    `view` is the text with plain white space; a quotation never leaves `paragraphs`, which are
    sorted and disjoint, and runs from one into the next only when that one opens it again.
    """
    found: list[Quotation] = []
    pending: list[Span] = []
    for number, paragraph in enumerate(paragraphs):
        follower = paragraphs[number + 1] if number + 1 < len(paragraphs) else None
        closed, left_open = _scan(view, paragraph, reopened=bool(pending))
        if pending and closed and closed[0].start == paragraph.start:
            found.append(_joined(pending, closed.pop(0)))
            pending = []
        found.extend(closed)
        if left_open is None:
            continue
        rest = Span(left_open.start, paragraph.end)
        if follower and _reopens(view, left_open, follower):
            pending.append(rest)
        else:
            last = Quotation(rest.start, rest.end, (rest,), closed=False)
            found.append(_joined(pending, last) if pending else last)
            pending = []
    return found


def _joined(pending: Sequence[Span], last: Quotation) -> Quotation:
    return Quotation(pending[0].start, last.end, (*pending, *last.parts), closed=last.closed)


def _reopens(view: str, mark: Mark, follower: Span) -> bool:
    again = _MARKS.match(view, follower.start, follower.end)
    if again is None or _FAMILIES[again.group()] is not mark.family:
        return False
    return mark.family is not Family.SINGLE or again.group() == view[mark.start : mark.end] == "‘"


def _scan(view: str, paragraph: Span, *, reopened: bool) -> tuple[list[Quotation], Mark | None]:
    """Return the closed quotations of one paragraph, and the mark that its end leaves open."""
    marks = list(_read_marks(view, paragraph))
    singles = _later_single_closings(marks)
    stack: list[Opened] = []
    depth = dict.fromkeys(Family, 0)
    done: list[Quotation] = []
    for index, mark in enumerate(marks):
        single = mark.family is Family.SINGLE
        if depth[mark.family] and _is_closing(view, mark, singles[index]):
            while True:
                opened = stack.pop()
                depth[opened.mark.family] -= 1
                if opened.mark.family is mark.family:
                    break
            del done[opened.inner :]
            span = Span(opened.mark.start, mark.end)
            done.append(Quotation(span.start, span.end, (span,), closed=True))
        elif mark.opens and not (single and singles[index] < 0 and view[mark.start] != "‘"):
            stack.append(Opened(mark, len(done)))
            depth[mark.family] += 1
    return _settle(paragraph, done, stack, reopened=reopened)


def _settle(
    paragraph: Span, done: list[Quotation], stack: Sequence[Opened], *, reopened: bool
) -> tuple[list[Quotation], Mark | None]:
    """Decide which unclosed opening, if any, really leaves its paragraph open.

    One that has complete quotations behind it more likely lacks its closing mark somewhere before
    them, unless the paragraph itself continues a quotation; a single quote is then an apostrophe.
    """
    for opened in stack:
        if opened.mark.family is Family.SINGLE and opened.mark.start != paragraph.start:
            continue
        if opened.inner == len(done) or (reopened and opened.mark.start == paragraph.start):
            return done[: opened.inner], opened.mark
    return done, None


def _read_marks(view: str, paragraph: Span) -> Iterator[Mark]:
    for match in _MARKS.finditer(view, paragraph.start, paragraph.end):
        start, end = match.span()
        before = view[start - 1] if start > paragraph.start else " "
        if before == " " and view[start - 2 : start - 1] in _NESTED_ENDS and start - 2 > paragraph.start:
            before = view[start - 2]  # a space parts the ends of a quotation and the one within it: ' "
        after = view[end] if end < paragraph.end else " "
        family = _FAMILIES[match.group()]
        form = _FORMS.get(match.group(), 0)
        if family is Family.SINGLE:
            if before.isalnum() and after.isalnum():
                continue
            if form != 1 and not before.isalnum() and _ELISION.match(view, end):
                continue
        opens, closes = _sides(family, form, before, after)
        yield Mark(start, end, family, opens, closes, form)


def _sides(family: Family, form: int, before: str, after: str) -> tuple[bool, bool]:
    """Return whether a mark may open and whether it may close, by its form and its neighbours."""
    if family in (Family.CORNER, Family.WHITE_CORNER):
        return form == 1, form == -1
    followed = not after.isspace() and (after not in _AFTER_CLOSING or after in "-.…")
    opens = followed and not before.isalnum() and (form != -1 or family is not Family.SINGLE)
    closes = not before.isspace() and not (after.isalnum() and before in "([{")
    if family in (Family.DOUBLE, Family.SINGLE):
        return opens, closes and (not after.isalnum() or form == -1 or before in ".,!?…")
    # French sets a space within its marks
    return opens or (form == 1 and before.isspace()), closes or (form == -1 and not followed)


def _is_closing(view: str, mark: Mark, later: int) -> bool:
    if not mark.closes:
        return False
    if mark.form == 1 and mark.opens and view[mark.start - 1].isspace():
        return False
    if mark.family is not Family.SINGLE:
        return True
    possessive = view[mark.start - 1] in "sS" and view[mark.end : mark.end + 2].strip()[:1].islower()
    return not (possessive and later >= 0 and view[later - 1] in ".,!?…")


def _later_single_closings(marks: Sequence[Mark]) -> list[int]:
    """Return for each mark where the next single quote stands that could close one, or -1."""
    later = [-1] * len(marks)
    nearest = -1
    for index in range(len(marks) - 1, -1, -1):
        mark = marks[index]
        later[index] = nearest
        if mark.family is Family.SINGLE and mark.closes:
            nearest = mark.start
    return later

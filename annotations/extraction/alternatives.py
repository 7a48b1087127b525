"""Other boundaries for what was found: a clause more or less, the whole sentence, in one piece or two."""

from collections.abc import Iterator, Sequence

from annotations.extraction.clauses import end_of_sentence, start_of_sentence, trim
from annotations.extraction.linkable import Stretch
from annotations.extraction.tokens import QUOTED, STOP, Token
from annotations.extraction.words import PREPOSITIONS, RELATIVES, word_set

Pieces = tuple[Stretch, ...]

_LINKING = word_set("that to whether if how why what when as but and so because")
_CONJOINED = word_set("and but or while as because after before when if since although though until unless")
_BREAKS = frozenset({",", ";", ":", "—", "–", "--", "(", ")", "-"})
#: so many sentences a quotation is followed
_REACH = 3


def other_boundaries(
    tokens: Sequence[Token], pieces: Pieces, reporting: Sequence[Stretch]
) -> Iterator[tuple[Pieces, str]]:
    """Yield pieces that may be meant instead, the likeliest first, each with how it differs.

    Args:
        tokens: of the passage.
        pieces: where the annotation stands now.
        reporting: its source and its cue.
    """
    yield from _other_pieces(tokens, pieces, reporting)
    last = pieces[-1]
    first = pieces[0]
    starts = list(_starts(tokens, first, reporting))
    ends = list(_ends(tokens, last))
    for number in range(max(len(starts), len(ends))):
        if number < len(ends):
            yield _put(pieces, last=ends[number][0]), ends[number][1]
        if number < len(starts):
            yield _put(pieces, first=starts[number][0]), starts[number][1]
    for start, how in starts[:2]:
        for end, where in ends[:2]:
            if start < end:
                yield _put(pieces, first=start, last=end), f"{how}, {where}"


def _put(pieces: Pieces, *, first: int | None = None, last: int | None = None) -> Pieces:
    changed = list(pieces)
    if first is not None:
        changed[0] = changed[0]._replace(first=first)
    if last is not None:
        changed[-1] = changed[-1]._replace(last=last)
    return tuple(changed)


def _starts(
    tokens: Sequence[Token], piece: Stretch, reporting: Sequence[Stretch]
) -> Iterator[tuple[int, str]]:
    first, last = piece
    begin = max([start_of_sentence(tokens, first), *(one.last for one in reporting if one.last <= first)])
    if tokens[first].low in _LINKING and first + 1 < last:
        yield first + 1, f"without “{tokens[first].text}”"
    if first > begin and tokens[first - 1].low in _LINKING:
        yield first - 1, f"with “{tokens[first - 1].text}”"
    for index in range(first + 1, last - 1):
        if tokens[index].low in _BREAKS:
            yield index + 1, "behind the next comma"
            break
    earliest, _ = trim(tokens, begin, last)
    if earliest < first:
        yield earliest, "from the sentence's start"
    for index in range(first - 2, begin, -1):
        if tokens[index].low in _BREAKS and index + 1 < first:
            yield index + 1, "from the comma before"
            break
    for index in range(first + 1, last):
        if tokens[index].low == QUOTED:
            yield index, "from the quotation mark"
            break
    for index in range(first + 1, last):
        if tokens[index].low == "that" and index + 1 < last:
            yield index, "from “that”"
            break


def _ends(tokens: Sequence[Token], piece: Stretch) -> Iterator[tuple[int, str]]:
    first, last = piece
    stop = end_of_sentence(tokens, last - 1)
    _, end = trim(tokens, first, stop)
    if end > last:
        yield end, "to the sentence's end"
    for index in range(last - 1, first, -1):
        if tokens[index].low in _BREAKS:
            yield index, "to the comma before"
            break
    for index in range(last - 1, first, -1):
        if tokens[index].low in _CONJOINED | RELATIVES and tokens[index - 1].low not in _BREAKS:
            yield index, f"without “{tokens[index].text} …”"
            break
    for index in range(last + 1, stop):
        if tokens[index].low in _BREAKS:
            yield index, "to the next comma"
            break
    for index in range(last - 1, first, -1):
        if tokens[index].low == QUOTED and index + 1 < last:
            yield index + 1, "to the quotation mark"
            break
    for index in range(first + 1, last):
        if tokens[index].low in _BREAKS:
            yield index, "to the first comma"
            break
    for index in range(last - 1, first, -1):
        if tokens[index].low in PREPOSITIONS:
            yield index, f"without “{tokens[index].text} …”"
            break


def _other_pieces(
    tokens: Sequence[Token], pieces: Pieces, reporting: Sequence[Stretch]
) -> Iterator[tuple[Pieces, str]]:
    first, last = pieces[0].first, pieces[-1].last
    if len(pieces) > 1:
        # One key takes the last segment away, so that the last alone is what a list is wanted for.
        yield pieces[-1:], "the last segment alone"
        yield pieces[:1], "the first segment alone"
        yield (Stretch(first, last),), "in one"
        return
    inside = [one for one in reporting if first < one.first and one.last < last]
    if inside:
        before = trim(tokens, first, min(one.first for one in inside))
        behind = trim(tokens, max(one.last for one in inside), last)
        yield (Stretch(*before), Stretch(*behind)), "without the reporting words"
    yield from _goes_on(tokens, pieces[0], reporting)


def _goes_on(
    tokens: Sequence[Token], piece: Stretch, reporting: Sequence[Stretch]
) -> Iterator[tuple[Pieces, str]]:
    """Yield what is said with what goes on behind the reporting words, or in the next quotation."""
    behind = max([piece.last, *(one.last for one in reporting if piece.last <= one.first)])
    stop = end_of_sentence(tokens, behind)
    rest = Stretch(*trim(tokens, behind, stop))
    if behind > piece.last and rest.first + 1 < rest.last:
        yield (piece, rest), "with what follows its reporting words"
    if tokens[piece.last - 1].low != QUOTED:
        return
    for index in range(piece.last, min(piece.last + 40, len(tokens))):
        if tokens[index].low == QUOTED:
            if index > piece.last + 1 or tokens[piece.last].low != STOP:
                yield (piece, Stretch(index, index + 1)), "with the next quotation"
            yield (Stretch(piece.first, index + 1),), "up to the end of the next quotation"
            return

"""A sentence that a quotation opens and that nobody's report stands in: “Nobody came” for weeks."""

from collections.abc import Iterator

from annotations.extraction.clauses import end_of_sentence, trim
from annotations.extraction.reading import Reading
from annotations.extraction.said import CARRIED, Said, inner, speech_of
from annotations.extraction.tokens import STOP

_LEAST_WORDS = 5
_SENTENCE_ENDS = frozenset(",.?!")
_SCORE = 0.45


def find(reading: Reading) -> Iterator[Said]:
    """Yield such a sentence as what the speaker of the quote before goes on to say.

    Where the quotation closes like speech, a report stands behind it that no other construction
    could read; then only the quotation is said.
    """
    tokens = reading.tokens
    for quoted in reading.open_quotations():
        begins = quoted == 0 or tokens[quoted - 1].low == STOP
        words = inner(tokens[quoted]).split()
        if not begins or len(words) < _LEAST_WORDS or not words[0][:1].isupper():
            continue
        end = end_of_sentence(tokens, quoted)
        if any(index in reading.by_first for index in range(quoted, end)):
            continue
        closed = inner(tokens[quoted])[-1:] in _SENTENCE_ENDS
        piece = (quoted, quoted + 1) if closed else trim(tokens, quoted, end)
        yield Said((piece,), speech_of(tokens, (piece,)), None, None, _SCORE, CARRIED)

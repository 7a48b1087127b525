"""Reports where the finite verb is the second part of its clause and others stand at its end.

Holm said it; on Monday said Holm it; Holm has it on Monday said; as Holm on Monday said.
"""

from collections.abc import Sequence

from annotations.extraction.cues import Cue
from annotations.extraction.phrases import first_of_phrase, pronoun_of
from annotations.extraction.reports import Report
from annotations.extraction.sources import Kind, Source, source_after, source_at, source_before
from annotations.extraction.tokens import QUOTED, STOP, Token
from annotations.extraction.words import (
    AUXILIARIES,
    BE_FORMS,
    CONJUNCTIONS,
    DETERMINERS,
    NEGATED,
    PREPOSITIONS,
    RELATIVES,
    TIMES,
    is_adverb,
)

_CLAUSE_EDGES = frozenset({STOP, QUOTED, ",", ":", ";", "—", "–"})
_COORDINATORS = frozenset({"and", "but", "or"})
#: nobody says what one says
_ANYBODY = "one"
#: and nothing is a source that only fills the subject's place: it says in the letter
_NOTHING = "it"
#: a clause is followed back no further than this many tokens
_REACH = 60


def find_reports(tokens: Sequence[Token], cues: Sequence[Cue]) -> list[Report]:
    """Return what the cues report, in order."""
    reports: list[Report] = []
    for cue in cues:
        clause = _start_of_clause(tokens, cue.first)
        finite = _finite_verb(tokens, clause, cue)
        source = _subject(tokens, clause, finite)
        if source is not None and tokens[source.first].low == _ANYBODY:
            continue
        nobody = _is_passive(tokens, finite, cue) or (
            source is not None and tokens[source.first].low == _NOTHING
        )
        if nobody:
            source = None
        shared = source is None and not nobody
        if shared and reports and _start_of_sentence(tokens, clause) <= reports[-1].first:
            source = reports[-1].source
        own = [] if shared or source is None else [source]
        reports.append(
            Report(
                cue,
                source,
                first=min([finite, *(part.first for part in own if part.first >= clause)]),
                last=max([cue.last, *(part.last for part in own)]),
                shared=shared,
                negated=not NEGATED.isdisjoint(token.low for token in tokens[finite : cue.first]),
            )
        )
    return reports


def _start_of_clause(tokens: Sequence[Token], index: int) -> int:
    limit = max(index - _REACH, 0)
    while index > limit and tokens[index - 1].low not in _CLAUSE_EDGES:
        index -= 1
    return index


def _start_of_sentence(tokens: Sequence[Token], index: int) -> int:
    limit = max(index - _REACH, 0)
    while index > limit and tokens[index - 1].low != STOP:
        index -= 1
    return index


def _finite_verb(tokens: Sequence[Token], clause: int, cue: Cue) -> int:
    """Return the auxiliary that opens the bracket around a participle: has … said; else the cue itself."""
    for index in range(clause, cue.first):
        if tokens[index].low in AUXILIARIES:
            return index
    return cue.first


def _is_passive(tokens: Sequence[Token], finite: int, cue: Cue) -> bool:
    return finite < cue.first and tokens[finite].low in BE_FORMS


def _subject(tokens: Sequence[Token], clause: int, finite: int) -> Source | None:
    """Return the subject of a clause: before its finite verb, behind it, or behind what opens the clause."""
    opening = tokens[clause].low
    if opening in RELATIVES and clause > 1:
        first = first_of_phrase(tokens, clause - 1)
        return source_at(tokens, first, clause - 1) if first is not None else None
    if opening in CONJUNCTIONS - _COORDINATORS and clause < finite:
        return _at(tokens, clause + 1)
    start = clause + (opening in _COORDINATORS)
    apposed = start == finite and start > 1 and tokens[start - 1].low == ","
    before = source_before(tokens, finite) if start < finite or apposed else None
    if before is not None and (apposed or before.first == start) and not _is_governed(tokens, before):
        return before
    return _at(tokens, finite + 1)


def _is_governed(tokens: Sequence[Token], source: Source) -> bool:
    first = source.first
    return tokens[first].low in PREPOSITIONS or (first > 0 and tokens[first - 1].low in PREPOSITIONS)


def _at(tokens: Sequence[Token], start: int) -> Source | None:
    """Return the source that begins at `start`, adverbs and times left out."""
    while start < len(tokens) and (is_adverb(tokens[start].low) or tokens[start].low in TIMES):
        start += 1
    if start >= len(tokens) or tokens[start].low in PREPOSITIONS:
        return None
    if pronoun_of(tokens[start]) and tokens[start].low not in DETERMINERS:
        return Source(start, start + 1, Kind.PRONOUN)
    return source_after(tokens, start)

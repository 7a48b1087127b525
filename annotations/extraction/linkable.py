"""What a quote may be linked to: words near it that can name its source or report it, in their variants."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, takewhile
from typing import NamedTuple

from annotations.extraction.cues import LEXICON
from annotations.extraction.keeping import kept
from annotations.extraction.phrases import end_of_phrase, first_of_phrase, pronoun_of
from annotations.extraction.reports import Report
from annotations.extraction.sources import source_after
from annotations.extraction.tokens import QUOTED, STOP, Token
from annotations.extraction.words import (
    AUXILIARIES,
    DETERMINERS,
    PREPOSITIONS,
    RELATIVES,
    TIMES,
    is_adverb,
)

#: no description behind a name is followed further than this many tokens
_LONGEST_DESCRIPTION = 40
_LONGEST_ADJUNCT = 12
_LONGEST_GROUP = 5
#: so many places where a description may end are offered
_CUTS = 4
#: sources and cues are looked for so many tokens away, and so many of the nearest are kept
_REACH = 80
_MOST_NEAR = 12
#: by how many tokens something else makes a stretch farther or nearer
_OTHER_SENTENCE = 25
_WITHIN = 60
_REPORTING = 6
#: so many words beside a quote may report it, where nothing else does
_BESIDE = 5
_BREAKS = frozenset({STOP, QUOTED, ",", ";", ":", "—", "–", "―", "--", "(", ")", "-", "."})
_DASHES = frozenset({"—", "–", "―", "--", "-", "~"})
_ENDS = frozenset({STOP, QUOTED, ";", ":", "—", "–", "--"})
_CUTTING = _ENDS | RELATIVES | {",", "(", "."}


class Stretch(NamedTuple):
    """Half-open indices of tokens."""

    first: int
    last: int


@dataclass(frozen=True)
class Surroundings:
    """The tokens of a passage and its reports, where sources and cues are looked for."""

    tokens: Sequence[Token]
    reports: Sequence[Report]

    @cached_property
    def sources(self) -> Sequence[Stretch]:
        """The phrases that can name a source, in order; those of reports among them."""
        found = {Stretch(report.source.first, report.source.last) for report in self.reports if report.source}
        index = 0
        while index < len(self.tokens):
            end = _end_of_mention(self.tokens, index)
            if end is not None:
                found.add(Stretch(index, end))
            index = end or index + 1
        return sorted(found)

    @cached_property
    def cues(self) -> Sequence[Stretch]:
        """The words that can report, in order: those of reports, and whatever reads like a verb."""
        found = {Stretch(report.cue.first, report.cue.last) for report in self.reports}
        for index, token in enumerate(self.tokens):
            if token.low == "according" and self.tokens[index + 1].low == "to":
                found.add(Stretch(index, index + 2))
            elif _reads_as_verb(token):
                found.add(Stretch(index, index + 1))
        return sorted(found)

    @cached_property
    def sentences(self) -> Sequence[int]:
        """The number of the sentence of each token."""
        return list(accumulate(token.low == STOP for token in self.tokens))

    def near(self, stretches: Sequence[Stretch], anchor: Stretch, pieces: Sequence[Stretch]) -> list[Stretch]:
        """Return the stretches around an anchor, the nearest first.

        Over a sentence's end is farther, and so is what stands within what was said (`pieces`); what a report
        names is nearer.
        """
        low = bisect_left(stretches, anchor.first - _REACH, key=_first_of)
        high = bisect_left(stretches, anchor.last + _REACH, key=_first_of)
        sentences, reporting = self.sentences, self.reporting
        sentence = sentences[anchor.first]

        def distance(one: Stretch) -> int:
            begin, end = one
            gap = max(anchor.first - end, begin - anchor.last, 0)
            gap += _OTHER_SENTENCE * abs(sentences[begin] - sentence)
            for first, last in pieces:
                if first <= begin < last:
                    gap += _WITHIN
                    break
            return gap - _REPORTING if one in reporting else gap

        nearest = sorted([(distance(one), one) for one in stretches[low:high]])
        return [one for _, one in nearest[:_MOST_NEAR]]

    def opening(self, stretches: Sequence[Stretch]) -> list[Stretch]:
        """Return those in the first sentence."""
        return list(takewhile(lambda one: self.sentences[one.first] == 0, stretches))

    def last(self, stretches: Sequence[Stretch]) -> list[Stretch]:
        """Return those in the last sentence: what a report names first, and then the last first."""
        sentence = self.sentences[-1] - 1
        found = list(takewhile(lambda one: self.sentences[one.first] == sentence, reversed(stretches)))
        return sorted(found, key=lambda one: one not in self.reporting)

    def signature(self, last: Stretch) -> tuple[Stretch, Stretch] | None:
        """Return the mark behind a quotation and the name that signs it: “Nobody came.” — Ida Holm, Hull"""
        tokens = self.tokens
        mark = last.last
        if mark < len(tokens) and tokens[mark].low == STOP:
            mark += 1
        if mark + 1 >= len(tokens) or tokens[mark].low not in _DASHES or not tokens[mark + 1].capital:
            return None
        end = mark + 1
        while end < len(tokens) and tokens[end].low not in _BREAKS:
            end += 1
        return Stretch(mark, mark + 1), Stretch(mark + 1, end)

    def colon_before(self, first: Stretch) -> Stretch | None:
        """Return the colon that what was said stands behind."""
        before = first.first - 1
        return Stretch(before, first.first) if before >= 0 and self.tokens[before].low == ":" else None

    def words_beside(self, pieces: Sequence[Stretch]) -> Iterator[Stretch]:
        """Yield the words before what was said, the nearest first, then those behind it."""
        first, last = pieces[0].first, pieces[-1].last
        before = range(first - 1, max(first - _BESIDE, 0) - 1, -1)
        for index in (*before, *range(last, min(last + _BESIDE, len(self.tokens))), first):
            if self.tokens[index].word:
                yield Stretch(index, index + 1)

    @cached_property
    def reporting(self) -> frozenset[Stretch]:
        """What the reports of the passage name as their source or cue."""
        sources = {Stretch(one.source.first, one.source.last) for one in self.reports if one.source}
        return frozenset(sources | {Stretch(one.cue.first, one.cue.last) for one in self.reports})

    @kept
    def lengths_of_source(self, source: Stretch) -> Sequence[Stretch]:
        """Return the same source with more of its description or less, the likeliest first."""
        return tuple(self._lengths_of_source(source))

    def _lengths_of_source(self, source: Stretch) -> Iterator[Stretch]:
        tokens = self.tokens
        first, last = source
        if pronoun_of(tokens[first]):
            return
        comma = Stretch(first, last + 1) if last < len(tokens) and tokens[last].low == "," else None
        if (verb := self._verb_behind(source)) is not None:
            yield Stretch(first, verb)
            if comma is not None:
                yield comma
        described = source_after(tokens, first)
        if described is not None:
            yield Stretch(first, described.last)
        cuts = list(_cuts(tokens, source, verb))
        if last - first > 1 and _reads_as_verb(tokens[last - 1]):
            yield Stretch(first, last - 1)
        yield from cuts[:2]
        if comma is not None:
            yield comma
        for index in range(first + 1, last):
            if tokens[index].low in {",", "("} | RELATIVES:
                yield Stretch(first, index)
                break
        whole = first_of_phrase(tokens, last)
        if whole is not None and whole < first:
            yield Stretch(whole, last)
        if first and (tokens[first - 1].low in DETERMINERS or tokens[first - 1].capital):
            yield Stretch(first - 1, last)
        yield from (Stretch(index, last) for index in _names(tokens, source))
        yield from cuts[2:]
        if verb is not None and verb > last and tokens[verb].low == ",":
            yield Stretch(first, verb + 1)
        if last - first > 1 and tokens[first].capital and tokens[first + 1].capital:
            yield Stretch(first + 1, last)

    def between(self, source: Stretch, first: Stretch, last: Stretch) -> Stretch | None:
        """Return the words between a source and what it says, or from it to the sentence's end."""
        if source.last <= first.first:
            begin, end = source.last, first.first
        elif last.last <= source.first:
            begin, end = last.last, source.first
        else:
            return None
        while begin < end and self.tokens[begin].low in _BREAKS:
            begin += 1
        while begin < end and self.tokens[end - 1].low in {",", STOP, QUOTED}:
            end -= 1
        inside = self.tokens[begin:end]
        plain = 0 < len(inside) <= _LONGEST_ADJUNCT and all(
            token.low not in {STOP, QUOTED} for token in inside
        )
        return Stretch(begin, end) if plain else None

    def _verb_behind(self, source: Stretch) -> int | None:
        """Return where all of a source's description ends, if its reporting word stands behind it."""
        tokens = self.tokens
        for number in range(bisect_left(self._cue_starts, source.last), len(self._cue_starts)):
            end = self._cue_starts[number]
            between = tokens[source.last : end]
            if len(between) > _LONGEST_DESCRIPTION or any(token.low in {STOP, QUOTED} for token in between):
                return None
            while end > source.last and (_modifies(tokens[end - 1]) or tokens[end - 1].low == ","):
                end -= 1
            if tokens[end - 1].low not in RELATIVES:
                return end
        return None

    @cached_property
    def _cue_starts(self) -> Sequence[int]:
        return sorted(report.cue.first for report in self.reports)

    def start_of_group(self, cue: Stretch) -> int:
        """Return where the auxiliaries and adverbs before a verb begin: has often said."""
        first = cue.first
        while first > max(cue.first - _LONGEST_GROUP, 0) and _modifies(self.tokens[first - 1]):
            first -= 1
        return first

    @kept
    def lengths_of_cue(self, cue: Stretch) -> Sequence[Stretch]:
        """Return the same cue with its auxiliaries and adverbs, with what belongs to it behind it, bare."""
        return tuple(self._lengths_of_cue(cue))

    def _lengths_of_cue(self, cue: Stretch) -> Iterator[Stretch]:
        tokens = self.tokens
        first = self.start_of_group(cue)
        last = cue.last
        follows = tokens[last] if last < len(tokens) else None
        if first < cue.first:
            yield Stretch(first, cue.last)
        if follows is not None and (follows.low == ":" or follows.low in TIMES or is_adverb(follows.low)):
            yield Stretch(cue.first, last + 1)
        for index in range(last + 1, min(last + _LONGEST_ADJUNCT, len(tokens)) + 1):
            if index == len(tokens) or tokens[index].low in _BREAKS or tokens[index].low == "that":
                yield Stretch(cue.first, index)
                break
        if follows is not None and follows.low in PREPOSITIONS:
            yield Stretch(cue.first, last + 1)
        if cue.last - cue.first > 1:
            yield Stretch(cue.first, cue.first + 1)
            yield Stretch(cue.last - 1, cue.last)
        if first < cue.first - 1:
            yield Stretch(cue.first - 1, cue.last)


def _first_of(stretch: Stretch) -> int:
    return stretch.first


def _cuts(tokens: Sequence[Token], source: Stretch, verb: int | None) -> Iterator[Stretch]:
    """Yield a source up to each place where a description behind it may end, at its verb at the latest."""
    found = 0
    for index in range(
        source.last + 1, min(source.last + _LONGEST_DESCRIPTION, verb or len(tokens), len(tokens))
    ):
        low = tokens[index].low
        if low not in _CUTTING:
            continue
        if tokens[index - 1].low not in _BREAKS:
            yield Stretch(source.first, index)
            found += 1
        if low in _ENDS or found == _CUTS:
            return


def _names(tokens: Sequence[Token], source: Stretch) -> Iterator[int]:
    """Yield where the name begins behind its title or its description."""
    for index in range(source.first + 1, source.last):
        if tokens[index].capital and not tokens[index - 1].capital:
            yield index


def _end_of_mention(tokens: Sequence[Token], index: int) -> int | None:
    token = tokens[index]
    if pronoun_of(token) and (token.low not in DETERMINERS or _is_verb(tokens, index + 1)):
        return index + 1
    return None if token.low == "that" else end_of_phrase(tokens, index)


def _is_verb(tokens: Sequence[Token], index: int) -> bool:
    return index < len(tokens) and (tokens[index].low in AUXILIARIES or tokens[index].low in LEXICON)


def _modifies(token: Token) -> bool:
    return (
        token.low in AUXILIARIES or token.low in {"to", "n't"} or (is_adverb(token.low) and not token.capital)
    )


def _reads_as_verb(token: Token) -> bool:
    if not token.word or token.capital or token.low in AUXILIARIES or token.low in PREPOSITIONS:
        return False
    return token.low in LEXICON or (len(token.low) > 4 and token.low.endswith(("ed", "ing")))

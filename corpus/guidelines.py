"""A guideline's text as numbered rules, what differs between two versions, and which labels that touches.

A rule begins on a line with its number: `R1`, `R1.`, `- R2:`, `**R3. Title.**` or `### R4`; where no number
has a letter, `1.` does too. It ends where the next rule or heading begins, and stands under the last heading.
A rule may say itself which labels it is about: `Labels: quote, claim`, `Labels: all` or `Labels: none`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import pairwise

from corpus.schemes import SchemeDefinition

#: Marks of lists, headings and emphasis that may stand before the number of a rule.
_BEFORE = r"^[ \t]{0,12}(?:(?:[-*+]|#{1,6})[ \t]+)?(?:\*\*|__)?(?:Rule[ \t]+)?"
_LETTERED = re.compile(_BEFORE + r"(?P<number>[A-Z]{1,3}[0-9]{1,4}[a-z]?)(?=[.:)\s*_–—-]|$)", re.MULTILINE)
_NUMBERED = re.compile(_BEFORE + r"(?P<number>[0-9]{1,3}(?:\.[0-9]{1,3}){0,3})(?=[.:)])", re.MULTILINE)
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+(?P<heading>.+?)[ \t#]*$", re.MULTILINE)
_MARKER = re.compile(
    r"\blabels?:[*_]{0,2}[ \t]*(?P<names>[\w-]+(?:[ \t]*(?:,|\band\b)[ \t]*[\w-]+)*)", re.IGNORECASE
)
_PIECE = re.compile(r"\s*\w+|\s*[^\w\s]|\s+")
#: Words of two wordings that are compared one by one; longer ones are shown whole, one after the other.
MOST_PIECES = 2_000


@dataclass(frozen=True, kw_only=True)
class Rule:
    number: str
    heading: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Guide:
    """A guideline's rules in their order, and what stands outside of them."""

    rules: tuple[Rule, ...]
    outside: str


class Difference(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    RENUMBERED = "renumbered"  #: with the same words; it asks for nothing


class Stays(StrEnum):
    """What becomes of a stretch of words."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, kw_only=True)
class Words:
    stays: Stays
    text: str


@dataclass(frozen=True, kw_only=True)
class RuleChange:
    difference: Difference
    before: Rule | None = None
    after: Rule | None = None

    @property
    def number(self) -> str:
        rule = self.after or self.before
        return rule.number if rule else ""

    @property
    def words(self) -> tuple[Words, ...]:
        return word_difference(self.before.text if self.before else "", self.after.text if self.after else "")


@dataclass(frozen=True, kw_only=True)
class GuideChanges:
    """What differs between two versions; `outside` where something else than a rule does."""

    rules: tuple[RuleChange, ...]
    outside: bool
    without_rules: bool = False

    @property
    def asking(self) -> tuple[RuleChange, ...]:
        """The changes by which something may be labelled otherwise."""
        return tuple(change for change in self.rules if change.difference != Difference.RENUMBERED)


@dataclass(frozen=True, kw_only=True)
class Affected:
    """The labels that a change touches, in the order of the scheme.

    `unclear` has the numbers of the rules that name none, which may touch any.
    """

    labels: tuple[str, ...]
    unclear: tuple[str, ...] = ()
    #: There are no rules to go by at all.
    cannot_tell: bool = False


def parse_guide(text: str) -> Guide:
    """Return the rules of a guideline. A number that stood before is a reference, and begins no rule."""
    starts = list(_LETTERED.finditer(text)) or list(_NUMBERED.finditer(text))
    first: dict[str, re.Match[str]] = {}
    for start in starts:
        first.setdefault(start["number"], start)
    begins = {start.start(): number for number, start in first.items()}
    headings = {
        found.start(): found["heading"] for found in _HEADING.finditer(text) if found.start() not in begins
    }
    places = sorted((*begins, *headings))
    heading, rules, outside = "", [], [text[: places[0]] if places else text]
    for place, end in pairwise((*places, len(text))):
        if place in headings:
            heading = headings[place].strip()
            outside.append(text[place:end])
        else:
            rules.append(Rule(number=begins[place], heading=heading, text=text[place:end].strip()))
    return Guide(rules=tuple(rules), outside="".join(outside))


def compare_guides(before: Guide, after: Guide) -> GuideChanges:
    """Return the rules that were added, removed, changed or renumbered, in the order of the newer version."""
    old = {rule.number: rule for rule in before.rules}
    new = {rule.number: rule for rule in after.rules}
    same = {number for number in old.keys() & new.keys() if _said(old[number]) == _said(new[number])}
    wording = {_without_number(rule): rule for rule in before.rules if rule.number not in same}
    changes = []
    matched = set(same)
    for rule in after.rules:
        if rule.number in same:
            continue
        known = wording.pop(_without_number(rule), None)
        if known is not None and known.number != rule.number:
            changes.append(RuleChange(difference=Difference.RENUMBERED, before=known, after=rule))
            matched.add(known.number)
        else:
            changes.append(RuleChange(difference=Difference.ADDED, after=rule))
    changes = [_changed(change, old, matched) for change in changes]
    matched |= {change.before.number for change in changes if change.before}
    gone = [rule for rule in before.rules if rule.number not in matched]
    changes += [RuleChange(difference=Difference.REMOVED, before=rule) for rule in gone]
    return GuideChanges(
        rules=tuple(changes),
        outside=_plain(before.outside) != _plain(after.outside),
        without_rules=not before.rules and not after.rules,
    )


def _changed(change: RuleChange, old: dict[str, Rule], matched: set[str]) -> RuleChange:
    """Return an added rule as a changed one, where its number was there and went nowhere else."""
    known = old.get(change.number)
    if change.difference != Difference.ADDED or known is None or known.number in matched:
        return change
    return RuleChange(difference=Difference.CHANGED, before=known, after=change.after)


def affected_by(changes: GuideChanges, scheme: SchemeDefinition) -> Affected:
    """Return the labels that the changed rules name, in either wording; all where one names none."""
    found: set[str] = set()
    unclear = []
    for change in changes.asking:
        named = [labels_named(rule, scheme) for rule in (change.before, change.after) if rule]
        if all(labels is None for labels in named):
            unclear.append(change.number)
        found.update(label for labels in named for label in labels or ())
    cannot_tell = changes.without_rules and changes.outside
    every = bool(unclear) or cannot_tell
    labels = tuple(label for label in scheme.labels if every or label in found)
    return Affected(labels=labels, unclear=tuple(unclear), cannot_tell=cannot_tell)


def labels_named(rule: Rule, scheme: SchemeDefinition) -> frozenset[str] | None:
    """Return the labels that a rule is about, None where it does not say.

    What it marks counts alone; or else its words, and where these name none, its heading. A relation stands
    for the labels at both of its ends.
    """
    marked = _MARKER.search(rule.text)
    if marked:
        names = {name.lower() for name in re.findall(r"[\w-]+", marked["names"])} - {"and"}
        if names == {"all"}:
            return frozenset(scheme.labels)
        known = frozenset(label for label in scheme.labels if label.lower() in names)
        if known or names == {"none"}:
            return known
    return _named_in(rule.text, scheme) or _named_in(rule.heading, scheme) or None


def word_difference(before: str, after: str) -> tuple[Words, ...]:
    """Return how one wording becomes another, as stretches that stay, go or come."""
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    if len(old) + len(new) > MOST_PIECES:
        return _stretches([(Stays.REMOVED, before), (Stays.ADDED, after)])
    found = []
    for _, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        removed, added = "".join(old[start:end]), "".join(new[new_start:new_end])
        found += (
            [(Stays.SAME, removed)] if removed == added else [(Stays.REMOVED, removed), (Stays.ADDED, added)]
        )
    return _stretches(found)


def _stretches(found: Iterable[tuple[Stays, str]]) -> tuple[Words, ...]:
    return tuple(Words(stays=stays, text=text) for stays, text in found if text)


def _named_in(words: str, scheme: SchemeDefinition) -> frozenset[str]:
    found = {label for label in scheme.labels if _occurs(label, words)}
    for name, relation in scheme.relations.items():
        if name not in scheme.labels and _occurs(name, words):
            found.update((*relation.heads, *relation.children))
    return frozenset(found)


def _occurs(name: str, words: str) -> bool:
    """Tell whether a name stands there as a word, also in the plural, and with spaces or hyphens in it."""
    parts: Sequence[str] = [re.escape(part) for part in name.split("_")]
    stem = r"[ _-]".join(parts)
    plural = rf"(?:{stem}s?|{stem[:-1]}ies)" if name.endswith("y") else rf"{stem}s?"
    return re.search(rf"(?<![\w-]){plural}(?![\w-])", words, re.IGNORECASE) is not None


def _said(rule: Rule) -> tuple[str, str]:
    return rule.heading, _plain(rule.text)


def _without_number(rule: Rule) -> tuple[str, str]:
    return rule.heading, _plain(rule.text.replace(rule.number, "", 1))


def _plain(text: str) -> str:
    """Return a text as it reads: what spaces it has does not matter."""
    return " ".join(text.split())

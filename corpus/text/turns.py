"""Speaker turns of transcripts: which lines open with the name of a speaker."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from corpus.text.lexicon import read_lexicon
from corpus.text.lines import Line, ends_sentence
from corpus.text.opening import has_date_word

#: A label before a colon, with a role behind a comma or in brackets; a stamp of time may come first.
_LABEL = re.compile(
    r"""
    (?:[(\[]\d[\d:.]{1,12}[)\]][ ]?)?                   # [00:01:23]
    ["“„«*]{0,2}
    (?P<name>[^\W\d_][^:：()\[\]\n,"“”„*]{0,47})
    (?:,[ ](?P<role>[^:：()\[\]\n]{1,60}))?
    (?:[ ]?[(\[][^()\[\]\n]{1,60}[)\]])?
    [ *]{0,2}(?::\*{0,2}(?=[ \n"“„«(\[]|$)|：)
    """,
    re.VERBOSE,
)
_QUESTION_OR_ANSWER = re.compile(r"(?P<name>[QA])\. ")
#: A colon further in ends no label.
_LONGEST_LABEL = 180
_MOST_WORDS = 6
#: A dialogue of many speakers who speak once each is a list.
_MOST_SINGLE_SPEAKERS = 3
_PARTICLES = frozenset(read_lexicon("name_particles"))
_NO_SPEAKERS = frozenset(read_lexicon("no_speakers"))


class _Label(NamedTuple):
    """A label that may name a speaker: where in the text, and how it is written."""

    start: int
    end: int
    name: str
    capitals: bool


def find_turns(lines: Mapping[int, Line]) -> dict[int, tuple[int, int]]:
    """Return the spans of the speakers' names, by the number of the line that opens with one.

    A label in capitals names a speaker, unless it is the only one and stands where a dateline
    or a headline does. One in title case does when labels alternate and at least one comes back.
    """
    labels = {number: label for number, line in lines.items() if (label := _label(line))}
    if not labels:
        return {}
    _drop_topic_of_headline(lines, labels)
    capitals = {number: label for number, label in labels.items() if label.capitals}
    accepted = capitals if _are_speakers(lines, capitals) else {}
    mixed = {number: label for number, label in labels.items() if number in accepted or not label.capitals}
    if len(mixed) > len(accepted) and _alternate(mixed):
        accepted = mixed
    return {number: (label.start, label.end) for number, label in accepted.items()}


def is_transcript(turns: Mapping[int, tuple[int, int]]) -> bool:
    """Tell whether the text, from its first turn to its last, is mostly a dialogue."""
    return len(turns) >= 3 and 3 * len(turns) >= max(turns) - min(turns) + 1


def _drop_topic_of_headline(lines: Mapping[int, Line], labels: dict[int, _Label]) -> None:
    """Drop the label of the first line where it looks like `TOPIC: what happened` and not like speech."""
    first = min(lines)
    if first not in labels or ends_sentence(lines[first].text):
        return
    if sum(label.name == labels[first].name for label in labels.values()) == 1:
        del labels[first]


def _label(line: Line) -> _Label | None:
    """Return the label before the first colon, when it can be a name."""
    text = line.text
    if text[0] in "QA" and (found := _QUESTION_OR_ANSWER.match(text)):
        return _Label(line.start, line.start + 1, found["name"], capitals=True)
    if text.find(":", 0, _LONGEST_LABEL) < 0 and text.find("：", 0, _LONGEST_LABEL) < 0:
        return None
    found = _LABEL.match(text)
    if not found or _is_place_and_date(found["role"]):
        return None
    name = found["name"].rstrip(" *")
    words = name.split()
    if len(words) > _MOST_WORDS or name.lower().rstrip(".") in _NO_SPEAKERS or not _is_name(words):
        return None
    start = line.start + found.start("name")
    return _Label(start, start + len(name), name, capitals=_is_capitals(words))


def _is_place_and_date(role: str | None) -> bool:
    return bool(role) and (has_date_word(role or "") or any(map(str.isdigit, role or "")))


def _is_name(words: Sequence[str]) -> bool:
    """Tell whether every word is written as in a name; scripts without case always are."""
    return not any(word[0].islower() and word not in _PARTICLES for word in words)


def _is_capitals(words: Sequence[str]) -> bool:
    """Tell capitals, with `McCAIN` and `von der LEYEN` among them."""
    letters = [word for word in words if any(map(str.isalpha, word)) and word not in _PARTICLES]
    return bool(letters) and all(word.removeprefix("Mc").removeprefix("Mac").isupper() for word in letters)


def _are_speakers(lines: Mapping[int, Line], labels: Mapping[int, _Label]) -> bool:
    """Tell speakers in capitals from the place of a dateline, a topic of a headline, or a list."""
    names = Counter(label.name for label in labels.values())
    if len(labels) == 1:
        (number,) = labels
        return any(
            above < number and len(line.text) > 80 and ends_sentence(line.text)
            for above, line in lines.items()
        )
    return len(names) <= _MOST_SINGLE_SPEAKERS or max(names.values(), default=0) > 1


def _alternate(labels: Mapping[int, _Label]) -> bool:
    """Tell whether at least two speakers take turns, and one of them comes back."""
    names = [label.name for label in labels.values()]
    changes = sum(before != name for before, name in pairwise(names))
    return len(names) >= 3 and changes >= 2 and len(set(names)) <= max(2, len(names) // 2 + 1)

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
_QUESTION_AND_ANSWER = ("Q. ", "A. ")
#: A colon further in ends no label.
_LONGEST_LABEL = 180
_MOST_WORDS = 6
#: A dialogue of many speakers who speak once each is a list.
_MOST_SINGLE_SPEAKERS = 3
#: Turns of a dialogue follow each other, with at most a continuation or a note between them.
_CLOSE = 2
_PARTICLES = frozenset(read_lexicon("name_particles"))
_NO_SPEAKERS = frozenset(read_lexicon("no_speakers"))


class _Label(NamedTuple):
    """A label that may name a speaker: where in the text, and how it is written."""

    start: int
    end: int
    name: str
    capitals: bool
    #: Words, not only figures, follow on the same line.
    speaks: bool


def find_turns(lines: Mapping[int, Line]) -> dict[int, tuple[int, int]]:
    """Return the spans of the speakers' names, by the number of the line that opens with one.

    Labels in capitals name speakers when one of them comes back or they stand close together;
    else one does that the text has named before, so that no topic of a headline and no place of
    a dateline is taken. Labels in title case do when they alternate and at least one comes back.
    """
    labels = {number: label for number, line in lines.items() if (label := _label(line))}
    if not labels:
        return {}
    _drop_topic_of_headline(lines, labels)
    _drop_initials(labels)
    accepted = _speakers(lines, {number: label for number, label in labels.items() if label.capitals})
    if len(accepted) < len(labels):
        mixed = {
            number: label
            for number, label in labels.items()
            if number in accepted or (label.speaks and not label.capitals)
        }
        accepted |= _alternating(mixed)
    return {number: (accepted[number].start, accepted[number].end) for number in sorted(accepted)}


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


def _drop_initials(labels: dict[int, _Label]) -> None:
    """Drop `Q. ` and `A. ` where the other one is nowhere: they are initials of a name."""
    if len({label.name for label in labels.values() if label.name in _QUESTION_AND_ANSWER}) == 1:
        for number in [number for number, label in labels.items() if label.name in _QUESTION_AND_ANSWER]:
            del labels[number]


def _label(line: Line) -> _Label | None:
    """Return the label before the first colon, when it can be a name."""
    text = line.text
    if text.startswith(_QUESTION_AND_ANSWER):
        return _Label(line.start, line.start + 1, text[:3], capitals=True, speaks=True)
    if text.find(":", 0, _LONGEST_LABEL) < 0 and text.find("：", 0, _LONGEST_LABEL) < 0:
        return None
    found = _LABEL.match(text)
    if not found or _is_no_role(found["role"] or "") or _is_headline(text[found.end() :]):
        return None
    name = found["name"].rstrip(" *")
    words = name.split()
    if name.lower().rstrip(".") in _NO_SPEAKERS or has_date_word(name) or not _is_name(words):
        return None
    start = line.start + found.start("name")
    return _Label(
        start,
        start + len(name),
        name,
        capitals=_is_capitals(words),
        speaks=any(map(str.isalpha, text[found.end() :])),
    )


def _is_no_role(role: str) -> bool:
    """Tell the date behind a place, and the source behind a dash, from the role of a speaker."""
    return bool(role) and (has_date_word(role) or " - " in role or any(map(str.isdigit, role)))


def _is_headline(rest: str) -> bool:
    """Tell whether what follows goes on in capitals, as a topic's headline does and speech does not."""
    words = rest[:60].split()[:2]
    return len(words) == 2 and all(word.isupper() and len(word) > 1 for word in words)


def _is_name(words: Sequence[str]) -> bool:
    """Tell whether a few words are each written as in a name; scripts without case always are."""
    return len(words) <= _MOST_WORDS and not any(
        word[0].islower() and word not in _PARTICLES for word in words
    )


def _is_capitals(words: Sequence[str]) -> bool:
    """Tell capitals, with `McCAIN` and `von der LEYEN` among them."""
    letters = [word for word in words if any(map(str.isalpha, word)) and word not in _PARTICLES]
    return bool(letters) and all(word.replace("Mc", "").replace("Mac", "").isupper() for word in letters)


def _speakers(lines: Mapping[int, Line], labels: dict[int, _Label]) -> dict[int, _Label]:
    """Return the labels in capitals that name speakers."""
    if len({_surname(label) for label in labels.values()}) < len(labels):
        return labels
    numbers = list(labels)
    apart = [number - before for before, number in pairwise(numbers)]
    if apart and max(apart) <= _CLOSE and len(labels) <= _MOST_SINGLE_SPEAKERS:
        return labels
    if len(labels) > _MOST_SINGLE_SPEAKERS:
        return {}
    return {
        number: label
        for number, label in labels.items()
        if label.speaks and _is_introduced(lines, number, label)
    }


def _surname(label: _Label) -> str:
    """Return the last word of the name: who is introduced in full goes on with it alone."""
    return label.name.rsplit(maxsplit=1)[-1]


def _is_introduced(lines: Mapping[int, Line], number: int, label: _Label) -> bool:
    """Tell whether a paragraph above has the last word of the name in title case."""
    word = _surname(label).title()
    return len(word) > 1 and any(above < number and word in line.text for above, line in lines.items())


def _alternating(labels: Mapping[int, _Label]) -> dict[int, _Label]:
    """Return the labels of a dialogue in which speakers take turns and at least one comes back.

    Who speaks once is one of them only between others: what stands before is a headline.
    """
    counts = Counter(label.name for label in labels.values())
    again = [number for number, label in labels.items() if counts[label.name] > 1]
    if len(labels) < 3 or not again:
        return {}
    dialogue = {number: label for number, label in labels.items() if again[0] <= number <= again[-1]}
    names = [label.name for label in dialogue.values()]
    changes = sum(before != name for before, name in pairwise(names))
    return dialogue if changes >= 2 and len(set(names)) <= max(2, len(names) // 2 + 1) else {}

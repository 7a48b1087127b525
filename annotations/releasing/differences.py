"""What one release has that another has not: two streams of frozen records, read side by side.

Memory is one article of each. What stands on a line is compared by its `root`, which outlives revisions.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

Record = Mapping[str, Any]

#: What is known of an article besides its text, and what of that is black.
FIELDS = (
    *("external_id", "title", "outlet", "url", "published_at", "language", "licence", "text_withheld"),
    "redacted",
)


class Entry(NamedTuple):
    """An article of a release: its split, and its frozen record; text and surfaces need not be in it.

    Of an erased article the record is its tombstone: `id`, `external_id`, `tombstone`.
    """

    split: str
    record: Record


class Fate(StrEnum):
    """What became of an article from the older release to the newer."""

    ADDED = "added"
    DROPPED = "dropped"  #: it is in the newer one no more
    ERASED = "erased"  #: the newer one has its tombstone, or the older one has meanwhile
    AMENDED = "amended"  #: it has another revision, so that offsets may differ where words do not
    KEPT = "kept"  #: the same text; something else differs


@dataclass(frozen=True, kw_only=True)
class LineDifference:
    """What differs on one line: an annotation or a relation, by its `root`."""

    root: str
    layer: str
    label: str
    #: `added`, `removed` or `changed`.
    change: str
    #: What changed: `span`, `attributes`, `relations`; of a relation `head`, `child`.
    aspects: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ArticleDifference:
    """How one article differs; one that does not is not told of."""

    article: str
    external_id: str
    fate: Fate
    #: The splits before and after; empty where the release has not the article.
    old_split: str
    new_split: str
    #: The names of what differs in what is known of the article.
    fields: tuple[str, ...] = ()
    annotations: tuple[LineDifference, ...] = ()
    relations: tuple[LineDifference, ...] = ()

    @property
    def moved(self) -> bool:
        """Whether it is in both releases, and in another split."""
        return self.fate in (Fate.KEPT, Fate.AMENDED) and self.old_split != self.new_split


@dataclass(kw_only=True)
class Summary:
    """What differences come to; feed it while they are read, so that they are read once."""

    articles: Counter[str] = field(default_factory=Counter)  #: by fate
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)  #: by the splits before and after
    fields: Counter[str] = field(default_factory=Counter)
    #: By label, then by `added`, `removed`, `changed`, and of the changed by what differs.
    annotations: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    relations: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    @property
    def leaked(self) -> int:
        """Articles from test to train: who trains on them has seen what the older release tests with."""
        return self.moved["test", "train"]

    def add(self, difference: ArticleDifference) -> None:
        self.articles[difference.fate.value] += 1
        self.fields.update(difference.fields)
        if difference.moved:
            self.moved[difference.old_split, difference.new_split] += 1
        for counts, lines in (
            (self.annotations, difference.annotations),
            (self.relations, difference.relations),
        ):
            for line in lines:
                counts[line.label].update((line.change, *line.aspects))

    def as_json(self) -> dict[str, Any]:
        """Return the summary as JSON has it, in a fixed order."""
        return {
            "articles": {fate.value: self.articles[fate.value] for fate in Fate},
            "moved": [
                {"from": before, "to": after, "articles": count}
                for (before, after), count in sorted(self.moved.items())
            ],
            "test_to_train": self.leaked,
            "fields": dict(sorted(self.fields.items())),
            "annotations": {
                label: dict(sorted(some.items())) for label, some in sorted(self.annotations.items())
            },
            "relations": {
                label: dict(sorted(some.items())) for label, some in sorted(self.relations.items())
            },
        }


def differences(old: Iterable[Entry], new: Iterable[Entry]) -> Iterator[ArticleDifference]:
    """Yield how each article differs from an older release to a newer one, by the articles' ids.

    Raises:
        ValueError: a stream is not in the order of the articles' ids, or has one twice.
    """
    olds, news = _ordered(old), _ordered(new)
    before, after = next(olds, None), next(news, None)
    while before or after:
        key = min(_key(entry) for entry in (before, after) if entry)
        pair = [entry if entry and _key(entry) == key else None for entry in (before, after)]
        found = _compare(*pair)
        if found is not None:
            yield found
        before = next(olds, None) if pair[0] else before
        after = next(news, None) if pair[1] else after


def _ordered(entries: Iterable[Entry]) -> Iterator[Entry]:
    last = ""
    for entry in entries:
        if _key(entry) <= last:
            raise ValueError(
                f"The article {_key(entry)} comes after {last}; entries go by the articles' ids."
            )
        last = _key(entry)
        yield entry


def _key(entry: Entry) -> str:
    return str(entry.record["id"])


def _compare(old: Entry | None, new: Entry | None) -> ArticleDifference | None:
    """Return how an article differs, or None where it does not."""
    was, now = _record(old), _record(new)
    fate = _fate(old, new)
    if fate is None:
        return None
    stated = next(entry for entry in (new, old) if entry)
    difference = ArticleDifference(
        article=_key(stated),
        external_id=stated.record["external_id"],
        fate=fate,
        old_split=old.split if old else "",
        new_split=new.split if new else "",
        fields=tuple(name for name in FIELDS if was and now and was.get(name) != now.get(name)),
        annotations=tuple(_lines(_annotations(was), _annotations(now))),
        relations=tuple(_lines(_relations(was), _relations(now))),
    )
    told = difference.moved or difference.fields or difference.annotations or difference.relations
    return difference if told or fate != Fate.KEPT else None


def _record(entry: Entry | None) -> Record:
    """Return the record of an entry; an empty one for a tombstone and for none."""
    return {} if entry is None or "tombstone" in entry.record else entry.record


def _fate(old: Entry | None, new: Entry | None) -> Fate | None:
    """Return what became of an article; None where neither release holds anything of it, then or now."""
    was, now = _record(old), _record(new)
    if was and now:
        # Not by the sha256, which is another where another name is black.
        return Fate.KEPT if was["revision"] == now["revision"] else Fate.AMENDED
    if now:
        return Fate.ADDED
    if was:
        return Fate.ERASED if new else Fate.DROPPED
    return Fate.ERASED if old and not new else None


#: What a line says, under its layer, root and label; a line that gets another label ends and begins anew.
_Said = dict[tuple[str, str, str], dict[str, Any]]


def _annotations(record: Record) -> _Said:
    """Return where each annotation of a record stands, its attributes, and what it leads to."""
    leads = defaultdict(set)
    for (_, _, label), ends in _relations(record).items():
        leads[ends["head"]].add((label, ends["child"]))
    return {
        (row["layer"], row["root"], row["label"]): {
            "span": row["segments"],
            "attributes": row["attributes"],
            "relations": leads[row["layer"], row["root"]],
        }
        for row in record.get("annotations", ())
    }


def _relations(record: Record) -> _Said:
    """Return the lines that each relation of a record links."""
    lines = {row["id"]: (row["layer"], row["root"]) for row in record.get("annotations", ())}
    return {
        (row["layer"], row["root"], row["label"]): {side: lines[row[side]] for side in ("head", "child")}
        for row in record.get("relations", ())
    }


def _lines(old: _Said, new: _Said) -> Iterator[LineDifference]:
    for key in sorted(old.keys() | new.keys()):
        layer, root, label = key
        was, now = old.get(key), new.get(key)
        if was is None or now is None:
            change = "added" if was is None else "removed"
            yield LineDifference(root=root, layer=layer, label=label, change=change)
        elif aspects := tuple(name for name in now if was[name] != now[name]):
            yield LineDifference(root=root, layer=layer, label=label, change="changed", aspects=aspects)

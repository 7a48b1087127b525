"""brat's standoff: a text file and a file of annotations for each article, in a folder or an archive.

Offsets are code points of the text file. A broken span has its pieces parted by `;`; its words are the pieces
joined by one space, with a space for every line end. Events are read as relations: the content of an
attribution (as in PolNeAR) leads to its source and cue, any other trigger to what takes part.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import IO

from annotations.exchange.articles import Annotation, Article, FileRefused, Found, Layer, Relation
from annotations.exchange.fields import RecordRefused
from annotations.exchange.format import Format
from annotations.exchange.losses import Losses, Part
from annotations.exchange.packing import names_of, path_of, read_files
from annotations.exchange.source import Source
from annotations.exchange.units import Unit
from annotations.exchange.zip_writer import ZipWriter
from corpus.text.spans import Span

#: What would end a line of the file or a column of it, in the eyes of some reader.
_BREAKS = re.compile("[\t\n\x0b\x0c\r\x1c-\x1e\x85\u2028\u2029]")
_PLACES = re.compile(r"(\S+) ([0-9]{1,10} [0-9]{1,10}(?:;[0-9]{1,10} [0-9]{1,10})*)\Z")
_WORD = re.compile(r"\S+\Z")
CONTENT, HOLDER = "content", "attribution"


@dataclass
class _Lines:
    """What the lines of a file say, by kind."""

    annotations: dict[str, Annotation] = field(default_factory=dict)
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    events: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)


def read(source: Source) -> Iterator[Found]:
    texts = source.having(".txt")
    known = set(source.names)
    alone = [name for name in source.having(".ann") if f"{name[:-4]}.txt" not in known]

    if source.names and not (texts or alone):
        raise FileRefused(f"{source.name}: no file in it ends in .txt or .ann")

    def article(name: str) -> Article:
        if name.endswith(".ann"):
            raise RecordRefused(f"there is no text file beside it: {name[:-4]}.txt")
        return _article(source, name, f"{name[:-4]}.ann" if f"{name[:-4]}.ann" in known else "")

    yield from read_files([*alone, *texts], article)


def _article(source: Source, text_name: str, name: str) -> Article:
    external_id, layer_name = names_of(text_name)
    lines = _Lines()
    for number, line in enumerate(source.text(name).split("\n") if name else (), 1):
        try:
            _read_line(line.removesuffix("\r"), lines)
        except RecordRefused as refusal:
            raise RecordRefused(f"line {number}: {refusal}") from None
    relations = [*lines.relations, *_event_relations(lines)]
    annotations = tuple(
        replace(row, attributes=lines.attributes.get(key, {})) for key, row in lines.annotations.items()
    )
    layer = Layer(name=layer_name, annotations=annotations, relations=tuple(relations))
    return Article(
        place=text_name,
        text=source.text(text_name),
        external_id=external_id,
        layers=(layer,) if layer_name or annotations else (),
        left_out=+lines.left_out,
    )


def _read_line(line: str, lines: _Lines) -> None:
    if not line.strip():
        return
    key, _, rest = line.partition("\t")
    head, _, words = rest.partition("\t")
    readers: dict[str, Callable[[], None]] = {
        "T": lambda: _span(key, head, words, lines),
        "R": lambda: _relation(head, lines),
        "E": lambda: _event(key, head, lines),
        "A": lambda: _attribute(head, lines),
        "M": lambda: _attribute(head, lines),
    }
    if key[:1] in readers:
        readers[key[0]]()
    else:
        kinds = {"#": "notes", "N": "normalizations", "*": "equivalences"}
        if key[:1] not in kinds:
            raise RecordRefused(f"{line[:60]!r} is no line of standoff")
        lines.left_out[kinds[key[0]]] += 1


def _span(key: str, head: str, words: str, lines: _Lines) -> None:
    found = _PLACES.match(head)
    if not found:
        raise RecordRefused(f"{head[:60]!r} is no label with offsets")
    if key in lines.annotations:
        raise RecordRefused(f"the id {key!r} stands twice")
    segments = tuple(Span(*map(int, place.split(" "))) for place in found[2].split(";"))
    if any(start >= end for start, end in segments):
        raise RecordRefused(f"the span {found[2]} holds nothing")
    lines.annotations[key] = Annotation(
        key=key, label=found[1], segments=_joined(segments), words=words or None
    )


def _joined(segments: Sequence[Span]) -> tuple[Span, ...]:
    """Return the segments in order, with those that touch as one."""
    joined: list[Span] = []
    for span in sorted(segments):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(span.end, joined[-1].end))
        else:
            joined.append(span)
    return tuple(joined)


def _pairs(parts: Iterable[str]) -> list[tuple[str, str]]:
    pairs = []
    for part in parts:
        role, found, end = part.partition(":")
        if not found or not role or not end:
            raise RecordRefused(f"{part[:60]!r} is no role with an id")
        pairs.append((role, end))
    return pairs


def _relation(head: str, lines: _Lines) -> None:
    label, *parts = head.split(" ")
    ends = [end for _, end in _pairs(parts)]
    if len(ends) != 2:
        raise RecordRefused(f"the relation {label!r} has {len(ends)} ends")
    lines.relations.append(Relation(label=label, head=ends[0], child=ends[1]))


def _event(key: str, head: str, lines: _Lines) -> None:
    pairs = _pairs(head.split())
    if not pairs:
        raise RecordRefused(f"the event {key} has no trigger")
    lines.events[key] = pairs


def _attribute(head: str, lines: _Lines) -> None:
    name, of, *value = [*head.split(" "), ""][:3]
    if not of:
        raise RecordRefused(f"{head[:60]!r} is no attribute of anything")
    lines.attributes.setdefault(of, {})[name] = value[0] or "true"


def _event_relations(lines: _Lines) -> Iterator[Relation]:
    """Yield the relations that the events stand for; the holder of an attribution has no words of its own."""
    holders = set()
    for key, ((label, trigger), *roles) in lines.events.items():
        ends = [
            (role.rstrip("0123456789").lower(), lines.events.get(end, [("", end)])[0][1])
            for role, end in roles
        ]
        contents = [end for role, end in ends if role == CONTENT]
        others = [(role, end) for role, end in ends if role != CONTENT]
        if not contents:
            contents = [trigger]
        elif label.lower() == HOLDER:
            holders.add(trigger)
        else:
            others.append((label.lower(), trigger))
        for content in contents:
            for role, end in others:
                yield Relation(label=role, head=content, child=end)
        if key in lines.attributes:
            lines.attributes.setdefault(contents[0], {}).update(lines.attributes.pop(key))
    for holder in holders:
        if lines.annotations.pop(holder, None):
            lines.left_out["triggers that hold an attribution together"] += 1


def write(articles: Iterable[Article], target: IO[bytes], losses: Losses) -> None:
    with ZipWriter(target) as archive:
        for article in articles:
            for layer in article.said():
                path = path_of(article, layer)
                archive.add(f"{path}.txt", article.text.encode())
                archive.add(f"{path}.ann", _standoff(article, layer, losses).encode())


def _standoff(article: Article, layer: Layer, losses: Losses) -> str:
    lines = []
    numbers = {row.key: number for number, row in enumerate(layer.annotations, 1)}
    attributes = 0
    for row in layer.annotations:
        places = ";".join(f"{start} {end}" for start, end in row.segments)
        words = spelling([span.of(article.text) for span in row.segments])
        lines.append(f"T{numbers[row.key]}\t{row.label} {places}\t{words}")
        for name, value in row.attributes.items():
            if not _WORD.match(name) or not _WORD.match(value):
                losses.lose(article.external_id, "attributes with white space", 1)
                continue
            attributes += 1
            lines.append(f"A{attributes}\t{name} T{numbers[row.key]} {value}")
    for number, link in enumerate(layer.relations, 1):
        ends = f"Arg1:T{numbers[link.head]} Arg2:T{numbers[link.child]}"
        lines.append(f"R{number}\t{link.label} {ends}\t")
    return "".join(f"{line}\n" for line in lines)


def spelling(pieces: Sequence[str]) -> str:
    return _BREAKS.sub(" ", " ".join(pieces))


FORMAT = Format(
    name="brat",
    title="brat's standoff, a folder or an archive of .txt and .ann",
    suffix=".zip",
    media_type="application/zip",
    unit=Unit.CODE_POINT,
    carries=frozenset(
        {Part.EXTERNAL_ID, Part.ANNOTATORS, Part.OVERLAPS, Part.SEGMENTS, Part.RELATIONS, Part.ATTRIBUTES}
    ),
    read=read,
    write=write,
    spelling=spelling,
)

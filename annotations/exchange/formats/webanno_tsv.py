"""WebAnno TSV 3.3, INCEpTION's table of tokens, a file for each annotator of an article, in an archive.

Offsets are UTF-16 units. All labels are one layer here, since a relation of WebAnno stays within one. The
text is put together of the sentences; where others leave a gap between two, the file does not say what stood
there, and a line end and spaces take its place.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from annotations.exchange.articles import Article, Found, Layer, Relation
from annotations.exchange.cas import SOFA, VIEW, Structure, article_of
from annotations.exchange.fields import RecordRefused
from annotations.exchange.format import Format
from annotations.exchange.losses import Losses, Part
from annotations.exchange.packing import path_of, read_files
from annotations.exchange.pieces import Piece, spread
from annotations.exchange.reading import filled
from annotations.exchange.source import Source
from annotations.exchange.tokens import Tokens
from annotations.exchange.units import Unit, offsets_of
from annotations.exchange.zip_writer import ZipWriter
from corpus.text.offsets import OffsetError
from corpus.text.spans import Span

SPANS, LINKS = "webanno.custom.Span", "webanno.custom.Relation"
BASE, SLOT = "BT_", "ROLE_"
NONE, EMPTY = "_", "*"
_ROW = re.compile(r"([0-9]{1,9})-([0-9]{1,9})(?:\.[0-9]{1,9})?\Z")
_PLACE = re.compile(r"([0-9]{1,10})-([0-9]{1,10})\Z")
_NUMBERED = re.compile(r"(.*?)(?:(?<!\\)\[([0-9]{1,9})(?:_([0-9]{1,9}))?\])?\Z", re.DOTALL)
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|->|.)", re.DOTALL)
_IN_TEXT = re.compile(r"[\\\x00-\x1f\x7f]")
_IN_VALUE = re.compile(r"[\\\[\]|_;*\x00-\x1f\x7f]|->")
_LETTERS = {"\t": "t", "\n": "n", "\r": "r", "\f": "f", "\b": "b"}
_CHARACTERS = {letter: character for character, letter in _LETTERS.items()}


@dataclass
class _Column:
    """A layer of the header and its features, in the order of their columns."""

    kind: str
    name: str
    features: list[str]


@dataclass
class _Table:
    """What the lines of a file say so far."""

    layers: list[_Column] = field(default_factory=list)
    sentences: list[tuple[str, list[list[str]]]] = field(default_factory=list)


def read(source: Source) -> Iterator[Found]:
    yield from read_files(source.of_format(".tsv"), lambda name: _article(name, source.text(name)))


def _article(name: str, data: str) -> Article:
    table = _Table()
    for number, line in enumerate(data.split("\n"), 1):
        try:
            _read_line(line.removesuffix("\r"), table)
        except RecordRefused as refusal:
            raise RecordRefused(f"line {number}: {refusal}") from None
    text = _text(table.sentences)
    sofa = Structure(id=0, type=SOFA, features={"sofaID": VIEW, "sofaString": text})
    return article_of(name, [sofa, *_structures(table)])


def _read_line(line: str, table: _Table) -> None:
    for header in ("#T_SP=", "#T_RL=", "#T_CH="):
        if line.startswith(header):
            layer, *features = line.removeprefix(header).split("|")
            table.layers.append(_Column(header[3:5], layer, features or [""]))
            return
    if line.startswith("#Text="):
        table.sentences.append((_plain(line.removeprefix("#Text=")), []))
    elif line and not line.startswith("#"):
        cells = line.split("\t")
        if not _ROW.match(cells[0]) or len(cells) < 3 or not _PLACE.match(cells[1]):
            raise RecordRefused(f"{line[:60]!r} is no token with its place")
        if not table.sentences:
            raise RecordRefused("a token comes before the #Text of its sentence")
        wanted = 3 + sum(len(layer.features) for layer in table.layers)
        if cells[-1] == "":
            cells.pop()
        if len(cells) != wanted:
            raise RecordRefused(f"{len(cells)} cells for {wanted} columns")
        table.sentences[-1][1].append(cells)


def _text(sentences: Sequence[tuple[str, list[list[str]]]]) -> str:
    """Return the text of the sentences, once every token stands where the file says it does."""
    text, length = "", 0
    for sentence, rows in sentences:
        if not rows:
            continue
        first = sentence.find(_plain(rows[0][2]))
        if first < 0:
            raise RecordRefused(f"the token {rows[0][2][:40]!r} is not in its sentence")
        gap = _place(rows[0]).start - _units(sentence[:first]) - length
        if gap < 0:
            raise RecordRefused(f"the sentence {sentence[:40]!r} begins within the one before it")
        text += ("\n" + " " * (gap - 1) if gap else "") + sentence
        length += gap + _units(sentence)
    offsets = offsets_of(text, Unit.UTF16)
    for row in (row for _, rows in sentences for row in rows):
        start, end = _place(row)
        try:
            found = text[offsets.to_code_points(start) : offsets.to_code_points(end)]
        except OffsetError as error:
            raise RecordRefused(f"the token {row[2][:40]!r}: {error}") from None
        if found != _plain(row[2]):
            raise RecordRefused(f"at {row[1]} the text has {found[:40]!r}, not {row[2][:40]!r}")
    return text


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _place(row: Sequence[str]) -> Span:
    start, _, end = row[1].partition("-")
    return Span(int(start), int(end))


class _Found:
    """The annotations and links of a table as its rows are gone through."""

    def __init__(self) -> None:
        #: By layer, and number or place: where the pieces stand, and what the first of them says.
        self.places: dict[tuple[str, str], list[Span]] = defaultdict(list)
        self.values: dict[tuple[str, str], dict[str, Any]] = {}
        self.on_row: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.links: list[_Link] = []

    def add_span(self, layer: str, row: Sequence[str], key: str, features: dict[str, Any]) -> None:
        self.places[layer, key].append(_place(row))
        if self.values.setdefault((layer, key), features) != features:
            raise RecordRefused(f"the tokens of number {key} at {row[0]} say different things")
        self.on_row[layer, row[0]].append(key)

    def end_of(self, base: str, row: str, number: str) -> tuple[str, str]:
        """Return the annotation that an end of a link means: by number, or the only one on its token."""
        known = self.on_row[base, row]
        key = number if number not in ("", "0") else (known[0] if len(known) == 1 else "")
        if (base, key) not in self.places:
            raise RecordRefused(f"an end of a relation at {row} is no annotation, or one of several")
        return base, key


@dataclass(frozen=True)
class _Link:
    """A relation of a layer on annotations of its `base`: the tokens and numbers of its ends."""

    layer: str
    base: str
    governor: tuple[str, str]
    dependent: tuple[str, str]
    features: dict[str, Any]


def _structures(table: _Table) -> list[Structure]:
    """Return the annotations of the table: pieces with one number are one, others stand on one token."""
    found = _Found()
    for row in (row for _, rows in table.sentences for row in rows):
        column = 3
        for layer in table.layers:
            cells = row[column : column + len(layer.features)]
            column += len(layer.features)
            for position, parts in enumerate(_stacked(cells)):
                _collect(found, layer, row, position, parts)
    ids = {key: number for number, key in enumerate(found.places, 1)}
    rows = [
        Structure(
            id=ids[key],
            type=key[0],
            features={**found.values[key], "begin": spans[0].start, "end": spans[-1].end},
        )
        for key, spans in found.places.items()
    ]
    for number, link in enumerate(found.links, len(rows) + 1):
        ends = {
            "Governor": ids[found.end_of(link.base, *link.governor)],
            "Dependent": ids[found.end_of(link.base, *link.dependent)],
        }
        features = {**link.features, "begin": 0, "end": 1}
        rows.append(Structure(id=number, type=link.layer, features=features, references=ends))
    return rows


def _collect(
    found: _Found, layer: _Column, row: Sequence[str], position: int, parts: Sequence[re.Match[str]]
) -> None:
    """Take in one of the annotations that stand on a token in a layer."""
    features = _typed(
        {
            name: _plain(part[1])
            for name, part in zip(layer.features, parts, strict=True)
            if part[1] not in ("", EMPTY, NONE) and not name.startswith((BASE, SLOT))
        }
    )
    numbers = [part[2] for part in parts if part[2]]
    if layer.kind == "SP":
        found.add_span(layer.name, row, numbers[0] if numbers else f"{row[0]}/{position}", features)
    elif layer.kind == "RL" and layer.features[-1].startswith(BASE):
        governor = parts[-1]
        if not _ROW.match(governor[1]):
            raise RecordRefused(f"the governor {governor[1][:40]!r} is no token")
        found.links.append(
            _Link(
                layer.name,
                layer.features[-1].removeprefix(BASE),
                (governor[1], governor[2] or ""),
                (row[0], governor[3] or ""),
                features,
            )
        )


def _typed(features: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = dict(features)
    if "score" in found:
        try:
            found["score"] = float(found["score"])
        except ValueError:
            raise RecordRefused(f"score is {found['score'][:40]!r}, which is no number") from None
    return found


def _stacked(cells: Sequence[str]) -> list[list[re.Match[str]]]:
    """Return what stands on a token in one layer, each as the matches of its cells; nothing for `_`."""
    if all(cell == NONE for cell in cells):
        return []
    parts = [_split(cell) for cell in cells]
    if len({len(part) for part in parts}) != 1:
        raise RecordRefused("the columns of a layer have different numbers of annotations")
    return [[_matched(part) for part in row] for row in zip(*parts, strict=True)]


def _split(cell: str) -> list[str]:
    """Split a cell at bars that no backslash precedes, or a pair of them."""
    pieces, start = [], 0
    for found in re.finditer(r"\\.|\|", cell, re.DOTALL):
        if found[0] == "|":
            pieces.append(cell[start : found.start()])
            start = found.end()
    return [*pieces, cell[start:]]


def _matched(part: str) -> re.Match[str]:
    found = _NUMBERED.match(part)
    if found is None:
        raise RecordRefused(f"{part[:40]!r} is no value")
    return found


def _plain(value: str) -> str:
    def character(found: re.Match[str]) -> str:
        escaped = found[1]
        if len(escaped) == 5:
            return chr(int(escaped[1:], 16))
        return _CHARACTERS.get(escaped, escaped)

    if "\\" not in value:
        return value
    try:
        # Java writes a character beyond the first plane as two escapes.
        return _ESCAPED.sub(character, value).encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise RecordRefused(f"{value[:40]!r} has half a surrogate pair, which is no character") from None


def write(articles: Iterable[Article], target: IO[bytes], losses: Losses) -> None:
    with ZipWriter(target) as archive:
        for article in articles:
            for layer in article.said():
                archive.add(f"{path_of(article, layer)}.tsv", _tsv(article, layer, losses).encode())


def _tsv(article: Article, layer: Layer, losses: Losses) -> str:
    text = article.text
    sheet = _Sheet(article, layer, losses)
    lines = ["#FORMAT=WebAnno TSV 3.3", *sheet.header()]
    offsets = offsets_of(text, Unit.UTF16)
    for number, (sentence, first, last) in enumerate(sheet.sentences):
        lines += [*([""] if number else ["", ""]), f"#Text={_escaped(sentence.of(text), _IN_TEXT)}"]
        for token in range(first, last):
            start, end = sheet.tokens.spans[token]
            place = f"{offsets.from_code_points(start)}-{offsets.from_code_points(end)}"
            word = _escaped(text[start:end], _IN_TEXT)
            lines.append("\t".join([sheet.addresses[token], place, word, *sheet.cells(token), ""]))
    return "\n".join([*lines, "", ""])


class _Sheet:
    """What a layer says, token by token; a relation stands on the first token of its dependent."""

    def __init__(self, article: Article, layer: Layer, losses: Losses) -> None:
        pieces, links = spread(layer)
        self.tokens = Tokens(article.text, (piece.span for piece in pieces))
        whole = {piece.key: piece for piece in pieces if _is_whole(piece, self.tokens)}
        missed = len(pieces) - len(whole)
        losses.lose(article.external_id, "spans that begin or end in white space", missed)
        self.sentences = list(_sentences(article.text, self.tokens))
        self.addresses = {
            token: f"{number}-{token - first + 1}"
            for number, (_, first, last) in enumerate(self.sentences, 1)
            for token in range(first, last)
        }
        self._numbers = {key: number for number, key in enumerate(whole, 1)}
        self._keys: dict[int, list[str]] = defaultdict(list)
        self._first = {key: self.tokens.within(piece.span)[0] for key, piece in whole.items()}
        for key, piece in whole.items():
            for token in self.tokens.within(piece.span):
                self._keys[token].append(key)
        self._links: dict[int, list[tuple[Relation, dict[str, Any]]]] = defaultdict(list)
        for link in links:
            if link.head in whole and link.child in whole:
                told = filled({"label": link.label, "score": link.score, "reason": link.reason})
                self._links[self._first[link.child]].append((link, told))
        values = {key: _values(piece) for key, piece in whole.items()}
        self._features = _names(values.values())
        #: What each annotation says in its columns, the same on each of its tokens.
        self._told = {
            key: [f"{_told(told.get(name))}[{self._numbers[key]}]" for name in self._features]
            for key, told in values.items()
        }
        self._link_features = _names(told for found in self._links.values() for _, told in found)

    def header(self) -> list[str]:
        spans = f"#T_SP={'|'.join([SPANS, *self._features])}"
        links = f"#T_RL={'|'.join([LINKS, *self._link_features, BASE + SPANS])}"
        return [spans, links] if self._links else [spans]

    def cells(self, token: int) -> list[str]:
        return self._span_cells(token) + self._link_cells(token)

    def _span_cells(self, token: int) -> list[str]:
        keys = self._keys.get(token)
        if not keys:
            return [NONE] * len(self._features)
        return ["|".join(stacked) for stacked in zip(*(self._told[key] for key in keys), strict=True)]

    def _link_cells(self, token: int) -> list[str]:
        if not self._links:
            return []
        links = self._links.get(token)
        if not links:
            return [NONE] * (len(self._link_features) + 1)
        cells = ["|".join(_told(told.get(name)) for _, told in links) for name in self._link_features]
        return [*cells, "|".join(self._ends(link) for link, _ in links)]

    def _ends(self, link: Relation) -> str:
        governor = self.addresses[self._first[link.head]]
        return f"{governor}[{self._numbers[link.head]}_{self._numbers[link.child]}]"


def _is_whole(piece: Piece, tokens: Tokens) -> bool:
    """Tell whether tokens begin and end where a piece does."""
    own = tokens.within(piece.span)
    if not own:
        return False
    return (tokens.spans[own[0]].start, tokens.spans[own[-1]].end) == piece.span


def _values(piece: Piece) -> dict[str, Any]:
    row = piece.annotation
    if piece.key != row.key:
        return {"label": row.label}
    return {"label": row.label, **filled({"score": row.score, "reason": row.reason}), **row.attributes}


def _names(values: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the features that are used, the label first."""
    return list(dict.fromkeys(["label", *(name for row in values for name in sorted(row))]))


def _told(value: object) -> str:
    return EMPTY if value is None else _escaped(str(value), _IN_VALUE)


def _escaped(value: str, what: re.Pattern[str]) -> str:
    return what.sub(_escape, value) if what.search(value) else value


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if character in _LETTERS:
        return f"\\{_LETTERS[character]}"
    return f"\\u{ord(character):04x}" if character < " " or character == "\x7f" else f"\\{character}"


def _sentences(text: str, tokens: Tokens) -> Iterator[tuple[Span, int, int]]:
    """Yield stretches that are the whole text, each with its tokens: a new one begins behind a line end."""
    start, first = 0, 0
    for number in range(1, len(tokens.spans)):
        before, after = tokens.spans[number - 1].end, tokens.spans[number].start
        if "\n" in text[before:after]:
            yield Span(start, after), first, number
            start, first = after, number
    if tokens.spans:
        yield Span(start, len(text)), first, len(tokens.spans)


FORMAT = Format(
    name="webanno-tsv",
    title="WebAnno TSV 3.3, an archive of tables of tokens",
    suffix=".zip",
    media_type="application/zip",
    unit=Unit.UTF16,
    carries=frozenset(
        {
            Part.EXTERNAL_ID,
            Part.ANNOTATORS,
            Part.OVERLAPS,
            Part.SEGMENTS,
            Part.RELATIONS,
            Part.ATTRIBUTES,
            Part.SCORES,
            Part.REASONS,
        }
    ),
    read=read,
    write=write,
)

"""Hostile files in every format that is read: a reason with its place, and whole articles or none.

Each file holds two articles. What is done to the first must be told with its place and a reason, and must
leave it out; the second goes in whole, or nothing does. The control is the file as it was.
"""

import csv
import functools
import io
import re
import stat
import tracemalloc
import zipfile
from collections.abc import Callable

import orjson
import pytest
from django.db import transaction

from annotations.exchange import FORMATS, READABLE
from annotations.exchange.articles import Article, FileRefused, Layer, Relation
from annotations.exchange.native import NATIVE
from annotations.exchange.source import source_of
from annotations.models import Annotation as AnnotationRow
from annotations.models import Layer as LayerRow
from annotations.models import Relation as RelationRow
from annotations.services import importing
from annotations.services.importing import import_records, record_lines
from annotations.services.importing.articles import import_articles
from corpus.models import Article as ArticleRow
from corpus.models import Corpus, Revision
from corpus.readers.base import MAX_BYTES
from corpus.services.actors import COMMAND
from corpus.services.errors import BadInput
from corpus.services.ingest import RowOutcome
from tests.pure.exchange.made_up import PLAIN, annotation, carried, uuid
from tests.pure.exchange.test_formats import written

#: Offsets and a score that stand nowhere else in a file, so that they can be found in any format.
WORD, START, END, SCORE = "abcdefghijklmnop", b"7310", b"7326", b"0.734375"
TEXT = f"Zoé said {'x' * 7300} {WORD} today.\n"
BY = "machine:rules@3"

Files = dict[str, bytes]
#: What is done to a file of the first article; what it leaves as it was does not concern the format.
Damage = Callable[[bytes], bytes]


def first_article() -> Article:
    rows = (
        annotation(TEXT, uuid(1), "quote", WORD, score=float(SCORE)),
        annotation(TEXT, uuid(2), "attribution", "Zoé", score=0.5),
        annotation(TEXT, uuid(3), "cue", "said", score=0.5),
    )
    link = Relation(label="source", head=uuid(1), child=uuid(2), score=0.5)
    return Article(
        text=TEXT, external_id="first", layers=(Layer(name=BY, annotations=rows, relations=(link,)),)
    )


def second_article(text: str = PLAIN, by: str = BY) -> Article:
    rows = (
        annotation(text, uuid(11), "quote", "Bread rose", score=0.5),
        annotation(text, uuid(12), "attribution", "the guild", score=0.5),
    )
    link = Relation(label="source", head=uuid(11), child=uuid(12), score=0.5)
    return Article(
        text=text, external_id="second", layers=(Layer(name=by, annotations=rows, relations=(link,)),)
    )


def native_line(article: Article) -> bytes:
    (layer,) = article.layers
    rows = [
        {
            "id": row.key,
            "label": row.label,
            "segments": [list(span) for span in row.segments],
            "surface": row.words,
            "score": row.score,
        }
        for row in layer.annotations
    ]
    links = [
        {"label": link.label, "head": link.head, "child": link.child, "score": link.score}
        for link in layer.relations
    ]
    record = {"schema": "attest/1", "external_id": article.external_id, "text": article.text}
    return orjson.dumps(record | {"layer": layer.name, "annotations": rows, "relations": links}) + b"\n"


def files_of(name: str, *articles: Article) -> Files:
    """Return the files of a format that hold these articles: one, or what stands in the archive."""
    if name == NATIVE:
        return {"": b"".join(map(native_line, articles))}
    format = FORMATS[name]
    data = written(format, [carried(article, format) for article in articles])
    if format.suffix != ".zip":
        return {"": data}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {entry: archive.read(entry) for entry in archive.namelist()}


def packed(files: Files) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def taken(corpus: Corpus, name: str, files: Files) -> list[RowOutcome]:
    if name == NATIVE:
        return list(import_records(COMMAND, corpus, record_lines(io.BytesIO(files[""])), source="file"))
    data = files[""] if "" in files else packed(files)
    source = source_of(io.BytesIO(data), f"file{FORMATS[name].suffix}")
    return list(import_articles(COMMAND, corpus, source, format=name))


def rows() -> list[int]:
    return [model.objects.count() for model in (ArticleRow, Revision, LayerRow, AnnotationRow, RelationRow)]


# -- what is done to the first article ---------------------------------------------------------------


def number(old: bytes, new: bytes) -> Damage:
    """Return what puts something else in the place of a number, wherever that stands."""
    return lambda data: re.sub(rb"(?<![\d.])" + re.escape(old) + rb"(?![\d.])", lambda _: new, data)


def letter(new: bytes) -> Damage:
    """Return what puts something else in the place of the one letter that is not ASCII."""
    return lambda data: data.replace("é".encode(), new)


def reverse(data: bytes) -> bytes:
    return number(b"<end>", START)(number(START, END)(number(END, b"<end>")(data)))


def in_json(damage: Damage) -> Damage:
    return lambda data: damage(data) if data[:1] in (b"{", b"[") else data


def in_xml(damage: Damage) -> Damage:
    return lambda data: damage(data) if data.startswith(b"<?xml") else data


def in_table(damage: Damage) -> Damage:
    return lambda data: damage(data) if data.startswith(b"#FORMAT") else data


def put(new: bytes, before: bytes) -> Damage:
    return lambda data: data.replace(before, new + before, 1)


def pattern(old: bytes, new: bytes) -> Damage:
    """Return what replaces the first of a pattern, where a format has one of that kind."""
    return lambda data: re.sub(old, new, data, count=1, flags=re.MULTILINE)


#: An id of the second annotation as the formats write it, and what it becomes: the first's, or nobody's.
_UUID = rb"0197a000-0000-7000-8000-00000000000"
_TWICE = rb'("id":"(?:urn:uuid:)?|^first,[^,]*,)' + _UUID + b"2"
_NOBODY = rb'((?:"child"|"to_id"):"|"body":\[{"id":"urn:uuid:|"child":")' + _UUID + b"2"


def same_id(data: bytes) -> bytes:
    data = pattern(_TWICE, rb"\g<1>" + _UUID + b"1")(data)
    for old, new in (
        (rb'{"id":2,"label"', b'{"id":1,"label"'),
        (rb"^T2\t", b"T1\t"),
        (rb'"%ID":4,', b'"%ID":3,'),
        (rb'xmi:id="4"', b'xmi:id="3"'),
        (rb"attribution\[2\]\t0.5\[2\]", b"attribution[1]\t0.5[1]"),
    ):
        data = pattern(old, new)(data)
    return data


def nobody(data: bytes) -> bytes:
    data = pattern(_NOBODY, rb"\g<1>" + _UUID + b"9")(data)
    for old, new in (
        (rb'"to_id":2', b'"to_id":9'),
        (rb"Arg2:T2", b"Arg2:T9"),
        (rb'"@Dependent":4', b'"@Dependent":9'),
        (rb'Dependent="4"', b'Dependent="9"'),
        (rb"\[1_2\]", b"[1_9]"),
        (rb'("child_span":{"id":")[^"]+","start":0', rb'\g<1>x","start":1'),
    ):
        data = pattern(old, new)(data)
    return data


#: How a place begins: the file, with a line or an item in it, or the file of an archive.
PLACE = re.compile(r"file|machine%3Arules@3/first")
#: What tells of the program and not of the file.
LEAKED = re.compile(r"Error|Traceback|object has no|NoneType|unhashable|\bcodec\b")
#: Damages that even the format with the fewest means has to stand.
LEAST = 18
#: Articles, revisions, layers, annotations and relations.
NOTHING = [0, 0, 0, 0, 0]
LAUGHS = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
DAMAGES: dict[str, Damage] = {
    "start beyond the end": number(START, b"99999"),
    "end beyond the end": number(END, b"99999"),
    "start of 30 digits": number(START, b"9" * 30),
    "start of 5,000 digits": number(START, b"9" * 5_000),
    "negative": number(START, b"-7310"),
    "reversed": reverse,
    "nothing": number(END, START),
    "with a fraction": number(START, b"7310.5"),
    "infinite": number(START, b"1e400"),
    "other digits": number(START, "７３１０".encode()),
    "true": number(START, b"true"),
    "null": number(START, b"null"),
    "off by one": number(START, b"7311"),
    "score infinite": number(SCORE, b"1e400"),
    "score no number": number(SCORE, b"NaN"),
    "score nan": number(SCORE, b"nan"),
    "score infinity": number(SCORE, b"Infinity"),
    "score too large": number(SCORE, b"2"),
    "score negative": number(SCORE, b"-0.5"),
    "score a word": number(SCORE, b"high"),
    "UTF-16 without a mark": lambda data: data.decode().encode("utf-16-le"),
    "Latin-1": letter(b"\xe9"),
    "NUL": letter(b"\x00"),
    "half a pair in UTF-8": letter(b"\xed\xa0\x80"),
    "overlong": letter(b"\xc0\xaf"),
    "NUL, escaped": in_json(letter(rb"\u0000")),
    "half a pair, escaped": in_json(letter(rb"\ud800")),
    "half a pair, escaped in a table": in_table(letter(rb"\ud800")),
    "NUL, escaped in a table": in_table(letter(rb"\u0000")),
    "a key twice": in_json(pattern(rb'\{("[^"]+":)', rb"{\1null,\1")),
    "nested too deep": in_json(pattern(rb"\{", b'{"deep":' + b"[" * 100_000 + b"]" * 100_000 + b",")),
    "elements without an end": in_xml(put(b"<a>" * 100_000, b"<cas:NULL")),
    "a billion laughs": in_xml(put(LAUGHS, b"<xmi:XMI")),
    "an external entity": in_xml(put(b'<!DOCTYPE a SYSTEM "file:///etc/passwd">', b"<xmi:XMI")),
    "a parameter entity": in_xml(put(b'<!DOCTYPE a [<!ENTITY % b SYSTEM "b"> %b;]>', b"<xmi:XMI")),
    "an entity of nowhere": in_xml(letter(b"&eacute;")),
    "NUL in XML": in_xml(letter(b"&#0;")),
    "half a pair in XML": in_xml(letter(b"&#xD800;")),
    "an encoding of nowhere": in_xml(pattern(b"UTF-8", b"UTF-42")),
    "an id twice": same_id,
    "a relation to nobody": nobody,
    "a line of eleven megabytes": letter(b"y" * 11_000_000),
    "a label of another scheme": pattern(rb"\b(quote)\b", b"nonsense"),
}

#: What a format has nothing to know by: its spans carry no words.
UNSEEN = {
    (name, "off by one")
    for name in ("doccano", "doccano-spans", "doccano-graphemes", "cas-json", "cas-xmi", "spacy-json")
}


def tried(corpus: Corpus, name: str, files: Files) -> tuple[list[str], list[int]]:
    """Return what is told of a file, and the rows that come of it; none of them is kept."""
    with transaction.atomic():
        try:
            outcomes = taken(corpus, name, files)
            told = [f"{one.place}: {one.reason}" for one in outcomes if one.outcome == "rejected"]
        except (BadInput, FileRefused) as error:
            told = [str(error)]
            assert "file" in told[0]
        found = rows()
        transaction.set_rollback(True)
    return told, found


@pytest.mark.parametrize("name", READABLE)
def test_a_damaged_article_is_left_out_with_its_place_and_reason(corpus: Corpus, name: str) -> None:
    sound = files_of(name, first_article(), second_article())
    told, both = tried(corpus, name, sound)
    _, second = tried(corpus, name, files_of(name, second_article()))
    assert told == [] and both[0] == 2 and second[0] == 1
    count = 0
    for what, damage in DAMAGES.items():
        files = {file: damage(data) if "second" not in file else data for file, data in sound.items()}
        if files == sound:
            continue
        count += 1
        told, found = tried(corpus, name, files)
        if (name, what) in UNSEEN:
            assert told == [] and found == both, what
            continue
        assert told and found in (second, NOTHING), what
        for line in told:
            assert PLACE.match(line) and not LEAKED.search(line), (what, line)
    assert count >= LEAST


def linked(files: Files) -> bytes:
    """Return an archive in which one more file is a symbolic link."""
    target = io.BytesIO(packed(files))
    entry = zipfile.ZipInfo("link.json")
    entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr(entry, "/etc/passwd")
    return target.getvalue()


@functools.cache
def bomb() -> bytes:
    return packed({"bomb.json": b"0" * 80_000_000})


ARCHIVES: dict[str, Callable[[Files], bytes]] = {
    "a name that leads out": lambda files: packed({**files, "../../x.json": b"{}"}),
    "a name from the root": lambda files: packed({**files, "/etc/x.json": b"{}"}),
    "a name of Windows": lambda files: packed({**files, "..\\x.json": b"{}"}),
    "a link": linked,
    "a bomb": lambda _: bomb(),
    "a bomb in an archive": lambda _: packed({"inner.zip": bomb()}),
    "an archive in an archive": lambda files: packed({"inner.zip": packed(files)}),
    "nothing of the format": lambda _: packed({"README.md": b"Read me.\n"}),
    "cut off": lambda files: packed(files)[:-10],
}


@pytest.mark.parametrize("name", [name for name in READABLE if name != NATIVE])
def test_a_hostile_archive_changes_nothing(corpus: Corpus, name: str) -> None:
    sound = files_of(name, second_article())
    named = {file or f"file{FORMATS[name].suffix}": data for file, data in sound.items()}
    assert tried(corpus, name, {"": packed(named)})[0] == []
    for what, archive in ARCHIVES.items():
        told, found = tried(corpus, name, {"": archive(named)})
        assert told and found == NOTHING, what
        assert not LEAKED.search(told[0]), (what, told)


@pytest.mark.parametrize("name", [name for name in READABLE if name != NATIVE])
def test_an_id_with_two_texts_is_refused(corpus: Corpus, name: str) -> None:
    other = second_article(PLAIN.replace("4", "5"), by="machine:rules@4")
    told, found = tried(corpus, name, files_of(name, second_article(), other))
    # In a table rows that follow each other with one id are one article, which is refused whole.
    assert re.search("(two|another) texts?", told[0]) and found[:3] == ([0] * 3 if name == "csv" else [1] * 3)
    told, found = tried(corpus, name, files_of(name, second_article(), second_article(by="machine:rules@4")))
    assert told == [] and found[:3] == [1, 1, 2]


def test_a_cell_that_is_a_formula_is_words_and_goes_out_defused(corpus: Corpus) -> None:
    formula = '=HYPERLINK("http://a.example";"x")'
    table = f'external_id,title,text\n=1+1,@SUM(A1),"{formula.replace(chr(34), 2 * chr(34))}"\n'
    assert [one.outcome for one in taken(corpus, "csv", {"": table.encode()})] == ["created"]
    article = ArticleRow.objects.get()
    assert (article.external_id, article.title) == ("=1+1", "@SUM(A1)")
    assert article.revisions.get().text == formula
    out = files_of("csv", Article(text=formula, external_id="=1+1", title="@SUM(A1)"))[""].decode()
    cells = [cell for row in csv.reader(io.StringIO(out, newline="")) for cell in row]
    assert {f"'{formula}", "'=1+1", "'@SUM(A1)"} <= set(cells)
    assert [cell for cell in cells if cell[:1] in "=+-@" and cell] == []


def test_a_line_of_records_is_read_no_further_than_a_record_may_be(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "LONGEST_LINE", 20_000)
    sound = native_line(second_article())
    for place, lines in enumerate(([b"y" * 3_000_000 + b"\n", sound], [sound, b"y" * 3_000_000])):
        told, found = tried(corpus, NATIVE, {"": b"".join(lines)})
        assert len(told) == 1 and f"file:{place + 1}: the line is longer" in told[0]
        assert found[0] == 1
    assert max(map(len, record_lines(io.BytesIO(b"y" * 3_000_000)))) == 20_001


@pytest.mark.parametrize("name", READABLE)
def test_a_long_line_takes_memory_for_one_line_and_no_more(corpus: Corpus, name: str) -> None:
    sound = files_of(name, first_article())
    files = {file: letter(b"y" * 40_000_000)(data) for file, data in sound.items()}
    tracemalloc.start()
    try:
        tried(corpus, name, files)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The file itself is held here twice: by the test and as what an upload is kept in.
    assert peak < 2 * sum(map(len, files.values())) + 5 * MAX_BYTES

"""The shipped articles are byte for byte what was written, and their gold obeys the guideline."""

import hashlib
import json
import unicodedata
from collections import defaultdict
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import pytest

SAMPLE = Path(__file__).resolve().parents[3] / "corpus" / "sample"
ARTICLES = SAMPLE / "articles"
NIGHT_MARKET_SHA256 = "a9d02640336af0412b32faca42c7494b59c9cb8d721701912dc57e9f16bc6a08"

OPENING, CLOSING = ("“", "‘", '"', "'"), ("”", "’", '"', "'")
WITHOUT_GOLD = {"vell-point-sea-wall.html"}
# The only source-less quotes, and the only quote introduced by a gesture, in the whole sample.
WITHOUT_SOURCE = ["that every fifth position was vacant"]
WITHOUT_CUE = ["“The bronze does not care who pours it.”"]

# What is never labelled: lines of the page, bylines, the dateline, the names of speaker turns.
FURNITURE = {
    "bell-founder.txt": ["By Priya Hollis-Ferreby"],
    "lindmoor-libraries.txt": [
        "Skip to main content",
        "Home > Regions > Lindmoor",
        "Advertisement",
        "By Casimir Dahl-Obrey",
        "Published 11 June | 3 min read",
        "Share this article | Save for later",
        "Photo: Wilhelmina Strand-Otis/The Lindmoor Lantern",
        "Read more: Mayor says harbour bridge is ‘perfectly safe’",
        "Sign up for our morning letter",
        "More from Lindmoor",
        "© The Lindmoor Lantern. All rights reserved.",
        "Back to top",
    ],
    "night-market.txt": [unicodedata.normalize("NFD", "By Zoë Brännlund-Téllez")],
    "swimming-hall.txt": ["NOTICE", "Print this page | Contact | Imprint"],
    "ferry-cracks": ["KOLVENPORT, 4 March (Tarn Wire) — "],
    "tap-water-interview": ["MIRELA STANKOVAR: ", "TOMAS EKENRASK: ", "[Laughter]"],
}

# Words in quotation marks that quote nobody, and reports of speech without content.
TRAPS = {
    "bell-founder.txt": ["“Tessaly method”", "“Forty Winters of Bronze”", "neither has been told"],
    "lindmoor-libraries.txt": ["‘perfectly safe’", "‘reading room reform’", "‘Every Child a Reader’"],
    "night-market.txt": [unicodedata.normalize("NFD", "“crêpe street”"), "“The Ferryman’s Hat”"],
    "ferry-cracks": ["declined to say how long the repairs would take", "apologised to its customers"],
    "tap-water-interview": ["The auditor did say that", 'Did you ever call the complaints "noise"?'],
    "bus-fares": ['"free-flowing city"'],
}

Span = dict[str, int]
Record = dict[str, Any]


def json_lines(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_bytes().decode().split("\n") if line]


def shipped_texts() -> dict[str, str]:
    texts = {path.name: path.read_bytes().decode() for path in ARTICLES.glob("*.txt")}
    return texts | {row["external_id"]: row["text"] for row in json_lines(ARTICLES / "articles.jsonl")}


TEXTS = shipped_texts()
GOLD = {record["id"]: record for record in json_lines(SAMPLE / "gold.jsonl")}
QUOTES = [(record, quote) for record in GOLD.values() for quote in record["quotes"]]
each_record = pytest.mark.parametrize("record", GOLD.values(), ids=GOLD.keys())


def surface(record: Record, span: Span) -> str:
    text: str = record["text"]
    return text[span["start"] : span["end"]]


def spans(record: Record) -> list[Span]:
    named = [quote[role] for quote in record["quotes"] for role in ("speaker", "cue") if quote[role]]
    return [*record["quotes"], *record["claims"], *named]


def groups(record: Record) -> dict[str, list[Record]]:
    pieces = defaultdict(list)
    for quote in record["quotes"]:
        pieces[quote["group"]].append(quote)
    return pieces


def occurrences(text: str, part: str) -> list[tuple[int, int]]:
    starts = [start for start in range(len(text)) if text.startswith(part, start)]
    assert starts, f"{part!r} is not in the article"
    return [(start, start + len(part)) for start in starts]


def overlap(span: Span, start: int, end: int) -> bool:
    return span["start"] < end and start < span["end"]


def test_every_article_but_the_web_page_has_gold() -> None:
    assert set(GOLD) == set(TEXTS)
    assert {path.name for path in ARTICLES.glob("*.html")} == WITHOUT_GOLD
    assert len(TEXTS) + len(WITHOUT_GOLD) == 8


def test_articles_are_short_and_free_of_a_byte_order_mark() -> None:
    lengths = {name: len(text.split()) for name, text in TEXTS.items()}
    assert {name: words for name, words in lengths.items() if not 120 <= words <= 450} == {}
    assert not any(path.read_bytes().startswith(b"\xef\xbb\xbf") for path in ARTICLES.iterdir())


def test_articles_in_jsonl_carry_metadata_of_invented_hosts() -> None:
    for row in json_lines(ARTICLES / "articles.jsonl"):
        assert set(row) == {"external_id", "title", "outlet", "url", "published_at", "language", "text"}
        assert row["url"].split("/")[2].endswith(".example")


@each_record
def test_gold_text_is_the_shipped_text(record: Record) -> None:
    assert record["text"] == TEXTS[record["id"]]
    assert record["text_sha256"] == hashlib.sha256(record["text"].encode()).hexdigest()


@each_record
def test_every_span_fits_and_has_clean_limits(record: Record) -> None:
    for span in spans(record):
        assert 0 <= span["start"] < span["end"] <= len(record["text"])
        text = surface(record, span)
        assert text == text.strip()
        assert "\n" not in text


@each_record
def test_no_limit_splits_a_character_that_readers_see_as_one(record: Record) -> None:
    for offset in {span[side] for span in spans(record) for side in ("start", "end")}:
        following, before = record["text"][offset], record["text"][offset - 1 : offset]
        assert unicodedata.combining(following) == 0
        assert "\u200d" not in (following, before)
        assert following != "\ufe0f"


@each_record
def test_only_what_closes_with_a_quotation_mark_keeps_its_last_stop(record: Record) -> None:
    indirect = [quote for quote in record["quotes"] if quote["type"] != "direct"]
    named = [span for span in spans(record) if "type" not in span]
    surfaces = [surface(record, span) for span in indirect + named]
    assert [text for text in surfaces if text.endswith((".", ",", ":"))] == []


@each_record
def test_direct_quotes_include_their_quotation_marks(record: Record) -> None:
    for pieces in groups(record).values():
        if pieces[0]["type"] != "direct":
            continue
        assert all(surface(record, piece).startswith(OPENING) for piece in pieces)
        assert surface(record, pieces[-1]).endswith(CLOSING)


@each_record
def test_types_say_where_the_quotation_marks_are(record: Record) -> None:
    for quote in record["quotes"]:
        marked = any(mark in surface(record, quote) for mark in ("“", '"'))
        assert quote["type"] in {"direct", "indirect", "mixed"}
        assert marked or quote["type"] != "mixed"
        assert not marked or quote["type"] != "indirect"


@each_record
def test_sources_and_cues_lie_outside_their_quote(record: Record) -> None:
    for pieces in groups(record).values():
        for role in filter(None, (pieces[0]["speaker"], pieces[0]["cue"])):
            assert not any(overlap(piece, role["start"], role["end"]) for piece in pieces)


@each_record
def test_segments_of_one_quote_are_disjoint_and_agree(record: Record) -> None:
    for pieces in groups(record).values():
        assert all(first["end"] <= second["start"] for first, second in pairwise(pieces))
        assert all(piece[key] == pieces[0][key] for piece in pieces for key in ("type", "speaker", "cue"))


@each_record
def test_no_two_claims_overlap(record: Record) -> None:
    assert all(first["end"] <= second["start"] for first, second in pairwise(record["claims"]))


@pytest.mark.parametrize("name", FURNITURE)
def test_no_span_touches_furniture(name: str) -> None:
    record = GOLD[name]
    for line in FURNITURE[name]:
        for start, end in occurrences(record["text"], line):
            assert [surface(record, span) for span in spans(record) if overlap(span, start, end)] == []


@pytest.mark.parametrize("name", TRAPS)
def test_no_quote_touches_a_trap(name: str) -> None:
    record = GOLD[name]
    for part in TRAPS[name]:
        for start, end in occurrences(record["text"], part):
            assert [surface(record, quote) for quote in record["quotes"] if overlap(quote, start, end)] == []


def test_source_and_cue_are_missing_only_where_the_text_has_none() -> None:
    assert [surface(record, quote) for record, quote in QUOTES if not quote["speaker"]] == WITHOUT_SOURCE
    assert [surface(record, quote) for record, quote in QUOTES if not quote["cue"]] == WITHOUT_CUE


def test_the_notice_holds_nothing_to_label() -> None:
    assert GOLD["swimming-hall.txt"]["quotes"] == GOLD["swimming-hall.txt"]["claims"] == []


def test_the_night_market_keeps_its_bytes() -> None:
    raw = (ARTICLES / "night-market.txt").read_bytes()
    assert hashlib.sha256(raw).hexdigest() == NIGHT_MARKET_SHA256
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r") > 0


def test_the_night_market_has_decomposed_accents_joined_emoji_and_no_break_spaces() -> None:
    text = TEXTS["night-market.txt"]
    assert unicodedata.is_normalized("NFD", text)
    assert not unicodedata.is_normalized("NFC", text)
    assert "E\u0301toile" in text
    assert "👨\u200d👩\u200d👧\u200d👦" in text
    assert "👍🏽" in text
    assert "14\u00a0500" in text


def test_every_construction_of_the_guideline_occurs() -> None:
    assert {quote["type"] for _, quote in QUOTES} == {"direct", "indirect", "mixed"}
    broken = [pieces for record in GOLD.values() for pieces in groups(record).values() if len(pieces) > 1]
    assert {pieces[0]["type"] for pieces in broken} == {"direct", "indirect"}
    nested = [
        surface(record, inner)
        for record in GOLD.values()
        for outer, inner in permutations(record["quotes"], 2)
        if outer["start"] <= inner["start"] and inner["end"] <= outer["end"]
    ]
    assert len(nested) == 2

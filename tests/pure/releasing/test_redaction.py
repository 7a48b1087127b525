"""No protected name is left in a redacted record, every span holds, and every format still writes it."""

import hashlib
import io
import random
import re
import time
import unicodedata
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.exchange import FORMATS
from annotations.exchange.losses import Losses
from annotations.exchange.native import read_record
from annotations.exchange.outgoing import outgoing
from annotations.releasing.redaction import BLACK, Names, protected_names, redact
from corpus.schemes import DEFAULT_SCHEME, parse_scheme
from corpus.text.spans import joined_surface
from tests.growth import grows_no_faster
from tests.pure.releasing.made_up import annotation, record, records, relation, review, strings

NONE = protected_names([])
LISTED = ["Ida Holm", "Renée O’Neill", "Ursula van der Löwen", "田中 太郎", "B. McAdam", "0170 12345"]
#: What must be found nowhere: the parts of the names that name somebody, as plain letters.
SECRETS = frozenset({"ida", "holm", "renee", "neill", "ursula", "lowen", "mcadam"})

WRITERS = [
    name for name, format in FORMATS.items() if format.write and not format.needs and name != "claim-review"
]


def plain_words(text: str) -> set[str]:
    """Return the words of a text as plain small letters, found another way than by the code under test."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    bare = re.sub("[\u00ad\u200b-\u200f\u2060\ufeff]", "", bare)
    bare = re.sub("(?<=[a-z])(?=[A-Z])", " ", bare)
    return {part.removesuffix("s") for part in re.findall(r"[^\W\d_]+", bare.casefold())} | set(
        re.findall("田中|太郎", bare)
    )


def names_left(value: Any) -> set[str]:
    secrets = SECRETS | {"田中", "太郎"}
    # What a surface holds stands in the text; a span may cut a longer word so that a name is left.
    found = [string for place, string in strings(value) if not place.endswith(".surface")]
    return {word for string in found for word in plain_words(string) & secrets}


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Ida Holm sails.", "████████ sails."),
        ("IDA HOLM, ida holm", "████████, ████████"),
        ("Holm sails, and Ida too.", "████ sails, and ███ too."),
        ("Holm's, Holm’s, Holms’ and Holms boat", "████'s, ████’s, ████s’ and ████s boat"),
        ("Holmes of Stockholm is no Holmberg.", "Holmes of Stockholm is no Holmberg."),
        ("Ida\r\nHolm", "█████████"),
        ("Ida\u00a0J. Holm", "███\u00a0J. ████"),
        ("mail ida.holm@x.example, #IdaHolm, holm1985", "mail ████████@x.example, #███████, ████1985"),
        ("Holm-Larsen, “Holm”, Holm—Ida", "████-Larsen, “████”, ████—███"),
        ("#TeamHolm, HolmIda, McHolmes", "#Team████, ███████, McHolmes"),
        ("hOLM and LÖwen; AMcAdam, Mcadam, #TheMcAdams", "████ and █████; AMcAdam, ██████, #The██████s"),
        ("0170/123 45, 01701 2345, +49170", "███████████, ██████████, +49170"),
        ("Hol\u00adm and Ho\u200blm", "█████ and █████"),
        ("Rene\u0301e, Renée, Renee, RENÉE", "██████, █████, █████, █████"),
        ("Renée\u0301 O'Neill; O’Neill; ONeill", "██████████████; ███████; ██████"),
        ("Ｈｏｌｍ and 𝐇𝐨𝐥𝐦", "████ and ████"),
        ("Frau van der Löwen; Lo\u0308wens", "Frau van der █████; ██████s"),
        ("Ursula van der Löwen", "████████████████████"),
        ("田中さんと太郎は、田中太郎だ。", "██さんと██は、████だ。"),
        ("🌊 Holm 👩🏽‍🔧", "🌊 ████ 👩🏽‍🔧"),
        ("of the van, and der", "of the van, and der"),
        ("", ""),
    ],
)
def test_every_form_of_a_name_is_black(text: str, redacted: str) -> None:
    assert redact(record(text), protected_names(LISTED))["text"] == redacted


def test_a_source_that_is_marked_in_the_article_is_protected_there() -> None:
    text = "“We sail,” said the cook, Åsa Berg. Bergs boat is old, the berg is not. A cook sails."
    marked = annotation(text, 10, "attribution", (16, 34), attributes={"protected": "yes"})
    plain = annotation(text, 11, "attribution", (36, 40), attributes={"protected": "no"})
    given = record(text, title="Åsa sails", annotations=[marked, plain])
    found = redact(given, NONE)
    assert found["text"] == (
        "“We sail,” said ██████████████████. ████s boat is old, the ████ is not. A cook sails."
    )
    assert found["title"] == "███ sails"
    assert found["redacted"] == [[16, 34], [36, 40], [59, 63]]
    assert redact(record(text, title="Åsa sails", annotations=[plain]), NONE)["text"] == text


def test_what_would_undo_it_goes() -> None:
    text = "Ida Holm sails."
    given = record(text, external_id="post/ida-holm-sails", url="https://post.example/ida-holm")
    found = redact(given, protected_names(LISTED))
    assert found["text_sha256"] == hashlib.sha256(found["text"].encode()).hexdigest()
    assert (found["url"], found["external_id"]) == ("", given["id"])
    assert redact(record("She sails.", url="https://post.example/holm"), protected_names(LISTED))["url"] == ""


def test_a_record_without_a_protected_name_stays_as_it_is() -> None:
    given = record("She sails.", reviews=[review(note="well")])
    assert redact(given, protected_names(LISTED)) == {**given, "redacted": []}
    assert redact(given, NONE) == {**given, "redacted": []}


def test_a_record_without_its_text_is_refused() -> None:
    with pytest.raises(ValueError, match="put the text back first"):
        redact({**record("Holm"), "text": ""}, protected_names(LISTED))


PIECES = st.sampled_from(
    [
        *("Ida Holm", "Holm", "HOLM", "ida", "Holm’s", "Holms", "Ho\u00adlm", "Renée", "Rene\u0301e"),
        *("O’Neill", "Ursula van der Löwen", "Lo\u0308wen", "田中", "太郎さん", "idaholm", "Ida\nHolm"),
        *("holm1985", "Holmes"),
        *(" ", " ", ", ", "-", "\u0301", "\u200d", "👩🏽‍🔧", "█", "ß", "ﬁ", "said", "s", "_", "İ"),
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@settings(max_examples=200)
@given(records(TEXTS))
def test_no_protected_name_is_left_and_every_span_holds(given: dict[str, Any]) -> None:
    names = protected_names(LISTED)
    found = redact(given, names)
    assert names_left(found) == set()
    text = found["text"]
    assert len(text) == len(given["text"])
    black = {place for start, end in found["redacted"] for place in range(start, end)}
    assert all(
        now == (BLACK if place in black else was)
        for place, (was, now) in enumerate(zip(given["text"], text, strict=True))
    )
    for row, before in zip(found["annotations"], given["annotations"], strict=True):
        assert row["segments"] == before["segments"]
        assert row["surface"] == joined_surface(text, row["segments"])
    if text.strip():
        read_record(found, parse_scheme(DEFAULT_SCHEME))
    assert redact(found, names)["text"] == text


def test_a_name_that_is_left_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    given = record("Ida\u00a0Hólm sails.", reviews=[review(note="as Holm said")])
    assert names_left(given) == {"ida", "holm"}
    monkeypatch.setattr("annotations.releasing.redaction._PLAIN", frozenset({"text", "surface", "note"}))
    assert names_left(redact(given, protected_names(LISTED))) == {"holm"}
    assert names_left(redact(given, Names())) == {"ida", "holm"}


@pytest.mark.parametrize("piece", ["Ida Holm ", "a\u0301", "IdaHolm", "x"])
def test_time_grows_with_the_text(piece: str) -> None:
    names = protected_names(LISTED)

    def seconds(times: int) -> float:
        start = time.perf_counter()
        redact(record(piece * times), names)
        return time.perf_counter() - start

    assert grows_no_faster(seconds, 2_000, 8_000, factor=8, floor=0.02)


def test_many_names_take_hardly_longer_than_few() -> None:
    chance = random.Random(1)
    listed = [" ".join("".join(chance.choices("aeioustrnlkmp", k=7)) for _ in "ab") for _ in range(800)]
    text = " ".join("".join(chance.choices("aeioustrnlkmp", k=6)) for _ in range(2_000))
    lists = {count: protected_names(listed[:count]) for count in (20, 800)}

    def seconds(count: int) -> float:
        start = time.perf_counter()
        redact(record(text), lists[count])
        return time.perf_counter() - start

    assert grows_no_faster(seconds, 20, 800, factor=8, floor=0.02)
    # The longest of those that begin alike is the one that is found.
    names = protected_names(["Ali", "Alibaba", "Ali Baba Holm", "Al", "Al Ibaba"])
    assert redact(record("Alibaba, Ali Baba Holm, Ali."), names)["text"] == "███████, █████████████, ███."


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_writes_a_redacted_record(name: str) -> None:
    text = "“We sail,” said Ida Holm.\nHolm left."
    given = record(
        text,
        title="Holm sails",
        layer="gold",
        annotations=[
            annotation(text, 10, "quote", (0, 10), attributes={"type": "direct"}, reason="source Holm"),
            annotation(text, 11, "attribution", (16, 24)),
            annotation(text, 12, "cue", (11, 15)),
        ],
        relations=[relation(30, "source", 10, 11), relation(31, "cue", 10, 12)],
    )

    def written(record: dict[str, Any]) -> bytes:
        target, format = io.BytesIO(), FORMATS[name]
        assert format.write is not None
        format.write(outgoing([record], format, Losses()), target, Losses())
        data = target.getvalue()
        if data.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                data = b"".join(archive.read(entry) for entry in archive.namelist())
        return data

    assert b"Holm" in written(given)
    redacted = written(redact(given, protected_names(LISTED)))
    assert b"Holm" not in redacted and b"Ida" not in redacted
    assert BLACK in redacted.decode() or b"\\u2588" in redacted

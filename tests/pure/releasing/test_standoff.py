"""A record without words holds none, and who has the text gets them back."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.releasing import standoff
from annotations.releasing.redaction import protected_names, redact
from annotations.releasing.standoff import WrongText, detach, rejoin, without_words
from tests.pure.releasing.made_up import annotation, record, records, relation, review, strings

#: Letters that no key, label or id of ours has.
WORDS = "Жёлтый ἀγορά 鯨"
FOREIGN = frozenset(unicodedata.normalize("NFC", WORDS)) - {" "}


def wordy() -> dict[str, Any]:
    """Return a record with words wherever a record may have some, and where none is known to have any."""
    text = f"{WORDS}. {WORDS}"
    return record(
        text,
        title=WORDS,
        byline=WORDS,
        metadata={"desk": WORDS, WORDS: [WORDS]},
        raw=WORDS,
        blocks=[{"start": 0, "end": 5, "kind": "body", "name": {"start": 0, "end": 3}, "said": WORDS}],
        annotations=[
            annotation(text, 10, "quote", (0, 4), (6, 9), reason=WORDS, comment=WORDS),
            annotation(text, 11, "attribution", (0, 4)),
        ],
        relations=[relation(30, "source", 10, 11, reason=WORDS, comment=WORDS)],
        reviews=[review(reason=WORDS, note=WORDS, comment=WORDS)],
        settlements=[{"note": WORDS}],
        disputes=[{"differences": WORDS}],
    )


def words_left(value: Any) -> set[str]:
    return {place for place, string in strings(value) if FOREIGN & set(string)}


def test_no_word_is_left() -> None:
    assert words_left(without_words(wordy())) == set()


def test_a_word_that_is_left_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {".text", ".title", ".annotations.surface", ".reviews.note"} < words_left(wordy())
    kept = {**standoff.KEPT_OF_ROWS, "reviews": standoff.KEPT_OF_ROWS["reviews"] | {"comment"}}
    monkeypatch.setattr(standoff, "KEPT_OF_ROWS", kept)
    assert words_left(without_words(wordy())) == {".reviews.comment"}


def test_what_is_no_word_stays() -> None:
    given, bare = wordy(), without_words(wordy())
    for name in ("id", "external_id", "url", "text_sha256", "length", "outlet", "licence", "text_withheld"):
        assert bare[name] == given[name]
    assert [row["segments"] for row in bare["annotations"]] == [[[0, 4], [6, 9]], [[0, 4]]]
    assert bare["relations"][0]["head"] == given["annotations"][0]["id"]
    assert bare["blocks"][0]["name"] == {"start": 0, "end": 3}


@given(records(st.text(max_size=30)))
def test_who_has_the_text_gets_an_equal_record(record: dict[str, Any]) -> None:
    assert rejoin(detach(record), record["text"]) == record
    again = rejoin(without_words(record), record["text"])
    assert again["text"] == record["text"]
    for name in ("surface", "segments", "attributes", "label", "root"):
        assert [row[name] for row in again["annotations"]] == [row[name] for row in record["annotations"]]
    assert without_words(again) == without_words(record)


@given(st.text(max_size=30), st.text(max_size=30))
def test_another_text_is_refused(text: str, other: str) -> None:
    bare = without_words(record(text))
    if text == other:
        assert rejoin(bare, other)["text"] == text
        return
    with pytest.raises(WrongText):
        rejoin(bare, other)


def test_the_text_of_a_redacted_article_comes_back_redacted() -> None:
    text = "“We sail,” said Ida Holm."
    given = record(text, annotations=[annotation(text, 10, "attribution", (16, 24))])
    redacted = redact(given, protected_names(["Ida Holm"]))
    bare = without_words(redacted)
    assert rejoin(bare, text)["annotations"][0]["surface"] == "████████"
    assert rejoin(bare, text) == rejoin(bare, redacted["text"])

"""Articles in and out: text is never touched, every row has its outcome, amendments are revisions."""

import hashlib
import io
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.db import connection
from django.http import UnreadablePostError
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from bench.work import plan_of
from corpus.models import Article, Corpus, Revision, User
from corpus.readers.base import MAX_BYTES
from corpus.services.stories import group_stories
from tests.api.contract import API, Caller, caller
from tests.conftest import TEXT, put_in

ODD = "\ufeff  Lead\r\nwith\u00a0a \u2028 e\u0301 👩‍👩‍👧 and no end \t"


def test_a_text_comes_back_as_it_was_sent(as_lea: Caller) -> None:
    sent = {
        "external_id": "odd",
        "text": ODD,
        "title": " T ",
        "outlet": "The Gazette",
        "published_at": "2024-05-01T10:00:00+02:00",
        "language": "en-GB",
        "licence": "CC-BY-4.0",
        "text_withheld": True,
        "metadata": {"desk": ["city"]},
    }
    made = as_lea.post("corpora/harbour/articles/", sent)
    assert (made.status_code, made.json()["outcome"]) == (201, "created")
    read = as_lea.get(f"articles/{made.json()['article']}/").json()
    assert read["text"] == ODD
    assert read["text_sha256"] == hashlib.sha256(ODD.encode()).hexdigest()
    names = ("title", "outlet", "language", "licence", "text_withheld", "metadata")
    assert {name: read[name] for name in names} == {name: sent[name] for name in names}


def test_the_same_article_again_changes_nothing(as_lea: Caller) -> None:
    body = {"external_id": "a", "text": "One."}
    assert as_lea.post("corpora/harbour/articles/", body).status_code == 201
    again = as_lea.post("corpora/harbour/articles/", body)
    assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")
    amended = as_lea.post("corpora/harbour/articles/", {**body, "text": "Two."})
    assert (amended.status_code, amended.json()["outcome"], amended.json()["revision"]) == (200, "amended", 2)


@pytest.mark.parametrize("body", [{"external_id": "a"}, {"text": "a"}, {"external_id": "a", "text": " \n"}])
def test_an_article_needs_its_id_and_a_text(as_lea: Caller, body: dict[str, str]) -> None:
    assert as_lea.post("corpora/harbour/articles/", body).status_code == 400
    assert not Article.objects.exists()


def test_each_line_has_its_result_in_order(as_lea: Caller) -> None:
    outcomes = as_lea.post_lines(
        "corpora/harbour/articles/",
        {"external_id": "a", "text": "A."},
        b"",
        {"external_id": "b", "text": 7},
        b"{",
        {"external_id": "a", "text": "A."},
        {"external_id": "a", "text": "A, amended."},
        {"external_id": "c", "text": "C.", "hat": 1},
    )
    assert [(row["place"], row["outcome"], row["revision"]) for row in outcomes] == [
        ("line 1", "created", 1),
        ("line 3", "rejected", None),
        ("line 4", "rejected", None),
        ("line 5", "unchanged", 1),
        ("line 6", "amended", 2),
        ("line 7", "rejected", None),
    ]
    assert "hat" in outcomes[-1]["reason"]


def test_a_line_that_is_too_long_is_refused_and_the_next_one_read(as_lea: Caller) -> None:
    long = b'{"external_id": "l", "text": "' + b"x" * MAX_BYTES + b'"}'
    outcomes = as_lea.post_lines("corpora/harbour/articles/", long, {"external_id": "a", "text": "A."})
    assert [row["outcome"] for row in outcomes] == ["rejected", "created"]
    assert "bytes" in outcomes[0]["reason"]


def test_a_body_over_the_limit_is_refused_before_it_is_read(as_lea: Caller) -> None:
    with override_settings(ATTEST_MAX_STREAM_BYTES=10):
        refused = as_lea.send(
            "POST", "corpora/harbour/articles/", b"x" * 11, content_type="application/x-ndjson"
        )
    assert refused.status_code == 413


class Slow(io.RawIOBase):
    """A client that sends line by line; it notes whether a transaction was open when asked for more."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self.lines = lines
        self.held: list[bool] = []

    def readline(self, _size: int | None = -1, /) -> bytes:
        self.held.append(connection.in_atomic_block)
        return next(self.lines, b"")


@pytest.mark.django_db(transaction=True)
def test_a_slow_client_holds_no_transaction_between_lines(corpus: Corpus, lea: User) -> None:
    """Chunked, as `curl -T -` sends it: no length, and the server marks the end."""
    slow = Slow(
        orjson.dumps({"external_id": str(number), "text": f"{number}."}) + b"\n" for number in range(450)
    )
    who = caller(lea)
    asked: dict[str, Any] = {"wsgi.input": slow, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    response: Any = who.client.generic(
        "POST",
        f"{API}corpora/harbour/articles/",
        headers={"Transfer-Encoding": "chunked"},
        CONTENT_TYPE="application/x-ndjson",
        **asked,
    )
    assert response.status_code == 200
    lines = b"".join(response.streaming_content).splitlines()
    assert (len(lines), Article.objects.count()) == (450, 450)
    assert len(slow.held) == 451
    assert not any(slow.held)


def broken_off() -> Iterator[bytes]:
    yield b'{"external_id": "a", "text": "A."}\n'
    raise UnreadablePostError("the client is gone")


@pytest.mark.django_db(transaction=True)
def test_a_body_that_breaks_off_keeps_what_came_whole(corpus: Corpus, lea: User) -> None:
    asked: dict[str, Any] = {"wsgi.input": Slow(broken_off()), "wsgi.input_terminated": True}
    response: Any = caller(lea).client.generic(
        "POST",
        f"{API}corpora/harbour/articles/",
        headers={"Transfer-Encoding": "chunked"},
        CONTENT_TYPE="application/x-ndjson",
        CONTENT_LENGTH="",
        **asked,
    )
    outcomes = [orjson.loads(line) for line in b"".join(response.streaming_content).splitlines()]
    assert [row["outcome"] for row in outcomes] == ["created", "rejected"]
    assert "broke off" in outcomes[1]["reason"]
    assert Article.objects.count() == 1


def test_a_chunked_body_of_json_is_asked_for_its_length(as_lea: Caller) -> None:
    refused = as_lea.send("POST", "corpora/harbour/articles/", Transfer_Encoding="chunked")
    assert refused.status_code == 411


def test_a_packed_body_is_not_taken(as_lea: Caller) -> None:
    refused = as_lea.post("corpora/harbour/articles/", b"\x1f\x8b", Content_Encoding="gzip")
    assert refused.status_code == 415


def test_a_new_text_is_a_revision_under_the_version_that_was_read(as_lea: Caller, revision: Revision) -> None:
    path = f"articles/{revision.article_id}/"
    assert as_lea.get(path).headers["ETag"] == '"1"'
    assert as_lea.put(path, {"text": "Amended."}).status_code == 428
    amended = as_lea.put(path, {"text": "Amended."}, If_Match='"1"')
    assert (amended.status_code, amended.headers["ETag"], amended.json()["outcome"]) == (
        200,
        '"2"',
        "amended",
    )
    stale = as_lea.put(path, {"text": "Amended by another."}, If_Match='"1"')
    assert (stale.status_code, stale.json()["details"]) == (412, {"version": 2})
    assert as_lea.get(path).json()["text"] == "Amended."
    assert as_lea.get(f"{path}?revision=1").json()["text"] == TEXT
    assert [item["number"] for item in as_lea.get(f"{path}revisions/").json()["results"]] == [2, 1]
    assert as_lea.get(f"{path}?revision=3").status_code == 404


def test_an_erased_article_has_no_words(as_owen: Caller, as_vic: Caller, revision: Revision) -> None:
    path = f"articles/{revision.article_id}/"
    assert as_owen.delete(path).status_code == 400
    assert as_owen.delete(f"{path}?reason=court+order").status_code == 204
    read = as_vic.get(path).json()
    assert (read["text"], read["title"], read["length"]) == ("", "", len(TEXT))
    assert read["erased_at"]
    assert as_owen.put(path, {"text": "Back."}, If_Match='"1"').status_code == 400


def test_filters_are_the_ones_that_are_named(as_vic: Caller, corpus: Corpus) -> None:
    put_in(corpus, "One.", "1", outlet="The Gazette", language="en")
    put_in(corpus, "Zwei.", "2", outlet="Der Bote", language="de")

    def found(query: str) -> list[str]:
        return [
            row["external_id"] for row in as_vic.get(f"corpora/harbour/articles/?{query}").json()["results"]
        ]

    assert found("") == ["2", "1"]
    assert found("outlet=The+Gazette") == ["1"]
    assert found("language=de") == ["2"]
    assert found("external_id=1&language=en") == ["1"]
    assert found("external_id=1&language=de") == []
    assert found("status=new") == ["2", "1"]
    assert as_vic.get("corpora/harbour/articles/?title=One").status_code == 400
    assert as_vic.get("corpora/harbour/articles/?outlet__name=x").status_code == 400


def test_the_articles_of_one_story_are_found_by_it(as_vic: Caller, corpus: Corpus) -> None:
    first, *_ = (put_in(corpus, text, name) for name, text in (("1", TEXT), ("2", TEXT), ("3", "Other.")))
    path = f"articles/{first.article_id}/"
    assert as_vic.get(path).json()["story"] is None
    group_stories(corpus)
    assert as_vic.get(path).json()["story"] == str(first.article_id)
    with CaptureQueriesContext(connection) as asked:
        found = as_vic.get(f"corpora/harbour/articles/?story={first.article_id}").json()["results"]
    (listing,) = [query["sql"] for query in asked if '"seen_status"' in query["sql"]]
    if connection.vendor == "sqlite":
        # PostgreSQL is right to scan a table as small as this one.
        assert "(corpus_id=? AND id=?)" in plan_of(listing)[0]
    assert [(row["external_id"], row["story"]) for row in found] == [
        (name, str(first.article_id)) for name in ("2", "1")
    ]
    assert as_vic.get("corpora/harbour/articles/?story=one").status_code == 400


def test_pages_never_cost_more_than_the_first(as_vic: Caller, corpus: Corpus) -> None:
    for number in range(12):
        put_in(corpus, f"{number}.", str(number))
    as_vic.get("me/")  # the first use of a token is noted
    with CaptureQueriesContext(connection) as first:
        page = as_vic.get("corpora/harbour/articles/?limit=5").json()
    with CaptureQueriesContext(connection) as second:
        following = as_vic.get(page["next"].removeprefix("http://testserver")).json()
    assert [row["external_id"] for row in following["results"]] == ["6", "5", "4", "3", "2"]
    assert len(first) == len(second) <= 5


def test_a_page_has_200_rows_at_most(as_vic: Caller, corpus: Corpus, as_lea: Caller) -> None:
    rows = [{"external_id": str(number), "text": f"{number}."} for number in range(205)]
    as_lea.post_lines("corpora/harbour/articles/", *rows)
    page = as_vic.get("corpora/harbour/articles/?limit=1000").json()
    assert len(page["results"]) == 200
    assert page["next"]
    assert len(as_vic.get("corpora/harbour/articles/").json()["results"]) == 50


def test_blocks_are_corrected_under_the_kind_that_was_seen(
    as_ada: Caller, as_vic: Caller, article: UUID
) -> None:
    blocks = as_vic.get(f"articles/{article}/blocks/").json()["results"]
    first = blocks[0]
    path = f"articles/{article}/blocks/{first['id']}/"
    assert as_vic.patch(path, {"kind": "caption"}, If_Match=f'"{first["kind"]}"').status_code == 403
    assert as_ada.patch(path, {"kind": "caption"}).status_code == 428
    changed = as_ada.patch(path, {"kind": "caption"}, If_Match=f'"{first["kind"]}"')
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"caption"')
    assert as_ada.patch(path, {"kind": "body"}, If_Match=f'"{first["kind"]}"').status_code == 412
    assert as_ada.patch(path, {"kind": "poem"}, If_Match='"caption"').status_code == 400
    assert as_vic.get(f"articles/{article}/blocks/").json()["results"][0]["set_by_person"] is True

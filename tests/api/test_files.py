"""Downloads are whole before they begin; what was exported is recognised when it comes back."""

import base64
import hashlib
from uuid import UUID

import orjson
import pytest

from annotations.models import Annotation, Export
from corpus.models import Article, User
from tests.api.conftest import decide_all
from tests.api.contract import Caller, caller, content_of


def test_a_download_states_what_it_is(as_lea: Caller, as_ada: Caller, article: UUID) -> None:
    decide_all(as_ada, article, "accept")
    got = as_lea.get("corpora/harbour/export/?format=attest-jsonl&layer=all")
    body = content_of(got)
    digest = hashlib.sha256(body).digest()
    assert got.headers["ETag"] == f'"{digest.hex()}"'
    assert got.headers["Repr-Digest"] == f"sha-256=:{base64.b64encode(digest).decode()}:"
    assert got.headers["Content-Length"] == str(len(body))
    assert got.headers["Content-Disposition"] == 'attachment; filename="harbour-all.jsonl"'
    manifest_path = got.headers["Link"].partition(">")[0].removeprefix("<")
    manifest = as_lea.get(manifest_path).json()["manifest"]
    assert manifest["sha256"] == digest.hex()
    record = orjson.loads(body.splitlines()[0])
    assert manifest["counts"]["annotations"] == len(record["annotations"])
    assert record["schema"] == "attest/1"


@pytest.mark.parametrize(
    "query", ["", "layer=nothing", "layer=all&format=xlsx", "layer=all&status=x", "layer=all&a=b"]
)
def test_what_cannot_be_exported_says_why(as_lea: Caller, article: UUID, query: str) -> None:
    assert as_lea.get(f"corpora/harbour/export/?{query}").status_code == 400
    assert not Export.objects.exists()


def test_what_was_exported_comes_back_as_it_was(
    as_lea: Caller, as_owen: Caller, as_ada: Caller, article: UUID
) -> None:
    decide_all(as_ada, article, "accept")
    body = content_of(as_lea.get("corpora/harbour/export/?layer=all"))
    unchanged = as_lea.post_lines("corpora/harbour/import/", *body.splitlines())
    assert [row["outcome"] for row in unchanged] == ["unchanged"]
    as_owen.post("corpora/", {"slug": "copy"})
    outcomes = as_owen.post_lines("corpora/copy/import/", b"", *body.splitlines(), b"{", b"[]")
    assert [(row["place"].rpartition(":")[2], row["outcome"]) for row in outcomes] == [
        ("2", "created"),
        ("3", "rejected"),
        ("4", "rejected"),
    ]
    copied = as_owen.get(f"articles/{outcomes[0]['article']}/annotations/?layer=machine:rules@4").json()[
        "results"
    ]
    assert len(copied) == len(
        as_owen.get(f"articles/{article}/annotations/?layer=machine:rules@4").json()["results"]
    )


def test_an_import_takes_both_scopes(as_lea: Caller, lea: User, article: UUID) -> None:
    half = caller(lea, "ingest")
    refused = half.send("POST", "corpora/harbour/import/", b"{}", content_type="application/x-ndjson")
    assert refused.status_code == 403
    assert as_lea.post("corpora/harbour/import/", {}).status_code == 415


def test_exports_are_listed_to_those_who_lead(
    as_lea: Caller, as_owen: Caller, as_ada: Caller, article: UUID
) -> None:
    as_lea.get("corpora/harbour/export/?layer=gold")
    assert [found["layer"] for found in as_owen.get("exports/").json()["results"]] == ["gold"]
    assert as_owen.get("exports/?corpus=harbour").json()["results"]
    assert as_ada.get("exports/").json()["results"] == []
    assert as_ada.get("exports/?corpus=harbour").status_code == 403


def test_an_export_holds_no_more_than_the_articles_that_are_asked_for(as_lea: Caller, article: UUID) -> None:
    as_lea.post("corpora/harbour/articles/", {"external_id": "d", "text": "Ein Satz.", "language": "de"})
    body = content_of(as_lea.get("corpora/harbour/export/?layer=machine&language=de"))
    assert body == b""
    assert Article.objects.count() == 2
    assert Annotation.objects.exists()


def test_another_format_goes_out_and_comes_in(
    as_lea: Caller, as_owen: Caller, as_ada: Caller, article: UUID
) -> None:
    decide_all(as_ada, article, "accept")
    got = as_lea.get("corpora/harbour/export/?format=label-studio&layer=all")
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["Content-Disposition"] == 'attachment; filename="harbour-all.json"'
    body = content_of(got)
    as_owen.post("corpora/", {"slug": "copy"})
    address = "corpora/copy/import/?format=label-studio"
    answer = as_owen.send("POST", address, body, content_type="application/json")
    (outcome,) = [orjson.loads(line) for line in content_of(answer).splitlines()]
    assert outcome["outcome"] == "created"
    assert outcome["notes"] == {"articles with offsets in code_point, verified by their words": 1}


@pytest.mark.parametrize(
    ("query", "body", "status"),
    [
        ("format=label-studio", b"[{", 400),
        ("format=nothing", b"[]", 400),
        ("format=label-studio&offset_unit=x", b"[]", 400),
        ("format=label-studio&map={", b"[]", 400),
        ("format=label-studio&map=[]", b"[]", 400),
        ("format=label-studio", b"PK\x03\x04 no archive", 400),
        ("format=label-studio", b"[]", 200),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(as_lea: Caller, query: str, body: bytes, status: int) -> None:
    answer = as_lea.send("POST", f"corpora/harbour/import/?{query}", body, content_type="application/json")
    assert answer.status_code == status
    assert not Article.objects.exists()


def test_a_strict_download_is_refused_where_something_is_lost(as_lea: Caller, article: UUID) -> None:
    query = "format=doccano&layer=machine"
    assert as_lea.get(f"corpora/harbour/export/?{query}&strict=true").status_code == 400
    assert as_lea.get(f"corpora/harbour/export/?{query}&strict=maybe").status_code == 400
    assert as_lea.get(f"corpora/harbour/export/?{query}&strict=false").status_code == 200

"""Reading layers, in any unit of offsets, and sending those of a machine client."""

from typing import Any
from uuid import UUID

import pytest

from annotations.models import Layer
from corpus.models import Corpus, Revision, User
from tests.api.conftest import suggestions
from tests.api.contract import Caller, caller
from tests.conftest import TEXT, put_in

WIDE = "👩‍👩‍👧 “Café é” said Ana 🙂.\r\n"
MINE = {"name": "mine", "version": "2.0", "configuration": {"model": "small"}}


def sent(*annotations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"revision": 1, "pipeline": MINE, "annotations": list(annotations), **more}


def claim(start: int, end: int, key: int | str = 1, **more: Any) -> dict[str, Any]:
    return {"key": key, "label": "claim", "segments": [[start, end]], "score": 0.5, **more}


def test_a_layer_reads_as_the_native_record_has_it(as_ada: Caller, article: UUID) -> None:
    quote = suggestions(as_ada, article, "quote")[0]
    (start, end), *_ = quote["segments"]
    assert quote["surface"] == TEXT[start:end]
    assert quote["layer"] == "machine:rules@4"
    assert (quote["origin"], quote["annotator"], quote["derived_from"]) == ("machine", "rules@4", None)
    assert quote["root"] == quote["id"]
    assert (quote["version"], quote["verdict"]) == (0, None)
    relations = as_ada.get(f"articles/{article}/relations/?layer=machine").json()["results"]
    known = {item["id"] for item in suggestions(as_ada, article)}
    assert relations
    assert {end for relation in relations for end in (relation["head"], relation["child"])} <= known


@pytest.mark.parametrize(("unit", "encoding", "width"), [("utf16", "utf-16-le", 2), ("utf8", "utf-8", 1)])
def test_offsets_come_in_the_unit_that_is_asked_for(
    as_lea: Caller, corpus: Corpus, unit: str, encoding: str, width: int
) -> None:
    revision = put_in(corpus, WIDE)
    whole = [[WIDE.index("“"), WIDE.index("”") + 1], [WIDE.index("🙂"), WIDE.index("🙂") + 1]]
    made = as_lea.post(
        f"articles/{revision.article_id}/suggestions/", sent({**claim(0, 1), "segments": whole})
    )
    assert made.status_code == 201, made.content
    path = f"articles/{revision.article_id}/annotations/?layer=machine&offset_unit={unit}"
    found = as_lea.get(path).json()["results"][0]
    raw = WIDE.encode(encoding)
    surfaces = [raw[start * width : end * width].decode(encoding) for start, end in found["segments"]]
    assert surfaces == [WIDE[start:end] for start, end in whole]
    one = as_lea.get(f"annotations/{found['id']}/?offset_unit={unit}").json()
    assert one["segments"] == found["segments"]


def test_offsets_go_in_by_the_same_units(as_lea: Caller, corpus: Corpus) -> None:
    revision = put_in(corpus, WIDE)
    start = len(WIDE[: WIDE.index("Ana")].encode("utf-16-le")) // 2
    path = f"articles/{revision.article_id}/suggestions/?offset_unit=utf16"
    assert as_lea.post(path, sent(claim(start, start + 3, surface="Ana"))).status_code == 201
    inside = as_lea.post(path, {**sent(claim(1, 3)), "pipeline": {"name": "other", "version": "1"}})
    assert inside.status_code == 422


@pytest.mark.parametrize(
    "segments", [[[0, 0]], [[5, 2]], [[0, 10_000]], [[-1, 3]], [[0, 5], [5, 8]], [[0, 5], [3, 8]], []]
)
def test_a_span_that_does_not_fit_does_not_exist(
    as_lea: Caller, revision: Revision, segments: list[Any]
) -> None:
    path = f"articles/{revision.article_id}/suggestions/"
    assert as_lea.post(path, sent({**claim(0, 1), "segments": segments})).status_code == 422
    assert not Layer.objects.exists()


def test_a_surface_that_is_another_is_refused(as_lea: Caller, revision: Revision) -> None:
    path = f"articles/{revision.article_id}/suggestions/"
    assert as_lea.post(path, sent(claim(0, 4, surface="xxxx"))).status_code == 422


def test_the_same_layer_again_is_no_news_and_another_is_a_conflict(
    as_lea: Caller, revision: Revision
) -> None:
    path = f"articles/{revision.article_id}/suggestions/"
    quote = {
        "key": "q",
        "label": "quote",
        "segments": [[0, 43]],
        "score": 0.9,
        "attributes": {"type": "direct"},
    }
    source = {"key": "s", "label": "attribution", "segments": [[49, 57]], "score": 0.9}
    link = {"label": "source", "head": "q", "child": "s", "score": 0.8}
    first = as_lea.post(path, sent(quote, source, relations=[link]))
    again = as_lea.post(path, sent(source, quote, relations=[link]))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {**first.json(), "new": False}
    assert as_lea.post(path, sent(quote, source)).status_code == 409
    assert as_lea.post(path, sent(quote, {**source, "score": 0.8}, relations=[link])).status_code == 409
    assert as_lea.get(f"articles/{revision.article_id}/").json()["status"] == "suggested"


def test_nothing_found_is_a_layer_too(as_lea: Caller, revision: Revision) -> None:
    path = f"articles/{revision.article_id}/suggestions/"
    assert as_lea.post(path, sent()).status_code == 201
    assert as_lea.post(path, sent()).status_code == 200
    assert as_lea.get(f"articles/{revision.article_id}/").json()["status"] == "suggested"


@pytest.mark.parametrize(
    "body",
    [
        sent(claim(0, 1), claim(2, 3)),
        sent({**claim(0, 1), "label": "poem"}),
        sent({**claim(0, 1), "attributes": {"type": "direct"}}),
        sent({**claim(0, 1), "score": 1.5}),
        sent(claim(0, 1), relations=[{"label": "source", "head": 1, "child": 2, "score": 1}]),
        sent(claim(0, 1), relations=[{"label": "source", "head": 1, "child": 1, "score": 1}]),
        {**sent(claim(0, 1)), "pipeline": {"name": "rules", "version": "1"}},
        {**sent(claim(0, 1)), "pipeline": {"name": "Mine!", "version": "1"}},
        {**sent(claim(0, 1)), "pipeline": {"name": "mine", "version": "a b"}},
    ],
)
def test_a_layer_that_does_not_hold_together_is_refused_whole(
    as_lea: Caller, revision: Revision, body: dict[str, Any]
) -> None:
    assert as_lea.post(f"articles/{revision.article_id}/suggestions/", body).status_code == 400
    assert not Layer.objects.exists()


def test_offsets_of_an_older_text_are_no_offsets_of_the_newer_one(as_lea: Caller, revision: Revision) -> None:
    path = f"articles/{revision.article_id}/"
    as_lea.put(path, {"text": "Short."}, If_Match='"1"')
    assert as_lea.post(f"{path}suggestions/", sent(claim(0, 20))).status_code == 201
    assert as_lea.post(f"{path}suggestions/", {**sent(claim(0, 20)), "revision": 2}).status_code == 422
    assert as_lea.post(f"{path}suggestions/", {**sent(claim(0, 6)), "revision": 3}).status_code == 404
    assert as_lea.get(f"{path}annotations/").json()["results"] == []
    assert len(as_lea.get(f"{path}annotations/?revision=1").json()["results"]) == 1


def test_a_machine_client_needs_no_more_than_its_scope(lea: User, corpus: Corpus, revision: Revision) -> None:
    machine = caller(lea, "read", "suggest", corpus=corpus)
    assert machine.post(f"articles/{revision.article_id}/suggestions/", sent(claim(0, 4))).status_code == 201
    assert machine.post("corpora/harbour/articles/", {"external_id": "x", "text": "X."}).status_code == 403

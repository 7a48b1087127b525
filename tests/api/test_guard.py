"""Hostile requests on every route: each is refused with a reason, none is a 500, on both databases alike."""

from itertools import product
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import pytest
from django.test import override_settings
from django.urls import reverse
from rest_framework.parsers import JSONParser

from corpus.api.views import Route
from tests.api.contract import API, Caller
from tests.api.test_matrix import EXPECTED, Cell, World, address_of, body_of, personas, routes, undone, world

__all__ = ["personas", "world"]

DEEP = 3_000
#: Bodies that are no JSON that can be stored, whatever a route asks for: each is 400 everywhere.
KILLERS: dict[str, bytes] = {
    "lists in lists": b"[" * DEEP + b"]" * DEEP,
    "objects in objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "an unclosed depth": b"[" * 100_000,
    "depth behind a key": b'{"text": ' + b"[" * 200 + b"]" * 200 + b"}",
    "NUL in a string": rb'{"text": "a\u0000b", "name": "a\u0000b"}',
    "NUL in a key": rb'{"a\u0000b": 1}',
    "NUL as it is": b'{"text": "a\x00b"}',
    "half a pair": rb'{"text": "\ud83d", "name": "\ud83d"}',
    "the other half": rb'{"name": "\ude00"}',
    "the halves turned round": rb'{"name": "\ude00\ud83d"}',
    "half a pair in a key": rb'{"\ud83d": 1}',
    "half a pair deep down": rb'{"metadata": {"a": [{"b": "\udfff"}]}}',
    "a key twice": b'{"text": "a", "text": "b"}',
    "a key twice deep down": b'{"metadata": {"a": 1, "a": 2}}',
    "a number of 5,000 digits": b'{"version": ' + b"9" * 5_000 + b"}",
    "a negative of 5,000 digits": b'{"version": -' + b"9" * 5_000 + b"}",
    "a number over 64 bits": b'{"version": 99999999999999999999}',
    "infinity by exponent": b'{"score": 1e999}',
    "NaN": b'{"score": NaN}',
    "Infinity": b'{"score": -Infinity}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"text": "a"}'.encode("utf-16"),
    "latin-1": b'{"text": "caf\xe9"}',
    "an overlong slash": b'{"text": "\xc0\xaf"}',
    "a surrogate as bytes": b'{"text": "\xed\xa0\x80"}',
    "a comment": b'{"text": "a" /* b */}',
    "a trailing comma": b'{"text": "a",}',
    "single quotes": b"{'text': 'a'}",
    "two values": b"{} {}",
    "half a value": b'{"text": "a',
    "a raw newline in a string": b'{"text": "a\nb"}',
    "a bare word": b"true false",
}
#: JSON as it should be, of the wrong shape for every route.
MISFITS: dict[str, bytes] = {
    "a list": b"[]",
    "a string": b'"text"',
    "a number": b"1",
    "true": b"true",
    "null": b"null",
    "an empty object or none": b"",
    "a field that no route has": b'{"password__startswith": "a"}',
    "a connector": b'{"_connector": "OR", "_negated": true}',
    "a prototype": b'{"__proto__": {"admin": true}}',
}
#: A value of each wrong type, put in place of each field of a request that would succeed.
WRONG_VALUES: dict[str, Any] = {
    "null": None,
    "a flag": True,
    "a number": 7,
    "a float": 1.5,
    "the largest number": 2**63 - 1,
    "the smallest number": -(2**63),
    "a string": "\u202e​\ufeff",
    "a long string": "x" * 70_000,
    "a list": [],
    "a list of lists": [[[[]]]],
    "a list of nothing": [None, None],
    "an object": {},
    "an object of objects": {"a": {"b": {}}},
    "an object in a list": [{"id": {}}],
    "a time at the edge": "0001-01-01T00:00:00+23:59",
    "a time beyond": "9999-12-31T23:59:59-23:59",
    "no time": "2024-02-30T25:61:61Z",
    "an id": "00000000-0000-0000-0000-000000000000",
    "no id": "00000000-0000-0000-0000-00000000000g",
    "pairs beyond": [[-1, 2**62], [2**62, 2**63 - 1]],
    "pairs of flags": [[True, False]],
    "pairs of text": [["0", "1"]],
    "half a pair": [[1]],
}
#: Queries, each 400 on every route that is there: no route has such a parameter, or none takes such a value.
QUERIES: dict[str, str] = {
    "NUL": "cursor=%00",
    "half a pair": "cursor=%ED%A0%80%00",
    "a parameter of the ORM": "user__password__startswith=p",
    "a regex": "text__regex=^(a%2B)%2B$",
    "a connector": "_connector=OR",
    "an unknown one": "nothing=1",
    "a huge limit": "limit=99999999999999999999999",
    "a limit of 5,000 digits": "limit=" + "9" * 3_000,
    "a long query": "cursor=" + "a" * 5_000,
    "a huge revision": "revision=99999999999999999999",
}
#: Values of parameters that some routes have and others refuse by name: 400, or 404 where it names a thing.
VALUES = """
limit=0 limit=-1 limit=1.5 limit=ten limit= limit=+1 limit=1e3 limit=٣ limit=1&limit=2
cursor=x cursor=0 cursor=-1 cursor=%20 cursor=ffffffffffffffffffffffffffffffffff cursor='--
revision=0 revision=-1 revision=x revision=999999999 revision= revision=٣
offset_unit= offset_unit=bytes offset_unit=UTF8
layer= layer=x layer=machine: layer=reviewer:x layer=all&layer=gold layer=%F0%9F%98%80
layer=reviewer:00000000-0000-0000-0000-00000000000g layer=machine:rules@3%0a
status= status=x status=NEW status=taken corpus=harbour whose= whose=x whose=all
number=0 number=x number=999999999 atomic=1 atomic=True
format= format=csv format=../../etc/passwd corpus= corpus=%20 reason= reason=%20
"""
PATHS = """
corpora/%00/ corpora/a%00b/articles/ corpora/%ED%A0%80/ corpora/%FF/
articles/00000000-0000-0000-0000-00000000000g/ articles/1/ articles/../../admin/ articles/%2e%2e/
jobs/99999999999999999999/retry/ jobs/-1/retry/ jobs/1.5/retry/ jobs/٣/retry/
articles/00000000-0000-0000-0000-000000000000/blocks/999999999999999999/ // %2f%2f ;/ ..;/admin/
corpora/harbour/members/%00/ corpora/harbour/members/%F0%9F%98%80/ corpora/harbour/members/../
schema/../ docs/?script=%00 schema/?lang=xx&version=%00
"""
LONG_PATHS = ["corpora/" + "a" * 3_000 + "/", "jobs/" + "9" * 1_000 + "/retry/"]
HEADERS: list[dict[str, str]] = [
    {"If_Match": "*"},
    {"If_Match": '"-1"'},
    {"If_Match": '"1", "2"'},
    {"If_Match": "1"},
    {"If_Match": '"' + "9" * 60 + '"'},
    {"If_Match": '"' + "9" * 9_000 + '"'},
    {"If_Match": ""},
    {"If_Match": '"\u00e9"'},
    {"Idempotency_Key": "x" * 129},
    {"Idempotency_Key": "a b"},
    {"Idempotency_Key": "\u00e9"},
    {"content_type": "application/json; charset=utf-16"},
    {"content_type": "application/json; charset=nothing"},
    {"content_type": "text/plain"},
    {"content_type": "multipart/form-data; boundary=x"},
    {"content_type": "application/x-www-form-urlencoded"},
    {"content_type": "application/x-ndjson"},
    {"content_type": "multipart/form-data; boundary=x", "Idempotency_Key": "k1"},
    {"content_type": "application/x-www-form-urlencoded", "Idempotency_Key": "k2"},
    {"content_type": "application/x-ndjson", "Idempotency_Key": "k3"},
    {"content_type": "a" * 5_000},
    {"content_type": ";;;=\u00e9"},
    {"Content_Encoding": "gzip"},
    {"Transfer_Encoding": "chunked"},
    {"Accept": "text/html"},
    {"Accept": "application/vnd.\u00e9; q=nothing"},
    {"Accept_Language": "x" * 5_000},
    {"Range": "bytes=0-,-1"},
    {"Host": "evil.test"},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer a b c"},
    {"Authorization": "Bearer \u00e9"},
    {"Authorization": "Basic Og=="},
]


def writing() -> list[tuple[str, str, str, list[str], Cell]]:
    """Return key, name, method, parameters and cell of the routes that take a JSON body."""
    return [
        (key, name, key.split()[1], needed, EXPECTED[key])
        for key, name, needed in routes()
        if isinstance(EXPECTED[key].body, dict)
    ]


@pytest.fixture
def owner(personas: dict[str, Any]) -> Caller:
    return personas["owen the owner"].call


def send(
    owner: Caller, world: World, item: tuple[str, str, str, list[str], Cell], body: bytes, **headers: str
) -> Any:
    _, name, method, needed, cell = item
    path = address_of(name, needed, cell, world.own)
    with undone():
        return owner.send(method, path, body, **{**cell.headers, **headers})


def test_a_body_that_is_no_storable_json_is_refused_everywhere(world: World, owner: Caller) -> None:
    for (killer, body), item in product(KILLERS.items(), writing()):
        response = send(owner, world, item, body)
        assert response.status_code == 400, (killer, item[0], response.content[:300])
        assert response.json()["code"] in ("bad_input", "parse_error"), (killer, item[0])


def test_a_body_of_another_shape_is_refused_everywhere(world: World, owner: Caller) -> None:
    for (misfit, body), item in product(MISFITS.items(), writing()):
        response = send(owner, world, item, body)
        if not (body == b"" and item[0] == "corpus PATCH"):
            assert response.status_code == 400, (misfit, item[0], response.content[:300])


def test_an_unknown_field_is_refused_by_its_name(world: World, owner: Caller) -> None:
    for item in writing():
        body = {**body_of(item[4], world.own), "colour_of_hat": "red"}
        response = send(owner, world, item, orjson.dumps(body))
        assert response.status_code == 400, item[0]
        assert "colour_of_hat" in response.json()["message"], item[0]


def test_no_value_of_a_field_is_a_500(world: World, owner: Caller) -> None:
    """Each field of each body, at every depth, with each wrong value."""
    for item in writing():
        body = body_of(item[4], world.own)
        for place in _places(body):
            for what, value in WRONG_VALUES.items():
                response = send(owner, world, item, orjson.dumps(_with(body, place, value)))
                assert response.status_code < 500, (item[0], place, what, response.content[:300])


def test_a_query_that_no_route_takes_is_refused_everywhere(world: World, owner: Caller) -> None:
    for (what, query), (key, name, needed) in product(QUERIES.items(), routes()):
        if EXPECTED[key].public:
            continue
        path = reverse(name, kwargs={part: {**world.own, **_own(world)}[part] for part in needed})
        with undone():
            response = owner.send(key.split()[1], f"{path}?{query}")
        assert response.status_code == 400, (what, key, response.content[:300])


def test_no_value_of_a_query_is_a_500(world: World, owner: Caller) -> None:
    for key, name, needed in routes():
        path = reverse(name, kwargs={part: {**world.own, **_own(world)}[part] for part in needed})
        for value in VALUES.split():
            with undone():
                response = owner.send(key.split()[1], f"{path}?{value}", **EXPECTED[key].headers)
            assert response.status_code < 500, (key, value, response.content[:300])
            if not EXPECTED[key].public:
                assert response.headers["Content-Type"] != "text/html", (key, value)


def test_no_path_is_a_500(world: World, owner: Caller) -> None:
    for path, method in product([*PATHS.split(), *LONG_PATHS], ("GET", "POST", "PUT", "PATCH", "DELETE")):
        with undone():
            response = owner.client.generic(method, API + path, b"{}", content_type="application/json")
        assert response.status_code in (200, 301, 400, 404, 405, 428), (path, method, response.status_code)


def test_no_header_is_a_500(world: World, owner: Caller) -> None:
    for key, name, needed in routes():
        cell = EXPECTED[key]
        path = address_of(name, needed, cell, {**world.own, **_own(world)})
        body = body_of(cell, world.own)
        for headers in HEADERS:
            with undone():
                response = owner.send(key.split()[1], path, body, **{**cell.headers, **headers})
            assert response.status_code < 500, (key, headers, response.content[:300])


def test_a_killer_is_one_refused_line_among_good_ones(world: World, owner: Caller) -> None:
    for killer, body in KILLERS.items():
        line = body.replace(b"\n", b"")[:-2] if b"\n" in body else body
        good = [{"external_id": name, "text": f"{name} text."} for name in "ab"]
        with undone():
            outcomes = owner.post_lines("corpora/harbour/articles/", good[0], line, good[1])
        assert [row["outcome"] for row in outcomes] == ["created", "rejected", "created"], killer
        assert outcomes[1]["reason"], killer
        assert [row["place"] for row in outcomes] == ["line 1", "line 2", "line 3"], killer


@pytest.mark.parametrize("keyed", [{}, {"Idempotency_Key": "k"}])
def test_a_body_over_the_limit_is_too_large(world: World, owner: Caller, keyed: dict[str, str]) -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1_000):
        for item in writing():
            response = send(owner, world, item, b'{"text": "' + b"x" * 1_000 + b'"}', **keyed)
            assert response.status_code == 413, (item[0], response.content[:300])


@pytest.mark.parametrize("name", ["a\x00b", "a\x00", "\ud83d"])
def test_the_forms_of_the_admin_are_guarded_too(db: None, name: str) -> None:
    form = urlencode({"username": name, "password": "x"}, errors="surrogatepass")
    kind = "application/x-www-form-urlencoded"
    refused = Caller().client.post("/admin/login/", form, content_type=kind)
    assert refused.status_code in (200, 400)
    assert (b"NUL" in refused.content) == ("\x00" in name)
    assert Caller().client.get(f"/admin/login/?next={quote(name, errors='surrogatepass')}").status_code in (
        200,
        400,
    )


def test_a_refusal_is_as_guarded_as_an_answer(db: None) -> None:
    for path in ("me/?a=%00", "me/", "%00/"):
        refused = Caller().client.get(API + path)
        assert refused.headers["X-Request-ID"]
        assert refused.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in refused.headers["Content-Security-Policy"]
        assert refused.headers["X-Content-Type-Options"] == "nosniff"


def test_every_page_still_reads_after_what_was_accepted(world: World, owner: Caller) -> None:
    """Strange but sound texts are kept as they are, and no list that holds them breaks."""
    strange = [
        "\ufeffa",
        "a\r\nb\r",
        " lead ",
        "\u202eabc",
        "e\u0301",
        "👩‍👩‍👧 x",
        "\ufffe\uffff",
        "a\u2028b\x85c\x0bd",
        "\x7f\x01",
    ]
    for number, text in enumerate(strange):
        body = {"external_id": f"s{number}", "text": text, "title": text, "metadata": {text: [text]}}
        made = owner.post("corpora/harbour/articles/", body)
        assert made.status_code == 201, made.content
        read = owner.get(f"articles/{made.json()['article']}/").json()
        assert (read["text"], read["title"], read["metadata"]) == (text, text, {text: [text]})
    assert owner.get("corpora/harbour/articles/").status_code == 200
    assert owner.get("corpora/harbour/export/?layer=all").status_code == 200


def test_the_check_can_fail(world: World, owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: with DRF's own parser in place of ours, known killers are seen to get through."""
    monkeypatch.setattr(Route, "parser_classes", [JSONParser])
    assert _status(owner, "corpora/", KILLERS["lists in lists"]) == 500
    poison = rb'{"external_id": "p", "text": "x", "metadata": {"a": "\ud83d"}}'
    assert _status(owner, "corpora/harbour/articles/", poison) == 500


def _status(owner: Caller, path: str, body: bytes) -> int:
    with undone():
        return owner.client.generic("POST", API + path, body, content_type="application/json").status_code


def _own(world: World) -> dict[str, Any]:
    return {"token_id": world.missing["token_id"]}


def _places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    return [found for key, inner in items for found in [(*place, key), *_places(inner, (*place, key))]]


def _with(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    """Return a copy of `value` with `new` at a place."""
    if not place:
        return new
    copy = value.copy()
    copy[place[0]] = _with(value[place[0]], place[1:], new)
    return copy

"""What the operator may write as an endpoint, and that no message repeats it."""

import json
from typing import Any

import pytest

from annotations.extraction import build_pipeline
from annotations.extraction.remote.endpoints import (
    ENDPOINTS,
    Endpoint,
    EndpointRefused,
    UnknownEndpoint,
    read_endpoints,
)

SECRET = "canary-7f3a9c"


def read(written: Any) -> dict[str, Endpoint]:
    return read_endpoints(written if isinstance(written, str) else json.dumps(written), seconds=9)


def one(**entry: Any) -> dict[str, Any]:
    return {"news-model": entry}


def test_an_endpoint_has_an_address_and_headers() -> None:
    url = "https://[::1]:8443/v1/chat/completions?api-version=1"
    (found,) = read(one(url=url, headers={"api-key": SECRET})).values()
    assert (found.name, found.url, found.headers, found.seconds) == (
        "news-model",
        url,
        {"api-key": SECRET},
        9,
    )
    assert SECRET not in repr(found) and url not in repr(found)


def test_without_any_there_are_none() -> None:
    assert read("{}") == {}


@pytest.mark.parametrize(
    "written",
    [
        "",
        "news-model=http://models/",
        [],
        {"News Model": {"url": "http://models/"}},
        {"": {"url": "http://models/"}},
        {"news-model": "http://models/"},
        one(),
        one(url="http://models/", secret=SECRET),
        *(
            one(url=url)
            for url in (
                None,
                "",
                "models",
                "ftp://models/",
                "file:///etc/passwd",
                "http://",
                "http:///suggest",
                f"http://user:{SECRET}@models/",
                "http://@models/",
                "http://models/#part",
                "http://models:99999/",
                "http://models:0/",
                "http://models:x/",
                "http://[::1/",
                "http://mo dels/",
                "http://models/\r\nX: y",
                "http://①②⑦.⓪.⓪.①/",
            )
        ),
        *(
            one(url="http://models/", headers=headers)
            for headers in (
                SECRET,
                [SECRET],
                {"Authorization": 1},
                {"Authorization": f"{SECRET}\r\nX: y"},
                {"Authorization": f"{SECRET} "},
                {"Authorization": ""},
                {"Authorization": "ключ"},
                {"Host": "elsewhere"},
                {"content-length": "0"},
                {"X Y": "z"},
                {"": "z"},
            )
        ),
    ],
)
def test_what_is_no_endpoint_is_refused_without_repeating_it(written: Any) -> None:
    with pytest.raises(EndpointRefused) as refused:
        read(written)
    assert SECRET not in str(refused.value) and "models/" not in str(refused.value)


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    endpoint = Endpoint(name="news-model", url="http://models/", headers={"Authorization": SECRET})
    monkeypatch.setitem(ENDPOINTS, "news-model", endpoint)
    return endpoint


@pytest.mark.parametrize(
    "configuration", [{}, {"endpoint": None}, {"endpoint": 1}, {"endpoint": "http://x/"}]
)
@pytest.mark.parametrize("name", ["http", "chat"])
def test_an_endpoint_that_nobody_named_is_refused_with_those_there_are(
    name: str, configuration: dict[str, Any], named: Endpoint
) -> None:
    with pytest.raises(UnknownEndpoint, match="the operator has named: news-model") as unknown:
        build_pipeline(name, configuration | ({"model": "m"} if name == "chat" else {}))
    assert SECRET not in str(unknown.value) and named.url not in str(unknown.value)


def test_a_pipeline_keeps_the_name_of_its_endpoint_and_nothing_more_of_it(named: Endpoint) -> None:
    pipeline = build_pipeline("http", {"endpoint": "news-model", "threshold": 0.5})
    assert (pipeline.name, pipeline.version) == ("http", "1")
    assert pipeline.configuration == {"endpoint": "news-model", "threshold": 0.5}
    assert SECRET not in repr(pipeline) and named.url not in repr(pipeline)


@pytest.mark.parametrize(
    ("configuration", "reason"),
    [
        ({}, "needs a 'model'"),
        ({"model": ""}, "needs a 'model'"),
        ({"model": "m\n"}, "needs a 'model'"),
        ({"model": "m", "url": "http://x/"}, "chat has no 'url'"),
        ({"model": "m", "options": []}, "the 'options' of chat"),
        ({"model": "m", "options": {"messages": []}}, "the 'options' of chat"),
    ],
)
def test_a_chat_that_cannot_be_configured_so_says_why(
    configuration: dict[str, Any], reason: str, named: Endpoint
) -> None:
    with pytest.raises(ValueError, match=reason):
        build_pipeline("chat", {"endpoint": "news-model"} | configuration)

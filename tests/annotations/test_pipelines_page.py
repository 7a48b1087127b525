"""What docs/pipelines.md shows is so: its server runs as it stands, its figures are those of the code."""

import json
import re
import socket
import sys
from pathlib import Path

import pytest
from django.conf import settings

from annotations.extraction.remote import anchoring, chat_pipeline, client
from annotations.extraction.remote.endpoints import ENDPOINTS, Endpoint, read_endpoints
from annotations.extraction.remote.shapes import ANSWER
from annotations.models import Annotation
from annotations.services.jobs import BACK_OFF, MAX_ATTEMPTS, work_jobs
from annotations.services.pipelines import activate_pipeline
from config.processes import start_process, stop_process
from corpus.models import Corpus
from corpus.readers.strict_json import MAX_DEPTH
from corpus.services.actors import COMMAND
from tests.conftest import put_in
from tests.servers import wait_for

PAGE = (settings.BASE_DIR / "docs" / "pipelines.md").read_text(encoding="utf-8")
LIMITS = PAGE.partition("## Limits")[2]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_the_server_of_the_page_makes_a_layer(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (server,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    assert sum(bool(line) for line in server.splitlines()) <= 30, "it is to be read at a glance"
    (tmp_path / "server.py").write_text(server, encoding="utf-8")
    port, log = free_port(), tmp_path / "log"
    process = start_process([sys.executable, str(tmp_path / "server.py"), str(port)], log=log)
    try:
        wait_for(lambda: listens(port), process=process, log=log)
        monkeypatch.setitem(ENDPOINTS, "page", Endpoint(name="page", url=f"http://127.0.0.1:{port}/suggest"))
        activate_pipeline(COMMAND, corpus, "http", {"endpoint": "page"})
        put_in(corpus)
        assert work_jobs("w1", limit=1, seconds=10) == {"done": 1}
    finally:
        stop_process(process, within=0)
    (claim,) = Annotation.objects.all()
    assert (claim.label, claim.reason) == ("claim", "it has a figure")
    assert claim.surface == "Traffic over the bridge rose by 12 percent in 2024"


def test_the_endpoints_and_configurations_of_the_page_can_be_used() -> None:
    (written,) = re.findall(r"ATTEST_ENDPOINTS='(.*?)'", PAGE, re.S)
    endpoints = read_endpoints(written.replace("…", "x"), seconds=60)
    builders = {"http": "news-model", "chat": "llm"}
    for pipeline in re.findall(r"-d '(.*?)' \$API", PAGE):
        given = json.loads(pipeline)
        assert given["configuration"]["endpoint"] == builders.pop(given["name"]) in endpoints
    assert not builders
    assert all(f"`{option}`" in PAGE for option in chat_pipeline.OPTIONS)


def test_the_limits_of_the_page_are_those_of_the_code() -> None:
    article = ANSWER.schema["properties"]["articles"]["items"]["properties"]
    for figure in (
        f"| {client.CONNECT_SECONDS:g} s |",
        f"| {len(client.PAUSES) + 1}, after pauses of {client.PAUSES[0]:g} and {client.PAUSES[1]:g} s",
        f"after {BACK_OFF[0]} and {BACK_OFF[1]} s",
        f"{client.MAX_BYTES // 2**20} MiB",
        f"{MAX_DEPTH} deep",
        f"{article['annotations']['maxItems']:,} annotations and {article['relations']['maxItems']:,} rel",
        f"{chat_pipeline.MOST_FINDINGS} quotes and claims",
        f"{settings.ATTEST_ENDPOINT_SECONDS} s, at most 240",
    ):
        assert figure in LIMITS, figure
    assert MAX_ATTEMPTS == 3 and "tried twice more" in LIMITS
    assert f"{chat_pipeline.BUDGET:,} characters" in PAGE
    assert anchoring.seen("“a”  –") == '"a" -'

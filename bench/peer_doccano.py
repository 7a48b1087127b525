"""doccano as a peer: its web server and its task queue, with their own defaults."""

import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import orjson

from bench.articles import Labelled
from bench.client import Client
from bench.peer import PATIENCE, CannotRun, Peer, run
from bench.servers import free_port

USER, PASSWORD = "admin", "admin-and-a-long-word"


class Doccano(Peer):
    name = "doccano"
    version = "1.8.4"
    # It starts with no newer marshmallow, and its pandas with no newer numpy.
    requirements = ("doccano==1.8.4", "marshmallow<4", "numpy<2")
    pythons = ("3.10", "3.9", "3.8")
    decision = "25 requests, a span each"
    #: What the next project is: with relations, and with offsets in graphemes.
    relations, graphemes = True, False

    def start(self) -> None:
        doccano, env = self.program.parent / "doccano", {"DOCCANO_HOME": str(self.home)}
        run([doccano, "init"], env)
        run([doccano, "createuser", "--username", USER, "--password", PASSWORD], env)
        self.port = free_port()
        self.run_server("web", [doccano, "webserver", f"--port={self.port}"], env)
        self.run_server("task", [doccano, "task"], env)
        self.wait_until_up(Client(self.port), "/v1/health/?format=json")

    def client(self) -> Client:
        client = Client(self.port)
        client.json("POST", "/v1/auth/login/", {"username": USER, "password": PASSWORD})
        return client

    def new_project(self, name: str) -> None:
        wanted = {
            "name": name,
            "description": name,
            "guideline": "",
            "project_type": "SequenceLabeling",
            "resourcetype": "SequenceLabelingProject",
            "use_relation": self.relations,
            "grapheme_mode": self.graphemes,
            "allow_overlapping": True,
        }
        self.project = f"/v1/projects/{self.client().json('POST', '/v1/projects', wanted)['id']}"

    def body(self, articles: Sequence[Labelled]) -> bytes:
        return b"".join(orjson.dumps(_example(article)) + b"\n" for article in articles)

    def bring_in(self, client: Client, body: bytes) -> None:
        mark = uuid4().hex
        field = f'--{mark}\r\nContent-Disposition: form-data; name="filepond"'
        file = f'{field}; filename="articles.jsonl"\r\nContent-Type: application/json\r\n\r\n'
        form = f"{field}\r\n\r\n{{}}\r\n{file}".encode() + body + f"\r\n--{mark}--\r\n".encode()
        uploaded = client.call("POST", "/v1/fp/process/", form, kind=f"multipart/form-data; boundary={mark}")
        asked = {
            "format": "JSONL",
            "uploadIds": [uploaded.decode()],
            "task": "RelationExtraction" if self.relations else "SequenceLabeling",
            "column_data": "text",
            "column_label": "label",
            "encoding": "utf_8",
        }
        task = client.json("POST", f"{self.project}/upload", asked)["task_id"]
        result = self._awaited(client, task)
        assert not result["result"]["error"], result

    def _awaited(self, client: Client, task: str) -> Any:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            status = client.json("GET", f"/v1/tasks/status/{task}")
            if status["ready"]:
                return status
            time.sleep(0.02)
        raise CannotRun(f"doccano's task {task} did not end")

    def article_ids(self, client: Client, count: int) -> list[str]:
        page = client.json("GET", f"{self.project}/examples?limit={count}&offset=0")
        return [str(row["id"]) for row in page["results"]]

    def first_page(self, client: Client) -> None:
        assert len(client.json("GET", f"{self.project}/examples?limit=50&offset=0")["results"]) == 50

    def next_article(self, client: Client) -> None:
        page = client.json("GET", f"{self.project}/examples?confirmed=false&limit=1&offset=0")
        example = f"{self.project}/examples/{page['results'][0]['id']}"
        assert len(client.json("GET", f"{example}/spans")) >= 25
        assert client.json("GET", f"{example}/relations")

    def see(self, client: Client, articles: Sequence[str]) -> None:
        """Take the imported spans away: a reviewer's own are written anew, since none can be accepted."""
        self.spans = {}
        for article in articles:
            address = f"{self.project}/examples/{article}/spans"
            self.spans[article] = client.json("GET", address)[:25]
            client.call("DELETE", address)

    def decide(self, client: Client, article: str) -> None:
        for span in self.spans[article]:
            wanted = {name: span[name] for name in ("start_offset", "end_offset", "label")}
            client.json("POST", f"{self.project}/examples/{article}/spans", wanted)

    def export(self, client: Client) -> int:
        return len(self.exported(client))

    def exported(self, client: Client) -> bytes:
        """Return the archive that an export of the newest project is."""
        asked = {"format": "JSONL", "exportApproved": False}
        task = client.json("POST", f"{self.project}/download", asked)["task_id"]
        self._awaited(client, task)
        return client.call("GET", f"{self.project}/download?taskId={task}")


def _example(article: Labelled) -> dict[str, Any]:
    return {
        "text": article.text,
        "external_id": article.external_id,
        "title": article.title,
        "entities": [
            {"id": number, "start_offset": start, "end_offset": end, "label": label}
            for number, (label, start, end, _) in enumerate(article.spans)
        ],
        "relations": [
            {"id": number, "from_id": head, "to_id": child, "type": label}
            for number, (label, head, child) in enumerate(article.relations)
        ],
    }

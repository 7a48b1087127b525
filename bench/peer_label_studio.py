"""Label Studio as a peer: `label-studio start` with its own defaults."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import orjson

from bench.articles import Labelled
from bench.client import Client
from bench.peer import Peer
from bench.servers import free_port

USER, PASSWORD = "lead@news.example", "lead-and-a-long-word"
QUIET = {"COLLECT_ANALYTICS": "false", "LATEST_VERSION_CHECK": "false"}
CONFIGURATION = """
<View>
  <Relations><Relation value="source"/></Relations>
  <Labels name="label" toName="text">
    <Label value="claim"/><Label value="quote"/><Label value="attribution"/><Label value="cue"/>
  </Labels>
  <Text name="text" value="$text"/>
</View>
"""


class LabelStudio(Peer):
    name = "Label Studio"
    version = "1.23.2"
    requirements = ("label-studio==1.23.2",)
    pythons = ("3.11", "3.10", "3.12")
    decision = "one annotation of 25 regions"

    def start(self) -> None:
        self.port = free_port()
        self.run_server(
            "web",
            [
                *(self.program.parent / "label-studio", "start", "--no-browser", f"--port={self.port}"),
                *(f"--username={USER}", f"--password={PASSWORD}", f"--data-dir={self.home}"),
            ],
            QUIET | {"HOME": str(self.home)},
        )
        self.wait_until_up(Client(self.port), "/health")

    def client(self) -> Client:
        client = Client(self.port)
        client.call("GET", "/user/login/")
        form = {"email": USER, "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        client.call(
            "POST", "/user/login/", urlencode(form).encode(), kind="application/x-www-form-urlencoded"
        )
        return client

    def new_project(self, name: str) -> None:
        made = self.client().json("POST", "/api/projects/", {"title": name, "label_config": CONFIGURATION})
        self.project = made["id"]

    def body(self, articles: Sequence[Labelled]) -> bytes:
        return orjson.dumps([self._task(article) for article in articles])

    def _task(self, article: Labelled) -> dict[str, Any]:
        regions: list[dict[str, Any]] = [
            {
                "id": f"r{number}",
                "from_name": "label",
                "to_name": "text",
                "type": "labels",
                "score": score,
                "value": {
                    "start": start,
                    "end": end,
                    "text": article.text[start:end],
                    "labels": [label],
                },
            }
            for number, (label, start, end, score) in enumerate(article.spans)
        ]
        links = [
            {
                "type": "relation",
                "from_id": f"r{head}",
                "to_id": f"r{child}",
                "direction": "right",
                "labels": [label],
            }
            for label, head, child in article.relations
        ]
        data = {"text": article.text, "title": article.title, "external_id": article.external_id}
        return {"data": data, "predictions": [{"model_version": "bench", "result": [*regions, *links]}]}

    def bring_in(self, client: Client, body: bytes) -> None:
        done = orjson.loads(client.call("POST", f"/api/projects/{self.project}/import", body))
        assert done["task_count"] == done["prediction_count"], done

    def article_ids(self, client: Client, count: int) -> list[str]:
        page = client.json("GET", f"/api/tasks?project={self.project}&page=1&page_size={count}")
        return [str(row["id"]) for row in page["tasks"]]

    def first_page(self, client: Client) -> None:
        page = client.json("GET", f"/api/tasks?project={self.project}&page=1&page_size=50&fields=all")
        assert len(page["tasks"]) == 50

    def next_article(self, client: Client) -> None:
        task = client.json("GET", f"/api/projects/{self.project}/next")
        assert task["data"]["text"]
        assert task["predictions"]

    def see(self, client: Client, articles: Sequence[str]) -> None:
        self.shown = {
            article: client.json("GET", f"/api/tasks/{article}")["predictions"][0] for article in articles
        }

    def decide(self, client: Client, article: str) -> None:
        prediction = self.shown[article]
        annotation = {"result": prediction["result"], "parent_prediction": prediction["id"], "lead_time": 60}
        client.json("POST", f"/api/tasks/{article}/annotations/", annotation)

    def export(self, client: Client) -> int:
        return len(
            client.call("GET", f"/api/projects/{self.project}/export?exportType=JSON&download_all_tasks=true")
        )

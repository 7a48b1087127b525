"""Attest as a peer: every process of the demo, on SQLite, from an environment of the runtime's packages."""

import os
from collections.abc import Sequence

from django.conf import settings

from bench.articles import Labelled, native_line
from bench.client import Client
from bench.peer import Peer
from bench.servers import free_port
from config.broker import broker_command, prepare_broker
from corpus.models import Corpus, Role, User
from corpus.services.actors import COMMAND, Actor, Scope
from corpus.services.corpora import create_corpus, set_member
from corpus.services.tokens import make_token

NDJSON = "application/x-ndjson"


class Attest(Peer):
    name = "Attest"
    version = "this tree"
    requirements = ("--require-hashes", "-r", str(settings.BASE_DIR / "requirements" / "runtime.txt"))
    pythons = ("3.11", "3.12", "3.13")
    decision = "25 reviews, each with its own event, and the relations"

    def start(self) -> None:
        data = settings.ATTEST_HOME / "broker"
        prepare_broker(broker_socket=settings.BROKER_SOCKET, data=data)
        self.run_server("broker", broker_command(broker_socket=settings.BROKER_SOCKET, data=data))
        python, here = self.program, dict(os.environ) | {"PYTHONPATH": str(settings.BASE_DIR)}
        self.run_server(
            "worker",
            [
                *(python, "-m", "celery", "-A", "config", "worker", "--concurrency=2", "--pool=prefork"),
                *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=warning"),
            ],
            here,
        )
        self.run_server("sweeper", [python, settings.BASE_DIR / "manage.py", "sweep"], here)
        self.port = free_port()
        self.run_server(
            "web",
            [
                *(python, "-m", "gunicorn", "--config=python:config.gunicorn"),
                *(f"--bind=127.0.0.1:{self.port}", "config.wsgi:application"),
            ],
            here,
        )
        self.user = User.objects.create_user(username="lead")
        scopes = [scope.value for scope in Scope]
        _, self.secret = make_token(
            Actor(user=self.user, via="api"), user=self.user, name="bench", scopes=scopes
        )
        self.wait_until_up(self.client(), "/api/v1/me/")

    def client(self) -> Client:
        return Client(self.port, {"Authorization": f"Bearer {self.secret}"})

    def new_project(self, name: str) -> None:
        corpus: Corpus = create_corpus(COMMAND, slug=name, name=name)
        set_member(COMMAND, corpus, self.user, Role.OWNER)
        self.corpus = f"/api/v1/corpora/{name}"

    def body(self, articles: Sequence[Labelled]) -> bytes:
        return b"".join(map(native_line, articles))

    def bring_in(self, client: Client, body: bytes) -> None:
        results = client.call("POST", f"{self.corpus}/import/", body, kind=NDJSON).splitlines()
        assert all(b'"outcome":"created"' in line for line in results), results[0]

    def article_ids(self, client: Client, count: int) -> list[str]:
        page = client.json("GET", f"{self.corpus}/articles/?limit={count}")
        return [row["id"] for row in page["results"]]

    def first_page(self, client: Client) -> None:
        assert len(client.json("GET", f"{self.corpus}/articles/?limit=50")["results"]) == 50

    def next_article(self, client: Client) -> None:
        found = client.json("GET", f"{self.corpus}/next/")
        assert found["article"]["text"]
        assert len(found["annotations"]) >= 25
        assert found["relations"]

    def decide(self, client: Client, article: str) -> None:
        shown = self.suggestions[article]
        decisions = [{"verdict": "accept", "on": identity, "version": 0} for identity in shown]
        answer = client.json("POST", f"/api/v1/articles/{article}/reviews/", {"decisions": decisions})
        assert all(result["error"] is None for result in answer["results"]), answer["results"][0]

    def see(self, client: Client, articles: Sequence[str]) -> None:
        self.suggestions = {
            article: [
                row["id"]
                for row in client.json("GET", f"/api/v1/articles/{article}/annotations/?layer=machine")[
                    "results"
                ][:25]
            ]
            for article in articles
        }

    def export(self, client: Client) -> int:
        return len(client.call("GET", f"{self.corpus}/export/?layer=all"))

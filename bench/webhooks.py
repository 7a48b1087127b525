"""Kill the workers while events are on their way to webhooks, and count what never arrives.

A real Valkey, a real Celery worker of two processes and a real sweeper send to a real receiver, which is slow
and now and then refuses. Each burst of events is committed, and the workers are killed before its end. A
second webhook of the same events has an outbox that is broken on purpose (bench/broken_outbox.py); it must be
caught. One line of JSON.
"""

import argparse
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from annotations.models import Delivery, DeliveryStatus, Webhook
from annotations.services.delivering import message_id
from annotations.services.webhooks import make_webhook
from bench.servers import Servers, free_port, running_servers
from corpus.models import Corpus, Event, User
from corpus.services.actors import COMMAND, Actor
from corpus.services.corpora import configure_corpus, create_corpus

PATIENCE = 120.0
KINDS = ["corpus.configured"]
#: Seconds that the receiver takes for an answer, so that kills fall into what is under way. The broken outbox
#: writes nothing between two requests, and would be through before the kill.
SLOW = {"/honest": 0.02, "/broken": 0.08}


class Receiver:
    """What arrived, by path: each `webhook-id` and how often."""

    def __init__(self, refuse_every: int) -> None:
        self.came: dict[str, Counter[str]] = {"/honest": Counter(), "/broken": Counter()}
        self.refuse_every = refuse_every
        self.requests = self.refused = 0

    def take(self, path: str, message: str) -> int:
        """Return the status to answer with; what is refused has not arrived."""
        time.sleep(SLOW[path])
        self.requests += 1
        if path == "/honest" and self.refuse_every and self.requests % self.refuse_every == 0:
            self.refused += 1
            return 500
        self.came[path][message] += 1
        return 204


@contextmanager
def receiving(port: int, refuse_every: int) -> Iterator[Receiver]:
    receiver = Receiver(refuse_every)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.take(self.path, self.headers["webhook-id"]))
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield receiver
        server.shutdown()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench webhooks", description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--burst", type=int, default=40, help="events before each kill")
    parser.add_argument("--refuse-every", type=int, default=400, help="one request in so many; 0 for none")
    parser.add_argument("--lease", type=int, default=2, help="seconds; see ATTEST_JOB_LEASE")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    port = free_port()
    os.environ |= {
        "ATTEST_JOB_LEASE": str(options.lease),
        "ATTEST_SWEEP_INTERVAL": "1",
        "ATTEST_WEBHOOK_HOSTS": f"127.0.0.1:{port}",
    }
    with receiving(port, options.refuse_every) as receiver, running_servers() as servers:
        servers.broker()
        figures = run(servers, options, receiver, port)
    print(json.dumps({"benchmark": "webhooks", **figures}))
    return 0 if figures["lost"] == figures["unknown"] == 0 and figures["control_lost"] else 1


def run(servers: Servers, options: argparse.Namespace, receiver: Receiver, port: int) -> dict[str, Any]:
    chance = random.Random(options.seed)
    corpus, webhooks = set_up(port)
    sweeper, started, hits = servers.sweeper(), time.monotonic(), 0
    worker = servers.worker("--include", "bench.broken_outbox")
    for _ in range(options.kills):
        wanted = sum(receiver.came["/honest"].values()) + chance.randrange(1, options.burst)
        change(corpus, options.burst)
        wait_for(servers, receiver, wanted)
        servers.kill(worker)
        hits += Webhook.objects.filter(pk=webhooks["/honest"].pk, lease_until__isnull=False).exists()
        worker = servers.worker("--include", "bench.broken_outbox")
    Delivery.objects.filter(status=DeliveryStatus.QUEUED).update(due_at=timezone.now())
    servers.wait_until(lambda: is_done(corpus), "everything is sent", patience=PATIENCE)
    seconds = time.monotonic() - started
    for process in (worker, sweeper):
        servers.stop(process)
    events = Event.objects.filter(corpus=corpus, action="corpus.configured")
    sent = {message_id(event) for event in events.values_list("pk", flat=True)}
    honest, broken = receiver.came["/honest"], receiver.came["/broken"]
    return {
        "events": len(sent),
        "kills": options.kills,
        "hits": hits,
        "lost": len(sent - honest.keys()),
        "unknown": len(honest.keys() - sent),
        "sent_twice": sum(times > 1 for times in honest.values()),
        "refused": receiver.refused,
        "control_lost": len(sent - broken.keys()),
        "seconds": round(seconds, 1),
        "seed": options.seed,
    }


def wait_for(servers: Servers, receiver: Receiver, wanted: int) -> None:
    servers.wait_until(
        lambda: sum(receiver.came["/honest"].values()) >= wanted,
        f"{wanted} requests have come",
        patience=PATIENCE,
    )


def set_up(port: int) -> tuple[Corpus, dict[str, Webhook]]:
    owner = User.objects.create_user(username="owner", password=None)
    corpus = create_corpus(COMMAND, slug="sent", name="0", owner=owner)
    # This process has read its environment before the receiver had a port.
    settings.ATTEST_WEBHOOK_HOSTS = frozenset({("127.0.0.1", port)})
    actor = Actor(user=owner, via="command")
    return corpus, {
        path: make_webhook(actor, corpus, url=f"http://127.0.0.1:{port}{path}", kinds=KINDS)
        for path in ("/honest", "/broken")
    }


def change(corpus: Corpus, times: int) -> None:
    """Commit so many changes, each with its event."""
    for _ in range(times):
        corpus.refresh_from_db()
        name = str(int(corpus.name) + 1)
        configure_corpus(COMMAND, corpus, version=corpus.version, changes={"name": name})


def is_done(corpus: Corpus) -> bool:
    close_old_connections()
    waiting = Delivery.objects.filter(status=DeliveryStatus.QUEUED).exists()
    unsealed = Event.objects.filter(corpus=corpus, position=None).exists()
    working = Webhook.objects.filter(lease_until__gt=timezone.now()).exists()
    return not (waiting or unsealed or working or Webhook.objects.due(timezone.now()).exists())

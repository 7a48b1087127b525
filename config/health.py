"""Answer the probes: is this process up, can the installation work, and the figures for Prometheus.

They are answered ahead of everything else, because whoever probes comes by plain HTTP, under a host name
that nobody configured, and every few seconds. So they say counts and names of checks, and nothing more.
"""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import structlog
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils import timezone
from kombu.exceptions import OperationalError
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from annotations.models import Delivery, DeliveryStatus, Job, JobStatus, Webhook
from config.celery import app
from corpus.models import Article, Event

log = structlog.get_logger(__name__)

#: A job that is due for so long, while none is being worked on, has no worker.
JOB_MAY_WAIT = timedelta(seconds=60)
#: Between two looks at a queue that seems to stand still: quick jobs leave moments in which none is leased.
SECOND_LOOK = 0.2
#: Figures are taken this often at most, however many ask.
FIGURES_KEPT = 5.0


class CheckFailed(Exception):
    """One thing that this installation cannot do now; the message holds nothing secret."""


def probe_middleware(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        probe = PROBES.get(request.path_info)
        if probe is None:
            return get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return probe()

    return middleware


def livez() -> HttpResponse:
    return JsonResponse({"alive": True})


def readyz() -> HttpResponse:
    """Run every check; 503 when one fails. After a failure of the database the others are not run."""
    results: dict[str, str] = {}
    failed: list[str] = []
    for name, check in CHECKS.items():
        try:
            results[name] = check() if "database" not in failed else "not checked"
        except CheckFailed as error:
            failed.append(name)
            results[name] = str(error)
            log.warning("not_ready", check=name, error=str(error))
    return JsonResponse(
        {"ready": not failed, "failed": failed, "checks": results}, status=503 if failed else 200
    )


def metrics() -> HttpResponse:
    return HttpResponse(figures(int(time.monotonic() / FIGURES_KEPT)), content_type=CONTENT_TYPE_LATEST)


# --- Checks -------------------------------------------------------------------------------------------------


def check_database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        raise CheckFailed(f"the database does not answer ({type(error).__name__})") from error
    return "ok"


def check_migrations() -> str:
    missing = migrations_on_disk() - MigrationRecorder(connection).applied_migrations().keys()
    if missing:
        raise CheckFailed(f"{len(missing)} migrations are not applied: run the command `migrate`")
    return "ok"


@lru_cache(maxsize=1)
def migrations_on_disk() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def check_broker() -> str:
    courier: Any = app.connection_for_write(transport_options={"max_retries": 0})
    try:
        courier.default_channel.client.ping()
    except (OperationalError, *courier.connection_errors) as error:
        raise CheckFailed(f"the broker does not answer ({type(error).__name__})") from error
    finally:
        courier.release()
    return "ok"


def check_jobs() -> str:
    """See whether due jobs are taken up. A long queue that moves is a busy installation, not a broken one."""
    first = oldest_due_job()
    if first is None or timezone.now() - first[1] < JOB_MAY_WAIT or someone_works():
        return "ok"
    time.sleep(SECOND_LOOK)
    if oldest_due_job() != first or someone_works():
        return "ok"
    raise CheckFailed(
        f"no worker for {(timezone.now() - first[1]).total_seconds():.0f} s: jobs are due and none is taken"
    )


def oldest_due_job() -> tuple[int, datetime] | None:
    return Job.objects.due(timezone.now()).order_by("due_at", "id").values_list("id", "due_at").first()


def someone_works() -> bool:
    return Job.objects.filter(
        status=JobStatus.LEASED, heartbeat_at__gt=timezone.now() - JOB_MAY_WAIT
    ).exists()


# --- Figures ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def figures(_moment: int) -> bytes:
    """Return the figures in Prometheus' text format; `_moment` makes them anew every few seconds."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures())
    return generate_latest(registry)


class Figures(Collector):
    """Each from an index that holds open rows only, but for the count of articles."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        jobs = GaugeMetricFamily("attest_jobs", "Jobs that are not finished.", labels=["status"])
        for status in (JobStatus.QUEUED, JobStatus.LEASED, JobStatus.PARKED):
            jobs.add_metric([status], Job.objects.filter(status=status).count())
        yield jobs
        oldest = oldest_due_job()
        age = (timezone.now() - oldest[1]).total_seconds() if oldest else 0.0
        yield GaugeMetricFamily("attest_oldest_due_job_seconds", "How long the oldest job is due.", age)
        unsealed = Event.objects.filter(position=None).count()
        yield GaugeMetricFamily(
            "attest_unsealed_events", "Events that the sealer has not chained yet.", unsealed
        )
        deliveries = GaugeMetricFamily(
            "attest_webhook_deliveries", "Deliveries that no receiver has confirmed.", labels=["status"]
        )
        for delivery_status in (DeliveryStatus.QUEUED, DeliveryStatus.PARKED):
            count = Delivery.objects.filter(status=delivery_status).count()
            deliveries.add_metric([delivery_status], count)
        yield deliveries
        failing = Webhook.objects.filter(active=True, failures__gt=0).count()
        yield GaugeMetricFamily("attest_failing_webhooks", "Webhooks whose last attempt failed.", failing)
        yield GaugeMetricFamily("attest_articles", "Articles in all corpora.", Article.objects.count())


CHECKS: dict[str, Callable[[], str]] = {
    "database": check_database,
    "migrations": check_migrations,
    "broker": check_broker,
    "jobs": check_jobs,
}
PROBES: dict[str, Callable[[], HttpResponse]] = {"/livez": livez, "/readyz": readyz, "/metrics": metrics}

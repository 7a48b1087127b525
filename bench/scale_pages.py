"""Every page that reads, as a person comes to it: found, not listed, so that new ones are measured too."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.contrib import admin
from django.test import Client
from django.urls import reverse

from annotations.models import (
    Annotation,
    Assignment,
    Dispute,
    Job,
    JobStatus,
    LayerKind,
    Pipeline,
    Relation,
    Run,
)
from bench.scale_data import Site
from corpus.models import Article, RevisionStatus

HOST = "127.0.0.1"
#: Answers of a whole corpus, by design: they are no pages.
WHOLE_CORPUS = ("download_export",)
LINK = re.compile(r'href="(\?[^"]*)"')
#: Links of one list that are followed; a list has one for each value of each filter.
MAX_LINKS = 40


@dataclass(frozen=True, order=True)
class Page:
    """A page as it is at any size: `address` names its arguments instead of their values."""

    who: str
    address: str
    url: str


def pages_of(site: Site) -> list[Page]:
    found = []
    for user, client in people(site):
        found += [Page(user, name, url) for name, url in _api_pages(site, client)]
        found += [Page(user, name, url) for name, url in _admin_pages(client)]
    return found


def people(site: Site) -> Iterator[tuple[str, Client]]:
    """Yield the owner, who sees all, and a reviewer of the blind corpus, who sees own work alone."""
    for name, user in (("owner", site.owner), ("reviewer", site.reviewers[0])):
        client = Client(HTTP_HOST=HOST)
        client.force_login(user)
        yield name, client


def examples(site: Site) -> dict[str, Any]:
    """Return a value for each argument of an address; what it names has been worked on by the reviewer."""
    own = {"layers__kind": LayerKind.REVIEWER, "layers__reviewer": site.reviewers[0]}
    article = Article.objects.filter(
        corpus=site.corpus, **{f"revisions__{k}": v for k, v in own.items()}
    ).first()
    assert article is not None
    machine = {"layer__revision__article": article, "layer__kind": LayerKind.MACHINE}
    return {
        "slug": site.corpus.slug,
        "corpus": site.corpus.slug,
        "article_id": article.pk,
        "external_id": article.external_id,
        "label": "quote",
        "annotation_id": Annotation.objects.filter(**machine).values_list("pk", flat=True)[0],
        "relation_id": Relation.objects.filter(layer__kind=LayerKind.MACHINE).values_list("pk", flat=True)[0],
        "run_id": Run.objects.values_list("pk", flat=True)[0],
        "job_id": Job.objects.filter(status=JobStatus.PARKED).values_list("pk", flat=True)[0],
        "pipeline_id": Pipeline.objects.values_list("pk", flat=True)[0],
        "assignment_id": Assignment.objects.filter(reviewer=site.reviewers[0]).values_list("pk", flat=True)[
            0
        ],
        "dispute_id": Dispute.objects.values_list("pk", flat=True)[0],
        "outlet": "Outlet 7",
        "language": "de",
        "layer": "machine",
        "labels": "quote",
        "action": "article.created",
        "status": RevisionStatus.SUGGESTED.value,
    }


def _api_pages(site: Site, client: Client) -> Iterator[tuple[str, str]]:
    """Yield each GET of the OpenAPI document, plain, and once with each value of each of its parameters."""
    document = client.get("/api/v1/schema/?format=json", HTTP_ACCEPT="application/json").json()
    values = examples(site)
    for path, methods in document["paths"].items():
        operation = methods.get("get")
        if operation is None or operation["operationId"] in WHOLE_CORPUS:
            continue
        url = re.sub(r"\{(\w+)\}", lambda match: str(values.get(match[1], "")), path)
        if "//" in url:
            continue
        given = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
        needed = {one["name"]: values[one["name"]] for one in given if one.get("required")}
        yield path + _query(dict.fromkeys(needed, "…")), url + _query(needed)
        for one in given:
            for value in one["schema"].get("enum") or [values.get(one["name"])]:
                if value is not None and not one.get("required"):
                    asked = {**needed, one["name"]: value}
                    yield path + _query({**asked, one["name"]: value}), url + _query(asked)


def _admin_pages(client: Client) -> Iterator[tuple[str, str]]:
    """Yield the index, each list with each link that it offers, a search, and a page of one object."""
    yield "/admin/", "/admin/"
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        url = reverse(f"{name}_changelist")
        answer = client.get(url, follow=True)
        if answer.status_code != 200:
            continue
        target = answer.redirect_chain[-1][0] if answer.redirect_chain else url
        yield url, target
        yield f"{url}?q=…", _with(target, "q=Outlet")
        for link in sorted(set(LINK.findall(answer.content.decode())))[:MAX_LINKS]:
            query = html.unescape(link)[1:]
            yield f"{url}?{_without_values(query)}", f"{url}?{query}"


def _with(url: str, query: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{query}"


def _query(values: dict[str, Any]) -> str:
    return f"?{urlencode(values, safe='…')}" if values else ""


def _without_values(query: str) -> str:
    """Return a query with the ids in it left out, so that a page has one name at any size."""
    kept = [
        (name, "…" if len(value) >= 32 else value) for name, value in parse_qsl(urlsplit(f"?{query}").query)
    ]
    return urlencode(kept, safe="…")

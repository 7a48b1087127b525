"""The workbench: a reviewer's page, driven by keys; its script decides over the API.

The page brings the text in its blocks, to be read at once, and before anything is decided the labels at its
head. All that the reviewer is shown of it is JSON of its own: the browser fetches it beside the scripts, and
again when the script has to know what stands now.
"""

import posixpath
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from annotations.admin.board import Board, Row, Shown, lay_out
from annotations.admin.highlight import Mark, painted
from annotations.admin.reviewing import Seat, pass_in_hand, take_seat
from annotations.admin.sheet import styles_url
from annotations.models import Absence, Layer, RejectReason
from annotations.services.comments import open_by_line
from annotations.services.desk import Desk
from annotations.services.passes import open_desk
from annotations.services.reading import annotations_before, is_shown, layers_and_terms, own_of
from annotations.services.showing import shown_to
from annotations.services.terms import Terms
from annotations.services.texts import text_blocks
from corpus.admin.access import person
from corpus.admin.pages import page
from corpus.api.rendering import JSONRenderer
from corpus.models import Revision, Scheme
from corpus.schemes import SchemeDefinition
from corpus.services.guidelines import guideline_changes, rule_change_body
from corpus.text.blocks import Block

#: The script that draws the labels, and the one that it asks for once they are painted.
SCRIPT, LATER = "annotations/workbench/open.js", "annotations/workbench/workbench.js"
#: Characters whose labels come with the page: what a tall window shows, and what is drawn around it.
FIRST = 6_000
IMPORTED = re.compile(r"""^import [^"']*["'](\.[^"']+)["'];""", re.MULTILINE)


@require_safe
def workbench_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    seat = take_seat(request, pk)
    revision = seat.revision
    article = revision.article
    blocks = text_blocks([revision.pk])[revision.pk]
    layers, terms = layers_and_terms(seat.actor, article.corpus, seat.role, revision)
    own = own_of(seat.actor, layers)
    marks = () if own or article.erased_at else _first_marks(seat, layers, terms)
    return page(
        request,
        "attest/workbench.html",
        title=article.title or article.external_id,
        article=article,
        corpus=article.corpus,
        revision=revision,
        text=painted(revision.text, blocks, marks),
        own=own,
        state_url=_state_url(revision),
        script=SCRIPT,
        modules=modules(SCRIPT)[1:],
        later_modules=[name for name in modules(LATER) if name not in modules(SCRIPT)],
        list_url=seat.url,
        styles=styles_url(revision.corpus_id, _newest_scheme(revision.corpus_id)),
        in_hand=pass_in_hand(seat) if revision.current else None,
        assignment=terms.held,
    )


def _newest_scheme(corpus_id: UUID) -> int:
    return Scheme.objects.filter(corpus_id=corpus_id).values_list("number", flat=True)[0]


def _first_marks(seat: Seat, layers: Sequence[Layer], terms: Terms) -> list[Mark]:
    """Return the suggestions at the head of a text on which nothing is decided, as the script draws them."""
    machines = [layer for layer in layers if is_shown(layer)]
    shown = shown_to(seat.actor, terms, seat.revision, machines)
    begun = shown.before(FIRST) if shown else annotations_before(machines, FIRST)
    return [
        Mark(row=str(annotation.root), label=annotation.label, segments=segments, state="suggested")
        for annotation, segments in begun
    ]


@cache
def modules(script: str) -> list[str]:
    """Return a script's static file and those of all that it imports, so that they are fetched at once."""
    found = [script]
    for name in found:
        path = finders.find(name)
        for imported in IMPORTED.findall(Path(path).read_text()) if path else ():
            module = posixpath.normpath(posixpath.join(posixpath.dirname(name), imported))
            if module not in found:
                found.append(module)
    return found


@require_safe
def workbench_state(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Answer with what the page was opened with, as it stands now."""
    seat = take_seat(request, pk)
    if seat.revision.article.erased_at:
        raise Http404
    blocks = text_blocks([seat.revision.pk])[seat.revision.pk]
    state = JSONRenderer().render(_state(request, seat, blocks))
    return HttpResponse(state, content_type="application/json")


def _state_url(revision: Revision) -> str:
    address = reverse("admin:corpus_article_state", args=[revision.article_id])
    return f"{address}?revision={revision.number}"


def _state(request: HttpRequest, seat: Seat, blocks: list[Block]) -> dict[str, Any]:
    """Return all that the workbench knows of a text. Offsets are code points."""
    revision = seat.revision
    desk = open_desk(seat.actor, seat.role, revision)
    board = lay_out(desk)
    held = desk.shown.terms.held
    article = reverse("article", args=[revision.article_id])
    query = f"?revision={revision.number}"
    return {
        "reviewer": str(person(request).public_id),
        "article": str(revision.article_id),
        "revision": revision.number,
        "length": revision.length,
        "submitted_at": desk.own.layer.submitted_at,
        "suggestions_shown": desk.suggestions_shown,
        "assignment": str(held.pk) if held else None,
        "lease_until": held.lease_until if held else None,
        "urls": {
            "reviews": f"{article}reviews/{query}",
            "candidates": f"{article}candidates/{query}",
            "pass": f"{article}pass/{query}",
            "state": _state_url(revision),
            "take": reverse("take"),
            "comments": reverse("admin:corpus_article_comments", args=[revision.article_id]),
            "workbench": reverse("admin:corpus_article_workbench", args=[revision.article_id]),
            "keep": reverse("heartbeat", args=[held.pk]) if held else None,
        },
        "corpus": revision.article.corpus.slug,
        "scheme": _scheme(desk.scheme),
        "reject_reasons": [[reason.value, str(reason.label)] for reason in RejectReason],
        "absences": [[absence.value, str(absence.label)] for absence in Absence],
        "blocks": [[block.start, block.end, block.kind.value] for block in blocks],
        "lines": _lines(desk, board),
        "guideline_changes": _guideline_changes(desk, board),
        "comments": open_by_line(seat.actor, revision.article, seat.role),
    }


def _scheme(scheme: SchemeDefinition) -> dict[str, Any]:
    return {
        "labels": [
            {
                "name": label.name,
                "description": label.description,
                "attributes": {name: list(values) for name, values in label.attributes.items()},
            }
            for label in scheme.labels.values()
        ],
        "relations": [
            {"name": relation.name, "heads": list(relation.heads), "children": list(relation.children)}
            for relation in scheme.relations.values()
        ],
    }


def _lines(desk: Desk, board: Board) -> list[dict[str, Any]]:
    return [
        {
            "line": str(row.line),
            "on": str(row.on),
            "version": row.version,
            "said": _said(row.said) if row.suggested else None,
            "kept": _said(row.kept) if row.kept else None,
            "verdict": row.verdict,
            "reason": row.reason,
            "implied": row.implied,
            "at": None if row.implied or not row.verdict else desk.own.counting[row.line].at,
            "score": row.score,
            "calibrated": row.calibrated,
            "why": row.why,
            "pipeline": row.pipeline,
            "likely_reason": row.likely_reason,
            "due": {"guideline": row.due.decided_under, "reason": row.due.rereview.reason}
            if row.due
            else None,
            "links": _links(row),
        }
        for row in board.rows
    ]


def _guideline_changes(desk: Desk, board: Board) -> dict[str, list[dict[str, Any]]]:
    """Return the rules that have changed since each of the guidelines that due lines were decided under."""
    since = {row.due.decided_under for row in board.rows if row.due}
    corpus_id = desk.revision.corpus_id
    return {
        str(number): [
            rule_change_body(change, desk.scheme)
            for change in guideline_changes(corpus_id, number, desk.guideline).asking
        ]
        for number in sorted(since)
    }


def _said(shown: Shown) -> dict[str, Any]:
    return {
        "label": shown.label,
        "segments": [list(span) for span in shown.segments],
        "attributes": shown.attributes,
    }


def _links(row: Row) -> dict[str, list[str]]:
    links: dict[str, list[str]] = {}
    for child in row.children:
        links.setdefault(child.relation, []).append(str(child.line))
    for pointer in row.pointers:
        links.setdefault(pointer.relation, []).append(str(pointer.line))
    return links

"""Adjudication: the disputes of a corpus, what waits for approval, and the page that settles one dispute."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import CharField, Count, Q, QuerySet
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from annotations.admin.adjudicating import (
    Position,
    choice_of,
    choice_said,
    difference_named,
    likely_reason,
    marks_of,
    positions_of,
    written,
)
from annotations.admin.highlight import painted
from annotations.admin.panel import AttributeField, read_id, read_version
from annotations.models import Annotation, Dispute, DisputeStatus, Layer, LayerKind, Settlement
from annotations.models.gold import SettleReason
from annotations.services.comparing import submitted_passes
from annotations.services.figures import DISPUTES_LOOKED_AT
from annotations.services.in_hand import in_hand
from annotations.services.opening import passes_of
from annotations.services.settling import approve_passes, find_dispute, reopen_dispute, settle_dispute
from annotations.services.texts import text_blocks
from corpus.admin.access import corpus_or_404, person
from corpus.admin.pages import corpus_page, telling
from corpus.api.authentication import admin_actor
from corpus.models import Corpus, Guideline, Revision, RevisionStatus, Role, Scheme
from corpus.schemes import SchemeDefinition
from corpus.services.corpora import scheme_of
from corpus.services.errors import NotAllowed, NotFound, ServiceError, StaleVersion

PAGE = 50
#: Characters of a disputed thing that the list shows.
MAX_WORDS = 90
#: Submitted texts that are looked at for those that wait for approval, the oldest.
SUBMITTED_LOOKED_AT = 5_000
SHOWN = {"open": "Open", "settled": "Settled", "waiting": "Waiting for approval"}


def disputes_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """List the disputes, open or settled, or the texts that wait for approval; approve one of these."""
    corpus = corpus_or_404(request, pk, Role.ADJUDICATOR)
    if request.method == "POST":
        return _approve(request, corpus)
    shown = request.GET.get("show", "open")
    if shown not in SHOWN:
        raise Http404
    if shown == "waiting":
        listed: dict[str, Any] = {"waiting": _waiting(request, corpus)}
    else:
        listed = _listed(request, corpus, shown)
    return corpus_page(
        request, corpus, "attest/corpus_disputes.html", tab="disputes", shown=shown, kinds=SHOWN, **listed
    )


def _listed(request: HttpRequest, corpus: Corpus, status: str) -> dict[str, Any]:
    scheme = scheme_of(corpus.pk)
    attributes = {name for label in scheme.labels.values() for name in label.attributes}
    names = ["missing", "content", "label", *sorted(attributes), *scheme.relations]
    difference = request.GET.get("difference", "")
    rows = visible_disputes(request, corpus).filter(status=status)
    if before := request.GET.get("before", ""):
        try:
            rows = rows.filter(pk__lt=UUID(before))
        except ValueError:
            raise Http404 from None
    if difference in names:
        newest = rows.order_by("-id").values("pk")[:DISPUTES_LOOKED_AT]
        rows = Dispute.objects.filter(pk__in=newest).annotate(named=Cast("differences", CharField()))
        rows = rows.filter(named__contains=f'"{difference}"')
    rows = rows.order_by("-id").select_related("revision__article").defer("revision__text")
    found = list(rows[: PAGE + 1])
    return {
        "rows": _told(found[:PAGE]),
        "differences": [(name, difference_named(name)) for name in names],
        "difference": difference if difference in names else "",
        "older": str(found[PAGE - 1].pk) if len(found) > PAGE else "",
    }


def visible_disputes(request: HttpRequest, corpus: Corpus) -> QuerySet[Dispute]:
    """Return the disputes of a corpus; in a blind one not those of texts that one has a pass in hand on."""
    disputes = Dispute.objects.filter(corpus=corpus)
    if corpus.blind:
        disputes = disputes.exclude(in_hand(person(request).pk, "revision"))
    return disputes


def _told(disputes: list[Dispute]) -> list[dict[str, Any]]:
    """Return disputes with their words, and how they were settled last."""
    named = {held["annotation"] for dispute in disputes for held in dispute.positions}
    words = dict(Annotation.objects.filter(pk__in=named - {None}).values_list("pk", "surface"))
    settlements = Settlement.objects.filter(dispute__in=disputes, implied_by=None).order_by("at", "id")
    settled = {row.dispute_id: row for row in settlements.select_related("settled_by")}
    return [
        {
            "dispute": dispute,
            "differences": [difference_named(name) for name in dispute.differences],
            "words": list(
                dict.fromkeys(
                    _shortened(words.get(UUID(held["annotation"]), "")) if held["annotation"] else ""
                    for held in dispute.positions
                )
            ),
            "settled": settled.get(dispute.pk),
        }
        for dispute in disputes
    ]


def _shortened(words: str) -> str:
    """Return words without their middle where they are long: passes differ at the ends."""
    return words if len(words) <= MAX_WORDS else f"{words[: MAX_WORDS // 2]} … {words[-MAX_WORDS // 2 :]}"


# -- approving -----------------------------------------------------------------------------------------------


def _waiting(request: HttpRequest, corpus: Corpus) -> list[dict[str, Any]]:
    """Return submitted texts that have all their passes, the oldest first, with the people who made them."""
    oldest = Revision.objects.filter(corpus=corpus, status=RevisionStatus.SUBMITTED).order_by("id")
    if corpus.blind:
        oldest = oldest.exclude(in_hand(person(request).pk))
    submitted = Q(layers__kind=LayerKind.REVIEWER, layers__submitted_at__isnull=False)
    whole = (
        Revision.objects.filter(pk__in=oldest.values("pk")[:SUBMITTED_LOOKED_AT])
        .annotate(submitted=Count("layers", filter=submitted))
        .filter(submitted__gte=corpus.passes)
        .select_related("article")
        .defer("text")
        .order_by("id")
    )
    texts = [text for text in whole[: 2 * PAGE] if text.submitted >= passes_of(corpus, text.pk)][:PAGE]  # type: ignore[attr-defined]
    layers = Layer.objects.filter(revision__in=texts, kind=LayerKind.REVIEWER).select_related("reviewer")
    by_text: dict[UUID, list[Layer]] = {}
    for layer in layers.order_by("submitted_at"):
        by_text.setdefault(layer.revision_id, []).append(layer)
    me = person(request).pk
    return [
        {
            "revision": text,
            "layers": [layer for layer in by_text[text.pk] if layer.submitted_at],
            "party": corpus.two_people and any(layer.reviewer_id == me for layer in by_text[text.pk]),
        }
        for text in texts
    ]


def _approve(request: HttpRequest, corpus: Corpus) -> HttpResponse:
    with telling(request, "Approved: it is gold."):
        revision = (
            Revision.objects.filter(corpus=corpus, pk=read_id(request.POST.get("approve", "")))
            .select_related("article")
            .first()
        )
        if revision is None:
            raise NotFound("There is no such text in this corpus.")
        approve_passes(admin_actor(request), revision)
    return redirect(f"{_list_url(corpus)}?show=waiting")


def _list_url(corpus: Corpus) -> str:
    return reverse("admin:corpus_corpus_disputes", args=[corpus.pk])


# -- settling ------------------------------------------------------------------------------------------------


def dispute_page(request: HttpRequest, pk: UUID, dispute_id: UUID) -> HttpResponse:
    corpus = corpus_or_404(request, pk, Role.ADJUDICATOR)
    try:
        dispute = find_dispute(admin_actor(request), dispute_id)
    except NotFound:
        raise Http404 from None
    except NotAllowed as error:
        messages.error(request, error.message)
        return redirect(_list_url(corpus))
    if dispute.corpus_id != pk:
        raise Http404
    if request.method != "POST":
        return _render(request, dispute, QueryDict())
    if request.POST.get("act") == "reopen":
        return _reopen(request, dispute)
    return _settle(request, dispute)


def _settle(request: HttpRequest, dispute: Dispute) -> HttpResponse:
    """Settle, and go on to the next one; a refused choice comes back as filled in, beside what stands."""
    form = request.POST
    try:
        choice = choice_of(form, scheme_of(dispute.corpus_id))
        version = read_version(form.get("version", ""))
        settle_dispute(admin_actor(request), dispute, choice, version=version)
    except ServiceError as error:
        fresh = find_dispute(admin_actor(request), dispute.pk)
        return _render(request, fresh, form, refused=error)
    following = _next(request, dispute)
    if following is None:
        messages.success(request, "Settled. No other dispute is open here.")
        return redirect(_list_url(dispute.corpus))
    messages.success(request, "Settled; this is the next one.")
    return redirect("admin:corpus_corpus_dispute", dispute.corpus_id, following)


def _reopen(request: HttpRequest, dispute: Dispute) -> HttpResponse:
    with telling(request, "It is open again; what stands in gold stays until you settle it anew."):
        version = read_version(request.POST.get("version", ""))
        reopen_dispute(admin_actor(request), dispute, version=version)
    return redirect("admin:corpus_corpus_dispute", dispute.corpus_id, dispute.pk)


def _next(request: HttpRequest, dispute: Dispute) -> UUID | None:
    """Return the open dispute to go on with: of the same text, or the oldest that is not older, or any."""
    waiting = visible_disputes(request, dispute.corpus).filter(status=DisputeStatus.OPEN)
    ways = (
        waiting.filter(revision=dispute.revision_id).order_by("start", "id"),
        waiting.filter(pk__gt=dispute.pk).order_by("id"),
        waiting.order_by("id"),
    )
    for way in ways:
        if found := way.values_list("pk", flat=True).first():
            return found
    return None


def _neighbours(request: HttpRequest, dispute: Dispute) -> dict[str, UUID | None]:
    """Return the open disputes before and behind this one."""
    waiting = visible_disputes(request, dispute.corpus).filter(status=DisputeStatus.OPEN)
    before = waiting.filter(pk__lt=dispute.pk).order_by("-id").values_list("pk", flat=True)
    behind = waiting.filter(pk__gt=dispute.pk).order_by("id").values_list("pk", flat=True)
    return {"previous": before.first(), "next": behind.first()}


def _render(
    request: HttpRequest, dispute: Dispute, given: QueryDict, *, refused: ServiceError | None = None
) -> HttpResponse:
    corpus, revision = dispute.corpus, dispute.revision
    scheme = scheme_of(corpus.pk)
    positions = positions_of(dispute, submitted_passes(revision), scheme)
    settlements = dispute.settlements.filter(implied_by=None).select_related("settled_by", "result")
    me = person(request).pk
    own = Layer.objects.filter(revision=revision, kind=LayerKind.REVIEWER, reviewer=me)
    return corpus_page(
        request,
        corpus,
        "attest/dispute.html",
        tab="disputes",
        status=409 if refused else 200,
        dispute=dispute,
        article=revision.article,
        **_neighbours(request, dispute),
        differences=[difference_named(name) for name in dispute.differences],
        positions=positions,
        text=painted(revision.text, text_blocks([revision.pk])[revision.pk], marks_of("text", positions)),
        is_open=dispute.status == DisputeStatus.OPEN,
        may_reopen=dispute.status == DisputeStatus.SETTLED and revision.current,
        party=corpus.two_people and own.exists(),
        settlements=list(settlements.order_by("-at", "-id")),
        reasons=SettleReason.choices,
        reason=given.get("reason") or likely_reason(dispute),
        given=given,
        merging=_merge_fields(scheme, positions, given),
        writing=_write_fields(scheme, positions, given),
        refused=refused,
        stale=isinstance(refused, StaleVersion),
        mine=choice_said(given, positions) if refused else "",
        guideline=Guideline.objects.filter(corpus=corpus).first(),
        scheme_number=Scheme.objects.filter(corpus=corpus).values_list("number", flat=True).first(),
    )


def _merge_fields(
    scheme: SchemeDefinition, positions: list[Position], given: QueryDict
) -> list[dict[str, Any]]:
    """Return, for the content and each relation that a pass has, the passes that it can be taken from.

    None, where a single pass has anything: there is nothing to merge.
    """
    sources = {"content": [one for one in positions if one.label]}
    if len(sources["content"]) < 2:
        return []
    for name in scheme.relations:
        if any(name in one.links for one in positions):
            sources[name] = positions
    return [
        {
            "name": name,
            "chosen": given.get(f"merge-{name}", ""),
            "choices": [(str(one.layer), one.letter) for one in ones],
        }
        for name, ones in sources.items()
    ]


def _write_fields(scheme: SchemeDefinition, positions: list[Position], given: QueryDict) -> dict[str, Any]:
    """Return the fields of what is written anew, which begin with what the first pass says.

    What was sent comes back as it was sent, also what was emptied.
    """
    first = next((one for one in positions if one.label), None)
    label = given.get("label", first.label if first else next(iter(scheme.labels)))
    linked = {name: written(ends[0][1]) for name, ends in first.links.items()} if first else {}
    return {
        "label": label,
        "labels": list(scheme.labels.values()),
        "segments": given.get("segments", first.written if first else ""),
        "attributes": [
            AttributeField(
                name=f"attribute-{definition.name}-{name}",
                label=definition.name,
                attribute=name,
                values=values,
                chosen=given.get(
                    f"attribute-{definition.name}-{name}", first.attributes.get(name, "") if first else ""
                ),
            )
            for definition in scheme.labels.values()
            for name, values in definition.attributes.items()
        ],
        "links": [
            {
                "name": name,
                "heads": ", ".join(relation.heads),
                "description": relation.description,
                "value": given.get(f"link-{name}", linked.get(name, "")),
            }
            for name, relation in scheme.relations.items()
        ],
    }

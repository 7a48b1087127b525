# ruff: noqa: ARG002 - the signatures are Django's
"""What machines said and people decided, to read; always of one revision, so that no list grows."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from annotations.models import Annotation, Export, Layer, LayerKind, Relation, Review
from annotations.services.history import line_history
from annotations.services.in_hand import in_hand
from annotations.services.terms import altered_for
from corpus.admin.access import M, ScopedAdmin, corpora_reached, person
from corpus.admin.filters import CorpusFilter
from corpus.admin.pages import page
from corpus.api.authentication import admin_actor
from corpus.models import Corpus, Role, Scheme, SuggestionsShown
from corpus.services.errors import NotFound

REVISION = "layer__revision"


class OfOneRevision(ScopedAdmin[M]):
    """Rows of the layers that one may see; the list is that of one revision."""

    corpus_path = "layer__revision__corpus"
    allowed_lookups = (REVISION,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        rows = super().get_queryset(request).filter(layer__in=self.seen_layers(request))
        if request.resolver_match and str(request.resolver_match.url_name).endswith("_changelist"):
            try:
                return (
                    rows.filter(**{REVISION: request.GET.get(REVISION)})
                    if request.GET.get(REVISION)
                    else rows.none()
                )
            except (ValidationError, ValueError):
                return rows.none()
        return rows

    def seen_layers(self, request: HttpRequest) -> QuerySet[Layer]:
        raise NotImplementedError

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        hint = "" if request.GET.get(REVISION) else "Choose an article first: its page leads to its rows."
        return super().changelist_view(request, {"hint": hint, **(extra_context or {})})


def machine_layers(request: HttpRequest) -> QuerySet[Layer]:
    """Return the machines' layers that this person is shown, by role and by the settings of each corpus.

    Rows are shown as they are stored: of a text whose suggestions a pass is shown otherwise, none.
    """
    own = Layer.objects.filter(
        revision=OuterRef("revision"), reviewer=person(request).pk, submitted_at__isnull=False
    )
    altered = altered_for(person(request).pk, "revision")
    corpora = Corpus.objects.visible_to(person(request).pk)
    withholding = Q(withheld_share__gt=0, pk__in=corpora_reached(request, Role.REVIEWER))
    at_once = corpora.filter(suggestions_shown=SuggestionsShown.AT_ONCE).exclude(withholding)
    after_pass = corpora.exclude(suggestions_shown=SuggestionsShown.NEVER)
    return Layer.objects.filter(kind=LayerKind.MACHINE).filter(
        Q(revision__corpus__in=corpora_reached(request, Role.LEAD))
        | (Q(revision__corpus__in=list(at_once.values_list("pk", flat=True))) & ~altered)
        | Q(Exists(own), revision__corpus__in=list(after_pass.values_list("pk", flat=True)))
    )


def reviewed_layers(request: HttpRequest) -> QuerySet[Layer]:
    """Return people's layers that this person may see: the own, and others' as blindness allows."""
    return Layer.objects.filter(kind=LayerKind.REVIEWER).filter(
        Q(reviewer=person(request).pk)
        | Q(revision__corpus__blind=False, revision__corpus__in=corpora_reached(request, Role.REVIEWER))
        | Q(
            ~in_hand(person(request).pk, "revision"),
            submitted_at__isnull=False,
            revision__corpus__in=corpora_reached(request, Role.ADJUDICATOR),
        )
    )


@admin.register(Annotation)
class SuggestionAdmin(OfOneRevision[Annotation]):
    list_display = ("label", "surface", "start", "end", "score", "reason", "layer_named")
    list_select_related = ("layer__pipeline",)
    fields = (
        "id", "layer_named", "label", "start", "end", "surface", "attributes", "score", "reason", "origin",
        "root",
    )  # fmt: skip

    def seen_layers(self, request: HttpRequest) -> QuerySet[Layer]:
        return machine_layers(request)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what happened to the line of any annotation that one may see, a person's too."""
        try:
            history = line_history(admin_actor(request), UUID(unquote(object_id)))
        except (NotFound, ValueError):
            raise Http404 from None
        return page(
            request,
            "attest/history.html",
            title=f"What happened to a {history.annotation.label}",
            history=history,
            article=history.article,
            corpus=history.article.corpus,
            scheme_number=Scheme.objects.filter(corpus=history.article.corpus_id)
            .values_list("number", flat=True)
            .first(),
        )

    @admin.display(description="pipeline")
    def layer_named(self, row: Annotation) -> str:
        return str(row.layer.pipeline)


@admin.register(Relation)
class SuggestedRelationAdmin(OfOneRevision[Relation]):
    list_display = ("label", "head_surface", "child_surface", "score", "reason")
    list_select_related = ("head", "child")
    fields = ("id", "label", "head_surface", "child_surface", "score", "reason", "origin", "root")

    def seen_layers(self, request: HttpRequest) -> QuerySet[Layer]:
        return machine_layers(request)

    @admin.display(description="from")
    def head_surface(self, row: Relation) -> str:
        return row.head.surface

    @admin.display(description="to")
    def child_surface(self, row: Relation) -> str:
        return row.child.surface


@admin.register(Review)
class ReviewAdmin(OfOneRevision[Review]):
    list_display = (
        "at",
        "reviewer",
        "verdict",
        "of",
        "version",
        "reason",
        "note",
        "guideline",
        "suggestions_shown",
    )
    list_select_related = ("annotation", "relation", "layer__reviewer")
    fields = (
        "at", "reviewer", "verdict", "of", "reason", "note", "version", "guideline", "suggestions_shown",
    )  # fmt: skip

    def seen_layers(self, request: HttpRequest) -> QuerySet[Layer]:
        return reviewed_layers(request)

    @admin.display(description="reviewer")
    def reviewer(self, review: Review) -> str:
        return str(review.layer.reviewer)

    @admin.display(description="of")
    def of(self, review: Review) -> str:
        if review.annotation:
            return f"{review.annotation.label}: {review.annotation.surface[:200]}"
        return f"relation {review.relation.label}" if review.relation else ""


@admin.register(Export)
class ExportAdmin(ScopedAdmin[Export]):
    view_role = Role.LEAD
    list_filter = (CorpusFilter,)
    allowed_lookups = ("corpus",)
    list_display = ("asked_at", "corpus", "format", "layer", "status", "made_by", "sha256")
    list_select_related = ("corpus", "made_by")
    fields = (
        "asked_at", "corpus", "format", "layer", "options", "made_by", "status", "attempts", "worker",
        "cause", "made_at", "file", "manifest",
    )  # fmt: skip

    @admin.display(description="sha256")
    def sha256(self, export: Export) -> str:
        return str(export.manifest.get("sha256", ""))[:16]

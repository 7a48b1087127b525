"""The page on which a lead asks for decisions anew after a rule has changed, and sees what is left."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from annotations.admin.panel import read_id
from annotations.models import ReReview
from annotations.services.rereviews import (
    MAX_REASON,
    Extent,
    close_rereview,
    extent_of,
    find_rereview,
    left_of,
    open_rereview,
)
from corpus.admin.access import corpus_or_404
from corpus.admin.pages import corpus_page, telling
from corpus.api.authentication import admin_actor
from corpus.models import Corpus, Guideline, Role
from corpus.services.corpora import guideline_number, scheme_of
from corpus.services.errors import ServiceError
from corpus.services.guidelines import affected_labels, guideline_changes

#: The newest texts that a page counts in; the command `rereview --dry-run` counts all.
COUNTED = 1_000
MAX_VERSIONS = 50
MAX_CLOSED = 10


class ReReviewForm(forms.Form):
    """Which labels, and from which version of the guideline on decisions are good."""

    since = forms.TypedChoiceField(
        coerce=int,
        label="Good since guideline",
        help_text="Decisions that were made under an older version are asked for again.",
    )
    labels = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        help_text="Ticked is what the newest version affects and no open re-review asks for yet.",
    )
    reason = forms.CharField(
        max_length=MAX_REASON,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Those who are asked see it beside each label.",
    )

    def __init__(self, *args: Any, labels: list[str], versions: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["labels"].choices = [(label, label) for label in labels]  # type: ignore[attr-defined]
        self.fields["since"].choices = [(number, number) for number in versions]  # type: ignore[attr-defined]


def rereviews_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Propose the labels that the newest guideline affects; count what they come to, open and close."""
    corpus = corpus_or_404(request, pk, Role.LEAD)
    if "close" in request.POST:
        with telling(request, "Nothing of it is asked for any more; what was decided anew stands."):
            actor = admin_actor(request)
            close_rereview(actor, find_rereview(actor, read_id(request.POST["close"])))
        return redirect("admin:corpus_corpus_rereviews", corpus.pk)
    newest = guideline_number(corpus.pk)
    changes = guideline_changes(corpus.pk, max(newest - 1, 0), newest)
    affected = affected_labels(corpus.pk, changes)
    rereviews = ReReview.objects.filter(corpus=corpus).select_related("opened_by")
    open_ones = list(rereviews.filter(closed_at__isnull=True))
    asked_for = {label for one in open_ones if one.guideline == newest for label in one.labels}
    form = _form(request, corpus, newest, [label for label in affected.labels if label not in asked_for])
    extent: Extent | None = None
    if request.method == "POST" and form.is_valid():
        actor, wanted = admin_actor(request), form.cleaned_data
        asked = {"labels": wanted["labels"], "since": wanted["since"]}
        try:
            if "open" in request.POST:
                open_rereview(actor, corpus, reason=wanted["reason"], **asked)
                messages.success(request, "The re-review is open: each person gets their own passes again.")
                return redirect("admin:corpus_corpus_rereviews", corpus.pk)
            extent = extent_of(actor, corpus, most=COUNTED, **asked)
        except ServiceError as error:
            form.add_error(None, error.message)
    closed = rereviews.filter(closed_at__isnull=False).order_by("-closed_at")
    return corpus_page(
        request,
        corpus,
        "attest/corpus_rereviews.html",
        tab="rereviews",
        status=400 if form.errors else 200,
        open_ones=[(one, left_of(one)) for one in open_ones],
        closed=closed[:MAX_CLOSED],
        newest=newest,
        changes=changes,
        affected=affected,
        form=form,
        extent=extent,
        # A template would count what a Counter has of `items`.
        lines=sorted(extent.lines.items()) if extent else [],
    )


def _form(request: HttpRequest, corpus: Corpus, newest: int, proposed: list[str]) -> ReReviewForm:
    versions = Guideline.objects.filter(corpus=corpus).order_by("-number")
    return ReReviewForm(
        request.POST if request.method == "POST" else None,
        labels=list(scheme_of(corpus.pk).labels),
        versions=list(versions.values_list("number", flat=True)[:MAX_VERSIONS]),
        initial={"since": newest, "labels": proposed},
    )

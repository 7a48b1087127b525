"""Releases: the list of a corpus with a form to make one, and one with its splits, card and differences."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from annotations.admin.exports import formats_offered
from annotations.admin.figures import stacked
from annotations.models import Pipeline, Release
from annotations.releasing.differences import Summary
from annotations.releasing.splits import Shares
from annotations.services.release_card import card_of
from annotations.services.release_differences import FATES, compare_releases
from annotations.services.released import erased_of, splits_told
from annotations.services.releases import (
    GOLD,
    NONE,
    Plan,
    find_release,
    make_release,
    read_shares,
    release_named,
)
from corpus.admin.access import corpus_or_404
from corpus.admin.pages import corpus_page
from corpus.api.authentication import admin_actor
from corpus.models import Corpus, Role
from corpus.services.errors import NotFound, ServiceError

#: Releases that a page lists and offers.
LISTED = 50


class ReleaseForm(forms.Form):
    """What is frozen under which name, and how it is split."""

    name = forms.CharField(max_length=64, help_text="Small letters, digits, points, hyphens and underscores.")
    layer = forms.ChoiceField(
        help_text="Of gold: the articles in which nothing is disputed or waits for approval."
    )
    train = forms.FloatField(min_value=0, max_value=1, label="Share of train")
    dev = forms.FloatField(min_value=0, max_value=1, label="Share of dev")
    test = forms.FloatField(
        min_value=0,
        max_value=1,
        label="Share of test",
        help_text="The three add up to 1. A story goes whole into one of them.",
    )
    seed = forms.CharField(max_length=64, required=False, help_text="Any word; another one splits otherwise.")
    after = forms.ChoiceField(
        required=False,
        label="Keeps the splits of",
        help_text="What was in test there never comes into train here.",
    )
    protected = forms.CharField(
        required=False,
        label="Names that must not leave",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line. Blacked out in every article, kept nowhere: give them for each release.",
    )
    without_words = forms.BooleanField(required=False, label="Offsets and labels alone, without any text")
    allow_due = forms.BooleanField(required=False, label="Include gold that an open re-review asks for anew")

    def __init__(self, *args: Any, corpus: Corpus, names: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pipelines = Pipeline.objects.filter(corpus=corpus).order_by("-active", "name", "-pk")[:LISTED]
        layers = [GOLD, "machine", *(f"machine:{pipeline.identity}" for pipeline in pipelines)]
        self.fields["layer"].choices = [(layer, layer) for layer in layers]  # type: ignore[attr-defined]
        earlier = [("", "the newest release"), *((name, name) for name in names), (NONE, "none: begin anew")]
        self.fields["after"].choices = earlier  # type: ignore[attr-defined]

    def plan(self) -> Plan:
        given = self.cleaned_data
        names = given["protected"].splitlines()
        return Plan(
            name=given["name"],
            layer=given["layer"],
            shares=read_shares(given["train"], given["dev"], given["test"]),
            seed=given["seed"],
            after=given["after"],
            allow_due=given["allow_due"],
            words=not given["without_words"],
            protected=[name.strip() for name in names if name.strip()],
        )


def releases_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """List the releases of a corpus, and make one."""
    corpus = corpus_or_404(request, pk, Role.LEAD)
    releases = list(Release.objects.filter(corpus=corpus).select_related("made_by")[:LISTED])
    form = ReleaseForm(
        request.POST if request.method == "POST" else None,
        corpus=corpus,
        names=[release.name for release in releases],
        initial={**Shares().body(), "layer": GOLD},
    )
    if form.is_valid():
        try:
            release = make_release(admin_actor(request), corpus, form.plan())
        except ServiceError as error:
            field = error.details.get("field")
            form.add_error(field if field in form.fields else None, error.message)
        else:
            messages.success(request, "The release is made; it never changes.")
            return redirect("admin:corpus_corpus_release", corpus.pk, release.pk)
    return corpus_page(
        request,
        corpus,
        "attest/corpus_releases.html",
        tab="releases",
        releases=[(release, splits_told(release)) for release in releases],
        form=form,
        status=400 if form.errors else 200,
    )


def release_page(request: HttpRequest, pk: UUID, release_id: UUID) -> HttpResponse:
    """Show one release: its splits, its files, its card, and what it has that another has not."""
    corpus = corpus_or_404(request, pk, Role.LEAD)
    try:
        release = find_release(admin_actor(request), release_id)
    except NotFound:
        raise Http404 from None
    if release.corpus_id != corpus.pk:
        raise Http404
    earlier = request.GET.get("from", "")
    compared, refused = _compared(release, earlier) if earlier else (None, "")
    splits = splits_told(release)
    others = Release.objects.filter(corpus=corpus).exclude(pk=release.pk)
    return corpus_page(
        request,
        corpus,
        "attest/corpus_release.html",
        tab="releases",
        release=release,
        splits=splits,
        bar=stacked("articles", [(split, split, told["articles"]) for split, told in splits]),
        rows=_rows(splits),
        erased=erased_of(release),
        formats=formats_offered(),
        card=card_of(release),
        others=list(others.values_list("name", flat=True)[:LISTED]),
        earlier=earlier,
        compared=compared,
        fates=[(said, compared.articles[fate]) for fate, said in FATES.items()] if compared else [],
        refused=refused,
        status=400 if refused else 200,
    )


def _rows(splits: list[tuple[Any, dict[str, Any]]]) -> list[tuple[str, list[int]]]:
    """Return what is counted, with its number in each split."""
    rows = [(name, [told[name] for _, told in splits]) for name in ("articles", "stories")]
    for kind, prefix in (("labels", ""), ("relations", "relation ")):
        names = sorted({name for _, told in splits for name in told[kind]})
        rows += [(f"{prefix}{name}", [told[kind].get(name, 0) for _, told in splits]) for name in names]
    return rows


def _compared(release: Release, earlier: str) -> tuple[Summary | None, str]:
    """Return how a release differs from the one that is named, or why that cannot be said."""
    try:
        summary, _ = compare_releases(release_named(release.corpus, earlier), release, most=0)
    except ServiceError as error:
        return None, error.message
    return summary, ""

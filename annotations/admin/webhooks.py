"""Webhooks: the list of a corpus, and one with its settings, its log and sending again."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from annotations.admin.panel import read_id
from annotations.models import DeliveryStatus, Webhook
from annotations.services.webhooks import (
    KINDS,
    change_webhook,
    delete_webhook,
    deliveries_seen_by,
    find_delivery,
    find_webhook,
    make_webhook,
    ping_webhook,
    replay_delivery,
    replay_since,
    rotate_secret,
)
from corpus.admin.access import corpus_or_404
from corpus.admin.pages import corpus_page, telling
from corpus.api.authentication import admin_actor
from corpus.models import Corpus, Role
from corpus.services.errors import NotFound, ServiceError, StaleVersion

#: Deliveries a page.
PAGE = 50
KINDS_HELP = (
    f"What to send, with spaces between: {', '.join(KINDS)}; or one action of these, such as article.created."
)


class WebhookForm(forms.Form):
    url = forms.CharField(
        max_length=2_000, label="URL", help_text="Begins with https:// and leads to a public host."
    )
    kinds = forms.CharField(max_length=4_000, label="Kinds of events", help_text=KINDS_HELP)

    def clean_kinds(self) -> list[str]:
        return str(self.cleaned_data["kinds"]).split()


class ChangedWebhookForm(WebhookForm):
    active = forms.BooleanField(
        required=False, label="On", help_text="While it is off, what happens waits until it is on again."
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    @classmethod
    def of(cls, webhook: Webhook) -> "ChangedWebhookForm":
        return cls(
            initial={
                "url": webhook.url,
                "kinds": " ".join(webhook.kinds),
                "active": webhook.active,
                "version": webhook.version,
            }
        )


class ReplayForm(forms.Form):
    position = forms.IntegerField(
        min_value=0, max_value=2**62, label="Behind position", help_text="0 for everything there ever was."
    )


def webhooks_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """List the webhooks of a corpus, and make one; its secret is on that one answer."""
    corpus = corpus_or_404(request, pk, Role.LEAD)
    form = WebhookForm(request.POST or None)
    if form.is_valid():
        try:
            webhook = make_webhook(admin_actor(request), corpus, **form.cleaned_data)
        except ServiceError as error:
            form.add_error(error.details.get("field"), error.message)
        else:
            return _secret_page(request, corpus, webhook)
    return corpus_page(
        request,
        corpus,
        "attest/corpus_webhooks.html",
        tab="webhooks",
        webhooks=Webhook.objects.filter(corpus=corpus).select_related("owner"),
        form=form,
        status=400 if form.errors else 200,
    )


def webhook_page(request: HttpRequest, pk: UUID, webhook_id: UUID) -> HttpResponse:
    """Show one webhook with what came of each delivery; change it, try it, send again."""
    corpus = corpus_or_404(request, pk, Role.LEAD)
    try:
        webhook = find_webhook(admin_actor(request), webhook_id)
    except NotFound:
        raise Http404 from None
    if webhook.corpus_id != corpus.pk:
        raise Http404
    form = ChangedWebhookForm.of(webhook)
    if request.method == "POST":
        if "save" in request.POST:
            form, answer = _save(request, webhook)
        else:
            answer = _act(request, corpus, webhook)
        if answer is not None:
            return answer
    return corpus_page(
        request,
        corpus,
        "attest/corpus_webhook.html",
        tab="webhooks",
        webhook=webhook,
        form=form,
        replay=ReplayForm(),
        **_log(request, webhook),
        status=400 if form.errors else 200,
    )


def _save(request: HttpRequest, webhook: Webhook) -> tuple[ChangedWebhookForm, HttpResponse | None]:
    form = ChangedWebhookForm(request.POST)
    if form.is_valid():
        changes = dict(form.cleaned_data)
        try:
            change_webhook(admin_actor(request), webhook, version=changes.pop("version"), changes=changes)
        except StaleVersion:
            form.add_error(None, "Somebody else has changed it meanwhile; load the page again.")
        except ServiceError as error:
            form.add_error(error.details.get("field"), error.message)
        else:
            return form, _back(webhook)
    return form, None


def _act(request: HttpRequest, corpus: Corpus, webhook: Webhook) -> HttpResponse:
    actor, form = admin_actor(request), request.POST
    if "rotate" in form:
        return _secret_page(request, corpus, rotate_secret(actor, webhook))
    if "delete" in form:
        with telling(request, "The webhook is deleted."):
            delete_webhook(actor, webhook)
        return redirect("admin:corpus_corpus_webhooks", corpus.pk)
    if "ping" in form:
        with telling(request, "The test is on its way; what came of it shows in the log within seconds."):
            ping_webhook(actor, webhook)
    elif "replay" in form:
        with telling(request, "It is sent again."):
            replay_delivery(actor, webhook, find_delivery(actor, webhook, read_id(form["replay"])))
    elif "since" in form:
        replay = ReplayForm(form)
        with telling(request, "Everything behind that position is sent again, under the ids that it had."):
            if not replay.is_valid():
                raise ServiceError("A position is a whole number from 0.")
            replay_since(actor, webhook, position=replay.cleaned_data["position"])
    return _back(webhook)


def _log(request: HttpRequest, webhook: Webhook) -> dict[str, Any]:
    """Return a page of the log, newest first, as far as the person may see what it is of."""
    status, before = request.GET.get("status", ""), request.GET.get("before", "")
    deliveries = deliveries_seen_by(admin_actor(request), webhook).order_by("-id")
    if status in DeliveryStatus.values:
        deliveries = deliveries.filter(status=status)
    if before:
        with telling(request):
            deliveries = deliveries.filter(pk__lt=read_id(before))
    rows = list(deliveries.select_related("event").prefetch_related("log")[: PAGE + 1])
    return {
        "deliveries": rows[:PAGE],
        "older": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "statuses": [("", "all"), *DeliveryStatus.choices],
        "chosen": status,
    }


def _secret_page(request: HttpRequest, corpus: Corpus, webhook: Webhook) -> HttpResponse:
    return corpus_page(request, corpus, "attest/webhook_secret.html", tab="webhooks", webhook=webhook)


def _back(webhook: Webhook) -> HttpResponse:
    return redirect("admin:corpus_corpus_webhook", webhook.corpus_id, webhook.pk)

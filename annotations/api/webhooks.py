"""Webhooks: where events are sent to, what came of each, and sending again."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.models import Delivery, DeliveryStatus, Webhook
from annotations.services.delivering import message_id
from annotations.services.webhooks import (
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
from corpus.api.fields import Flag, Input, Moment, Text, Whole
from corpus.api.idempotency import idempotent
from corpus.api.pagination import page_of
from corpus.api.preconditions import required_version
from corpus.api.schema import CURSOR, ETAG, IDEMPOTENCY_KEY, IF_MATCH, documented, paged
from corpus.api.views import Route, tagged
from corpus.models import Role
from corpus.services.actors import Scope, find_corpus
from corpus.services.errors import BadInput

ERRORS = (403, 404)
CORPUS = OpenApiParameter("corpus", str, required=True, description="The slug of the corpus.")
KINDS_HELP = "Actions of events to send, whole or their first part: `gold.settled`, `review`."
URL_HELP = "An HTTPS address on a public host; docs/webhooks.md."
STATUS = OpenApiParameter("status", str, enum=DeliveryStatus.values, description="All by default.")


class ChangedWebhook(Input):
    url = Text(max_length=2_000, required=False, help_text=URL_HELP)
    kinds = serializers.ListField(
        child=Text(max_length=64),
        max_length=50,
        required=False,
        help_text=KINDS_HELP,
    )
    active = Flag(required=False)


class NewWebhook(Input):
    corpus = Text(max_length=64)
    url = Text(max_length=2_000, help_text=URL_HELP)
    kinds = serializers.ListField(
        child=Text(max_length=64),
        max_length=50,
        help_text=KINDS_HELP,
    )


class ReplayInput(Input):
    position = Whole(
        min_value=0, max_value=2**62, required=False, help_text="Send what lies behind it; 0 for everything."
    )
    at = Moment(required=False, help_text="Send what happened since then.")


class WebhookShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    corpus = serializers.CharField()
    url = serializers.CharField()
    kinds = serializers.ListField(child=serializers.CharField())
    active = serializers.BooleanField()
    state = serializers.CharField(help_text="on, failing or off.")
    cause = serializers.CharField(help_text="Why the last attempt failed, or why it is off.")
    owner = serializers.UUIDField(help_text="It sends what they may see.")
    position = serializers.IntegerField(help_text="Events up to it were looked at.")
    created_at = serializers.DateTimeField()
    version = serializers.IntegerField(help_text="The ETag.")


class MadeWebhookShape(WebhookShape):
    secret = serializers.CharField(
        allow_null=True, help_text="Shown this once; null when a repetition asks again."
    )


class AttemptShape(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    code = serializers.IntegerField(allow_null=True, help_text="The status of the answer.")
    milliseconds = serializers.IntegerField()
    error = serializers.CharField()


class DeliveryShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    webhook_id = serializers.CharField(help_text="The header of that name.")
    event = serializers.UUIDField()
    action = serializers.CharField()
    position = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(DeliveryStatus.choices)
    due_at = serializers.DateTimeField(allow_null=True, help_text="The next attempt.")
    finished_at = serializers.DateTimeField(allow_null=True)
    attempts = AttemptShape(many=True)


class WebhooksRoute(Route):
    #: The secret is in the first answer alone.
    unkept = ("secret",)

    @documented(
        "list_webhooks",
        "List the webhooks of a corpus, without their secrets.",
        tag="webhooks",
        response=paged(WebhookShape),
        query=(*CURSOR, CORPUS),
        errors=ERRORS,
    )
    def get(self, request: Request) -> Response:
        slug = request.query_params.get("corpus")
        if not slug:
            raise BadInput("corpus names the corpus, by its slug.", field="corpus")
        corpus = find_corpus(self.actor, slug, Role.LEAD)
        webhooks = Webhook.objects.filter(corpus=corpus).select_related("corpus", "owner")
        return Response(page_of(request, webhooks, webhook_body))

    @documented(
        "make_webhook",
        "Send the events of a corpus to an address, from now on.",
        tag="webhooks",
        response=MadeWebhookShape,
        status=201,
        request=NewWebhook,
        headers=[IDEMPOTENCY_KEY],
        errors=(*ERRORS, 409),
    )
    @idempotent
    def post(self, request: Request) -> Response:
        given = self.input(NewWebhook)
        corpus = find_corpus(self.actor, given["corpus"], Role.LEAD, Scope.MANAGE)
        made = make_webhook(self.actor, corpus, url=given["url"], kinds=given["kinds"])
        return Response({**webhook_body(made), "secret": made.secret}, status=HTTPStatus.CREATED)


class WebhookRoute(Route):
    @documented(
        "read_webhook",
        "Read a webhook and its state.",
        tag="webhooks",
        response=WebhookShape,
        headers=[ETAG],
        errors=ERRORS,
    )
    def get(self, request: Request, webhook_id: UUID) -> Response:
        webhook = find_webhook(self.actor, webhook_id)
        return tagged(webhook_body(webhook), webhook.version)

    @documented(
        "change_webhook",
        "Change a webhook; it speaks for you from then on.",
        tag="webhooks",
        response=WebhookShape,
        request=ChangedWebhook,
        headers=(IF_MATCH, ETAG),
        errors=ERRORS,
    )
    def patch(self, request: Request, webhook_id: UUID) -> Response:
        """It goes on at once with what is due, where it rested or was off."""
        webhook = find_webhook(self.actor, webhook_id, Scope.MANAGE)
        version = required_version(request)
        changed = change_webhook(self.actor, webhook, version=version, changes=self.input(ChangedWebhook))
        return tagged(webhook_body(changed), changed.version)

    @documented("delete_webhook", "Delete a webhook with its log.", tag="webhooks", status=204, errors=ERRORS)
    def delete(self, request: Request, webhook_id: UUID) -> Response:
        delete_webhook(self.actor, find_webhook(self.actor, webhook_id, Scope.MANAGE))
        return Response(status=HTTPStatus.NO_CONTENT)


class PingRoute(Route):
    @documented(
        "ping_webhook",
        "Send a test the whole way that events go.",
        tag="webhooks",
        status=204,
        headers=[IDEMPOTENCY_KEY],
        errors=(*ERRORS, 409),
    )
    @idempotent
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """It is on its way within seconds; the deliveries say what came of it."""
        ping_webhook(self.actor, find_webhook(self.actor, webhook_id, Scope.MANAGE))
        return Response(None, status=HTTPStatus.NO_CONTENT)


class RotateRoute(Route):
    unkept = ("secret",)

    @documented(
        "rotate_secret",
        "Get a new secret; the old one signs beside it for a day.",
        tag="webhooks",
        response=MadeWebhookShape,
        headers=[IDEMPOTENCY_KEY],
        errors=ERRORS,
    )
    @idempotent
    def post(self, request: Request, webhook_id: UUID) -> Response:
        rotated = rotate_secret(self.actor, find_webhook(self.actor, webhook_id, Scope.MANAGE))
        return Response({**webhook_body(rotated), "secret": rotated.secret})


class ReplayRoute(Route):
    @documented(
        "replay_webhook",
        "Send everything behind a position, or since a time, again.",
        tag="webhooks",
        response=WebhookShape,
        request=ReplayInput,
        headers=[IDEMPOTENCY_KEY],
        errors=ERRORS,
    )
    @idempotent
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Each comes under the id that it had, so that a receiver knows what it has already."""
        webhook = find_webhook(self.actor, webhook_id, Scope.MANAGE)
        return Response(webhook_body(replay_since(self.actor, webhook, **self.input(ReplayInput))))


class DeliveriesRoute(Route):
    @documented(
        "list_deliveries",
        "List what was sent and what waits, newest first, with each attempt.",
        tag="webhooks",
        response=paged(DeliveryShape),
        query=(*CURSOR, STATUS),
        errors=ERRORS,
    )
    def get(self, request: Request, webhook_id: UUID) -> Response:
        deliveries = deliveries_seen_by(self.actor, find_webhook(self.actor, webhook_id))
        status = request.query_params.get("status")
        if status is not None and status not in DeliveryStatus.values:
            raise BadInput(f"status is one of {', '.join(DeliveryStatus.values)}.", field="status")
        if status:
            deliveries = deliveries.filter(status=status)
        return Response(
            page_of(request, deliveries.select_related("event").prefetch_related("log"), delivery_body)
        )


class DeliveryRoute(Route):
    @documented(
        "read_delivery",
        "Read what came of one event for a webhook.",
        tag="webhooks",
        response=DeliveryShape,
        errors=ERRORS,
    )
    def get(self, request: Request, webhook_id: UUID, delivery_id: UUID) -> Response:
        webhook = find_webhook(self.actor, webhook_id)
        return Response(delivery_body(find_delivery(self.actor, webhook, delivery_id)))


class ReplayDeliveryRoute(Route):
    @documented(
        "replay_delivery",
        "Send one delivery again, under the same id.",
        tag="webhooks",
        response=DeliveryShape,
        headers=[IDEMPOTENCY_KEY],
        errors=ERRORS,
    )
    @idempotent
    def post(self, request: Request, webhook_id: UUID, delivery_id: UUID) -> Response:
        webhook = find_webhook(self.actor, webhook_id, Scope.MANAGE)
        replay_delivery(self.actor, webhook, find_delivery(self.actor, webhook, delivery_id))
        return Response(delivery_body(find_delivery(self.actor, webhook, delivery_id)))


def webhook_body(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.pk,
        "corpus": webhook.corpus.slug,
        "url": webhook.url,
        "kinds": webhook.kinds,
        "active": webhook.active,
        "state": webhook.state,
        "cause": webhook.cause,
        "owner": webhook.owner.public_id,
        "position": webhook.position,
        "created_at": webhook.created_at,
        "version": webhook.version,
    }


def delivery_body(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.pk,
        "webhook_id": message_id(delivery.event_id),
        "event": delivery.event_id,
        "action": delivery.event.action,
        "position": delivery.event.position,
        "status": delivery.status,
        "due_at": delivery.due_at if delivery.status == DeliveryStatus.QUEUED else None,
        "finished_at": delivery.finished_at,
        "attempts": [
            {"at": row.at, "code": row.code, "milliseconds": row.milliseconds, "error": row.error}
            for row in delivery.log.all()
        ],
    }

from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser

from annotations.models import DeliveryStatus, Webhook
from annotations.services.webhooks import replay_since
from corpus.management.base import AttestCommand
from corpus.models import Corpus
from corpus.services.actors import COMMAND


class Command(AttestCommand):
    help = (
        "List the webhooks of a corpus with what waits and what was given up, a line each; with --replay "
        "send everything behind a position again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--corpus", required=True, metavar="NAME")
        parser.add_argument("--replay", type=UUID, metavar="ID", help="the webhook to send again for")
        parser.add_argument("--since", type=int, metavar="POSITION", help="send again what lies behind it")

    def handle(self, *args: Any, **options: Any) -> None:
        corpus = self.corpus(options["corpus"])
        if options["replay"]:
            self._replay(corpus, options["replay"], options["since"], as_json=options["json"])
        else:
            self._list(corpus, as_json=options["json"])

    def _replay(self, corpus: Corpus, pk: UUID, since: int | None, *, as_json: bool) -> None:
        webhook = Webhook.objects.filter(corpus=corpus, pk=pk).first()
        if webhook is None:
            raise CommandError(f"{corpus.slug} has no webhook {pk}.")
        if since is None or since < 0:
            raise CommandError("Name where to begin: --since POSITION, 0 for everything.")
        behind = replay_since(COMMAND, webhook, position=since).position
        sentence = f"{pk} sends what lies behind position {behind} again."
        self.report({"webhook": pk, "behind": behind}, sentence, as_json=as_json)

    def _list(self, corpus: Corpus, *, as_json: bool) -> None:
        for row in Webhook.objects.filter(corpus=corpus):
            queued = row.deliveries.filter(status=DeliveryStatus.QUEUED).count()
            parked = row.deliveries.filter(status=DeliveryStatus.PARKED).count()
            told = {"webhook": row.pk, "url": row.url, "state": row.state, "cause": row.cause}
            counts = {"position": row.position, "queued": queued, "parked": parked}
            waiting = f"{queued} queued, {parked} parked"
            sentence = f"{row.pk} {row.state}: {waiting}  {row.url}  {row.cause}".rstrip()
            self.report({**told, **counts}, sentence, as_json=as_json)

from typing import Any

from django.core.management.base import CommandError, CommandParser

from annotations.services.erasing import erase_article
from corpus.management.base import AttestCommand
from corpus.models import Article
from corpus.services.actors import COMMAND


class Command(AttestCommand):
    help = "Erase an article that was taken down: its words go, its offsets, hashes and counts stay."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("external_id")
        parser.add_argument("--corpus", required=True, metavar="NAME")
        parser.add_argument("--reason", required=True, help="stays in the history")

    def handle(self, *args: Any, **options: Any) -> None:
        corpus = self.corpus(options["corpus"])
        article = Article.objects.filter(corpus=corpus, external_id=options["external_id"]).first()
        if article is None:
            raise CommandError(f"There is no article {options['external_id']!r} in {corpus.slug}.")
        erase_article(COMMAND, article, reason=options["reason"])
        sentence = f"{article.external_id} is erased"
        self.report(
            {"article": article.pk, "erased_at": article.erased_at}, sentence, as_json=options["json"]
        )

from typing import Any

from django.core.management.base import CommandError, CommandParser

from corpus.management.base import AttestCommand
from corpus.models import User
from corpus.services.actors import COMMAND, Scope
from corpus.services.tokens import make_token


class Command(AttestCommand):
    help = "Make an API token and print it, once."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("username")
        parser.add_argument("--name", required=True, help="what it is for")
        parser.add_argument("--scopes", nargs="+", choices=list(Scope), default=[Scope.READ])
        parser.add_argument("--corpus", metavar="NAME", help="let it reach this corpus alone")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no account {options['username']!r}.")
        corpus = self.corpus(options["corpus"]) if options["corpus"] else None
        token, secret = make_token(
            COMMAND, user=user, name=options["name"], scopes=options["scopes"], corpus=corpus
        )
        self.report({"id": token.pk, "token": secret}, secret, as_json=options["json"])

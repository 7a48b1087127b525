from typing import Any

from django.core.management.base import CommandError, CommandParser

from corpus.management.base import AttestCommand
from corpus.models import User
from corpus.services.actors import COMMAND
from corpus.services.people import close_account


class Command(AttestCommand):
    help = "Close an account: the name goes, what the person decided stays under a pseudonym."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no account {options['username']!r}.")
        closed = close_account(COMMAND, user)
        self.report(
            {"id": str(closed.public_id), "pseudonym": closed.pseudonym},
            f"{options['username']} is {closed.pseudonym} from now on, and can no longer sign in",
            as_json=options["json"],
        )

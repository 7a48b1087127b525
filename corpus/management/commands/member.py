from typing import Any

from django.core.management.base import CommandError, CommandParser

from corpus.management.base import AttestCommand
from corpus.models import Role, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import remove_member, set_member


class Command(AttestCommand):
    help = "Make somebody a member of a corpus, change a role, or take a member out."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("username")
        parser.add_argument("--corpus", required=True, metavar="NAME")
        parser.add_argument("--role", choices=[*Role.values, "none"], required=True, help="none takes out")

    def handle(self, *args: Any, **options: Any) -> None:
        corpus = self.corpus(options["corpus"])
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(
                f"There is no account {options['username']!r}; make one with: ./run manage createsuperuser"
            )
        if options["role"] == "none":
            remove_member(COMMAND, corpus, user)
        else:
            set_member(COMMAND, corpus, user, options["role"])
        sentence = f"{user} is {options['role']} in {corpus.slug}"
        self.report({"user": user.username, "role": options["role"]}, sentence, as_json=options["json"])

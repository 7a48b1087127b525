import os
import time
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError, CommandParser

from annotations.models import Training, TrainingStatus
from annotations.models.learning import OPEN_TRAININGS, LearnerName
from annotations.services.learning import work_training
from annotations.services.leases import keep_lease
from annotations.services.trainings import TrainingClaim, claim_training, renew, start_training
from annotations.tasks import ring, ring_trainings
from corpus.management.base import AttestCommand
from corpus.services.actors import COMMAND

#: How much less urgent a training is than what people ask for.
NICENESS = 10
#: Seconds without a worker taking it before the command says that none seems to be there.
PATIENCE = 30


class Command(AttestCommand):
    help = (
        "Learn a pipeline from what people of a corpus have reviewed, measure it on articles that it did not "
        "learn from, and put it in service if it beats the one that is. Follows the training to its end."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--corpus", metavar="NAME")
        what.add_argument("--claim", metavar="ID:TOKEN:ATTEMPTS", help="for a worker: work this one")
        parser.add_argument(
            "--learner",
            choices=LearnerName.values,
            default=LearnerName.LIGHT.value,
            help="neural fine-tunes the encoder of ATTEST_ENCODER",
        )
        parser.add_argument("--inline", action="store_true", help="train here, without a worker")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["claim"]:
            os.nice(NICENESS)
            training_id, token, attempts = options["claim"].split(":")
            work_training(
                TrainingClaim(training_id=UUID(training_id), token=int(token), attempts=int(attempts))
            )
            ring()
            return
        training = start_training(COMMAND, self.corpus(options["corpus"]), options["learner"])
        if options["inline"]:
            self._train_here()
        else:
            ring_trainings()
        self._follow(training)
        self._tell(training, as_json=options["json"])

    def _train_here(self) -> None:
        claim = claim_training("inline")
        if claim is not None:
            with keep_lease(lambda until: renew(claim, until), work=claim.training_id):
                work_training(claim)
            ring()

    def _follow(self, training: Training) -> None:
        stage, patience = "", time.monotonic() + PATIENCE
        while training.status in OPEN_TRAININGS:
            if training.stage != stage:
                stage = training.stage
                self.stderr.write(f"… {stage}")
            if training.status == TrainingStatus.QUEUED and time.monotonic() > patience:
                patience = time.monotonic() + PATIENCE
                self.stderr.write("No worker has taken it: is one running? (--inline needs none)")
            time.sleep(0.5)
            training.refresh_from_db()

    def _tell(self, training: Training, *, as_json: bool) -> None:
        training.refresh_from_db()
        if training.status != TrainingStatus.DONE:
            raise CommandError(f"The training {training.status}: {training.cause or 'by a person'}")
        result = {
            "training": training.pk,
            "pipeline": training.pipeline.identity if training.pipeline else None,
            "promoted": training.promoted,
            "figures": training.figures,
            "verdict": training.verdict,
        }
        self.report(result, training.verdict, as_json=as_json)

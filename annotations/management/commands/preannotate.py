import time
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from annotations.models import Pipeline, Run
from annotations.services.jobs import sweep_jobs, work_jobs
from annotations.services.pipelines import DEFAULT_PIPELINE, activate_pipeline, run_progress, start_run
from annotations.tasks import ring
from corpus.management.base import AttestCommand
from corpus.models import Corpus
from corpus.services.actors import COMMAND

#: Seconds without any job ending before the command says that no worker seems to be there.
PATIENCE = 30


class Command(AttestCommand):
    help = (
        "Run a pipeline over the articles that it has not seen, and follow the run to its end. "
        "Exit code 1 says that jobs were parked; their causes are in the admin and in the API."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--corpus", required=True, metavar="NAME")
        parser.add_argument("--pipeline", default="", metavar="P", help="put in service if it is not yet")
        parser.add_argument("--inline", action="store_true", help="work the jobs here, without a worker")

    def handle(self, *args: Any, **options: Any) -> None:
        corpus = self.corpus(options["corpus"])
        self._put_in_service(corpus, options["pipeline"])
        run = start_run(COMMAND, corpus, options["pipeline"])
        counts = self._follow(run, inline=options["inline"])
        sentence = (
            ", ".join(f"{number} {status}" for status, number in counts.items() if number) or "nothing to do"
        )
        self.report(
            {"run": run.pk, "pipeline": run.pipeline.identity, **counts}, sentence, as_json=options["json"]
        )
        if counts["parked"]:
            raise CommandError(f"{counts['parked']} jobs are parked after three failures.")

    def _put_in_service(self, corpus: Corpus, name: str) -> None:
        active = Pipeline.objects.filter(corpus=corpus, active=True, external=False)
        if name and "@" not in name and not active.filter(name=name).exists():
            activate_pipeline(COMMAND, corpus, name)
        elif not active.exists():
            activate_pipeline(COMMAND, corpus, DEFAULT_PIPELINE)

    def _follow(self, run: Run, *, inline: bool) -> dict[str, int]:
        counts = run_progress(run)
        bar = tqdm(total=sum(counts.values()), unit=" articles", disable=None, leave=False)
        moved, ended = timezone.now(), _ended(counts)
        if not inline:
            ring()
        while counts["queued"] or counts["leased"]:
            if inline:
                sweep_jobs()
                if not work_jobs("inline", limit=50, seconds=5):
                    time.sleep(0.2)
            else:
                time.sleep(0.5)
            counts = run_progress(run)
            if _ended(counts) != ended:
                moved, ended = timezone.now(), _ended(counts)
                bar.update(ended - bar.n)
            elif (timezone.now() - moved).total_seconds() > PATIENCE:
                self.stderr.write(
                    "No job has ended for 30 seconds: is a worker running? (--inline needs none)"
                )
                moved = timezone.now()
        bar.close()
        return counts


def _ended(counts: dict[str, int]) -> int:
    return sum(counts.values()) - counts["queued"] - counts["leased"]

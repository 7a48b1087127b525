"""What the commands of backups share: a bar that names the stage, and the lies that were found."""

from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from annotations.services.backups.archive import Watch
from annotations.services.verifying import Lie
from corpus.management.base import AttestCommand


@contextmanager
def watching() -> Iterator[Watch]:
    """Give what shows each stage of a long work and how far it is, on a terminal only."""
    at = ""
    with tqdm(unit_scale=True, disable=None, leave=False) as bar:

        def watch(stage: str, amount: int) -> None:
            nonlocal at
            if at != stage:
                at = stage
                bar.reset()
                bar.set_description(stage)
            bar.update(amount)

        yield watch


def told_lies(command: AttestCommand, lies: list[Lie], *, as_json: bool) -> None:
    for lie in lies:
        line = {"check": lie.check, "on": lie.on, "message": lie.message}
        command.report(line, f"{lie.check} {lie.on}: {lie.message}", as_json=as_json)

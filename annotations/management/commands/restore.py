import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from annotations.management.watching import told_lies, watching
from annotations.services.backups.archive import Manifest
from annotations.services.backups.engines import working_beside
from annotations.services.backups.restoring import Restored, check_backup, restore_backup
from corpus.management.base import AttestCommand


class Command(AttestCommand):
    help = (
        "Restore a backup: check every byte, load it beside the database, compare, migrate and verify it, "
        "and only then put it in the place of the database. Stop web, workers and sweeper first. Exit code 1 "
        "if what was restored lies, as the database that was backed up did."
    )
    #: It is there to mend what the checks would stumble over.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--into", metavar="URL", help="another database than DATABASE_URL names")
        parser.add_argument(
            "--replace",
            action="store_true",
            help="also if it holds something; that is kept under another name",
        )
        parser.add_argument(
            "--keep-anchors",
            action="store_true",
            help="leave the file of anchors as it is; so it is with --into",
        )
        parser.add_argument("--check", action="store_true", help="check the file alone, and restore nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["into"]:
            sys.exit(_again_into(options["into"], options))
        with watching() as watch:
            if options["check"]:
                with working_beside() as engine:
                    checked = check_backup(options["file"], engine, watch)
                self._tell_checked(*checked, as_json=options["json"])
                return
            done = restore_backup(
                options["file"],
                replace=options["replace"],
                anchors=not options["keep_anchors"],
                watch=watch,
            )
        told_lies(self, done.lies, as_json=options["json"])
        self._tell(done, as_json=options["json"])
        if done.lies:
            sys.exit(1)

    def _tell_checked(self, manifest: Manifest, checksum: str, *, as_json: bool) -> None:
        proven = "restored and verified when it was made" if manifest["verified"] else "never restored"
        sentence = f"Whole: of {manifest['taken_at']}, {manifest['database']}, {proven}\nchecksum {checksum}"
        self.report({"manifest": manifest, "checksum": checksum}, sentence, as_json=as_json)

    def _tell(self, done: Restored, *, as_json: bool) -> None:
        result = {
            "taken_at": done.manifest["taken_at"],
            "checksum": done.checksum,
            "aside": done.aside,
            "resumed": done.resumed,
            "lost_events": done.lost_events,
            "anchors": done.anchors,
            "lies": len(done.lies),
        }
        lines = [f"Restored as of {done.manifest['taken_at']}; {done.resumed} jobs in hand are due again"]
        if done.aside:
            lines.append(f"The database that was there is kept as {done.aside}")
        if done.lost_events:
            lines.append(f"{sum(done.lost_events.values())} events that were anchored came after this backup")
        if done.anchors:
            lines.append(f"The anchors that do not fit it: {done.anchors}")
        self.report(result, "\n".join(lines), as_json=as_json)


def _again_into(url: str, options: dict[str, Any]) -> int:
    """Run this command on another database, which the settings read as they read any."""
    flags = [f"--{name}" for name in ("replace", "check", "json") if options[name]]
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "restore", str(options["file"])]
    return subprocess.call(  # noqa: S603 - our own program
        [*command, "--keep-anchors", *flags], env=os.environ | {"DATABASE_URL": url}
    )

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from annotations.management.watching import told_lies, watching
from annotations.services.backups.making import make_backup
from corpus.management.base import AttestCommand


class Command(AttestCommand):
    help = (
        "Back up: write one instant of the database and its anchors to one file, while others write, and "
        "prove it by restoring it beside the database. Exit code 1 if what was restored lies: so does the "
        "database then."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--output",
            type=Path,
            required=True,
            metavar="PATH",
            help="the file, or a directory that gets one named by the time; nothing is overwritten",
        )
        parser.add_argument(
            "--no-verify", action="store_true", help="do not restore it; the manifest says that nobody has"
        )
        parser.add_argument(
            "--secrets",
            action="store_true",
            help="with SECRET_KEY and ATTEST_ENDPOINTS; keep the file safe",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with watching() as watch:
            made = make_backup(
                options["output"],
                verified=not options["no_verify"],
                secrets=options["secrets"],
                watch=watch,
            )
        told_lies(self, made.lies, as_json=options["json"])
        manifest = made.manifest
        rows = sum(table["rows"] for table in manifest["contents"]["tables"].values())
        proven = "restored and verified" if manifest["verified"] else "not verified"
        result = {
            "file": made.path,
            "checksum": made.checksum,
            "bytes": made.path.stat().st_size,
            "rows": rows,
            "taken_at": manifest["taken_at"],
            "verified": bool(manifest["verified"]),
            "lies": len(made.lies),
            "secrets": options["secrets"],
        }
        lines = [
            f"{made.path}: {rows} rows as of {manifest['taken_at']}, {proven}",
            f"checksum {made.checksum}",
        ]
        if not options["secrets"]:
            lines.append("SECRET_KEY and ATTEST_ENDPOINTS are not in it; keep them elsewhere.")
        self.report(result, "\n".join(lines), as_json=options["json"])
        if made.lies:
            sys.exit(1)

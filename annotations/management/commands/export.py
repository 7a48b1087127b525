import json
import os
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from annotations.exchange import WRITABLE
from annotations.exchange.native import NATIVE
from annotations.services.exporting import export_corpus
from annotations.services.selection import FILTERS
from corpus.management.base import AttestCommand
from corpus.services.actors import COMMAND
from corpus.text.offsets import OffsetUnit


class Command(AttestCommand):
    help = (
        "Write a layer of a corpus to a file, with its manifest beside it. "
        f"layer=all of {NATIVE} is lossless; every other layer and format is a view, and its manifest says "
        "so, and how many of what the format could not carry."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--corpus", required=True, metavar="NAME")
        parser.add_argument("--format", default=NATIVE, help=f"one of {', '.join(WRITABLE)}")
        parser.add_argument(
            "--layer", default="all", help="all, gold, machine, machine:<name>@<version>, reviewer:<id>"
        )
        parser.add_argument("--output", required=True, type=Path, metavar="FILE")
        parser.add_argument(
            "--strict", action="store_true", help="refuse where the format cannot carry all of it"
        )
        parser.add_argument(
            "--since",
            metavar="POSITION|MANIFEST",
            help="only what changed since an earlier export: its event_position, or its manifest's file",
        )
        parser.add_argument(
            "--offset-unit",
            default="",
            choices=[unit.value for unit in OffsetUnit],
            help=f"what offsets count in {NATIVE}; code points by default",
        )
        for name in FILTERS:
            parser.add_argument(f"--{name}", help=f"only articles of this {name}")

    def handle(self, *args: Any, **options: Any) -> None:
        corpus = self.corpus(options["corpus"])
        output: Path = options["output"]
        filters = {name: options[name] for name in FILTERS if options[name]}
        since = _position(
            options["since"],
            corpus=corpus.slug,
            format=options["format"],
            layer=options["layer"],
            filters=filters,
        )
        # Under its name only once it is whole: an interrupted export never looks finished.
        try:
            number, name = tempfile.mkstemp(dir=output.resolve().parent, prefix=f".{output.name}.")
        except OSError as error:
            raise CommandError(f"{output.parent} cannot be written to: {error.strerror}.") from None
        draft = Path(name)
        try:
            with os.fdopen(number, "wb") as target:
                export = export_corpus(
                    COMMAND,
                    corpus,
                    layer=options["layer"],
                    target=target,
                    filters=filters,
                    format=options["format"],
                    strict=options["strict"],
                    since=since,
                    offset_unit=options["offset_unit"],
                )
                target.flush()
                os.fsync(target.fileno())
            draft.chmod(0o644)
            draft.replace(output)
        finally:
            draft.unlink(missing_ok=True)
        manifest = output.with_name(f"{output.name}.manifest.json")
        manifest.write_text(
            json.dumps(export.manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        counts = export.manifest["counts"]
        held = f"{counts['articles']} articles, {counts['annotations']} annotations"
        if since is not None:
            held += f" changed since event {since}, {export.manifest['tombstones']} gone"
        sentence = f"{held} in {output}; manifest {manifest}"
        if losses := export.manifest["losses"]:
            named = ", ".join(f"{count} × {what}" for what, count in sorted(losses.items()))
            sentence += f"\n{options['format']} cannot carry {named}"
        self.report(export.manifest, sentence, as_json=options["json"])


def _position(since: str | None, **asked: Any) -> int | None:
    """Return the position that an option names, or the manifest of an export that asked for the same."""
    if since is None or since.isdecimal():
        return None if since is None else int(since)
    try:
        manifest = json.loads(Path(since).read_bytes())
        position = manifest["event_position"]
        if not isinstance(position, int):
            raise TypeError
        earlier = {name: manifest[name] for name in asked}
    except OSError as error:
        raise CommandError(
            f"--since is an event_position or the manifest of an earlier export; {since}: {error.strerror}."
        ) from None
    except (ValueError, KeyError, TypeError):
        raise CommandError(f"{since} is no manifest of an export.") from None
    for name, value in asked.items():
        if earlier[name] != value:
            raise CommandError(f"{since} is of {name} {earlier[name]!r}, and this export of {value!r}.")
    return position

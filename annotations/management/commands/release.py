from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.template.defaultfilters import pluralize

from annotations.exchange import WRITABLE, UnknownFormat, check_writable
from annotations.exchange.native import NATIVE
from annotations.management.watching import watching
from annotations.models import Release
from annotations.releasing.splits import Shares
from annotations.services.release_card import card_of
from annotations.services.release_differences import FATES, compare_releases, comparison_body
from annotations.services.release_folder import write_folder
from annotations.services.released import erased_of, release_body, splits_told
from annotations.services.releases import GOLD, NONE, Plan, make_release, read_shares, release_named
from annotations.services.selection import FILTERS
from corpus.management.base import AttestCommand
from corpus.models import Corpus
from corpus.services.actors import COMMAND

#: Articles whose differences are listed, of those that differ.
LISTED = 100
DEFAULT_SHARES = ",".join(str(share) for share in Shares().body().values())


class Command(AttestCommand):
    help = (
        "Releases: named data sets that are frozen, split by story into train, dev and test. Whatever "
        "happens to the corpus afterwards, the files of a release can be made again, byte for byte."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="make|list|show|files|diff")
        for name, (summary, add) in self._acts().items():
            act = acts.add_parser(name, help=summary, description=summary)
            super().add_arguments(act)
            act.add_argument("--corpus", required=True, metavar="NAME", help="the slug of the corpus")
            if add:
                add(act)

    def _acts(self) -> dict[str, Any]:
        return {
            "make": ("freeze what a layer says now, under a name", _add_making),
            "list": ("list the releases of a corpus, the newest first", None),
            "show": ("print the card of a release; with --json its manifest", _add_name),
            "files": ("write the files of a release, its card and checksums into a new folder", _add_files),
            "diff": ("tell what a release has that an earlier one has not", _add_pair),
        }

    def handle(self, *args: Any, **options: Any) -> None:
        corpus = self.corpus(options["corpus"])
        getattr(self, f"_{options['act']}")(corpus, options)

    def _make(self, corpus: Corpus, options: dict[str, Any]) -> None:
        plan = Plan(
            name=options["name"],
            layer=options["layer"],
            shares=read_shares(*_shares(options["shares"])),
            seed=options["seed"],
            filters={name: options[name] for name in FILTERS if options[name]},
            after=options["after"],
            allow_due=options["allow_due"],
            words=not options["without_words"],
            protected=_names(options["protected"]),
        )
        with watching() as watch:
            release = make_release(COMMAND, corpus, plan, watch=watch)
        self.report(release_body(release), _told(release), as_json=options["json"])

    def _list(self, corpus: Corpus, options: dict[str, Any]) -> None:
        releases = Release.objects.filter(corpus=corpus).select_related("corpus", "made_by")
        for release in releases:
            self.report(release_body(release), _told(release), as_json=options["json"])
        if not releases and not options["json"]:
            self.stdout.write("None yet.")

    def _show(self, corpus: Corpus, options: dict[str, Any]) -> None:
        release = release_named(corpus, options["name"])
        body = {**release_body(release), "erased": erased_of(release)}
        self.report(body, card_of(release), as_json=options["json"])

    def _files(self, corpus: Corpus, options: dict[str, Any]) -> None:
        try:
            check_writable(options["format"])
        except UnknownFormat as error:
            raise CommandError(str(error)) from None
        release, folder = release_named(corpus, options["name"]), options["output"]
        with watching() as watch:
            made = write_folder(
                release, folder, format=options["format"], strict=options["strict"], watch=watch
            )
        lines = [f"{folder / file.path}: {_articles(file.articles)}, sha256 {file.sha256}" for file in made]
        for file in made:
            if file.erased:
                lines.append(f"{file.path}: {_articles(file.erased)} erased since")
            for what, count in sorted(file.losses.items()):
                lines.append(f"{file.path}: {file.format} cannot carry {count} × {what}")
        result = {"folder": folder, "files": [{"path": file.path, **file.body()} for file in made]}
        self.report(result, "\n".join(lines), as_json=options["json"])

    def _diff(self, corpus: Corpus, options: dict[str, Any]) -> None:
        old, new = release_named(corpus, options["old"]), release_named(corpus, options["new"])
        summary, listed = compare_releases(old, new, most=LISTED)
        body = comparison_body(old, new, summary, listed)
        told = [f"{_articles(summary.articles[fate])} {said}" for fate, said in FATES.items()]
        told += [f"{move['articles']} moved from {move['from']} to {move['to']}" for move in body["moved"]]
        if summary.leaked:
            told.append(f"Of these {summary.leaked} were tested with and are trained on now.")
        told += [f"{count} with another {name}" for name, count in body["fields"].items()]
        for label, counts in {**body["annotations"], **body["relations"]}.items():
            told.append(f"{label}: {', '.join(f'{count} {what}' for what, count in counts.items())}")
        self.report(body, "\n".join(told), as_json=options["json"])


def _add_name(act: CommandParser) -> None:
    act.add_argument("name", metavar="RELEASE")


def _add_making(act: CommandParser) -> None:
    _add_name(act)
    act.add_argument(
        "--layer",
        default=GOLD,
        help="gold, machine, machine:<name>@<version>, reviewer:<id>; gold by default",
    )
    act.add_argument(
        "--shares", default=DEFAULT_SHARES, metavar="TRAIN,DEV,TEST", help=f"{DEFAULT_SHARES} by default"
    )
    act.add_argument("--seed", default="", help="another seed splits otherwise")
    act.add_argument(
        "--after",
        default="",
        metavar=f"RELEASE|{NONE}",
        help=f"the release whose splits are kept; the newest by default, {NONE} to begin anew",
    )
    act.add_argument(
        "--allow-due", action="store_true", help="take gold in that an open re-review asks for anew"
    )
    act.add_argument("--without-words", action="store_true", help="offsets and labels alone, of no text")
    act.add_argument(
        "--protected", type=Path, metavar="FILE", help="names that must not leave, a line each in UTF-8"
    )
    for name in FILTERS:
        act.add_argument(f"--{name}", help=f"only articles of this {name}")


def _add_files(act: CommandParser) -> None:
    _add_name(act)
    act.add_argument(
        "--output", required=True, type=Path, metavar="DIR", help="a folder that is not there yet"
    )
    act.add_argument("--format", default=NATIVE, help=f"one of {', '.join(WRITABLE)}")
    act.add_argument("--strict", action="store_true", help="refuse where the format cannot carry all of it")


def _add_pair(act: CommandParser) -> None:
    act.add_argument("old", metavar="OLD")
    act.add_argument("new", metavar="NEW")


def _shares(given: str) -> list[float]:
    try:
        train, dev, test = map(float, given.split(","))
    except ValueError:
        raise CommandError(f"--shares is {given!r}; it is three numbers such as {DEFAULT_SHARES}.") from None
    return [train, dev, test]


def _names(file: Path | None) -> list[str]:
    if file is None:
        return []
    try:
        return [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError as error:
        raise CommandError(f"--protected {file}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CommandError(f"--protected {file} is not UTF-8.") from None


def _articles(count: int) -> str:
    return f"{count} article{pluralize(count)}"


def _told(release: Release) -> str:
    """Return a release in one line."""
    counts = ", ".join(f"{told['articles']} in {split}" for split, told in splits_told(release))
    return f"{release.name}: {release.layer} of {release.made_at:%Y-%m-%d %H:%M}; articles: {counts}"

"""Releases: named data sets that are frozen, with their splits.

Freezing reads one state of the database, a page of texts in memory at a time, and sets what it has read aside
in a file, for as long as that takes. Then the release goes in with all its articles in one short transaction.
So nobody waits for it, and whoever kills it at any moment leaves nothing of it behind.
"""

import hashlib
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, Any, NamedTuple
from uuid import UUID

import orjson
from django.db import transaction
from django.utils import timezone

from annotations.exchange.native import SCHEMA
from annotations.models import Annotation, Release, ReleasedArticle
from annotations.releasing.redaction import (
    PROTECTED,
    YES,
    Names,
    marked_names,
    protected_names,
    redact_words,
)
from annotations.releasing.splits import MAX_SEED, Shares, SharesRefused, Split, split_of, strictest
from annotations.services.agreement import Asked, agreement_of
from annotations.services.backups.archive import Watch, unwatched
from annotations.services.due import Demands, asked_anew, demands_of
from annotations.services.exporting import Counts, records_of, rules_of
from annotations.services.release_counts import ReleaseCounts, agreement_figures
from annotations.services.released import pack
from annotations.services.selection import Selection
from corpus.bulk import collector_paused, insert_columns
from corpus.ids import uuid7_hex
from corpus.models import Article, Corpus, Revision, RevisionStatus, Role
from corpus.services.actors import Actor, Scope, require, role_in
from corpus.services.corpora import every_scheme_of
from corpus.services.errors import BadInput, InvalidTransition, NotFound
from corpus.services.events import Change, record, sealed_events
from corpus.services.stories import group_stories
from corpus.snapshot import snapshot

GOLD = "gold"
#: What `after` says for a release whose splits owe nothing to an earlier one.
NONE = "none"
#: A name is part of addresses and of the names of files.
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")
#: Rows that are inserted at once.
CHUNK = 1_000
NO_SUCH = "There is no such release, or it is in no corpus of yours."


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is asked for.

    Attributes:
        after: the name of the release whose splits are kept, or `NONE`; empty for the newest of the corpus.
        allow_due: take gold in, too, that an open re-review asks for anew.
        words: without them, every record goes out as one whose text is withheld.
        protected: names that must not leave, beside those that are marked in the articles. No row keeps them.
    """

    name: str
    layer: str = GOLD
    shares: Shares = field(default_factory=Shares)
    seed: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    after: str = ""
    allow_due: bool = False
    words: bool = True
    protected: Sequence[str] = ()


class Frozen(NamedTuple):
    """One article as it goes into the table; ids as 32 hexadecimal digits."""

    article: str
    revision: str
    split: str
    external_id: str
    story: str
    sha256: str
    record: bytes


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A release that was read, with its rows set aside, and of which nothing is in the database yet."""

    release: Release
    aside: IO[bytes]
    after_newest: bool


def make_release(actor: Actor, corpus: Corpus, plan: Plan, *, watch: Watch = unwatched) -> Release:
    """Freeze what a layer says of every text that has it; of gold, of every text that is gold.

    To be called outside of a transaction, which would hold up every other writer of SQLite for as long as
    it takes, and on PostgreSQL see more than one state.

    Raises:
        BadInput: the name is taken or no name, there is no such layer, filter or earlier release, nothing
            has that layer, or an open re-review asks for some of the gold anew.
        InvalidTransition: another release was made meanwhile, whose splits this one does not know.
    """
    with prepared_release(actor, corpus, plan, watch=watch) as prepared:
        return keep_release(actor, prepared)


@contextmanager
def prepared_release(
    actor: Actor, corpus: Corpus, plan: Plan, *, watch: Watch = unwatched
) -> Iterator[Prepared]:
    """Give a release ready to be kept. To be called outside of a transaction, which would hold up everybody.

    Raises as `make_release` does.
    """
    require(actor, corpus.pk, Role.LEAD, Scope.EXPORT)
    _check(corpus, plan)
    after = _earlier(corpus, plan.after)
    group_stories(corpus)
    with tempfile.TemporaryFile() as aside:
        with snapshot() as alias:
            freezing = _Freezing(alias, corpus, plan, after)
            for row in freezing.rows():
                _set_aside(row, aside)
                watch("freezing", 1)
            manifest = freezing.manifest()
        # Of what stands now, a moment later: the figures are of people's passes, not of what was frozen.
        agreement = agreement_of(actor, corpus, Asked()) if plan.layer == GOLD else None
        manifest["agreement"] = agreement_figures(agreement) if agreement else []
        release = Release(
            corpus=corpus,
            name=plan.name,
            layer=plan.layer,
            after=after,
            manifest=manifest,
            made_by=actor.user,
        )
        yield Prepared(release=release, aside=aside, after_newest=not plan.after)


@transaction.atomic
def keep_release(actor: Actor, prepared: Prepared) -> Release:
    """Put a release in whole. What was erased while it was frozen comes without its record.

    Raises as `make_release` does.
    """
    release, corpus = prepared.release, prepared.release.corpus
    # No article is erased in between, and no other release takes the name.
    Corpus.objects.select_for_update(no_key=True).get(pk=corpus.pk)
    _check_free(corpus, release.name)
    if prepared.after_newest and release.after != _earlier(corpus, ""):
        raise InvalidTransition(
            "Another release was made meanwhile: make this one again, so that it keeps the splits of that."
        )
    release.made_at = timezone.now()
    release.save(force_insert=True)
    prepared.aside.seek(0)
    rows = _taken_back(prepared.aside)
    while page := list(islice(rows, CHUNK)):
        articles = Article.objects.filter(pk__in=[row.article for row in page], erased_at__isnull=False)
        erased = {pk.hex for pk in articles.values_list("pk", flat=True)}
        insert_columns(
            ReleasedArticle,
            len(page),
            {
                "id": uuid7_hex(len(page)),
                "release": release.pk,
                "article": [row.article for row in page],
                "revision": [row.revision for row in page],
                "split": [row.split for row in page],
                "external_id": [row.external_id for row in page],
                "story": [row.story for row in page],
                "sha256": [row.sha256 for row in page],
                "record": [None if row.article in erased else row.record for row in page],
            },
        )
    splits = release.manifest["splits"]
    after = {name: splits[name]["sha256"] for name in splits}
    record(
        actor,
        Change(
            action="release.made",
            object_type="release",
            object_id=release.pk,
            corpus_id=corpus.pk,
            after={"name": release.name, "layer": release.layer, "sha256": after},
        ),
    )
    return release


def find_release(actor: Actor, pk: UUID) -> Release:
    """Return a release for whoever may export its corpus; a foreign one does not exist."""
    found = Release.objects.select_related("corpus", "made_by", "after").filter(pk=pk).first()
    if found is None or role_in(actor, found.corpus_id) is None:
        raise NotFound(NO_SUCH)
    require(actor, found.corpus_id, Role.LEAD, Scope.EXPORT)
    return found


def read_shares(train: float, dev: float, test: float) -> Shares:
    """Return shares that somebody gave as parts of 1.

    Raises:
        BadInput: they are none, or do not add up to 1.
    """
    try:
        return Shares.of(train, dev, test)
    except SharesRefused as error:
        raise BadInput(str(error), field="shares") from None


def release_named(corpus: Corpus, name: str) -> Release:
    """Return the release of that name.

    Raises:
        BadInput: the corpus has none; the message names the newest ones.
    """
    releases = Release.objects.filter(corpus=corpus).select_related("corpus", "made_by", "after")
    found = releases.filter(name=name).first()
    if found is None:
        known = ", ".join(releases.values_list("name", flat=True)[:20]) or "none yet"
        raise BadInput(f"There is no release {name!r} of {corpus.slug}; there are: {known}.", field="name")
    return found


class _Freezing:
    """What one release is made of, as it is read; the manifest once all rows were."""

    def __init__(self, alias: str, corpus: Corpus, plan: Plan, after: Release | None) -> None:
        filters = dict(plan.filters)
        if plan.layer == GOLD:
            # A text in dispute has rows in gold already: it is none until it is whole.
            filters["status"] = RevisionStatus.GOLD
        self._alias, self._corpus, self._plan, self._after = alias, corpus, plan, after
        self._selection = Selection(corpus=corpus, layer=plan.layer, whole=False, filters=filters)
        self._position = sealed_events(corpus.pk, alias).values_list("position", flat=True).last() or 0
        self._selection.check(self._position)
        self._rules = rules_of(alias, corpus, whole=False)
        self._demands: Demands = demands_of(corpus.pk, using=alias) if plan.layer == GOLD else {}
        self._chain = _chain(after)
        self._names = protected_names(plan.protected)
        # Gold may be older than the newest scheme.
        labels = every_scheme_of(corpus.pk).labels.values()
        self._marks = any(PROTECTED in label.attributes for label in labels)
        self._counts = ReleaseCounts()
        self._due = 0

    def rows(self) -> Iterator[Frozen]:
        for ids, _, _ in self._selection.pages(self._alias):
            with collector_paused():
                page = list(self._page(ids)) if ids else []
            yield from page

    def manifest(self) -> dict[str, Any]:
        """Return what the release says of itself.

        Raises:
            BadInput: nothing was found, or some of it is due.
        """
        plan = self._plan
        if not self._counts.articles:
            raise BadInput(f"Nothing in {self._corpus.slug} has the layer {plan.layer} yet.", field="layer")
        if self._due and not plan.allow_due:
            raise BadInput(
                f"{self._due} articles hold gold that an open re-review asks for anew: let it be finished, "
                "close it, or allow what is due.",
                field="allow_due",
                articles=self._due,
            )
        return {
            "schema": SCHEMA,
            "release": plan.name,
            "corpus": self._corpus.slug,
            "description": redact_words(self._corpus.description, self._names),
            "layer": plan.layer,
            "offset_unit": "code_point",
            "seed": plan.seed,
            "shares": plan.shares.body(),
            "after": self._after.name if self._after else None,
            "filters": {name: redact_words(value, self._names) for name, value in plan.filters.items()},
            **self._rules,
            "scheme": _without_names(self._rules["scheme"], self._names),
            "due": self._due,
            "protected": len(plan.protected),
            **self._counts.body(self._alias, self._corpus),
            "event_position": self._position,
        }

    def _page(self, selected: Sequence[UUID]) -> Iterator[Frozen]:
        # What came in since stories were grouped may be a copy of what is on another side.
        texts = Revision.objects.using(self._alias).filter(pk__in=selected, article__story_due=False)
        places = list(texts.order_by("pk").values_list("pk", "article_id", "article__story"))
        if not places:
            return
        ids = [revision for revision, _, _ in places]
        stories = {story or article for _, article, story in places}
        splits, marked = self._splits(stories), self._marked(stories)
        bodies = records_of(self._alias, self._selection, ids, Counts(), name_layers=True)
        self._counts.add_work(self._alias, ids)
        for (revision, article, story), body in zip(places, bodies, strict=True):
            own = story or article
            self._due += self._is_due(body)
            packed = pack(body, self._names + marked.get(own, Names()), words=self._plan.words)
            self._counts.add(packed.record, splits[own], own, packed.line, words=packed.words)
            sha256 = hashlib.sha256(packed.line).hexdigest()
            stated = packed.record["external_id"]
            yield Frozen(article.hex, revision.hex, splits[own], stated, own.hex, sha256, packed.kept)

    def _splits(self, stories: set[UUID]) -> dict[UUID, Split]:
        """Return the split of each story: the one that its articles had before, or that its hash gives."""
        before: dict[UUID | None, set[Split]] = {}
        if self._chain:
            # By the articles: SQLite would go through all of each release for the stories of every page.
            articles = Article.objects.using(self._alias).filter(story__in=stories).values("pk")
            rows = ReleasedArticle.objects.using(self._alias).filter(
                release__in=self._chain, article__in=articles
            )
            for story, split in rows.order_by().values_list("article__story", "split"):
                before.setdefault(story, set()).add(Split(split))
        plan = self._plan
        return {
            story: strictest(before.get(story, ())) or split_of(story, seed=plan.seed, shares=plan.shares)
            for story in stories
        }

    def _marked(self, stories: set[UUID]) -> dict[UUID, Names]:
        """Return the names that are marked in any article of each story: a copy prints them, too."""
        if not self._marks:
            return {}
        layers = self._selection.layers(self._alias).filter(
            revision__current=True, revision__article__story__in=stories
        )
        rows = Annotation.objects.using(self._alias).filter(
            layer__in=layers, **{f"attributes__{PROTECTED}": YES}
        )
        pairs = rows.order_by().values_list("layer__revision", "layer__revision__article__story").distinct()
        places = {revision: story for revision, story in pairs if story}
        names: dict[UUID, Names] = {}
        ids = sorted(places)
        bodies = records_of(self._alias, self._selection, ids, Counts(), name_layers=True) if ids else ()
        for revision, body in zip(ids, bodies, strict=True):
            names[places[revision]] = names.get(places[revision], Names()) + marked_names(body)
        return names

    def _is_due(self, body: Mapping[str, Any]) -> bool:
        rows = body["annotations"] if self._demands else ()
        return any(asked_anew(self._demands, [row["label"]], row["guideline"] or 0) for row in rows)


def _check(corpus: Corpus, plan: Plan) -> None:
    if not NAME.match(plan.name) or plan.name == NONE:
        raise BadInput(
            "A name has up to 64 small letters, digits, points, hyphens and underscores, begins with a "
            f"letter or digit, and is not {NONE!r}.",
            field="name",
        )
    _check_free(corpus, plan.name)
    if len(plan.seed.encode()) > MAX_SEED:
        raise BadInput(f"A seed has {MAX_SEED} bytes at most.", field="seed")
    for name in plan.protected:
        if not any(map(str.isalnum, name)):
            raise BadInput(
                f"{name[:40]!r} has no letter or digit, and cannot be looked for.", field="protected"
            )
    if plan.layer == "all":
        raise BadInput(
            "A release holds one view: gold, machine, machine:<name>@<version> or reviewer:<id>.",
            field="layer",
        )
    if plan.layer == GOLD and "status" in plan.filters:
        raise BadInput("A release of gold holds what is gold: it takes no status.", field="status")


def _check_free(corpus: Corpus, name: str) -> None:
    if Release.objects.filter(corpus=corpus, name=name).exists():
        raise BadInput(
            f"There is a release {name!r} already, and it stays: choose another name.", field="name"
        )


def _earlier(corpus: Corpus, name: str) -> Release | None:
    """Return the release that `Plan.after` means."""
    if name == NONE:
        return None
    return release_named(corpus, name) if name else Release.objects.filter(corpus=corpus).first()


def _chain(release: Release | None) -> list[UUID]:
    """Return a release and those that it came after, one after the other."""
    chain = []
    while release is not None:
        chain.append(release.pk)
        release = release.after
    return chain


def _without_names(scheme: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Return a scheme with the protected names black where it describes; records go by its other words."""
    return {
        kind: [
            {key: redact_words(words, names) if key == "description" else words for key, words in row.items()}
            for row in rows
        ]
        for kind, rows in scheme.items()
    }


def _set_aside(row: Frozen, file: IO[bytes]) -> None:
    """Write a row: a line with its fields, the last of them the length of the record that follows."""
    file.write(orjson.dumps([*row[:-1], len(row.record)], option=orjson.OPT_APPEND_NEWLINE))
    file.write(row.record)


def _taken_back(file: IO[bytes]) -> Iterator[Frozen]:
    while head := file.readline():
        *fields, length = orjson.loads(head)
        yield Frozen._make([*fields, file.read(length)])

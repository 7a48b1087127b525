"""What stands here of the records that come in: a statement a table for a whole chunk."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from annotations.exchange.fields import RecordRefused, plain_id
from annotations.exchange.native import Labelled, Record, Related
from annotations.models import Annotation, Assignment, Dispute, Layer, Relation
from annotations.releasing.redaction import BLACK
from annotations.services.identities import Identities, RecordIdentities, taken_ids
from corpus.models import Article, Corpus, Revision
from corpus.services.describing import outlets_named


class Standing:
    """Articles, revisions, layers, outlets and ids here that a chunk of records may be about."""

    def __init__(self, corpus: Corpus, records: Sequence[Record]) -> None:
        self.articles = {
            article.external_id: article
            for article in Article.objects.select_for_update(no_key=True)
            .filter(corpus=corpus, external_id__in={record.external_id for record in records})
            .order_by("pk")
        }
        self.revisions: dict[UUID, list[Revision]] = defaultdict(list)
        known = Revision.objects.filter(article__in=self.articles.values()).defer("text").order_by("number")
        for revision in known:
            self.revisions[revision.article_id].append(revision)
        here = [row.pk for row in known]
        layers = Layer.objects.filter(revision__in=here)
        self.layers: dict[tuple[UUID, UUID | None, int | None], UUID] = {
            (revision_id, pipeline_id, reviewer_id): pk
            for revision_id, pipeline_id, reviewer_id, pk in layers.values_list(
                "revision_id", "pipeline_id", "reviewer_id", "pk"
            )
        }
        self.disputed = _revisions_of(Dispute, here)
        self.assigned = _revisions_of(Assignment, here)
        names = {record.values.get("outlet") or "" for record in records} - {""}
        self.outlets = outlets_named(corpus, names)
        self.taken = taken_ids(records)

    def revision_of(self, article_id: UUID, record: Record) -> Revision | None:
        """Return the revision that a record is of: by id, by number, or else the current one of that text.

        A text may come back after another, so equal words alone do not make two revisions one.
        """
        same = [row for row in self.revisions[article_id] if row.text_sha256 == record.text_sha256]
        identity, number = plain_id(record.values.get("revision_id"), "id"), record.values.get("revision")
        for row in same:
            if row.pk.hex == identity:
                return row
        for row in same:
            if row.number == number:
                return row
        return next((row for row in reversed(same) if row.current or not record.whole), None)

    def check_amended(self, article: Article, record: Record) -> None:
        """Refuse a text of an article that stands, where its rights would come off or its words be lost.

        Raises:
            RecordRefused: it may not be passed on, and nothing here says so; or it is what stands here
                already, but for what is black in it.
        """
        if record.values.get("text_withheld") and not article.text_withheld:
            raise RecordRefused(
                "its text may not be passed on, and the article here has one that may: say here first that "
                "it is withheld."
            )
        for row in self.revisions[article.pk] if record.values.get("redacted") else ():
            if row.length == len(record.text) and all(
                sign in (BLACK, own) for sign, own in zip(record.text, row.text, strict=True)
            ):
                raise RecordRefused(
                    f"its text is redacted, and stands here whole as revision {row.number}; import it into "
                    "another corpus."
                )


def name_standing(
    revision_id: UUID,
    record: Record,
    names: Collection[str],
    ids: RecordIdentities,
    *,
    disputes: bool,
) -> None:
    """Let the new layers name what stands here already, where that goes by the same ids."""
    kinds: list[tuple[type[Annotation] | type[Relation], Sequence[Labelled | Related], Identities]] = [
        (Annotation, record.annotations, ids.annotations),
        (Relation, record.relations, ids.relations),
    ]
    on = {review.on for review in record.reviews if review.layer in names}
    if disputes:
        on |= {annotation for row in record.disputes for _, annotation in row.positions}
    for model, items, kept in kinds:
        named = {key for item in items if item.layer in names for key in (item.derived_from, item.root)}
        needed = {item.id for item in items if item.layer not in names} & (named | on)
        here = model._default_manager.filter(pk__in=needed, layer__revision=revision_id)
        found = {pk.hex for pk in here.values_list("pk", flat=True)}
        if needed - found:
            raise RecordRefused("its layers derive from others that stand here under other ids.")
        kept.stand(found)


def _revisions_of(model: type[Dispute] | type[Assignment], revisions: Sequence[UUID]) -> set[UUID]:
    """Return those of the revisions that rows of `model` are of."""
    rows = model._default_manager.filter(revision__in=revisions).order_by()
    return set(rows.values_list("revision_id", flat=True).distinct())

"""Talking about a line or an article: threads, replies, mentions, and whether a thread is settled.

Nothing changes in place: an edit, a deletion and a resolution are rows of their own, and what a thread says
is worked out of them. In a blind corpus a comment is part of the work on a text. Its author sees it, and who
may see others' work does; reviewers see what adjudicators answered them or wrote to them by name, and the
rest once the text is gold and they have it no longer in hand.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from annotations.models import Annotation, Comment, CommentAct, Mention
from annotations.services.in_hand import in_hand
from annotations.services.showing import rows_seen_by
from corpus.ids import uuid7
from corpus.models import Article, Corpus, Membership, Revision, RevisionStatus, Role, User
from corpus.services.actors import Actor, Scope, require, role_in
from corpus.services.errors import BadInput, InvalidTransition, NotAllowed, NotFound, StaleVersion
from corpus.services.events import Change, record
from corpus.services.revisions import hold_revision

MAX_TEXT = 10_000
#: Acts in one thread.
MAX_ACTS = 500
NO_SUCH = "There is no such comment, or it is not yours to see."
NO_SUCH_OWN = "There is no such comment of yours."
NO_SUCH_LINE = "There is no such annotation in this article, or it is not yours to see."
#: A name that is called: at the beginning or behind a space or bracket, so that a mail address calls nobody.
CALLED = re.compile(r"(?:^|(?<=[\s(\[“\"']))@([\w.@+-]{1,150})")
ACTIONS = {
    CommentAct.POST: "comment.posted",
    CommentAct.EDIT: "comment.edited",
    CommentAct.DELETE: "comment.deleted",
    CommentAct.RESOLVE: "comment.resolved",
    CommentAct.REOPEN: "comment.reopened",
}


@dataclass(kw_only=True)
class Said:
    """One comment as it stands."""

    row: Comment
    text: str
    mentioned: list[User]
    version: int = 0
    edited_at: datetime | None = None
    deleted: bool = False


@dataclass(kw_only=True)
class Thread:
    """What was said of one line or article, oldest first, as far as a reader may see it."""

    first: Comment
    resolved: bool
    comments: list[Said] = field(default_factory=list)


def comments_seen_by(actor: Actor, corpus: Corpus, role: Role) -> "QuerySet[Comment]":
    """Return the rows of a corpus that a member may see."""
    rows = Comment.objects.filter(corpus=corpus)
    if actor.user is None or not corpus.blind:
        return rows
    begun = Comment.objects.filter(pk=F("thread"), author=actor.user).values("thread")
    called = Mention.objects.filter(user=actor.user).values("comment__thread")
    to_me = Q(by_adjudicator=True) & (Q(thread__in=begun) | Q(thread__in=called))
    shown = ~in_hand(actor.user.pk, "revision")
    if not role.reaches(Role.ADJUDICATOR):
        shown &= Q(revision__status=RevisionStatus.GOLD)
    return rows.filter(Q(author=actor.user) | to_me | shown)


def threads_seen_by(actor: Actor, corpus: Corpus, role: Role) -> "QuerySet[Comment]":
    """Return the first rows of the threads that a member may see, each with what it was `settled` by last."""
    last = Comment.objects.filter(thread=OuterRef("thread"), act__in=(CommentAct.RESOLVE, CommentAct.REOPEN))
    seen = comments_seen_by(actor, corpus, role).filter(pk=F("thread"))
    return seen.annotate(settled=Subquery(last.order_by("-id").values("act")[:1]))


def threads_for(actor: Actor, corpus: Corpus, role: Role) -> "QuerySet[Comment]":
    """Return the first rows of the threads that are for a member: who is named in them, or answered.

    It looks at what names them and at what they began, however many others there are.
    """
    seen = comments_seen_by(actor, corpus, role).order_by()
    mentions = Mention.objects.filter(user=actor.user).order_by()
    named = seen.filter(pk__in=mentions.values("comment")).values("thread")
    answers = seen.filter(thread=OuterRef("pk"), act=CommentAct.POST).exclude(author=actor.user)
    begun = Comment.objects.filter(pk=F("thread"), corpus=corpus, author=actor.user).order_by()
    answered = begun.filter(Exists(answers)).values("pk")
    # Either of two conditions would be looked for in every thread of the corpus.
    return threads_seen_by(actor, corpus, role).filter(pk__in=named.union(answered))


def of_state(threads: "QuerySet[Comment]", *, resolved: bool) -> "QuerySet[Comment]":
    """Keep the threads that are resolved, or those that are open."""
    done = Q(settled=CommentAct.RESOLVE)
    return threads.filter(done) if resolved else threads.filter(~done | Q(settled=None))


def open_by_line(actor: Actor, article: Article, role: Role) -> dict[str, int]:
    """Return how many open threads of each line of an article the actor may see."""
    threads = threads_seen_by(actor, article.corpus, role).filter(revision__article=article)
    return Counter(str(line) for line in of_state(threads, resolved=False).values_list("line", flat=True))


def read_threads(actor: Actor, corpus: Corpus, role: Role, firsts: Sequence[Comment]) -> list[Thread]:
    """Return threads whole, in the order of their first rows, as `threads_seen_by` gives them."""
    threads = {
        row.thread: Thread(first=row, resolved=getattr(row, "settled", None) == CommentAct.RESOLVE)
        for row in firsts
    }
    rows = comments_seen_by(actor, corpus, role).filter(thread__in=threads)
    said: dict[UUID, Said] = {}
    for row in rows.select_related("author").prefetch_related("mentions__user").order_by("id"):
        mentioned = [mention.user for mention in row.mentions.all()]
        if row.act == CommentAct.POST:
            said[row.pk] = Said(row=row, text=row.text, mentioned=mentioned)
            threads[row.thread].comments.append(said[row.pk])
        elif row.of_id in said:
            _apply(said[row.of_id], row, mentioned)
    return list(threads.values())


def find_thread(actor: Actor, pk: UUID, scope: Scope = Scope.READ) -> tuple[Comment, Role]:
    """Return the first row of the thread that a visible comment is in, and the actor's role."""
    row, role = find_comment(actor, pk, scope)
    threads = threads_seen_by(actor, row.revision.article.corpus, role).filter(pk=row.thread)
    first = threads.select_related("revision__article__corpus").defer("revision__text").first()
    if first is None:
        # An own reply stays one's own, where what it answers does not show now.
        raise NotFound(NO_SUCH)
    return first, role


def find_comment(actor: Actor, pk: UUID, scope: Scope = Scope.READ) -> tuple[Comment, Role]:
    """Return a comment that the actor may see, first or reply, and the actor's role in its corpus."""
    posts = Comment.objects.filter(pk=pk, act=CommentAct.POST)
    row = posts.select_related("revision__article__corpus").defer("revision__text").first()
    role = role_in(actor, row.revision.corpus_id) if row else None
    if row is None or role is None:
        raise NotFound(NO_SUCH)
    # First whether it is there for the actor at all: a refusal of the role would tell that it is.
    if not comments_seen_by(actor, row.revision.article.corpus, role).filter(pk=pk).exists():
        raise NotFound(NO_SUCH)
    return row, require(actor, row.revision.corpus_id, Role.REVIEWER, scope)


@transaction.atomic
def post_comment(actor: Actor, article: Article, text: str, *, annotation: UUID | None = None) -> Comment:
    """Begin a thread: on the line of an annotation that the actor sees, or on the article.

    Raises:
        NotFound: no such annotation of this article shows to the actor.
        BadInput: there are no words, too many, or somebody is named who may not read them.
    """
    role = require(actor, article.corpus_id, Role.REVIEWER, Scope.REVIEW)
    revision, line = _place(actor, role, article, annotation)
    hold_revision(revision)
    return _write(actor, role, revision, line=line, act=CommentAct.POST, text=text)


@transaction.atomic
def reply_to(actor: Actor, first: Comment, text: str) -> Comment:
    """Add a comment to a thread, open or resolved."""
    role, locked = _locked(actor, first)
    revision, line = locked.revision, locked.line
    return _write(actor, role, revision, line=line, act=CommentAct.POST, text=text, first=locked)


@transaction.atomic
def edit_comment(actor: Actor, row: Comment, text: str, *, version: int) -> Comment:
    """Put other words in the place of an own comment's; the former stay in the table, for nobody to see.

    Raises:
        StaleVersion: another tab was quicker.
        NotFound: it is somebody else's.
        InvalidTransition: it is deleted.
    """
    role, first, newest = _own(actor, row)
    if (newest.version if newest else 0) != version:
        raise StaleVersion("This comment was changed meanwhile.", version=newest.version if newest else 0)
    if newest and newest.act == CommentAct.DELETE:
        raise InvalidTransition("This comment is deleted.")
    return _write(
        actor, role, first.revision, line=first.line, act=CommentAct.EDIT, text=text, first=first, of=row,
        version=version + 1,
    )  # fmt: skip


@transaction.atomic
def delete_comment(actor: Actor, row: Comment) -> None:
    """Take the words of an own comment away for good; its place in the thread stays. Twice is once."""
    role, first, newest = _own(actor, row)
    if newest and newest.act == CommentAct.DELETE:
        return
    Comment.objects.filter(Q(pk=row.pk) | Q(of=row)).update(text="")
    Mention.objects.filter(Q(comment=row) | Q(comment__of=row)).delete()
    version = (newest.version if newest else 0) + 1
    _write(
        actor, role, first.revision, line=first.line, act=CommentAct.DELETE, first=first, of=row,
        version=version,
    )  # fmt: skip


@transaction.atomic
def settle_thread(actor: Actor, first: Comment, *, resolved: bool, text: str = "") -> None:
    """Call a thread resolved, or open again: whoever began it, adjudicators and above. Twice is once.

    Words that come along are a reply that is written before.
    """
    role, locked = _locked(actor, first)
    if locked.author_id != (actor.user and actor.user.pk) and not role.reaches(Role.ADJUDICATOR):
        raise NotAllowed("A thread is resolved by whoever began it, or by an adjudicator.")
    if text.strip():
        reply_to(actor, locked, text)
    acts = Comment.objects.filter(thread=locked.pk, act__in=(CommentAct.RESOLVE, CommentAct.REOPEN))
    last = acts.order_by("-id").values_list("act", flat=True).first()
    if (last == CommentAct.RESOLVE) != resolved:
        act = CommentAct.RESOLVE if resolved else CommentAct.REOPEN
        _write(actor, role, locked.revision, line=locked.line, act=act, first=locked)


def _apply(said: Said, row: Comment, mentioned: list[User]) -> None:
    said.version = row.version
    if row.act == CommentAct.EDIT:
        said.text, said.edited_at, said.mentioned = row.text, row.at, mentioned
    else:
        said.text, said.deleted, said.mentioned = "", True, []


def _place(
    actor: Actor, role: Role, article: Article, annotation: UUID | None
) -> tuple[Revision, UUID | None]:
    """Return what a comment is on: the current text, or the line of an annotation and its text."""
    texts = Revision.objects.select_related("article__corpus").defer("text").filter(article=article)
    if annotation is None:
        return texts.get(current=True), None
    # Whichever annotation of the line is named, one that the actor sees is enough, on the newest text.
    named = Q(pk=annotation) | Q(root=annotation)
    found = Annotation.objects.filter(named, layer__revision__article=article)
    rows = list(found.select_related("layer").order_by("-pk"))
    for revision in texts.filter(pk__in={row.layer.revision_id for row in rows}).order_by("-number"):
        here = [row for row in rows if row.layer.revision_id == revision.pk]
        if seen := rows_seen_by(actor, revision.article.corpus, role, revision, here):
            return revision, seen[0].root
    raise NotFound(NO_SUCH_LINE)


def _locked(actor: Actor, first: Comment) -> tuple[Role, Comment]:
    """Return the actor's role and the first row of a thread, whose text is held from now on.

    The text and not the thread: whoever erases holds that first, and finds every comment written before.
    """
    rows = Comment.objects.select_related("revision__article__corpus").defer("revision__text")
    locked = rows.get(pk=first.thread)
    hold_revision(locked.revision)
    return require(actor, locked.revision.corpus_id, Role.REVIEWER, Scope.REVIEW), locked


def _own(actor: Actor, row: Comment) -> tuple[Role, Comment, Comment | None]:
    """Return role, first row and the newest change of a comment, which must be the actor's own."""
    role, first = _locked(actor, row)
    if row.author_id != (actor.user and actor.user.pk):
        raise NotFound(NO_SUCH_OWN)
    return role, first, Comment.objects.filter(of=row).order_by("-version").first()


def _write(
    actor: Actor,
    role: Role,
    revision: Revision,
    *,
    line: UUID | None,
    act: CommentAct,
    text: str = "",
    first: Comment | None = None,
    of: Comment | None = None,
    version: int = 0,
) -> Comment:
    """Write one act with its mentions and its event."""
    if actor.user is None:
        raise NotAllowed("Comments take an account.")
    _check(revision, act, text, first)
    called = _called(revision.article.corpus, role, actor.user, text, first)
    pk = uuid7()
    row = Comment.objects.create(
        id=pk,
        corpus_id=revision.corpus_id,
        revision=revision,
        line=line,
        thread=first.pk if first else pk,
        act=act,
        of=of,
        version=version,
        text=text,
        author=actor.user,
        by_adjudicator=role.reaches(Role.ADJUDICATOR),
        at=timezone.now(),
    )
    Mention.objects.bulk_create([Mention(comment=row, user=user) for user in called])
    mentions = sorted(str(user.public_id) for user in called)
    change = Change(
        action=ACTIONS[act],
        object_type="comment",
        object_id=of.pk if of else row.pk,
        corpus_id=revision.corpus_id,
        subject_id=revision.pk,
        after={"thread": str(row.thread), "line": str(line) if line else None, "mentions": mentions},
    )
    record(actor, change)
    return row


def _check(revision: Revision, act: CommentAct, text: str, first: Comment | None) -> None:
    if revision.article.erased_at and act != CommentAct.DELETE:
        raise InvalidTransition("This article is erased.")
    if act in (CommentAct.POST, CommentAct.EDIT) and not 0 < len(text.strip()) <= len(text) <= MAX_TEXT:
        raise BadInput(f"A comment has 1 to {MAX_TEXT} characters.", field="text")
    # A thread that is full can still be ended.
    grows = act not in (CommentAct.DELETE, CommentAct.RESOLVE)
    if first and grows and Comment.objects.filter(thread=first.pk).count() >= MAX_ACTS:
        raise InvalidTransition("This thread is full; begin another.")


def _called(corpus: Corpus, role: Role, author: User, text: str, first: Comment | None) -> list[User]:
    """Return the members whom words call by name.

    Raises:
        BadInput: in a blind corpus, where somebody would be shown what another reviewer says.
    """
    names = {found.rstrip(".") for found in CALLED.findall(text)}
    members = Membership.objects.filter(corpus=corpus, user__username__in=names).select_related("user")
    called = [member for member in members if Role(member.role).reaches(Role.REVIEWER)]
    if corpus.blind:
        begun_above = first.by_adjudicator if first else role.reaches(Role.ADJUDICATOR)
        open_to_all = begun_above and role.reaches(Role.ADJUDICATOR)
        own = {author.pk, first.author_id if first else author.pk}
        _check_blind(member for member in called if not open_to_all and member.user_id not in own)
    return [member.user for member in called]


def _check_blind(others: Iterable[Membership]) -> None:
    for member in others:
        if not Role(member.role).reaches(Role.ADJUDICATOR):
            raise BadInput(
                "In a blind corpus reviewers do not read each other: name adjudicators and leads here.",
                field="text",
            )

"""Comments: those on one article or line, and for each member those that wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from annotations.admin.panel import read_id, read_version
from annotations.models import Annotation, Comment
from annotations.services.comments import Thread as ReadThread
from annotations.services.comments import (
    delete_comment,
    edit_comment,
    find_comment,
    find_thread,
    of_state,
    post_comment,
    read_threads,
    reply_to,
    settle_thread,
    threads_for,
    threads_seen_by,
)
from annotations.services.figures import COUNTED, up_to
from annotations.services.showing import rows_seen_by
from corpus.admin.access import check_role, corpus_or_404, person, roles_of
from corpus.admin.pages import corpus_page, page, telling
from corpus.api.authentication import admin_actor
from corpus.models import Article, Corpus, Revision, Role
from corpus.services.errors import BadInput, NotFound, ServiceError

#: Threads a page.
PAGE = 30
SHOWN = {"open": "Open", "me": "For me", "resolved": "Resolved"}
#: What is said where a kind has no thread.
EMPTY = {
    "open": "No thread is open. In the workbench, C begins one on the line in focus.",
    "me": "Nobody has named you with @ yet, nor answered a comment of yours.",
    "resolved": "No thread is resolved yet.",
}
#: The acts of the page, each with the box whose words come along with it, and what is said when it is done.
ACTS = {
    "reply": ("reply", "Your reply is posted."),
    "resolve": ("reply", "The thread is resolved."),
    "reopen": ("reply", "The thread is open again."),
    "edit": ("edit", "Your words are saved."),
    "delete": ("edit", "Your comment is deleted."),
    "post": ("comment", "Your comment is posted."),
}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A thread as a page has it, with the words that it is on and what the person may do."""

    thread: ReadThread
    words: str
    may_resolve: bool


@dataclass(frozen=True, kw_only=True)
class Refused:
    """What was refused, with the words that were typed, and in which box: what they were to be said of."""

    message: str
    text: str
    box: str
    on: UUID | None = None

    def is_shown(self, threads: Sequence[Shown], article: Article, me: int) -> bool:
        """Return whether the box that the words were typed in is on the page."""
        if self.box == "comment":
            return article.erased_at is None
        if self.box == "reply":
            return any(one.thread.first.pk == self.on for one in threads)
        comments = (said for one in threads for said in one.thread.comments)
        return any(said.row.pk == self.on and said.row.author_id == me and said.text for said in comments)


def comments_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the threads of an article, or of one of its lines; begin one, reply, edit, resolve."""
    article = Article.objects.select_related("corpus").filter(pk=pk).first()
    if article is None:
        raise Http404
    check_role(request, article.corpus_id, Role.REVIEWER)
    line = _asked_line(request)
    refused, status = None, HTTPStatus.OK
    if request.method == "POST":
        act = next((name for name in ACTS if name in request.POST), "post")
        try:
            _act(request, article, line, act)
        except ServiceError as error:
            refused = _refused(request.POST, act, error)
            status = HTTPStatus.NOT_FOUND if isinstance(error, NotFound) else HTTPStatus.BAD_REQUEST
        else:
            # The page's script knows by the tag that what was sent need not be kept any longer.
            messages.success(request, ACTS[act][1], extra_tags="at-said")
            return redirect(request.get_full_path())
    threads = _threads(request, article.corpus).filter(revision__article=article)
    if line:
        threads = threads.filter(line=line)
    firsts = list(threads.order_by("-pk")[: PAGE * 4])
    shown = _shown(request, article.corpus, firsts)
    me = person(request).pk
    return page(
        request,
        "attest/comments.html",
        title=f"Comments on {article}",
        article=article,
        corpus=article.corpus,
        line=line,
        words=_words(request, article, {line}).get(line, "") if line else "",
        threads=sorted(shown, key=lambda one: one.thread.resolved),
        refused=refused,
        refused_elsewhere=refused and not refused.is_shown(shown, article, me),
        me=me,
        status=status,
    )


def corpus_comments_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """List the threads of a corpus that the person may see: open, resolved, or those that are for them."""
    corpus = corpus_or_404(request, pk, Role.REVIEWER)
    kind = request.GET.get("show", "open")
    if kind not in SHOWN:
        raise Http404
    threads = _threads(request, corpus)
    waiting = of_state(threads, resolved=False)
    if kind == "me":
        mine = threads_for(admin_actor(request), corpus, roles_of(request)[corpus.pk])
        threads = threads.filter(pk__in=mine.values("pk"))
    else:
        threads = of_state(threads, resolved=kind == "resolved")
    if before := request.GET.get("before"):
        with telling(request):
            threads = threads.filter(pk__lt=read_id(before))
    firsts = list(threads.order_by("-pk")[: PAGE + 1])
    return corpus_page(
        request,
        corpus,
        "attest/corpus_comments.html",
        tab="comments",
        kinds=SHOWN,
        shown=kind,
        empty=EMPTY[kind],
        waiting=up_to(waiting),
        counted=COUNTED,
        threads=_shown(request, corpus, firsts[:PAGE]),
        older=firsts[PAGE - 1].pk if len(firsts) > PAGE else None,
        me=person(request).pk,
    )


def open_threads(request: HttpRequest, article: Article) -> int:
    """Return how many open threads of an article the person may see."""
    threads = _threads(request, article.corpus).filter(revision__article=article)
    return of_state(threads, resolved=False).count()


def _act(request: HttpRequest, article: Article, line: UUID | None, act: str) -> None:
    actor, form = admin_actor(request), request.POST
    text = _typed(form)
    if act == "reply":
        reply_to(actor, find_thread(actor, read_id(form[act]))[0], text)
    elif act == "edit":
        row = find_comment(actor, read_id(form[act]))[0]
        edit_comment(actor, row, text, version=read_version(form.get("version", "")))
    elif act == "delete":
        delete_comment(actor, find_comment(actor, read_id(form[act]))[0])
    elif act in ("resolve", "reopen"):
        first = find_thread(actor, read_id(form[act]))[0]
        settle_thread(actor, first, resolved=act == "resolve", text=text)
    else:
        post_comment(actor, article, text, annotation=line)


def _typed(form: QueryDict) -> str:
    """Return the words as they stand in the box: HTML writes each line end in two characters on the way."""
    return form.get("text", "").replace("\r\n", "\n")


def _refused(form: QueryDict, act: str, error: ServiceError) -> Refused:
    try:
        on = None if act == "post" else read_id(form.get(act, ""))
    except BadInput:
        on = None
    return Refused(message=error.message, text=_typed(form), box=ACTS[act][0], on=on)


def _threads(request: HttpRequest, corpus: Corpus) -> "QuerySet[Comment]":
    threads = threads_seen_by(admin_actor(request), corpus, roles_of(request)[corpus.pk])
    return threads.select_related("revision__article").defer("revision__text")


def _shown(request: HttpRequest, corpus: Corpus, firsts: Sequence[Comment]) -> list[Shown]:
    role = roles_of(request)[corpus.pk]
    lines: dict[UUID, set[UUID]] = {}
    articles = {row.revision.article_id: row.revision.article for row in firsts}
    for row in firsts:
        if row.line:
            lines.setdefault(row.revision.article_id, set()).add(row.line)
    words: dict[UUID, str] = {}
    for article_id, asked in lines.items():
        words |= _words(request, articles[article_id], asked)
    me = person(request).pk
    return [
        Shown(
            thread=thread,
            words=words.get(thread.first.line, "") if thread.first.line else "",
            may_resolve=thread.first.author_id == me or role.reaches(Role.ADJUDICATOR),
        )
        for thread in read_threads(admin_actor(request), corpus, role, firsts)
    ]


def _words(request: HttpRequest, article: Article, lines: set[UUID]) -> dict[UUID, str]:
    """Return the words of lines, as far as the person sees an annotation of each."""
    found = Annotation.objects.filter(root__in=lines, layer__revision__article=article)
    rows = list(found.select_related("layer").order_by("pk"))
    actor, role = admin_actor(request), roles_of(request)[article.corpus_id]
    seen: list[Annotation] = []
    for revision in Revision.objects.without_text().filter(pk__in={row.layer.revision_id for row in rows}):
        here = [row for row in rows if row.layer.revision_id == revision.pk]
        seen += rows_seen_by(actor, article.corpus, role, revision, here)
    return {row.root: row.surface for row in sorted(seen, key=lambda row: row.pk)}


def _asked_line(request: HttpRequest) -> UUID | None:
    line = request.GET.get("line")
    try:
        return read_id(line) if line else None
    except BadInput:
        raise Http404 from None

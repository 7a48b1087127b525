"""The list on which one reviewer decides the suggestions of an article, one POST a decision.

It needs no script; the workbench is the page for hours of work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from annotations.admin.board import Board, lay_out
from annotations.admin.highlight import painted
from annotations.admin.panel import Panel, open_panel, panel_decision, read_id, read_version
from annotations.models import Assignment, AssignmentStatus, Layer, LayerKind, Verdict
from annotations.models.reviews import RejectReason
from annotations.services.decisions import CONFIRM, Decision, Receipt
from annotations.services.desk import Desk
from annotations.services.passes import open_desk, reopen_pass, submit_pass
from annotations.services.queue import give_back
from annotations.services.reviewing import decide, decide_many
from annotations.services.texts import text_blocks
from corpus.admin.access import check_role, roles_of
from corpus.admin.pages import page, telling
from corpus.api.authentication import admin_actor
from corpus.models import Revision, Role, Scheme
from corpus.services.actors import Actor
from corpus.services.corpora import scheme_of
from corpus.services.errors import BadInput, InvalidTransition, NotFound, ServiceError


@dataclass(frozen=True, kw_only=True)
class Seat:
    """Who sits before which text."""

    actor: Actor
    role: Role
    revision: Revision

    @property
    def url(self) -> str:
        own = reverse("admin:corpus_article_review", args=[self.revision.article_id])
        return own if self.revision.current else f"{own}?{urlencode({'revision': self.revision.number})}"

    def back(self, anchor: str = "") -> HttpResponseRedirect:
        return HttpResponseRedirect(f"{self.url}#{anchor}" if anchor else self.url)


def review_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    seat = take_seat(request, pk)
    if request.method == "POST":
        return _act(request, seat)
    wanted = request.GET.get("panel", "")
    return _render(request, seat, wanted=wanted, given=request.GET)


def take_seat(request: HttpRequest, pk: UUID) -> Seat:
    revisions = Revision.objects.select_related("article", "article__corpus", "article__outlet")
    number = request.GET.get("revision", "")
    wanted = revisions.filter(article_id=pk)
    wanted = wanted.filter(number=int(number)) if number.isascii() and number.isdigit() else wanted.current()
    revision = wanted.first()
    if revision is None:
        raise Http404
    check_role(request, revision.corpus_id, Role.REVIEWER)
    return Seat(actor=admin_actor(request), role=roles_of(request)[revision.corpus_id], revision=revision)


def _act(request: HttpRequest, seat: Seat) -> HttpResponse:
    acts = {
        "decide": _decide,
        "bulk": _decide_checked,
        "panel": _send_panel,
        "submit": _submit,
        "return": _return,
        "reopen": _reopen,
    }
    act = acts.get(request.POST.get("act", ""))
    if act is None:
        messages.error(request, "The page sent an act that is not known here.")
        return seat.back()
    return act(request, seat)


def _decide(request: HttpRequest, seat: Seat) -> HttpResponse:
    form = request.POST
    with telling(request):
        decision = _decision(form, form.get("on", ""), form.get("version", ""))
        _tell_notices(request, [decide(seat.actor, seat.revision, decision)])
    return seat.back(f"row-{form.get('line', '')}")


def _decide_checked(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Decide every checked row alike; what is refused is counted and said, the others stand."""
    form = request.POST
    with telling(request):
        rows = [row.partition(":") for row in form.getlist("row")]
        if not rows:
            raise BadInput("Check one suggestion or more first.")
        decisions = [_decision(form, on, version) for on, _, version in rows]
        receipts = decide_many(seat.actor, seat.revision, decisions)
        refused = [receipt.error for receipt in receipts if receipt.error]
        messages.success(request, f"{len(receipts) - len(refused)} decided.")
        _tell_notices(request, receipts)
        if refused:
            messages.error(request, f"{len(refused)} refused: {refused[0].message}")
    return seat.back("rows")


def _tell_notices(request: HttpRequest, receipts: Sequence[Receipt]) -> None:
    """Say what decisions brought that the page itself does not show."""
    for notice in dict.fromkeys(receipt.body.get("notice") for receipt in receipts if receipt.body):
        if notice:
            messages.warning(request, notice)


def _decision(form: QueryDict, on: str, version: str) -> Decision:
    verdict = form.get("verdict", "")
    if verdict not in (Verdict.ACCEPT, Verdict.REJECT, Verdict.SKIP, Verdict.RETRACT, CONFIRM):
        raise BadInput("Accept, reject, skip, retract or confirm.")
    return Decision(
        verdict=CONFIRM if verdict == CONFIRM else Verdict(verdict),
        on=read_id(on),
        version=read_version(version),
        reason=form.get("reason", "") if verdict == Verdict.REJECT else "",
    )


def _send_panel(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Take a correction or an addition; a refused one comes back as filled in, beside what stands now."""
    form = request.POST
    try:
        decision = panel_decision(form, scheme_of(seat.revision.corpus_id))
        receipt = decide(seat.actor, seat.revision, decision)
    except NotFound:
        raise Http404 from None
    except ServiceError as error:
        return _render(request, seat, wanted=form.get("on") or "new", given=form, refused=error.message)
    _tell_notices(request, [receipt])
    line = receipt.body["line"] if receipt.body else ""
    return seat.back(f"row-{line}")


def _submit(request: HttpRequest, seat: Seat) -> HttpResponse:
    with telling(request, "Your pass is submitted."):
        submit_pass(seat.actor, seat.revision)
    return seat.back()


def _return(request: HttpRequest, seat: Seat) -> HttpResponse:
    with telling(request, "You have given it back; somebody else gets it. What you decided stays."):
        held = held_assignment(seat)
        if held is None:
            raise InvalidTransition("This article is not in your hands any more.")
        give_back(seat.actor, held)
    return redirect("admin:index")


def _reopen(request: HttpRequest, seat: Seat) -> HttpResponse:
    with telling(request, "Your pass is open again."):
        reopen_pass(seat.actor, seat.revision)
    return seat.back()


def _render(
    request: HttpRequest, seat: Seat, *, wanted: str, given: QueryDict, refused: str = ""
) -> HttpResponse:
    revision = seat.revision
    desk = open_desk(seat.actor, seat.role, revision)
    board = lay_out(desk)
    submitted = desk.own.layer.submitted_at
    return page(
        request,
        "attest/review.html",
        title=revision.article.title or revision.article.external_id,
        status=409 if refused else 200,
        article=revision.article,
        corpus=revision.article.corpus,
        revision=revision,
        board=board,
        text=painted(revision.text, text_blocks([revision.pk])[revision.pk], board.marks()),
        panel=None if submitted else _panel(desk, board, wanted, given, refused),
        labels=list(desk.scheme.labels.values()),
        reasons=[(reason.value, str(reason.label)) for reason in RejectReason],
        submitted_at=submitted,
        suggestions_hidden=not desk.suggestions_shown,
        scheme_number=Scheme.objects.filter(corpus_id=revision.corpus_id)
        .values_list("number", flat=True)
        .first(),
        in_hand=pass_in_hand(seat) if revision.current else None,
        assignment=desk.shown.terms.held,
        begun=not desk.own.layer._state.adding,
    )


def _panel(desk: Desk, board: Board, wanted: str, given: QueryDict, refused: str) -> Panel | None:
    if not wanted:
        return None
    if wanted == "new":
        return open_panel(board, desk.scheme, None, given, refused=refused)
    try:
        row = board.find(UUID(wanted))
    except ValueError:
        row = None
    return open_panel(board, desk.scheme, row, given, refused=refused) if row else None


def pass_in_hand(seat: Seat) -> int | None:
    """Return the number of an older revision on which this reviewer has a pass open, or None."""
    open_passes = Layer.objects.filter(
        kind=LayerKind.REVIEWER,
        reviewer=seat.actor.user,
        submitted_at__isnull=True,
        revision__article=seat.revision.article_id,
        revision__current=False,
    )
    return open_passes.order_by("-revision__number").values_list("revision__number", flat=True).first()


def held_assignment(seat: Seat) -> Assignment | None:
    """Return the assignment under which this reviewer has the text in hand, or None."""
    held = Assignment.objects.filter(
        revision=seat.revision, reviewer=seat.actor.user, status=AssignmentStatus.TAKEN
    )
    return held.first()

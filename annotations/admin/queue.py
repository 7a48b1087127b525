"""Who is on what: taking the next article, giving one back, and for leads everybody's articles in hand."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from annotations.admin.panel import read_id
from annotations.models import Assignment, AssignmentStatus
from annotations.services.figures import COUNTED, up_to
from annotations.services.queue import find_assignment, give_back, hand_over, take, take_back
from corpus.admin.access import corpus_or_404
from corpus.admin.pages import corpus_page, telling
from corpus.api.authentication import admin_actor
from corpus.models import Corpus, Membership, Role, User
from corpus.services.errors import BadInput, ServiceError

#: Articles in hand that a page lists; whoever has more finishes some first.
MAX_HELD = 20
MAX_WORK = 200
MAX_REVIEWERS = 500
#: What is said of a pass that was taken back, by whether it waits for others.
TAKEN_BACK = {
    True: "It is taken back and waits for somebody else.",
    False: "It is taken back; no other pass of this text is asked for.",
}


def in_hand(user: User, corpus: Corpus | None = None) -> list[Assignment]:
    """Return what a person has in hand, in one corpus or all, the lease that ends first on top."""
    held = Assignment.objects.held_by(user.pk).select_related("corpus", "revision__article")
    if corpus:
        held = held.filter(corpus=corpus)
    return list(held.defer("revision__text").order_by("lease_until")[:MAX_HELD])


@require_POST
def take_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take the next article and go there. Whether one waits is told only to whoever asks for it."""
    corpus = corpus_or_404(request, pk, Role.REVIEWER)
    try:
        assignment = take(admin_actor(request), corpus)
    except ServiceError as error:
        messages.error(request, error.message)
        return redirect("admin:index")
    if assignment is None:
        messages.info(request, f"No article of {corpus.name} waits for you now.")
        return redirect("admin:index")
    return redirect("admin:corpus_article_workbench", assignment.revision.article_id)


@require_POST
def return_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give one of one's own articles back."""
    corpus_or_404(request, pk, Role.REVIEWER)
    with telling(request, "You have given it back; somebody else gets it. What you decided stays."):
        actor = admin_actor(request)
        give_back(actor, find_assignment(actor, read_id(request.POST.get("assignment", ""))))
    return redirect("admin:index")


def work_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show who has what in hand, the longest first; a lead hands it over or takes it back."""
    corpus = corpus_or_404(request, pk, Role.LEAD)
    if request.method == "POST":
        _change_holder(request)
        return redirect("admin:corpus_corpus_work", corpus.pk)
    now = timezone.now()
    taken = Assignment.objects.filter(corpus=corpus, status=AssignmentStatus.TAKEN)
    held = taken.select_related("reviewer", "revision__article").defer("revision__text")
    rows = list(held.order_by("taken_at")[: MAX_WORK + 1])
    return corpus_page(
        request,
        corpus,
        "attest/corpus_work.html",
        tab="work",
        rows=[(row, _is_lost(row, now)) for row in rows[:MAX_WORK]],
        more=len(rows) > MAX_WORK,
        most=MAX_WORK,
        in_hand=up_to(taken),
        waiting=up_to(Assignment.objects.filter(corpus=corpus, status=AssignmentStatus.OPEN)),
        counted=COUNTED,
        reviewers=_reviewers(corpus),
    )


def _change_holder(request: HttpRequest) -> None:
    actor, form = admin_actor(request), request.POST
    with telling(request):
        assignment = find_assignment(actor, read_id(form.get("assignment", "")))
        if "back" in form:
            messages.success(request, TAKEN_BACK[take_back(actor, assignment)])
            return
        chosen = form.get("to")
        user = User.objects.filter(public_id=read_id(chosen)).first() if chosen else None
        if user is None:
            raise BadInput("Choose a person to hand it over to.")
        hand_over(actor, assignment, user)
        messages.success(request, f"{user} has it now.")


def _is_lost(assignment: Assignment, now: datetime) -> bool:
    """Return whether the lease has run out; the sweeper will open it for others in a moment."""
    return assignment.lease_until is not None and assignment.lease_until < now


def _reviewers(corpus: Corpus) -> list[User]:
    members = Membership.objects.filter(corpus=corpus, user__is_active=True).exclude(role=Role.VIEWER)
    return [
        member.user for member in members.select_related("user").order_by("user__username")[:MAX_REVIEWERS]
    ]

# ruff: noqa: ARG002 - the signatures are Django's
"""The pages of a corpus: settings, members, guideline, scheme."""

import json
from collections.abc import Callable
from typing import Any, ClassVar, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.views.decorators.http import require_safe

from corpus.admin.access import ScopedAdmin, check_role, corpus_or_404, roles_of
from corpus.admin.forms import CorpusForm, GuidelineForm, InviteForm, MemberForm, SchemeForm, SettingsForm
from corpus.admin.ingesting import put_in_page
from corpus.admin.pages import Tab, corpus_page, page, telling
from corpus.api.authentication import admin_actor
from corpus.models import Corpus, Guideline, Invitation, Membership, Role, Scheme, User
from corpus.schemes import parse_scheme
from corpus.services.corpora import (
    configure_corpus,
    create_corpus,
    leave_corpus,
    publish_guideline,
    publish_scheme,
    remove_member,
    scheme_of,
    set_member,
)
from corpus.services.errors import ServiceError, StaleVersion
from corpus.services.guidelines import affected_labels, guideline_changes
from corpus.services.invitations import invite, open_invitations, roles_given_by, take_back_invitation

View = Callable[..., HttpResponseBase]


class CorpusAdmin(ScopedAdmin[Corpus]):
    """Register a subclass with the tabs that come on top."""

    tabs: ClassVar[list[Tab]] = [
        Tab(name="change", title="Settings", role=Role.VIEWER),
        Tab(name="members", title="Members", role=Role.VIEWER),
        Tab(name="guideline", title="Guideline", role=Role.VIEWER),
        Tab(name="scheme", title="Scheme", role=Role.VIEWER),
        Tab(name="put_in", title="Put in articles", role=Role.LEAD),
    ]
    corpus_path = "pk"
    list_display = ("name", "slug", "language", "blind", "suggestions_shown", "created_at")

    def has_view_permission(self, request: HttpRequest, obj: Corpus | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Let everybody make a corpus of their own, as the API does."""
        return True

    def get_urls(self) -> list[URLPattern]:
        return [
            self.route("members/", members_page, "members"),
            self.route("guideline/", guideline_page, "guideline"),
            self.route("scheme/", scheme_page, "scheme"),
            self.route("put-in/", put_in_page, "put_in"),
            self.route("labels-<int:number>.css", label_styles, "labels", cacheable=True),
            *super().get_urls(),
        ]

    def route(self, tail: str, view: View, name: str, *, cacheable: bool = False) -> URLPattern:
        guarded = self.admin_site.admin_view(view, cacheable=cacheable)
        return path(f"<uuid:pk>/{tail}", guarded, name=f"corpus_corpus_{name}")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        form = CorpusForm(request.POST or None, initial={"language": "en", "blind": True})
        if form.is_valid():
            try:
                corpus = create_corpus(admin_actor(request), **form.cleaned_data)
            except ServiceError as error:
                form.add_error(error.details.get("field"), error.message)
            else:
                messages.success(request, f"{corpus.name} is there; you own it.")
                return redirect("admin:corpus_corpus_change", corpus.pk)
        return page(request, "attest/corpus_add.html", title="Make a corpus", form=form)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            pk = UUID(unquote(object_id))
        except ValueError:
            raise Http404 from None
        return settings_page(request, pk)


def settings_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    corpus = corpus_or_404(request, pk, Role.LEAD if request.method == "POST" else Role.VIEWER)
    if request.method != "POST":
        return corpus_page(
            request, corpus, "attest/corpus_settings.html", tab="change", form=SettingsForm.of(corpus)
        )
    form = SettingsForm(request.POST)
    conflict: list[tuple[str, Any, Any]] = []
    if form.is_valid():
        changes = dict(form.cleaned_data)
        try:
            configure_corpus(admin_actor(request), corpus, version=changes.pop("version"), changes=changes)
        except StaleVersion as error:
            form, conflict = _conflict(form, error)
        except ServiceError as error:
            form.add_error(error.details.get("field"), error.message)
        else:
            messages.success(request, "The settings are saved.")
            return redirect("admin:corpus_corpus_change", corpus.pk)
    return corpus_page(
        request,
        corpus,
        "attest/corpus_settings.html",
        tab="change",
        form=form,
        conflict=conflict,
        status=409 if conflict else 400,
    )


def _conflict(form: SettingsForm, error: StaleVersion) -> tuple[SettingsForm, list[tuple[str, Any, Any]]]:
    """Return the form as it was filled in, now against the version that stands, and where the two differ."""
    stands = error.details["current"]
    mine = form.cleaned_data
    differing = [
        (str(form[name].label), mine[name], value) for name, value in stands.items() if mine[name] != value
    ]
    return SettingsForm(_with_version(form, error)), differing


def _with_version(form: SettingsForm | GuidelineForm | SchemeForm, error: StaleVersion) -> QueryDict:
    """Return what was sent, with the version that stands now in the place of the one it knew of."""
    data = cast(QueryDict, form.data).copy()
    data["version"] = str(error.details["version"])
    return data


def members_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the members; an owner names, changes and removes them, a lead invites, anybody leaves."""
    corpus = corpus_or_404(request, pk, Role.VIEWER)
    if "leave" in request.POST:
        return _leave(request, corpus)
    if "invite" in request.POST:
        return _invite(request, corpus)
    if "uninvite" in request.POST:
        return _take_back(request, corpus)
    if request.method == "POST":
        check_role(request, pk, Role.OWNER)
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = User.objects.filter(username=form.cleaned_data["username"], is_active=True).first()
        if user is None:
            form.add_error("username", "Nobody here has this user name.")
        else:
            _change_member(request, corpus, user, form.cleaned_data["role"])
            return redirect("admin:corpus_corpus_members", corpus.pk)
    members = Membership.objects.filter(corpus=corpus).select_related("user").order_by("user__username")
    return corpus_page(
        request,
        corpus,
        "attest/corpus_members.html",
        tab="members",
        form=form,
        members=members,
        roles=Role.choices,
        **_invitations(request, corpus),
    )


def _invitations(request: HttpRequest, corpus: Corpus) -> dict[str, Any]:
    """Return the part of the page for those who may invite, empty for others."""
    roles = roles_given_by(roles_of(request)[corpus.pk])
    if not roles:
        return {}
    return {
        "invite": InviteForm(roles),
        "invitations": open_invitations(admin_actor(request), corpus),
        "given": roles,
    }


def _invite(request: HttpRequest, corpus: Corpus) -> HttpResponse:
    """Make an invitation and show its link on this one answer; no address shows it again."""
    check_role(request, corpus.pk, Role.LEAD)
    form = InviteForm(roles_given_by(roles_of(request)[corpus.pk]), request.POST)
    if not form.is_valid():
        messages.error(request, "There is no such role, or only an owner gives it.")
        return redirect("admin:corpus_corpus_members", corpus.pk)
    invitation, secret = invite(admin_actor(request), corpus, form.cleaned_data["invited_role"])
    link = request.build_absolute_uri(reverse("join", args=[secret]))
    return corpus_page(
        request, corpus, "attest/invited.html", tab="members", invitation=invitation, link=link
    )


def _take_back(request: HttpRequest, corpus: Corpus) -> HttpResponse:
    check_role(request, corpus.pk, Role.LEAD)
    with telling(request, "The invitation opens nothing any more."):
        take_back_invitation(admin_actor(request), _invitation(corpus, request.POST["uninvite"]))
    return redirect("admin:corpus_corpus_members", corpus.pk)


def _invitation(corpus: Corpus, pk: str) -> Invitation:
    try:
        return get_object_or_404(Invitation, pk=UUID(pk), corpus=corpus)
    except ValueError:
        raise Http404 from None


def _leave(request: HttpRequest, corpus: Corpus) -> HttpResponse:
    try:
        leave_corpus(admin_actor(request), corpus)
    except ServiceError as error:
        messages.error(request, error.message)
        return redirect("admin:corpus_corpus_members", corpus.pk)
    messages.success(request, f"You have left {corpus.name}; what you decided stays.")
    return redirect("admin:index")


def _change_member(request: HttpRequest, corpus: Corpus, user: User, role: str) -> None:
    actor = admin_actor(request)
    if "remove" in request.POST:
        with telling(request, f"{user} is no longer a member."):
            remove_member(actor, corpus, user)
    else:
        with telling(request, f"{user} is {Role(role).label} now."):
            set_member(actor, corpus, user, role)


def guideline_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    corpus = corpus_or_404(request, pk, Role.LEAD if request.method == "POST" else Role.VIEWER)
    versions = list(Guideline.objects.filter(corpus=corpus).select_related("created_by")[:50])
    newest = versions[0] if versions else None
    wanted = request.GET.get("version")
    shown = next((version for version in versions if str(version.number) == wanted), newest)
    form = GuidelineForm(
        request.POST or None,
        initial={"text": newest.text if newest else "", "version": newest.number if newest else 0},
    )
    if request.method == "POST" and form.is_valid():
        try:
            publish_guideline(admin_actor(request), corpus, **form.cleaned_data)
        except ServiceError as error:
            form = _against_newest(GuidelineForm, form, error)
        else:
            messages.success(request, "The guideline is published; each review from now on names it.")
            return redirect("admin:corpus_corpus_guideline", corpus.pk)
    changes = guideline_changes(corpus.pk, shown.number - 1, shown.number) if shown else None
    return corpus_page(
        request,
        corpus,
        "attest/corpus_guideline.html",
        tab="guideline",
        form=form,
        versions=versions,
        newest=newest,
        shown=shown,
        changes=changes if shown and shown.number > 1 else None,
        affected=affected_labels(corpus.pk, changes) if changes else None,
    )


def scheme_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    corpus = corpus_or_404(request, pk, Role.LEAD if request.method == "POST" else Role.VIEWER)
    versions = list(Scheme.objects.filter(corpus=corpus).select_related("created_by")[:50])
    newest = versions[0]
    form = SchemeForm(
        request.POST or None,
        initial={
            "definition": json.dumps(newest.definition, indent=2, ensure_ascii=False),
            "version": newest.number,
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            publish_scheme(admin_actor(request), corpus, **form.cleaned_data)
        except ServiceError as error:
            form = _against_newest(SchemeForm, form, error)
        else:
            messages.success(request, "The scheme is published.")
            return redirect("admin:corpus_corpus_scheme", corpus.pk)
    return corpus_page(
        request, corpus, "attest/corpus_scheme.html", tab="scheme", form=form, versions=versions,
        newest=newest, scheme=scheme_of(corpus.pk),
    )  # fmt: skip


def _against_newest(kind: type[Any], form: Any, error: ServiceError) -> Any:
    """Return the refused form with all that was typed; a stale one may be sent again over what stands now."""
    if isinstance(error, StaleVersion):
        form = kind(_with_version(form, error))
        form.is_valid()
        error.message += " What stands now is shown beneath; publish again to put yours over it."
    form.add_error(None, error.message)
    return form


#: What gives a label its colour.
LABEL_RULE = ".label-{label.name} {{ --label: {label.colour}; }}"


@require_safe
def label_styles(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """Give the labels their colours: the policy of the pages allows no style but in files."""
    response = HttpResponse(label_rules(request, pk, number), content_type="text/css")
    response["Cache-Control"] = "private, max-age=86400"
    return response


def label_rules(request: HttpRequest, pk: UUID, number: int) -> str:
    """Return the colours of a scheme's labels, for members of its corpus."""
    check_role(request, pk, Role.VIEWER)
    scheme = get_object_or_404(Scheme, corpus=pk, number=number)
    labels = parse_scheme(scheme.definition).labels.values()
    # Names and colours are of a few plain characters each: a scheme with others is refused.
    return "\n".join(LABEL_RULE.format(label=label) for label in labels)


def changelist_of(model: str, corpus: Corpus) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse(f'admin:{model}_changelist')}?corpus={corpus.slug}")

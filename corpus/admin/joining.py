"""The page that an invitation leads to. It asks for no account; who has none makes one there."""

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from corpus.admin.forms import JoinForm
from corpus.admin.pages import page
from corpus.api.authentication import admin_actor, request_id_of
from corpus.models import Role, User
from corpus.services.actors import Actor
from corpus.services.errors import NotFound, ServiceError
from corpus.services.invitations import accept_invitation, find_invitation, join

BACKEND = "django.contrib.auth.backends.ModelBackend"


@never_cache
def join_page(request: HttpRequest, secret: str) -> HttpResponse:
    try:
        invitation = find_invitation(secret)
    except NotFound:
        return _ended(request)
    signed_in = request.user.is_authenticated
    form = None if signed_in else JoinForm(request.POST or None)
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            user = _join(request, secret, form)
        except NotFound:
            return _ended(request)
        except ServiceError as error:
            if form is None:
                raise
            form.add_error(error.details.get("field"), error.message)
        else:
            if not signed_in:
                login(request, user, backend=BACKEND)
            messages.success(request, f"You are a member of {invitation.corpus.name}.")
            return redirect("admin:index")
    role = Role(invitation.role).label
    return page(request, "attest/join.html", title="Join", invitation=invitation, role=role, form=form)


def _ended(request: HttpRequest) -> HttpResponse:
    """Say what may be done with a link that opens nothing; which of the reasons it was is told to nobody."""
    return page(request, "attest/join_ended.html", title="This link opens nothing", status=404)


def _join(request: HttpRequest, secret: str, form: JoinForm | None) -> User:
    if form is None:
        return accept_invitation(admin_actor(request), secret).user
    data = form.cleaned_data
    stranger = Actor(user=None, via="admin", request_id=request_id_of(request))
    return join(stranger, secret, username=data["username"], password=data["password"])

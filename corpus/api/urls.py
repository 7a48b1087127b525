"""The routes that know no annotations."""

from django.urls import path

from corpus.api.access import MeRoute, TokenRoute, TokensRoute
from corpus.api.corpora import (
    CorporaRoute,
    CorpusRoute,
    GuidelineChangesRoute,
    GuidelineRoute,
    MemberRoute,
    MembersRoute,
    SchemeRoute,
)
from corpus.api.invitations import InvitationRoute, InvitationsRoute

urlpatterns = [
    path("me/", MeRoute.as_view(), name="me"),
    path("tokens/", TokensRoute.as_view(), name="tokens"),
    path("tokens/<uuid:token_id>/", TokenRoute.as_view(), name="token"),
    path("corpora/", CorporaRoute.as_view(), name="corpora"),
    path("corpora/<slug:slug>/", CorpusRoute.as_view(), name="corpus"),
    path("corpora/<slug:slug>/members/", MembersRoute.as_view(), name="members"),
    path("corpora/<slug:slug>/members/<str:who>/", MemberRoute.as_view(), name="member"),
    path("corpora/<slug:slug>/invitations/", InvitationsRoute.as_view(), name="invitations"),
    path(
        "corpora/<slug:slug>/invitations/<uuid:invitation_id>/",
        InvitationRoute.as_view(),
        name="invitation",
    ),
    path("corpora/<slug:slug>/guideline/", GuidelineRoute.as_view(), name="guideline"),
    path("corpora/<slug:slug>/guideline/changes/", GuidelineChangesRoute.as_view(), name="guideline-changes"),
    path("corpora/<slug:slug>/scheme/", SchemeRoute.as_view(), name="scheme"),
]

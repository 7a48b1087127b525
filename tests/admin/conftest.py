from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from corpus.models import User
from tests.conftest import person

SignedIn = Callable[..., Client]


@pytest.fixture
def signed_in() -> SignedIn:
    def signed_in(user: User, *, enforce_csrf_checks: bool = False) -> Client:
        client = Client(enforce_csrf_checks=enforce_csrf_checks)
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def sue(db: None) -> User:
    """A superuser who is no member of any corpus."""
    user = person("sue")
    user.is_superuser = user.is_staff = True
    user.save()
    return user


@pytest.fixture
def stan(db: None) -> User:
    """Staff without being a superuser."""
    user = person("stan")
    user.is_staff = True
    user.save()
    return user


def url(name: str, *args: object) -> str:
    return reverse(f"admin:{name}", args=args)

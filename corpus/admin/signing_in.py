"""The form to sign in by, which asks first whether there were too many tries."""

from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from corpus.services.signing_in import begin_try, forget_tries


class SignInForm(AuthenticationForm):
    """Signs in everybody who is active; the admin's own form would let in staff alone."""

    #: The end of the pause for which no password is looked at.
    paused_until: datetime | None = None

    def clean(self) -> dict[str, Any]:
        name, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not name or not password or self.request is None:
            return super().clean()
        address = client_address(self.request)
        self.paused_until = begin_try(name, address)
        if self.paused_until:
            raise ValidationError(
                f"Too many tries for this name from here. Try again at {self.paused_until:%H:%M:%S} UTC; "
                "until then no password is looked at, not even the right one."
            )
        cleaned = super().clean()
        forget_tries(name, address)
        return cleaned

    @property
    def seconds_to_wait(self) -> int:
        """How long the pause lasts; 0 for none."""
        if self.paused_until is None:
            return 0
        return max(1, round((self.paused_until - timezone.now()).total_seconds()))


def client_address(request: HttpRequest) -> str:
    """Return where a request comes from; of IPv6 the network, whose addresses one client has by the million.

    Where a proxy is trusted to say that it was asked by HTTPS, it is trusted with the address too: the last
    one in X-Forwarded-For, for whatever stands before that came from outside.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    trusted = getattr(settings, "SECURE_PROXY_SSL_HEADER", None)
    forwarded = request.headers.get("X-Forwarded-For", "") if trusted else ""
    for said in (forwarded.rpartition(",")[2].strip(), peer):
        try:
            address = ip_address(said)
        except ValueError:
            continue
        if not isinstance(address, IPv6Address):
            return said
        return str(address.ipv4_mapped or ip_network(f"{address}/64", strict=False))
    return peer

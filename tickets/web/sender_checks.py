"""What our mail relay found out of a sender, in words for agents: how far a From line can be believed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

METHODS = {"dmarc": "DMARC", "dkim": "DKIM", "spf": "SPF"}


@dataclass(frozen=True, slots=True)
class SenderCheck:
    """The verdict and its sentence."""

    is_verified: bool
    words: str


def read_sender_check(traits: Collection[str]) -> SenderCheck | None:
    """Out of a message's traits (`tickets.mail.authentication`); None when no relay of ours said anything."""
    passed = [f"{name} pass" for code, name in METHODS.items() if f"verified_{code}" in traits]
    failed = [f"{name} fail" for code, name in METHODS.items() if f"unverified_{code}" in traits]
    if passed:
        return SenderCheck(True, _("Sender verified (%(methods)s)") % {"methods": ", ".join(passed)})
    if failed:
        return SenderCheck(False, _("Sender could not be verified: %(methods)s") % {"methods": ", ".join(failed)})
    return None

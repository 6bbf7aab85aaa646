"""What a mail's traits say, in words for agents: what it is, which machine wrote it, whether its sender is real."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# The parser's codes that a reader should know of; others say nothing new.
TRAIT_WORDS: dict[str, str | LazyText] = {
    "signed_smime": gettext_lazy("S/MIME signature, not checked"),
    "encrypted_smime": gettext_lazy("S/MIME, not decrypted"),
    "signed_pgp": gettext_lazy("PGP signature, not checked"),
    "encrypted_pgp": gettext_lazy("PGP, not decrypted"),
    "calendar": gettext_lazy("Invitation, not answered"),
    "calendar_cancel": gettext_lazy("Cancelled meeting"),
    "calendar_reply": gettext_lazy("Answer to an invitation"),
    "tnef": gettext_lazy("Unpacked from winmail.dat"),
}
# What kind of machine wrote, as the line of an automatic mail says it.
MACHINES: dict[str, str | LazyText] = {
    "vacation": gettext_lazy("out of office"),
    "auto_reply": gettext_lazy("automatic reply"),
    "delay": gettext_lazy("delivery is delayed"),
    "receipt": gettext_lazy("read or delivery receipt"),
    "report": gettext_lazy("report of a mail system"),
    "bulk": gettext_lazy("bulk mail"),
    "generated": gettext_lazy("written by a program"),
}
# What a relay of ours checks a sender by.
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

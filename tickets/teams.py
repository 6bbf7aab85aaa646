"""Teams, their signatures, and our own addresses whose mail becomes their tickets."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from tickets.configuration import Snapshot, save_setting, snapshot
from tickets.errors import Refused
from tickets.models import Address, Mailbox, Signature, Team, User


def add_team(
    *,
    name: str,
    description: str = "",
    closed_follow_up: str = Team.ClosedFollowUp.REOPEN,
    absent_owner: str = Team.AbsentOwner.DEPUTY,
    by: User | None = None,
) -> Team:
    """A new team; nobody has rights in it yet. Raises Refused when the name is taken."""
    team = Team(
        name=name.strip(),
        description=description.strip(),
        closed_follow_up=closed_follow_up,
        absent_owner=absent_owner,
    )
    return save_setting(team, before={}, by=by)


def change_team(
    team: Team,
    *,
    name: str,
    description: str,
    closed_follow_up: str,
    is_active: bool,
    absent_owner: str = "",
    by: User | None = None,
) -> Team:
    """Its name and rules. A team whose addresses still take mail can't be closed: the mail would have no home."""
    with transaction.atomic():
        team = Team.objects.select_for_update(no_key=True).get(pk=team.pk)
        before = snapshot(team)
        if team.is_active and not is_active and team.mailboxes.filter(is_active=True).exists():
            raise Refused(
                _("Mail still comes to this team. Give its mailboxes to another team first."), field="is_active"
            )
        team.name = name.strip()
        team.description = description.strip()
        team.closed_follow_up = closed_follow_up
        team.absent_owner = absent_owner or team.absent_owner
        team.is_active = is_active
        return save_setting(team, before=before, by=by)


def write_signature(team: Team, *, language: str, text: str, by: User | None = None) -> Signature:
    """The closing lines of the team's mails in one language; empty means none."""
    with transaction.atomic():
        signature = Signature.objects.select_for_update(no_key=True).filter(team=team, language=language).first()
        before = snapshot(signature) if signature else {}
        signature = signature or Signature(team=team, language=language)
        signature.text = text.replace("\x00", "").replace("\r\n", "\n").strip()
        if not before and not signature.text:
            return signature
        return save_setting(signature, before=before, by=by)


def write_signatures(team: Team, texts: Mapping[str, str], *, by: User | None = None) -> None:
    """The signatures by language, all or none."""
    with transaction.atomic():
        for language, text in texts.items():
            write_signature(team, language=language, text=text, by=by)


def add_mailbox(
    *,
    address: str,
    team: Team,
    name: str = "",
    is_default: bool = False,
    sends_auto_reply: bool = True,
    trusts_headers: bool = False,
    by: User | None = None,
) -> Mailbox:
    """One of our own addresses. The first one becomes the default. Raises Refused when the address is taken."""
    with transaction.atomic():
        mailbox = Mailbox(
            address=address.strip().lower(),
            team=team,
            name=name.strip(),
            sends_auto_reply=sends_auto_reply,
            trusts_headers=trusts_headers,
            is_default=is_default or not Mailbox.objects.filter(is_default=True).exists(),
        )
        return _write_mailbox(mailbox, before={}, by=by)


def change_mailbox(
    mailbox: Mailbox,
    *,
    team: Team,
    name: str,
    is_default: bool,
    sends_auto_reply: bool,
    is_active: bool,
    trusts_headers: bool = False,
    by: User | None = None,
) -> Mailbox:
    """Everything but the address, which mails already sent refer to. There is always one default, and it works."""
    with transaction.atomic():
        mailbox = Mailbox.objects.select_for_update(no_key=True).get(pk=mailbox.pk)
        before = snapshot(mailbox)
        if mailbox.is_default and not is_default:
            raise Refused(_("One mailbox has to be the default. Make another one the default."), field="is_default")
        if is_default and not is_active:
            raise Refused(_("The default mailbox has to be active."), field="is_active")
        mailbox.team = team
        mailbox.name = name.strip()
        mailbox.is_default = is_default
        mailbox.sends_auto_reply = sends_auto_reply
        mailbox.trusts_headers = trusts_headers
        mailbox.is_active = is_active
        return _write_mailbox(mailbox, before=before, by=by)


def default_team() -> Team:
    """Whose a request is that names no team: that of the default mailbox. Raises Refused when there is none yet."""
    mailbox = Mailbox.objects.select_related("team").filter(is_default=True, is_active=True).first()
    team = mailbox.team if mailbox else Team.objects.filter(is_active=True).order_by("pk").first()
    if team is None:
        raise Refused(_("No team takes requests yet. An administrator has to set one up first."))
    return team


def _write_mailbox(mailbox: Mailbox, *, before: Snapshot, by: User | None) -> Mailbox:
    if not mailbox.team.is_active:
        raise Refused(_("The team %(team)s no longer works.") % {"team": mailbox.team}, field="team")
    person = Address.objects.select_related("user").filter(email=mailbox.address).first()
    if person is not None:
        raise Refused(_("This is the address of %(name)s.") % {"name": person.user}, field="address")
    if mailbox.is_default:
        for other in Mailbox.objects.select_for_update(no_key=True).exclude(pk=mailbox.pk).filter(is_default=True):
            was = snapshot(other)
            other.is_default = False
            save_setting(other, before=was, by=by)
    return save_setting(mailbox, before=before, by=by)

"""Persons, their addresses, roles and rights."""

from __future__ import annotations

from collections.abc import Collection
from zoneinfo import available_timezones

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tickets.configuration import Act, record_change, save_setting, snapshot
from tickets.errors import Refused
from tickets.models import Address, AddressState, Mailbox, Membership, Organisation, Right, Role, Team, User

UNDO_SECONDS = (0, 5, 8, 15, 30)


def find_person(email: str) -> User | None:
    """The person to whom this address belongs, active or not."""
    address = Address.objects.select_related("user__organisation").filter(email=email.strip().lower()).first()
    return address.user if address else None


def find_or_add_person(email: str, *, name: str = "", language: str = "") -> User:
    """The person with this address; a new customer when nobody has it yet.

    Two mails of one new sender arriving at once end with one person: the loser of the race reads the winner's row.
    """
    email = email.strip().lower()
    person = find_person(email)
    if person is not None:
        return person
    try:
        with transaction.atomic():
            return add_person(name=name or email.split("@")[0], email=email, language=language)
    except IntegrityError:
        person = find_person(email)
        if person is None:
            raise
        return person


def add_person(
    *,
    name: str,
    email: str | None = None,
    phone: str = "",
    job_title: str = "",
    place: str = "",
    organisation: Organisation | None = None,
    roles: Collection[str] = (Role.CUSTOMER,),
    language: str = "",
    time_zone: str = "",
    password: str | None = None,
) -> User:
    """A new person with his first address. Without a password he signs in by a code sent to his mail.

    Raises IntegrityError when the address belongs to somebody already.
    """
    with transaction.atomic():
        person = User.objects.create_user(
            email or None,
            password,
            name=name.strip()[:200],
            phone=phone,
            job_title=job_title,
            place=clean_place(place),
            organisation=organisation,
            roles=list(roles),
            language=language or settings.LANGUAGE_CODE,
            time_zone=time_zone or settings.TIME_ZONE,
        )
        if person.email:
            Address.objects.create(user=person, email=person.email)
    return person


def add_address(person: User, email: str, *, by: User | None = None) -> Address:
    """One more address of the person. Raises Refused when it belongs to somebody else."""
    email = email.strip().lower()
    if Mailbox.objects.filter(address=email).exists():
        raise Refused(_("This is one of our own mailboxes."), field="email")
    with transaction.atomic():
        taken = Address.objects.select_for_update().filter(email=email).first()
        if taken is not None:
            if taken.user_id == person.pk:
                return taken
            raise Refused(_("This address already belongs to someone else."), field="email")
        address = save_setting(Address(user=person, email=email), before={}, by=by)
        if not person.email:
            make_primary(person, email, by=by)
    return address


def give_rights(agent: User, *, team: Team, rights: Collection[Right], by: User | None = None) -> Membership:
    """Sets the agent's rights in the team; an empty collection keeps the row without rights."""
    with transaction.atomic():
        membership, is_new = Membership.objects.select_for_update(no_key=True).get_or_create(user=agent, team=team)
        before = {} if is_new else snapshot(membership)
        membership.rights = sorted(str(right) for right in rights)
        membership.save(update_fields=["rights"])
        act = Act.CHANGED if before else Act.ADDED
        record_change(membership, act=act, before=before, after=snapshot(membership), by=by)
    return membership


def change_rights(
    rows: Collection[tuple[User, Team, Collection[Right]]], *, by: User | None = None
) -> list[Membership]:
    """Several agents' rights in several teams, all or none; whoever had none and gets none stays outside."""
    with transaction.atomic():
        had = set(Membership.objects.filter(user__in={row[0] for row in rows}).values_list("user_id", "team_id"))
        return [
            give_rights(agent, team=team, rights=rights, by=by)
            for agent, team, rights in rows
            if rights or (agent.pk, team.pk) in had
        ]


def bounced_addresses(emails: Collection[str]) -> set[str]:
    """Those of the addresses that a permanent bounce has marked."""
    lower = [email.lower() for email in emails]
    bounced = AddressState.objects.filter(email__in=lower, bounced_at__isnull=False)
    return set(bounced.values_list("email", flat=True))


def change_preferences(person: User, *, language: str, time_zone: str, single_keys: bool | None = None) -> User:
    """The person's own choice of language, zone and keys (None: as they are). Raises Refused for unknown values."""
    if language not in dict(settings.LANGUAGES):
        raise Refused(_("This language is not available."), field="language")
    if time_zone not in available_timezones():
        raise Refused(_("This time zone does not exist."), field="time_zone")
    person.language = language
    person.time_zone = time_zone
    if single_keys is not None:
        person.single_keys = single_keys
    person.save(update_fields=["language", "time_zone", "single_keys"])
    return person


def change_undo_seconds(person: User, seconds: int) -> User:
    """For how long his replies can be taken back."""
    if seconds not in UNDO_SECONDS:
        raise Refused(_("Choose one of the times offered."), field="undo_seconds")
    person.undo_seconds = seconds
    person.save(update_fields=["undo_seconds"])
    return person


def change_place(person: User, *, place: str, by: User) -> User:
    """Where he works, as he says it himself. Raises Refused when it is too long."""
    place = clean_place(place)
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
        before = snapshot(person)
        if person.place == place:
            return person
        person.place = place
        return save_setting(person, before=before, by=by)


def clean_place(place: str) -> str:
    """Without line ends and spaces around it, so that one place is written in one way."""
    return " ".join(place.replace("\x00", "").split())


def invite_person(
    *,
    name: str,
    email: str,
    phone: str = "",
    job_title: str = "",
    place: str = "",
    organisation: Organisation | None = None,
    roles: Collection[str] = (Role.CUSTOMER,),
    language: str = "",
    time_zone: str = "",
    by: User | None = None,
) -> User:
    """A person added by an administrator, who then signs in by a code sent to his mail."""
    _check_roles(roles)
    if not email and not phone:
        raise Refused(_("Give an e-mail address or a phone number."), field="email")
    if email:
        _check_address_is_free(email)
    with transaction.atomic():
        person = add_person(
            name=name,
            email=email,
            phone=phone,
            job_title=job_title,
            place=place,
            organisation=organisation,
            roles=roles,
            language=language,
            time_zone=time_zone,
        )
        record_change(person, act=Act.ADDED, before={}, after=snapshot(person), by=by)
    return person


def change_person(
    person: User,
    *,
    name: str,
    phone: str,
    job_title: str,
    place: str = "",
    organisation: Organisation | None,
    roles: Collection[str],
    language: str,
    time_zone: str,
    by: User,
) -> User:
    """What an administrator may change of a person. Nobody takes the administration away from himself or from all."""
    _check_roles(roles)
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
        before = snapshot(person)
        if person.is_admin and Role.ADMIN not in roles:
            require_not_last_admin(person, by=by)
        person.name = name.strip()
        person.phone = phone.strip()
        person.job_title = job_title.strip()
        person.place = clean_place(place)
        person.organisation = organisation
        person.roles = sorted(set(roles))
        person.language = language
        person.time_zone = time_zone
        return save_setting(person, before=before, by=by)


def reactivate_person(person: User, *, by: User | None = None) -> User:
    """He may sign in again and be given tickets."""
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
        before = snapshot(person)
        person.is_active = True
        person.save(update_fields=["is_active"])
        record_change(person, act=Act.CHANGED, before=before, after=snapshot(person), by=by)
    return person


def require_not_last_admin(person: User, *, by: User) -> None:
    """Raises Refused when `person` is `by` himself, or the last active administrator."""
    if person.pk == by.pk:
        raise Refused(_("You can't take the administration away from yourself; ask another administrator."))
    if not User.objects.filter(is_active=True, roles__contains=[Role.ADMIN]).exclude(pk=person.pk).exists():
        raise Refused(_("There has to be one administrator at least."))


def make_primary(person: User, email: str, *, by: User | None = None) -> User:
    """The address that he signs in with and that answers go to. It has to be one of his."""
    if not person.addresses.filter(email=email).exists():
        raise Refused(_("This is not an address of this person."), field="email")
    before = snapshot(person)
    person.email = email
    with transaction.atomic():
        person.save(update_fields=["email"])
        record_change(person, act=Act.CHANGED, before=before, after=snapshot(person), by=by)
    return person


def add_organisation(*, name: str, shares_tickets: bool = False, by: User | None = None) -> Organisation:
    """A customer's company. Raises Refused when the name is taken."""
    return save_setting(Organisation(name=name.strip(), shares_tickets=shares_tickets), before={}, by=by)


def change_organisation(
    organisation: Organisation, *, name: str, shares_tickets: bool, is_active: bool, by: User | None = None
) -> Organisation:
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
        before = snapshot(organisation)
        organisation.name = name.strip()
        organisation.shares_tickets = shares_tickets
        organisation.is_active = is_active
        return save_setting(organisation, before=before, by=by)


def _check_roles(roles: Collection[str]) -> None:
    if not roles:
        raise Refused(_("Choose one role at least."), field="roles")


def _check_address_is_free(email: str) -> None:
    email = email.strip().lower()
    person = find_person(email)
    if person is not None:
        raise Refused(_("This address belongs to %(name)s already.") % {"name": person}, field="email")
    if Mailbox.objects.filter(address=email).exists():
        raise Refused(_("This is one of our own mailboxes."), field="email")

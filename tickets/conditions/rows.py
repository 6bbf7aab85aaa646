"""The rows that values name: teams, people, organisations, tags, groups, and the three vocabularies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from tickets.conditions.fields import ME, MINE, RELATIVE_NAMES
from tickets.conditions.folding import pattern_of
from tickets.models import Address, Kind, Mailbox, Organisation, Priority, Status, Tag, Team, TicketGroup, User

MOST_OFFERED = 12
Choices = list[tuple[str | int, str]]


@dataclass(frozen=True, slots=True)
class TermRows:
    """A vocabulary: a value is a code, since codes outlive names."""

    model: type[Status] | type[Priority] | type[Kind]
    key: str = "code"
    is_few: bool = True

    @property
    def table(self) -> str:
        return self.model.__name__

    def names_of(self, keys: Sequence[str | int], reader: User | None = None) -> dict[str | int, str]:
        return {term.code: term.label for term in self.model.objects.filter(code__in=[str(key) for key in keys])}

    def offered(self, words: str = "", *, reader: User | None = None) -> Choices:
        return [(term.code, term.label) for term in self.model.objects.filter(is_active=True)]

    def levels(self) -> list[tuple[int, str]]:
        """The ranks with the names that stand on them."""
        names: dict[int, list[str]] = {}
        for priority in Priority.objects.filter(is_active=True).order_by("level"):
            names.setdefault(priority.level, []).append(priority.label)
        return [(level, ", ".join(found)) for level, found in names.items()]


@dataclass(frozen=True, slots=True)
class TeamRows:
    table: str = "Team"
    key: str = "pk"
    is_few: bool = True

    def names_of(self, keys: Sequence[str | int], reader: User | None = None) -> dict[str | int, str]:
        return dict(Team.objects.filter(pk__in=keys).values_list("pk", "name"))

    def offered(self, words: str = "", *, reader: User | None = None) -> Choices:
        teams = Team.objects.filter(is_active=True).order_by("name").values_list("pk", "name")
        return [(MINE, str(RELATIVE_NAMES[MINE])), *teams]


@dataclass(frozen=True, slots=True)
class PeopleRows:
    """People; `are_agents`: only those who work here, the reader first."""

    are_agents: bool = False
    table: str = "User"
    key: str = "pk"
    is_few: bool = False

    def names_of(self, keys: Sequence[str | int], reader: User | None = None) -> dict[str | int, str]:
        return {person.pk: str(person) for person in User.objects.filter(pk__in=keys).only("name", "email")}

    def offered(self, words: str = "", *, reader: User | None = None) -> Choices:
        people = User.objects.filter(is_active=True)
        if self.are_agents:
            people = people.filter(roles__overlap=["agent", "admin"])
        me: Choices = [(ME, str(RELATIVE_NAMES[ME]))]
        if not words:
            return [*me, *_named(people)] if self.are_agents else me
        addressed = Address.objects.filter(email__startswith=words.lower()).values("user")
        found = people.filter(_name_fits(words) | Q(pk__in=addressed))
        return _named(_best_first(found, words))


@dataclass(frozen=True, slots=True)
class MailboxRows:
    """Our own addresses."""

    table: str = "Mailbox"
    key: str = "pk"
    is_few: bool = True

    def names_of(self, keys: Sequence[str | int], reader: User | None = None) -> dict[str | int, str]:
        return dict(Mailbox.objects.filter(pk__in=keys).values_list("pk", "address"))

    def offered(self, words: str = "", *, reader: User | None = None) -> Choices:
        return list(Mailbox.objects.filter(is_active=True).order_by("address").values_list("pk", "address"))


@dataclass(frozen=True, slots=True)
class TagRows:
    """Tags, found by their other words too."""

    table: str = "Tag"
    key: str = "pk"
    is_few: bool = False

    def names_of(self, keys: Sequence[str | int], reader: User | None = None) -> dict[str | int, str]:
        return {tag.pk: self._name(tag) for tag in Tag.objects.filter(pk__in=keys).select_related("synonym_of")}

    def offered(self, words: str = "", *, reader: User | None = None) -> Choices:
        tags = Tag.objects.filter(is_active=True, synonym_of__isnull=True)
        if not words:
            return _named(tags)
        other = Tag.objects.filter(_name_fits(words), synonym_of__isnull=False).values("synonym_of")
        return _named(_best_first(tags.filter(_name_fits(words) | Q(pk__in=other)), words))

    def _name(self, tag: Tag) -> str:
        return f"{tag.synonym_of} ({tag})" if tag.synonym_of else tag.name


@dataclass(frozen=True, slots=True)
class NamedRows:
    """Organisations."""

    model: type[Organisation]
    key: str = "pk"
    is_few: bool = False

    @property
    def table(self) -> str:
        return self.model.__name__

    def names_of(self, keys: Sequence[str | int], reader: User | None = None) -> dict[str | int, str]:
        return dict(self.model.objects.filter(pk__in=keys).values_list("pk", "name"))

    def offered(self, words: str = "", *, reader: User | None = None) -> Choices:
        rows = self.model.objects.filter(is_active=True)
        return _named(_best_first(rows.filter(_name_fits(words)), words) if words else rows)


@dataclass(frozen=True, slots=True)
class GroupRows:
    """Groups of reports of one fault: named and offered to whoever may open them, and to nobody else."""

    table: str = "TicketGroup"
    key: str = "pk"
    is_few: bool = False

    def names_of(self, keys: Sequence[str | int], reader: User | None = None) -> dict[str | int, str]:
        opened = dict(TicketGroup.objects.worked_by(reader).filter(pk__in=keys).values_list("pk", "title"))
        there = TicketGroup.objects.filter(pk__in=keys).values_list("pk", flat=True)
        return {pk: opened.get(pk, _("group %(id)s") % {"id": pk}) for pk in there}

    def offered(self, words: str = "", *, reader: User | None = None) -> Choices:
        groups = TicketGroup.objects.worked_by(reader).filter(status=TicketGroup.Status.OPEN)
        if words:
            groups = groups.filter(title__regex=pattern_of(words))
        return [(group.pk, group.title) for group in groups.order_by("-changed_at", "-pk")[:MOST_OFFERED]]


def _name_fits(words: str) -> Q:
    return Q(name__regex=pattern_of(words))


def _best_first(rows: QuerySet[User] | QuerySet[Organisation] | QuerySet[Tag], words: str) -> QuerySet[User]:
    """Names that begin so before names that hold it somewhere."""
    begins = When(name__regex=rf"\A{pattern_of(words)}", then=Value(0))
    rank = Case(begins, default=Value(1), output_field=IntegerField())
    return rows.annotate(rank=rank).order_by("rank", "name")  # type: ignore[return-value]  # rows with names


def _named(rows: QuerySet[User] | QuerySet[Organisation] | QuerySet[Tag]) -> Choices:
    return [(row.pk, str(row)) for row in rows[:MOST_OFFERED]]

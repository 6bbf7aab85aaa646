"""People and organisations by name, address or phone; and names that are nearly right. For agents alone."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from tickets.models import Organisation, Role, User
from tickets.search.words import fold, has_words

MOST_BY_NAME = 200  # people a name may mean before it means too many
# Written as in the indexes of the migration `search_people`, else they would not be used.
_PEOPLE = "SELECT id FROM tickets_user WHERE search_person(name, email, phone) @@ search_ask_person(%s)"
_BY_ADDRESS = "SELECT user_id FROM tickets_address WHERE search_person('', email, '') @@ search_ask_person(%s)"
_ORGANISATIONS = "SELECT id FROM tickets_organisation WHERE search_person(name, '', '') @@ search_ask_person(%s)"


@dataclass(frozen=True, slots=True)
class Nearly:
    """A name that was probably meant."""

    name: str
    is_organisation: bool = False


def find_people(words: str, *, most: int = 5, agents: bool = False) -> list[User]:
    """Active people of whom every word is the beginning of a name or address, or whose phone number it is."""
    if not has_words(words):
        return []
    people = User.objects.filter(_named(words), is_active=True).select_related("organisation")
    if agents:
        people = people.filter(roles__overlap=[Role.AGENT, Role.ADMIN])
    wanted = fold(words)
    found = sorted(people[: most * 8], key=lambda person: (not fold(person.name).startswith(wanted), person.name))
    return found[:most]


def find_organisations(words: str, *, most: int = 3) -> list[Organisation]:
    if not has_words(words):
        return []
    return list(Organisation.objects.filter(named_organisation(words), is_active=True).order_by("name")[:most])


def named_organisation(words: str) -> Q:
    """Those of whom every word is the beginning of a word of the name."""
    return Q(pk__in=RawSQL(_ORGANISATIONS, [words]))  # noqa: S611  (what was typed is a parameter)


def ids_of_people(words: str, *, agents: bool = False) -> list[int]:
    """Whom the words may mean, inactive people included: their tickets are still there."""
    if not has_words(words):
        return []
    people = User.objects.filter(_named(words)).order_by()
    if agents:
        people = people.filter(roles__overlap=[Role.AGENT, Role.ADMIN])
    return list(people.values_list("pk", flat=True)[:MOST_BY_NAME])


def names_nearly(words: str, *, most: int = 3) -> list[Nearly]:
    """People and organisations whose name shares most of its threes of letters with the words."""
    if len(fold(words)) < 4 or any(character.isdigit() for character in words):
        return []
    with connection.cursor() as cursor:
        cursor.execute(_NEARLY, {"words": words[:100], "most": most})
        return [Nearly(name, is_organisation) for name, is_organisation in cursor.fetchall()]


def _named(words: str) -> Q:
    return Q(pk__in=RawSQL(_PEOPLE, [words])) | Q(pk__in=RawSQL(_BY_ADDRESS, [words]))  # noqa: S611


# Compared word by word: each word asked for with the nearest word of the name. Of many names with common threes only
# the first few thousand are looked at.
_NEARLY = """
WITH asked AS (SELECT search_threes(%(words)s) AS threes),
named AS (
    (SELECT name, false AS is_organisation FROM tickets_user, asked
        WHERE search_threes(name) && threes AND is_active LIMIT 3000)
    UNION ALL
    (SELECT name, true FROM tickets_organisation, asked WHERE search_threes(name) && threes AND is_active LIMIT 1000)
),
words AS (SELECT w, search_threes(w) AS threes
    FROM unnest(string_to_array(trim(search_fold(search_clean(%(words)s))), ' ')) AS w WHERE length(w) > 2)
SELECT name, is_organisation FROM (
    SELECT DISTINCT name, is_organisation, (
        SELECT min(best) FROM (
            SELECT max(2.0 * shared / (cardinality(words.threes) + cardinality(part))) AS best
            FROM words, LATERAL (
                SELECT search_threes(p) AS part FROM unnest(string_to_array(search_clean(name), ' ')) AS p WHERE p <> ''
            ) AS parts, LATERAL (
                SELECT count(*) AS shared FROM unnest(words.threes) AS three WHERE three = ANY(part)
            ) AS both_have
            GROUP BY w
        ) AS each_word
    ) AS likeness FROM named
) AS compared WHERE likeness >= 0.45 ORDER BY likeness DESC, name LIMIT %(most)s
"""

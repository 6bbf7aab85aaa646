"""A house that the benchmarks generate is what the product itself would have written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from tests.benchmarks import generator, generator_words
from tests.benchmarks.bulk_tables import run_all
from ticketdesk import embedded
from tickets import proof
from tickets.models import Message, RadarPosting, RadarTerm, RadarText, Ticket, User
from tickets.search.finding import find
from tickets.similar import find_alike
from tickets.similar.rebuild import rebuild

pytestmark = pytest.mark.django_db(transaction=True)

TICKETS = 300
CATALOGUE = """
SELECT 'relation', c.relname, c.relkind::text || c.relpersistence::text || c.relowner::regrole::text,
    coalesce(pg_get_indexdef(i.indexrelid) || i.indisvalid::text, '')
FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'constraint', conname, conrelid::regclass::text, pg_get_constraintdef(oid) || convalidated::text
FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT 'trigger', tgname, tgrelid::regclass::text, pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger
    WHERE NOT tgisinternal
UNION ALL
SELECT 'function', p.proname, p.oid::regprocedure::text, p.prosrc FROM pg_proc p
    WHERE pronamespace = 'public'::regnamespace
"""
# A row's own number is drawn; its marks follow from it. All else is what the trigger's function makes.
OTHER_ROWS = """
SELECT count(*) FROM tickets_searchrow r JOIN tickets_ticket t ON t.id = r.ticket_id
LEFT JOIN tickets_message m ON m.id = r.message_id
CROSS JOIN LATERAL (SELECT (CASE WHEN m.id IS NULL THEN search_ticket_row(t) ELSE search_message_row(m) END).*) p
WHERE r.id >> 24 <> p.id >> 24 OR r.kind <> p.kind OR r.at <> p.at OR r.vector <> ts_delete(p.vector, ARRAY(
    SELECT word FROM unnest(tsvector_to_array(p.vector)) word WHERE word LIKE '~%'
)) || search_marks(r.id, r.kind, t.team_id, r.at)
"""


@pytest.fixture
def connect(transactional_db: None) -> Callable[[], psycopg.Connection[Any]]:
    """Connections of the superuser to the test's own database."""

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=connection.settings_dict["HOST"],
            user=embedded.SUPERUSER_ROLE,
            dbname=connection.settings_dict["NAME"],
            autocommit=True,
            cursor_factory=psycopg.ClientCursor,
        )

    return connect


@pytest.fixture
def house(connect: Callable[[], psycopg.Connection[Any]], monkeypatch: pytest.MonkeyPatch) -> list[set[Any]]:
    """Filled in several lots; what the catalogue held before and after."""
    monkeypatch.setattr(generator, "CHUNK", 70)
    monkeypatch.setattr(generator_words, "LOT", 30)
    found = []
    with connect() as direct:
        found.append(set(direct.execute(CATALOGUE).fetchall()))
        generator.fill(connect, TICKETS, say=lambda _line: None)
        found.append(set(direct.execute(CATALOGUE).fetchall()))
    return found


def test_a_generated_house_is_what_the_product_writes(
    house: list[set[Any]], connect: Callable[[], psycopg.Connection[Any]]
) -> None:
    before, after = house
    assert before == after  # every index, key, trigger and function is there again, and nothing is left
    assert Ticket.objects.count() == TICKETS
    report = proof.verify_all()
    assert report.is_intact, report.first
    every_row_of_the_search_is_the_triggers_own()
    what_was_said_is_found()
    the_radar_knows_what_it_would_have_read(connect)


def every_row_of_the_search_is_the_triggers_own() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tickets_searchrow")
        assert cursor.fetchone() == (TICKETS + Message.objects.count(),)
        cursor.execute(OTHER_ROWS)
        assert cursor.fetchone() == (0,)


def what_was_said_is_found() -> None:
    agent = User.objects.get(email="agent1@desk.example")
    seen = Ticket.objects.worked_by(agent)
    codes = [ticket for ticket in seen if Message.objects.filter(ticket=ticket, body__endswith=f"HX{ticket.pk}.")]
    for ticket in codes:
        assert [hit.ticket for hit in find(agent, f"hx{ticket.pk}").hits] == [ticket]
    assert find(agent, "nyomtató").count > 10
    first = seen.filter(opened_at__gte=Ticket.objects.get(pk=TICKETS - 50).opened_at)[0]
    assert [hit.ticket for hit in find(agent, first.title).hits][:1] == [first]
    assert find_alike(first, by=agent) is not None


def the_radar_knows_what_it_would_have_read(connect: Callable[[], psycopg.Connection[Any]]) -> None:
    generated = what_the_radar_knows()
    with connect() as direct:
        for table in ("radarposting", "radartext", "radarterm", "radartotals"):
            direct.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(f"tickets_{table}")))
    assert sum(1 for _step in rebuild()) > 0
    assert generated == what_the_radar_knows()


def what_the_radar_knows() -> list[Any]:
    """Without the words' own numbers."""
    words = dict(RadarTerm.objects.values_list("pk", "word"))
    return [
        sorted(RadarTerm.objects.values_list("word", "tickets")),
        sorted(
            (words[term], ticket, weight)
            for term, ticket, weight in RadarPosting.objects.values_list("term_id", "ticket_id", "weight")
        ),
        sorted(
            (pk, [words[term] for term in terms], title, body)
            for pk, terms, title, body in RadarText.objects.values_list("ticket_id", "terms", "in_title", "in_body")
        ),
    ]


def test_what_fails_in_one_hand_is_told(connect: Callable[[], psycopg.Connection[Any]]) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        run_all(connect, ["SELECT 1", "SELECT 1 / 0"])

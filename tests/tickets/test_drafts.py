"""Drafts: kept for each person, ticket and kind; pages that write the same one lose nothing; files come along."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from tests import make
from tickets import drafts, writing
from tickets.drafts import Page
from tickets.errors import Refused
from tickets.models import Draft, DraftFile, SentForm, Team, Ticket, User


@pytest.fixture
def ticket(helpdesk: Team, carla: User) -> Ticket:
    return make.ticket("VPN", team=helpdesk, customer=carla)


def keep(
    ticket: Ticket | None, text: str, *, by: User, version: int = 0, tab: str = "a", **more: object
) -> drafts.Kept:
    return drafts.save_draft(ticket, "reply", {"text": text}, by=by, version=version, tab=tab, **more)  # type: ignore[arg-type]


def test_each_person_ticket_and_kind_has_one_draft(ticket: Ticket, anna: User, cora: User) -> None:
    keep(ticket, "Anna's", by=anna)
    keep(ticket, "Cora's", by=cora)
    drafts.save_draft(ticket, "note", {"note": "among us"}, by=anna)
    keep(ticket, "Anna's, longer", by=anna, version=1)
    assert {(draft.user.name, draft.kind, drafts.words_of(draft.fields)) for draft in Draft.objects.all()} == {
        ("Varga Anna", "reply", "Anna's, longer"),
        ("Varga Anna", "note", "among us"),
        ("Kende Cora", "reply", "Cora's"),
    }


def test_an_empty_text_leaves_no_draft_behind(ticket: Ticket, anna: User) -> None:
    assert keep(ticket, "  ", by=anna).draft is None
    keep(ticket, "Something", by=anna)
    keep(ticket, "", by=anna, version=1)
    assert not Draft.objects.exists()


def test_a_page_that_has_not_seen_the_newest_overwrites_nothing(ticket: Ticket, anna: User) -> None:
    keep(ticket, "from the first tab", by=anna, tab="a")
    late = keep(ticket, "from the second tab", by=anna, tab="b")
    assert late.is_newer
    draft = Draft.objects.get()
    assert draft.fields == {"text": "from the first tab"}
    assert [other["fields"]["text"] for other in draft.others.values()] == ["from the second tab"]

    # typing on there is kept beside, always the newest
    keep(ticket, "from the second tab, more", by=anna, tab="b")
    draft.refresh_from_db()
    assert [other["fields"]["text"] for other in draft.others.values()] == ["from the second tab, more"]

    # keep mine: now the first is set aside
    kept = keep(ticket, "from the second tab, more", by=anna, tab="b", take_over=True, drop="b")
    assert kept.draft is not None
    assert kept.draft.fields == {"text": "from the second tab, more"}
    assert [other["fields"]["text"] for other in kept.draft.others.values()] == ["from the first tab"]


def test_a_text_set_aside_comes_back_and_the_present_one_takes_its_place(ticket: Ticket, anna: User) -> None:
    keep(ticket, "one", by=anna, tab="a")
    keep(ticket, "two", by=anna, tab="b")
    kept = keep(ticket, "two", by=anna, version=1, tab="a", take_over=True, drop="b")
    assert kept.draft is not None
    assert kept.draft.fields == {"text": "two"}
    assert [other["fields"]["text"] for other in kept.draft.others.values()] == ["one"]
    left = next(iter(kept.draft.others))
    kept = keep(ticket, "two", by=anna, version=2, tab="a", drop=left)
    assert kept.draft is not None
    assert kept.draft.others == {}


def test_the_same_page_saves_again_whatever_answer_got_lost(ticket: Ticket, anna: User) -> None:
    keep(ticket, "one", by=anna, tab="a")
    assert not keep(ticket, "one two", by=anna, version=0, tab="a").is_newer
    assert Draft.objects.get().fields == {"text": "one two"}


def test_what_no_message_could_hold_is_refused_in_words(ticket: Ticket, anna: User) -> None:
    with pytest.raises(Refused, match="500001"):
        keep(ticket, "x" * 500_001, by=anna)
    keep(ticket, "a\x00b", by=anna)
    assert Draft.objects.get().fields == {"text": "ab"}


def test_a_saving_that_the_sending_overtook_keeps_nothing(ticket: Ticket, anna: User) -> None:
    key = uuid.uuid4()
    keep(ticket, "said", by=anna, key=key)
    assert drafts.say_once(ticket, "reply", lambda files: "done", by=anna, key=key) == "done"
    assert keep(ticket, "said", by=anna, key=key).is_sent
    assert not Draft.objects.exists()


def test_a_form_does_its_work_once(ticket: Ticket, anna: User, cora: User) -> None:
    key = uuid.uuid4()
    done: list[int] = []
    for _try in range(3):
        drafts.say_once(ticket, "note", lambda files: done.append(1), by=anna, key=key)
    drafts.say_once(ticket, "note", lambda files: done.append(2), by=cora, key=key)  # keys are each person's own
    assert done == [1, 2]


def test_a_refused_act_leaves_draft_and_key_as_they_were(ticket: Ticket, anna: User) -> None:
    key = uuid.uuid4()
    keep(ticket, "kept", by=anna)

    def refuse(files: object) -> None:
        raise Refused("no")

    with pytest.raises(Refused):
        drafts.say_once(ticket, "reply", refuse, by=anna, key=key)
    assert Draft.objects.get().fields == {"text": "kept"}
    assert not SentForm.objects.exists()


def test_what_another_tab_wrote_is_not_thrown_away_with_the_sending(ticket: Ticket, anna: User) -> None:
    keep(ticket, "one", by=anna, tab="a")
    keep(ticket, "one and a half", by=anna, version=1, tab="b")
    drafts.say_once(ticket, "reply", lambda files: 1, by=anna, key=None, page=Page(1, "a"))
    draft = Draft.objects.get()
    assert draft.fields == {}
    assert [other["fields"]["text"] for other in draft.others.values()] == ["one and a half"]


# --- files -----------------------------------------------------------------------------------------------------------


def add(ticket: Ticket, name: str, content: bytes, *, by: User) -> DraftFile:
    return drafts.add_file(ticket, "reply", by=by, name=name, content=content, media_type="text/plain")


def test_files_go_up_before_any_text_and_come_along_when_it_is_said(ticket: Ticket, anna: User) -> None:
    add(ticket, "a.txt", b"a", by=anna)
    add(ticket, "../b.txt", b"b", by=anna)
    said = drafts.say_once(ticket, "reply", lambda files: [(f.name, f.content) for f in files], by=anna, key=None)
    assert said == [("a.txt", b"a"), ("b.txt", b"b")]
    assert not DraftFile.objects.exists()


def test_each_file_that_does_not_fit_is_refused_by_name_and_the_rest_stays(
    ticket: Ticket, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "MOST_FILE_BYTES", 10)
    monkeypatch.setattr(drafts, "MOST_FILES", 2)
    add(ticket, "a.txt", b"12345", by=anna)
    for name, content in (("big.txt", b"x" * 11), ("together.txt", b"123456"), ("empty.txt", b"")):
        with pytest.raises(Refused, match=name):
            add(ticket, name, content, by=anna)
    add(ticket, "b.txt", b"1", by=anna)
    with pytest.raises(Refused, match=r"third\.txt"):
        add(ticket, "third.txt", b"1", by=anna)
    assert [file.name for file in Draft.objects.get().files.all()] == ["a.txt", "b.txt"]


def test_the_last_file_takes_an_otherwise_empty_draft_with_it(ticket: Ticket, anna: User) -> None:
    drafts.remove_file(add(ticket, "a.txt", b"a", by=anna), by=anna)
    assert not Draft.objects.exists()
    keep(ticket, "text", by=anna)
    drafts.remove_file(add(ticket, "a.txt", b"a", by=anna), by=anna)
    assert Draft.objects.get().fields == {"text": "text"}


def test_a_file_that_the_storage_lost_is_named(ticket: Ticket, anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    add(ticket, "lost.txt", b"lost", by=anna)

    def lose(blob: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(drafts, "open_blob", lose)
    with pytest.raises(Refused, match=r"lost\.txt"):
        drafts.say_once(ticket, "reply", lambda files: files, by=anna, key=None)
    assert Draft.objects.exists()


def test_a_hundred_files_fit(ticket: Ticket, anna: User) -> None:
    for n in range(writing.MOST_FILES):
        add(ticket, f"{n}.txt", b"%d" % n, by=anna)
    assert Draft.objects.get().files.count() == 100


def test_discarding_is_for_ones_own_and_not_for_what_is_on_its_way(ticket: Ticket, anna: User, cora: User) -> None:
    keep(ticket, "mine", by=anna)
    draft = Draft.objects.get()
    with pytest.raises(Refused):
        drafts.discard_draft(draft, by=cora)
    Draft.objects.update(send_at=timezone.now())
    with pytest.raises(Refused):
        drafts.discard_draft(draft, by=anna)
    Draft.objects.update(send_at=None)
    drafts.discard_draft(draft, by=anna)
    assert not Draft.objects.exists()


def test_old_keys_are_forgotten(anna: User) -> None:
    SentForm.objects.create(user=anna, key=uuid.uuid4())
    SentForm.objects.create(user=anna, key=uuid.uuid4(), created_at=timezone.now() - drafts.KEYS_KEPT * 2)
    assert drafts.tidy_drafts() == 1
    assert SentForm.objects.count() == 1

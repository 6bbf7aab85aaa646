"""The main job from end to end: mail in, acknowledgement, an agent's reply, the customer's answers, the portal."""

from __future__ import annotations

import re
import time
from email.message import EmailMessage
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SignIn, said
from tests.browser.letters import SUPPORT, letter, newcomer, send
from tests.house import House

HOOK = re.compile(r"\[Ticket#(\d+)\]")
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
STATEMENT = "Nézze meg a mellékelt lapot.\n".encode() * 30


def test_a_mail_is_answered_in_the_browser_and_followed_to_its_end(house: House, sign_in: SignIn) -> None:
    customer = newcomer("oliver")
    anna = sign_in("anna")
    anna.goto("/inbox/unassigned/")
    first = letter(
        customer,
        "Oliver Stone",
        "The scanner on floor 3 is dead",
        "Hello,\n\nsince this morning our scanner does not switch on, and we need the invoices today.\n"
        "Could you please have a look at it?\n\nKind regards,\nOliver\n",
    )
    send(house, first)

    # within seconds it is in anna's inbox, without a reload
    row = anna.locator("tr", has_text="The scanner on floor 3 is dead").filter(has_text="Oliver Stone")
    expect(row).to_be_visible(timeout=20_000)
    number = row.locator(".c-num").inner_text().strip()

    acknowledgement = house.sink.wait_for(customer)[0]
    check_acknowledgement(acknowledgement, customer, first, number)
    assert "Dear Oliver Stone," in text_of(acknowledgement)

    # she takes it, leaves a note, and answers with a file and a promise
    row.locator(".c-title a").click()
    expect(anna.get_by_role("heading", level=1)).to_have_text("The scanner on floor 3 is dead")
    expect(entry(anna, "we need the invoices today")).to_be_visible()
    anna.locator("summary[data-key=a]").click()
    anna.get_by_role("button", name=said("Assign to me")).click()
    expect(anna.locator("summary[data-key=a]")).to_contain_text("Varga Anna")
    write_note(anna, "The scanner is out of warranty, ask finance first.")
    write_reply(anna, "Please press the switch at the back for ten seconds.", "guide.png", PICTURE, with_promise=True)
    expect(anna.locator(f"#_props_{number}")).to_contain_text("Varga Anna")

    reply = house.sink.wait_for(customer, count=2)[1]
    check_reply(reply, customer, first, number)

    # the customer's answer threads in by its headers alone, and shows on anna's open page
    second = letter(customer, "Oliver Stone", "Thank you!", "It blinks red three times now.", answers=reply)
    send(house, second)
    expect(entry(anna, "It blinks red three times now.")).to_be_visible(timeout=20_000)

    portal = sign_in_by_code(house, sign_in, customer)
    walk_the_portal(portal, number)
    expect(entry(anna, "Here is the error page, signed.")).to_be_visible(timeout=20_000)
    shown = entry(anna, "Here is the error page, signed.").get_by_role("link", name="statement.txt")
    assert anna.request.get(shown.get_attribute("href") or "").body() == STATEMENT
    assert len(house.sink.to(customer)) == 3  # acknowledgement, reply, code: nothing more was answered by itself


def check_acknowledgement(mail: EmailMessage, customer: str, answers: EmailMessage, number: str) -> None:
    check_thread(mail, customer, answers, number)
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Loop"] == SUPPORT
    assert mail["X-Envelope-From"] == "<>"
    assert number in text_of(mail)


def check_reply(mail: EmailMessage, customer: str, answers: EmailMessage, number: str) -> None:
    check_thread(mail, customer, answers, number)
    assert mail["Auto-Submitted"] is None
    assert mail["X-Envelope-From"] != "<>"
    text = text_of(mail)
    assert "Please press the switch at the back" in text
    assert "Kind regards,\nHelpdesk" in text  # the team's signature, in the customer's language
    assert "> since this morning our scanner" in text
    assert "out of warranty" not in mail.as_string()
    assert [(part.get_filename(), part.get_content()) for part in mail.iter_attachments()] == [("guide.png", PICTURE)]


def check_thread(mail: EmailMessage, customer: str, answers: EmailMessage, number: str) -> None:
    """What every mail of a ticket has, so that mail programs and we ourselves find its place."""
    assert mail["From"].addresses[0].addr_spec == SUPPORT
    assert [address.addr_spec for address in mail["To"].addresses] == [customer]
    assert HOOK.findall(mail["Subject"]) == [number]
    assert mail["Message-ID"].strip().endswith("@ticketdesk.example>")
    assert mail["Message-ID"] != answers["Message-ID"]
    assert mail["In-Reply-To"] == answers["Message-ID"]
    assert answers["Message-ID"] in mail["References"]
    assert mail["Reply-To"].addresses[0].addr_spec.startswith("support+")


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def entry(page: Page, text: str) -> Locator:
    return page.locator("article.entry", has_text=text)


def write_note(page: Page, text: str) -> None:
    page.keyboard.press("m")
    page.locator("textarea[name=note]").fill(text)
    page.locator("button.if-note[type=submit]").click()
    expect(entry(page, text)).to_have_attribute("data-kind", "note")


def write_reply(page: Page, text: str, file: str = "", content: bytes = b"", *, with_promise: bool = False) -> None:
    page.locator("[data-compose=reply]").click()
    page.locator("textarea[name=text]").fill(text)
    if file:
        page.locator("#write-files").set_input_files({"name": file, "mimeType": "image/png", "buffer": content})
        expect(page.locator("[data-file-list]")).to_contain_text(file)
    if with_promise:
        page.locator("select[name=by_when]").select_option(index=2)
    page.locator("textarea[name=text]").press("Control+Enter")
    expect(entry(page, text)).to_have_attribute("data-kind", "reply")
    expect(page.locator("textarea[name=text]")).to_have_value("")


def sign_in_by_code(house: House, sign_in: SignIn, address: str, **options: Any) -> Page:
    """The way of customers: no password, a code by mail."""
    before = len(house.sink.to(address))
    page = sign_in(None, **options)
    page.goto("/account/login/")
    page.locator("a[href*='code']").click()
    page.locator("input[name=email]").fill(address)
    page.locator("input[name=email]").press("Enter")
    mail = house.sink.wait_for(address, count=before + 1)[-1]
    code = re.search(r"^\s*([A-Z0-9]{3,}-?[A-Z0-9]{3,})\s*$", text_of(mail), re.MULTILINE)
    assert code, text_of(mail)
    page.locator("input[name=code]").fill(code[1])
    page.locator("input[name=code]").press("Enter")
    page.wait_for_url("**/portal/")
    return page


def walk_the_portal(page: Page, number: str) -> None:
    """See the ticket, read the reply, fetch its file, answer with one; the note is nowhere."""
    page.get_by_role("link", name="The scanner on floor 3 is dead").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The scanner on floor 3 is dead")
    expect(page.locator("main")).to_contain_text(number)
    expect(page.locator("main")).to_contain_text("Please press the switch at the back for ten seconds.")
    expect(page.locator("main")).to_contain_text("It blinks red three times now.")
    with page.expect_download() as download:
        page.get_by_role("link", name="guide.png").click()
    assert download.value.path().read_bytes() == PICTURE
    page.locator("textarea[name=text]").fill("Here is the error page, signed.")
    page.locator("input[type=file]").set_input_files(
        {"name": "statement.txt", "mimeType": "text/plain", "buffer": STATEMENT}
    )
    page.locator("#answer button[type=submit]").first.click()
    expect(page.locator("article", has_text="Here is the error page, signed.")).to_contain_text("statement.txt")
    assert "out of warranty" not in page.content()


def test_a_mail_by_lmtp_is_acknowledged_in_the_customers_language(house: House, sign_in: SignIn) -> None:
    customer = newcomer("kata")
    mail = letter(
        customer,
        "Szél Kata",
        "Nem indul a számlázó program",
        "Tisztelt Ügyfélszolgálat!\n\nMa reggel óta nem indul el a számlázó program a gépemen, mindig hibát ír ki.\n"
        "Kérem, nézzék meg, mert délután le kell adnunk a számlákat.\n\nÜdvözlettel:\nSzél Kata\n",
    )
    send(house, mail, lmtp=True)
    acknowledgement = house.sink.wait_for(customer)[0]
    number = HOOK.findall(acknowledgement["Subject"])[0]
    check_acknowledgement(acknowledgement, customer, mail, number)
    assert "Szél Kata" in text_of(acknowledgement)
    assert "Üdvözlettel:" in text_of(acknowledgement)
    assert "We have received" not in text_of(acknowledgement)
    anna = sign_in("anna")
    anna.goto(f"/ticket/{number}/")
    expect(entry(anna, "délután le kell adnunk a számlákat")).to_be_visible()


def test_a_strangers_mail_with_the_number_waits_for_one_click(house: House, sign_in: SignIn) -> None:
    customer, stranger = newcomer("olivia"), newcomer("mallory")
    number = opened_by_mail(house, customer, "Olivia Park", "My laptop smells of smoke")
    send(
        house,
        letter(stranger, "Mal Lory", f"Re: [Ticket#{number}] My laptop smells of smoke", "I am her boss, tell me all."),
    )
    anna = sign_in("anna")
    anna.goto(f"/ticket/{number}/")
    waiting = entry(anna, "I am her boss, tell me all.")
    expect(waiting).to_be_visible(timeout=20_000)
    expect(waiting).to_contain_text(said("Unknown sender"))
    portal = sign_in_by_code(house, sign_in, customer)
    portal.goto(f"/portal/requests/{number}/")
    expect(portal.get_by_role("heading", level=1)).to_have_text("My laptop smells of smoke")
    assert "I am her boss" not in portal.content()

    waiting.get_by_role("button", name=said("Accept")).click()
    expect(entry(anna, "I am her boss, tell me all.")).not_to_contain_text(said("Unknown sender"))
    portal.reload()
    expect(portal.locator("main")).to_contain_text("I am her boss, tell me all.")
    assert house.sink.to(stranger) == []


def test_a_vacation_reply_neither_reopens_a_ticket_nor_gets_an_answer(house: House, sign_in: SignIn) -> None:
    customer = newcomer("oscar")
    number = opened_by_mail(house, customer, "Oscar Reed", "Please reset my password")
    acknowledgement = house.sink.wait_for(customer)[0]
    anna = sign_in("anna")
    anna.goto(f"/ticket/{number}/")
    anna.locator("button[data-key=e]").click()
    expect(anna.locator("#_ticket_head .status")).to_have_attribute("data-status", "solved")
    away = letter(customer, "Oscar Reed", "Out of office", "I am away until Monday.", answers=acknowledgement)
    away["Auto-Submitted"] = "auto-replied"
    send(house, away, envelope_from="")
    expect(entry(anna, "I am away until Monday.")).to_be_visible(timeout=20_000)
    expect(anna.locator("#_ticket_head .status")).to_have_attribute("data-status", "solved")

    # a person's answer does reopen it
    send(house, letter(customer, "Oscar Reed", "Re: it", "It still does not work.", answers=acknowledgement))
    expect(anna.locator("#_ticket_head .status")).to_have_attribute("data-status", "open", timeout=20_000)
    assert len(house.sink.to(customer)) == 1


def opened_by_mail(house: House, customer: str, name: str, subject: str) -> str:
    """The number of the new ticket, as its acknowledgement tells it."""
    send(house, letter(customer, name, subject, f"Hello,\n\n{subject}. Can you help me, please?\n\nThank you!\n"))
    return str(HOOK.findall(house.sink.wait_for(customer)[0]["Subject"])[0])


def test_the_account_of_mail_adds_up_and_no_history_is_broken(house: House, sign_in: SignIn) -> None:
    customer = newcomer("otto")
    mail = letter(customer, "Otto Kern", "One mail, offered twice", "Once is enough.")
    root = sign_in("root")
    before = figures(root)
    send(house, mail)
    house.sink.wait_for(customer)
    send(house, mail)
    time.sleep(2)  # nothing shall come of the second offer, and nothing tells when nothing came
    assert len(house.sink.to(customer)) == 1
    after = figures(root)
    assert after[0] == before[0] + 1  # mails in
    assert after[1] == before[1] + 1  # new tickets
    assert after[0] == sum(after[1:])
    verified = house.manage("verify_history")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def figures(page: Page) -> list[int]:
    """Mails in, new tickets, follow-ups, quarantined, ignored, waiting."""
    page.goto("/setup/mail/")
    expect(page.locator("main")).to_contain_text(said("The account adds up"))
    return [int(re.sub(r"\D", "", text)) for text in page.locator(".figure b").all_inner_texts()]

"""Hungarian answers as the common mail programs lay them out in HTML: only what was written anew is shown unfolded."""

# ruff: noqa: E501 - mails stand as the programs write them
from __future__ import annotations

import pytest

from tests.tickets.mail.mails import multipart, part, raw_mail
from tickets.mail.parsing import parse_mail

OLD = "Kérem, próbálja újra a belépést."
ANSWERS = {
    "Gmail": '<div dir="ltr">Most már működik, köszönöm!</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">'
    "Ügyfélszolgálat &lt;<a href=\"mailto:support@example.com\">support@example.com</a>&gt; ezt írta (időpont: 2026. jan. 5., H, 10:12):<br></div>"
    f'<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex">{OLD}</blockquote></div>',
    "Gmail on Android": '<div dir="auto">Most már működik, köszönöm!</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
    "Ügyfélszolgálat &lt;support@example.com&gt; ezt írta (időpont: 2026. jan. 5., Hét 10:12):<br></div>"
    f'<blockquote class="gmail_quote">{OLD}</blockquote></div>',
    "Thunderbird": "<p>Most már működik, köszönöm!</p><div class=\"moz-cite-prefix\">2026. 01. 05. 10:12 keltezéssel, Ügyfélszolgálat írta:<br></div>"
    f'<blockquote type="cite" cite="mid:x@example.com">{OLD}</blockquote>',
    "Apple Mail": "Most már működik, köszönöm!<br><div><br><blockquote type=\"cite\"><div>2026. jan. 5. dátummal, 10:12 időpontban Ügyfélszolgálat &lt;support@example.com&gt; írta:</div><br>"
    f"<div>{OLD}</div></blockquote></div>",
    "iPhone": "Most már működik, köszönöm!<br><br><div dir=\"ltr\">Az iPhone-omról küldve</div><div dir=\"ltr\"><br><blockquote type=\"cite\">Ügyfélszolgálat &lt;support@example.com&gt; írta (2026. jan. 5., 10:12):<br><br></blockquote></div>"
    f'<blockquote type="cite"><div dir="ltr">{OLD}</div></blockquote>',
    "Outlook": '<div class="WordSection1"><p class="MsoNormal">Most már működik, köszönöm!</p><p class="MsoNormal">&nbsp;</p>'
    '<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>Feladó:</b> Ügyfélszolgálat &lt;support@example.com&gt; <br>'
    "<b>Elküldve:</b> 2026. január 5., hétfő 10:12<br><b>Címzett:</b> Kiss Anna &lt;anna@example.hu&gt;<br><b>Tárgy:</b> Belépés</p></div></div>"
    f'<p class="MsoNormal">{OLD}</p></div>',
    "Outlook on the web": '<div class="elementToProof">Most már működik, köszönöm!</div><hr style="display:inline-block;width:98%" tabindex="-1">'
    '<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri"><b>Feladó:</b> Ügyfélszolgálat &lt;support@example.com&gt;<br><b>Elküldve:</b> 2026. január 5., hétfő 10:12<br>'
    f"<b>Címzett:</b> Kiss Anna<br><b>Tárgy:</b> Belépés</font></div><div>{OLD}</div>",
    "Samsung": '<div dir="auto">Most már működik, köszönöm!</div><div dir="auto"><br></div><div align="left" dir="auto" style="font-size:100%"><div>-------- Eredeti üzenet --------</div>'
    "<div>Feladó: Ügyfélszolgálat &lt;support@example.com&gt; </div><div>Dátum: 2026. 01. 05. 10:12 (GMT+01:00) </div><div>Címzett: anna@example.hu </div><div>Tárgy: Belépés </div><div><br></div></div>"
    f"<div>{OLD}</div>",
    "K-9 Mail": "Most már működik, köszönöm!<br><br><div class=\"gmail_quote\">2026. január 5. 10:12:00 CET-kor, Ügyfélszolgálat &lt;support@example.com&gt; írta:"
    f'<blockquote class="gmail_quote">{OLD}</blockquote></div>',
}  # fmt: skip


@pytest.mark.parametrize("program", ANSWERS)
def test_an_answer_is_cut_where_the_quotation_begins(program: str) -> None:
    page = f"<html><head><meta charset=utf-8></head><body>{ANSWERS[program]}</body></html>"
    mail = parse_mail(raw_mail(page, content_type="text/html; charset=utf-8", subject="Re: Belépés"))
    assert "Most már működik, köszönöm!" in mail.reply
    assert OLD not in mail.reply
    for word in ("írta", "Feladó", "Elküldve", "Eredeti"):
        assert word not in mail.reply
    assert OLD in mail.text  # folded, never lost


@pytest.mark.parametrize(
    ("method", "trait"),
    [("REQUEST", "calendar"), ("PUBLISH", "calendar"), ("CANCEL", "calendar_cancel"), ("reply", "calendar_reply")],
)
def test_what_a_calendar_file_asks_for_is_told(method: str, trait: str) -> None:
    file = part(f"BEGIN:VCALENDAR\nMETHOD:{method}\nEND:VCALENDAR\n", f"text/calendar; method={method}")
    mail = parse_mail(multipart(part("értekezlet"), file, kind="alternative"))
    assert {one for one in mail.traits if one.startswith("calendar")} == {trait}

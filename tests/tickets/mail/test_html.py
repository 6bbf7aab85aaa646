"""HTML mails: nothing runs, hides, submits or fetches; the words stay."""

# ruff: noqa: E501 - mails stand as they come
from __future__ import annotations

import pytest

from tickets.mail.html import fold_quotations, html_to_text, sanitise_html


def clean(html: str, *, allow: bool = False) -> str:
    return sanitise_html(html, cid_urls={"logo@x": "/attachment/7"}, allow_remote_images=allow).html


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>x", "<img src=x onerror=alert(1)>", "<a href='javascript:alert(1)'>x</a>", "<svg><script>1</script></svg>",
        "<iframe src=http://evil.example></iframe>", "<object data=x></object>", "<style>body{display:none}</style>x", "<meta http-equiv=refresh content=0>",
        "<base href=http://evil.example>", "<link rel=stylesheet href=http://evil.example>", "<form action=http://evil.example><input name=a></form>",
        "<div style='position:fixed;top:0;z-index:9'>x</div>", "<div style='background:url(http://evil.example/x)'>x</div>",
        "<div style=\"background-image:u\\72l(http://evil.example)\">x</div>", "<div style='width:expression(alert(1))'>x</div>", "<div style='margin-left:-500px'>x</div>",
        "<td background=http://evil.example/x>x</td>", "<img srcset='http://evil.example/x 2x'>", "<img src='data:text/html,x'>", "<img src=//evil.example/x>",
        "<video poster=http://evil.example/x></video>", "<math><mtext></mtext></math>", "<div onclick=alert(1)>x</div>", "<!--[if mso]><x><![endif]-->",
        "<a href='data:text/html,<script>1</script>'>x</a>",
    ],
)  # fmt: skip
def test_nothing_dangerous_survives(html: str) -> None:
    out = clean(html).lower()
    for bad in ("<script", "onerror", "onclick", "javascript:", "<svg", "<iframe", "<object", "<style", "<meta", "<base", "<link", "<form", "<input",
                "position", "url(", "u\\72l", "expression", "evil.example", "data:", "<!--", "-500px", "<math", "<video"):  # fmt: skip
        assert bad not in out


def test_remote_pictures_wait_until_asked_for() -> None:
    html = '<p>x</p><img src="https://example.com/pixel.gif" alt="kép">'
    blocked = sanitise_html(html, cid_urls={}, allow_remote_images=False)
    assert blocked.has_remote_images
    assert "example.com" not in blocked.html
    shown = sanitise_html(html, cid_urls={}, allow_remote_images=True)
    assert 'src="https://example.com/pixel.gif"' in shown.html


@pytest.mark.parametrize(
    "html",
    [
        "<td background='http://example.com/x'>",
        "<p style='background:url(http://example.com/x)'>",
        "<img srcset='http://example.com/x 2x'>",
    ],
)
def test_hidden_ways_to_fetch_are_noticed_and_never_allowed(html: str) -> None:
    out = sanitise_html(f"<table><tr>{html}x", cid_urls={}, allow_remote_images=True)
    assert out.has_remote_images
    assert "example.com" not in out.html


def test_inline_pictures_come_from_the_mail_itself() -> None:
    assert 'src="/attachment/7"' in clean('<img src="cid:logo@x">')
    assert "src" not in clean('<img src="cid:other@x">')
    assert not sanitise_html('<img src="cid:logo@x">', cid_urls={"logo@x": "/a"}).has_remote_images


def test_links_open_apart_and_tell_nothing() -> None:
    out = clean('<a href="https://example.com" target="_top">x</a>')
    assert 'target="_blank"' in out
    assert "noopener" in out
    assert "noreferrer" in out


def test_harmless_styles_stay() -> None:
    assert "color: red" in clean("<p style='color: red; font-size: 12px'>x</p>")


def test_a_wild_page_is_shown_as_text() -> None:
    out = sanitise_html("<div>" * 5000 + "szöveg", cid_urls={})
    assert "szöveg" in out.html
    assert out.html.startswith("<pre>")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Egy</p><p>Kettő</p>", "Egy\n\nKettő"),
        ("Egy<br>Kettő", "Egy\nKettő"),
        ("<div>Egy</div><div>Kettő</div>", "Egy\nKettő"),
        ("a&nbsp;b &lt;c&gt; &amp;amp; &eacute;", "a b <c> &amp; é"),
        ("<ul><li>egy<li>kettő</ul>", "- egy\n- kettő"),
        ("<ol><li>egy<li>kettő</ol>", "1. egy\n2. kettő"),
        ("válasz<blockquote>régi<br>sor</blockquote>", "válasz\n\n> régi\n> sor"),
        ('<a href="https://example.com/a">itt</a>', "itt <https://example.com/a>"),
        ('<a href="https://example.com/">https://example.com</a>', "https://example.com"),
        ("<style>p{}</style><script>x</script>szó<title>cím</title>", "szó"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<pre>egy\n  kettő</pre>", "egy\n  kettő"),
        ("", ""),
    ],
)
def test_html_becomes_readable_text(html: str, text: str) -> None:
    assert html_to_text(html) == text


def test_outermost_quotations_fold_and_nothing_else_moves() -> None:
    html = "<p>a</p><blockquote>b<blockquote>c</blockquote></blockquote><p>d</p><blockquote>e</blockquote>"
    folded = fold_quotations(html, words="<Quoted>")
    assert folded.count("<details><summary>&lt;Quoted&gt;</summary><blockquote>") == 2
    assert folded.count("</blockquote></details>") == 2
    assert folded.replace("<details><summary>&lt;Quoted&gt;</summary>", "").replace("</details>", "") == html
    assert fold_quotations("<p>a</p>", words="x") == "<p>a</p>"


def test_tags_that_do_not_balance_are_left_alone() -> None:
    assert fold_quotations("<blockquote>a", words="x") == "<blockquote>a"

"""How templates are folded: what is fixed is put together once for each language, and says what it said before."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Engine, Template, TemplateSyntaxError
from django.template.base import Node, TextNode
from django.template.engine import Engine as PlainEngine
from django.test import RequestFactory
from django.urls import reverse
from django.utils import translation

from ticketdesk.templates import OURS, Addressed, Fixed, Loader, address_of, fold
from tickets.templatetags.kept import KeptNode

LIBRARIES = {
    "i18n": "django.templatetags.i18n",
    "static": "django.templatetags.static",
    "ui": "tickets.templatetags.ui",
    "kept": "tickets.templatetags.kept",
}
LOAD = "{% load i18n static ui kept %}"


@pytest.fixture
def engine() -> PlainEngine:
    return Engine(dirs=[OURS], libraries=LIBRARIES)


def folded(engine: PlainEngine, source: str) -> Template:
    template = Template(LOAD + source, engine=engine)
    fold(template.nodelist, Loader(engine, ["django.template.loaders.filesystem.Loader"]))
    return template


FIXED = (
    'a{% translate "Close" %}b',
    '{% icon "x" %}{% icon "x" small=True %}',
    '{% translate "Share" context "of a whole" %} {% static "icons.svg" %}',
    '{% url "tickets:inbox" %}{% url "tickets:inbox_view" "mine" %}',
    '{% include "components/_theme.html" %}{% comment %}no{% endcomment %}',
)
LIVE = (
    "{{ name }}",
    "{% translate name %}",
    '{% translate "Close" as word %}{{ word }}',
    "{% icon name %}",
    '{% url "tickets:ticket" name %}',
    "{% if name %}a{% endif %}",
    "{% include name %}",
    "{% csrf_token %}",
)


@pytest.mark.parametrize("source", FIXED)
@pytest.mark.parametrize("language", ["hu", "en"])
def test_what_is_fixed_becomes_one_node_and_says_the_same(engine: PlainEngine, source: str, language: str) -> None:
    with translation.override(language):
        before = Template(LOAD + source, engine=engine).render(Context())
        template = folded(engine, source)
        assert [type(node) for node in template.nodelist] == [Fixed]
        assert template.render(Context()) == before
        assert template.render(Context()) == before  # the kept text


@pytest.mark.parametrize("source", LIVE)
def test_what_depends_on_anything_else_stays(engine: PlainEngine, source: str) -> None:
    template = folded(engine, "a" + source)
    assert any(not isinstance(node, Fixed | TextNode) for node in template.nodelist)


def test_each_language_has_its_own_text(engine: PlainEngine) -> None:
    template = folded(engine, 'a{% translate "Close" %}')
    said = []
    for language in ("hu", "en", "hu"):
        with translation.override(language):
            said.append(template.render(Context()))
    assert said[0] == said[2] != said[1] == "aClose"


def test_parts_of_branches_and_loops_are_folded(engine: PlainEngine) -> None:
    branch = '{% if x %}{% icon "x" %}{% translate "Close" %}{% else %}<b>{{ x }}</b>{% endif %}'
    source = f"{{% for x in many %}}{branch}{{% endfor %}}"
    template = folded(engine, source)
    assert len(template.nodelist.get_nodes_by_type(Fixed)) == 2  # what is loaded, and the branch
    many = {"many": [1, 0, 1]}
    assert template.render(Context(many)) == Template(LOAD + source, engine=engine).render(Context(many))


def test_a_template_that_includes_itself_ends(tmp_path: Path) -> None:
    (tmp_path / "tree.html").write_text('a{% if deeper %}{% include "tree.html" with deeper=False %}{% endif %}')
    loaders = [("ticketdesk.templates.Loader", [("django.template.loaders.filesystem.Loader", [str(tmp_path)])])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ticketdesk.templates.OURS", str(tmp_path))
        template = Engine(loaders=loaders).get_template("tree.html")
        assert template.render(Context({"deeper": True})) == "aa"


def test_every_template_of_ours_can_be_folded() -> None:
    from django.template import engines

    engine: PlainEngine = getattr(engines["django"], "engine")  # noqa: B009
    count = 0
    for path in Path(settings.BASE_DIR, "templates").rglob("*.html"):
        if "socialaccount" in path.read_text():
            continue  # of an app that is not installed
        nodes: list[Node] = engine.get_template(str(path.relative_to(OURS))).nodelist
        count += bool(nodes)
    assert count > 100


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("tickets:ticket", ["2026112610000001"]),
        ("tickets:ticket", ["T-12_b"]),
        ("tickets:group", [17]),
        ("tickets:message_html", ["2026112610000001", 4]),
        ("tickets:inbox_view", ["mine"]),
    ],
)
def test_an_address_is_the_one_that_django_makes(name: str, args: list[object]) -> None:
    assert address_of(name, args) == reverse(name, args=args)


@pytest.mark.parametrize("args", [["a b"], ["a/b"], ["á"], [None], [""], ["x" * 60], ["<b>"], [True]])
def test_an_argument_that_is_not_plain_is_left_to_django(args: list[object]) -> None:
    assert address_of("tickets:ticket", args) is None


def test_a_word_where_only_a_number_fits_is_still_refused(engine: PlainEngine) -> None:
    from django.urls import NoReverseMatch

    template = folded(engine, '{% url "tickets:group" name %}')
    assert any(isinstance(node, Addressed) for node in template.nodelist)
    assert template.render(Context({"name": 12})) == reverse("tickets:group", args=[12])
    with pytest.raises(NoReverseMatch):
        template.render(Context({"name": "twelve"}))


def test_a_kept_part_is_drawn_once_for_each_value(engine: PlainEngine) -> None:
    template = folded(engine, "{% kept a %}{{ a }}{{ other }}{% endkept %}")
    assert template.nodelist.get_nodes_by_type(KeptNode)
    request = RequestFactory().get("/")
    said = [
        template.render(Context({"a": a, "other": other, "request": request})) for a, other in ((1, 1), (1, 2), (2, 3))
    ]
    assert said == ["11", "11", "23"]


def test_an_include_that_cannot_be_read_is_said_only_when_it_is_drawn(tmp_path: Path) -> None:
    (tmp_path / "unreadable.html").write_text("{% load nothing_of_the_kind %}")
    engine = Engine(dirs=[OURS, str(tmp_path)], libraries=LIBRARIES)
    template = folded(engine, '{% if shown %}{% include "unreadable.html" %}{% endif %}')
    assert template.render(Context()) == ""
    with pytest.raises(TemplateSyntaxError):
        template.render(Context({"shown": True}))

"""How templates are loaded: what a template says the same to every reader of a language is put together once.

A page is made of hundreds of small nodes, most of which are fixed: text, words of the catalogue, icons, addresses
without arguments. Runs of these become one node that keeps its text per language; what depends on anything else stays
as it was.
"""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.template import Context, Node, NodeList, Origin, Template, TemplateDoesNotExist, TemplateSyntaxError
from django.template.base import FilterExpression, TextNode
from django.template.defaulttags import CommentNode, LoadNode, URLNode
from django.template.library import SimpleNode
from django.template.loader_tags import IncludeNode
from django.template.loaders.base import Loader as BaseLoader
from django.template.loaders.cached import Loader as CachedLoader
from django.templatetags.i18n import TranslateNode
from django.templatetags.static import StaticNode
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from tickets.templatetags import ui

OURS = str(Path(settings.BASE_DIR) / "templates")
# Tags whose answer depends on their arguments and the language alone.
FIXED_TAGS = frozenset({ui.icon})


class FoldingLoader(BaseLoader):
    """Folds our own templates as they are read, before any thread can draw with them."""

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        """Raises TemplateDoesNotExist."""
        template: Template = super().get_template(template_name, skip)
        if str(template.origin.name).startswith(OURS):
            reading = _at_work.names = (*_names(), template_name)
            try:
                fold(template.nodelist, self)
            finally:
                _at_work.names = reading[:-1]
        return template


class Loader(CachedLoader, FoldingLoader):
    """Django's cached loader over the other: what it keeps is folded."""


_at_work = threading.local()


def _names() -> tuple[str, ...]:
    """The templates that this thread is folding, one inside the other."""
    return getattr(_at_work, "names", ())


class Fixed(Node):
    """A run of nodes that say the same to every reader of a language."""

    child_nodelists = ()

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.token, self.origin = nodes[0].token, nodes[0].origin
        self.texts: dict[tuple[str | None, bool, str], str] = {}
        _everything.append(self.texts)

    def render(self, context: Context) -> SafeString:
        key = (get_language(), context.autoescape, get_script_prefix())
        text = self.texts.get(key)
        if text is None:
            text = self.texts[key] = SafeString("".join([str(node.render_annotated(context)) for node in self.nodes]))
        return text  # type: ignore[return-value]  # a SafeString, as it was put in

    render_annotated = render  # its nodes annotate themselves; only the first time can fail


class Addressed(URLNode):
    """`{% url %}` of a name that stands in the template: the shape of its address is asked for once."""

    def render(self, context: Context) -> str:
        args = [arg.resolve(context) for arg in self.args]
        found = address_of(str(self.view_name.var), args)
        return super().render(context) if found is None else found


def fold(nodes: NodeList, loader: BaseLoader) -> None:
    """Puts the fixed runs of a list of nodes together, in place, and those of all lists below it."""
    folded: list[Node] = []
    run: list[Node] = []
    for node in nodes:
        if is_fixed(node, loader):
            run.append(node)
            continue
        _fold_below(node, loader)
        folded += [*_as_one(run), _quicker(node)]
        run = []
    nodes[:] = [*folded, *_as_one(run)]


def _as_one(run: list[Node]) -> list[Node]:
    is_worth_it = len(run) > 1 or (run and not isinstance(run[0], TextNode | Fixed))
    return [Fixed(run)] if is_worth_it else run


def _fold_below(node: Node, loader: BaseLoader) -> None:
    for value in vars(node).values():
        if isinstance(value, NodeList):
            fold(value, loader)
    for _condition, nodes in getattr(node, "conditions_nodelists", ()):  # of `if`
        fold(nodes, loader)


def _quicker(node: Node) -> Node:
    if type(node) is URLNode and _is_constant(node.view_name) and not node.kwargs and node.asvar is None:
        quick = Addressed(node.view_name, node.args, node.kwargs, node.asvar)
        quick.token, quick.origin = node.token, node.origin
        return quick
    return node


# --- what is fixed ---------------------------------------------------------------------------------------------------


def is_fixed(node: Node, loader: BaseLoader) -> bool:
    """Whether the node says the same to every reader of a language, and leaves nothing in the context."""
    match node:
        case TextNode() | CommentNode() | LoadNode() | Fixed():
            return True
        case TranslateNode():
            context_is_fixed = node.message_context is None or _is_constant(node.message_context)
            return node.asvar is None and _is_literal(node.filter_expression) and context_is_fixed
        case StaticNode():
            return type(node) is StaticNode and node.varname is None and _is_constant(node.path)
        case URLNode():
            return (
                type(node) is URLNode and node.asvar is None and _are_constant(node.view_name, *node.args, node.kwargs)
            )
        case SimpleNode():
            is_known = node.func in FIXED_TAGS and not node.takes_context and node.target_var is None
            return is_known and _are_constant(*node.args, node.kwargs)
        case IncludeNode():
            return _is_fixed_include(node, loader)
        case _:
            return False


def _is_fixed_include(node: IncludeNode, loader: BaseLoader) -> bool:
    name = node.template.var
    if not isinstance(name, str) or node.template.filters or name.startswith(".") or name in _names():
        return False
    try:
        template = loader.get_template(name)
    except (TemplateDoesNotExist, TemplateSyntaxError):  # said when it is drawn, if it is
        return False
    return all(is_fixed(each, loader) for each in template.nodelist)


def _are_constant(*expressions: FilterExpression | dict[str, FilterExpression]) -> bool:
    return all(
        all(map(_is_constant, each.values())) if isinstance(each, dict) else _is_constant(each) for each in expressions
    )


def _is_constant(expression: FilterExpression) -> bool:
    if expression.filters or expression.var is None:
        return False
    return not expression.is_var or expression.var.var in ("True", "False", "None")  # which every context has


def _is_literal(expression: FilterExpression) -> bool:
    """`translate` makes a variable of its text, one without a name to look up."""
    return not expression.filters and getattr(expression.var, "literal", None) is not None


# --- addresses -------------------------------------------------------------------------------------------------------

PLAIN = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
STANDS_FOR = {"n": "7345{}0098127", "w": "x-{}_Q7w"}  # a number; a word that every usual converter takes


def address_of(name: str, args: list[Any]) -> SafeString | None:
    """The address of a page by its URL's name and plain arguments; None when Django has to say it."""
    kinds = []
    for arg in args:
        text = str(arg)
        if type(arg) not in (int, str, SafeString) or not PLAIN.fullmatch(text):
            return None
        kinds.append("n" if text.isdigit() else "w")
    key = (name, "".join(kinds), get_urlconf(), get_script_prefix())
    if key not in _shapes:
        _shapes[key] = _shape_of(name, kinds)
    shape = _shapes[key]
    return None if shape is None else mark_safe(shape.format(*args))  # noqa: S308 (letters, digits, - and _ alone)


def _shape_of(name: str, kinds: list[str]) -> str | None:
    """The address with places for the arguments; None for one that takes only certain words, or has them elsewhere."""
    marks = [STANDS_FOR[kind].format(place) for place, kind in enumerate(kinds)]
    try:
        url = reverse(name, args=marks)
    except NoReverseMatch:
        return None
    if "{" in url or "&" in url or any(url.count(mark) != 1 for mark in marks):
        return None
    for place, mark in enumerate(marks):
        url = url.replace(mark, f"{{{place}}}")
    return url


_shapes: dict[tuple[str, str, str | None, str], str | None] = {}
_everything: list[dict[tuple[str | None, bool, str], str]] = []


def forget(**_sent: Any) -> None:
    """Drops what was kept, since a setting it may depend on has changed (in tests)."""
    _shapes.clear()
    for texts in _everything:
        texts.clear()


setting_changed.connect(forget)

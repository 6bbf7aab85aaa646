"""Attachments, raw mails and a mail's own HTML: contents from strangers, served so that they can do no harm."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterable, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from tickets import files
from tickets.access import load_attachment, load_message, load_ticket
from tickets.mail.html import fold_quotations, sanitise_html
from tickets.models import Attachment, Message, User
from tickets.web.entries import OWN_COLOURS, SAFE_IMAGES
from tickets.web.responses import AgentRequest, ask_to_sign_in, for_agents

LOCKED = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'none'"
MOST_INLINE_BYTES = 8_000_000  # pictures written into the page of a mail, together


@require_GET
def file(request: HttpRequest, number: str, attachment_id: int, name: str = "") -> HttpResponseBase:
    """A file on a message, for whoever may read the message. Pictures may be shown with `?inline=1`."""
    if not isinstance(request.user, User):
        return ask_to_sign_in(request)
    attachment = load_attachment(request.user, number, attachment_id)
    is_shown = attachment.media_type in SAFE_IMAGES and "inline" in request.GET
    try:
        content = files.open_blob(attachment.blob)
    except FileNotFoundError as error:
        raise Http404(_("This file is no longer there.")) from error
    answer = FileResponse(
        content,
        as_attachment=not is_shown,
        filename=attachment.name or "file",
        content_type=attachment.media_type if is_shown else "application/octet-stream",
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = LOCKED
    answer["Cache-Control"] = "private, max-age=86400"
    return answer


@require_GET
def message_files(request: HttpRequest, number: str, message_id: int) -> HttpResponseBase:
    """All files of a message in one ZIP, for whoever may read the message."""
    if not isinstance(request.user, User):
        return ask_to_sign_in(request)
    message = load_message(request.user, number, message_id)
    found = list(message.attachments.select_related("blob").filter(erasure__isnull=True).order_by("id"))
    if not found:
        raise Http404(_("There is no such file."))
    chunks = files.pack_files(found)
    content = in_pieces(chunks) if isinstance(request, ASGIRequest) else chunks
    answer = StreamingHttpResponse(content, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{number}-{message.pk}.zip"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = LOCKED
    answer["Cache-Control"] = "private, no-store"
    return answer


async def in_pieces(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The same chunks for a server that would otherwise gather them all before it sends the first."""
    take = sync_to_async(lambda: next(chunks, None))
    while (chunk := await take()) is not None:
        yield chunk


@require_GET
@for_agents
def message_raw(request: AgentRequest, number: str, message_id: int) -> HttpResponse:
    """The mail exactly as it came, to save."""
    load_ticket(request.user, number, to="see_internal")
    message = load_message(request.user, number, message_id)
    inbound = message.inbound
    if inbound is None or not inbound.raw:
        raise Http404(_("There is no raw mail."))
    answer = HttpResponse(bytes(inbound.raw), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{number}-{message.pk}.eml"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = LOCKED
    return answer


@require_GET
@xframe_options_sameorigin
def message_html(request: HttpRequest, number: str, message_id: int) -> HttpResponseBase:
    """A mail's HTML for the sandboxed frame. Pictures from elsewhere load only with `?images=1`.

    The mail's own pictures are written into the page, so that it fetches nothing by itself.
    """
    if not isinstance(request.user, User):
        return ask_to_sign_in(request)
    message = load_message(request.user, number, message_id)
    shows_remote = "images" in request.GET
    clean = sanitise_html(message.html, cid_urls=inline_pictures(message), allow_remote_images=shows_remote)
    html = fold_quotations(clean.html, words=_("Quoted mail")) if message.has_quote else clean.html
    is_plain = OWN_COLOURS.search(message.html) is None
    answer = render(request, "tickets/message_html.html", {"html": html, "message": message, "is_plain": is_plain})
    pictures = "data: https: http:" if shows_remote else "data:"
    # In a frame the page around it may read how tall the mail is; nothing in the mail can use that, as nothing in it
    # runs: the sanitiser, the sandbox and the policy each forbid it. Opened by its address it has no origin at all.
    measured = " allow-same-origin" if request.headers.get("Sec-Fetch-Dest") == "iframe" else ""
    answer["Content-Security-Policy"] = (
        f"sandbox allow-popups allow-popups-to-escape-sandbox{measured}; default-src 'none'; "
        f"style-src 'unsafe-inline' 'self'; img-src {pictures}; "
        "frame-ancestors 'self'; form-action 'none'; base-uri 'none'"
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "private, no-store"
    return answer


def inline_pictures(message: Message) -> dict[str, str]:
    """Content id to data address, for safe pictures of a size that fits; the rest are files to download."""
    pictures: Iterable[Attachment] = message.attachments.select_related("blob").exclude(content_id="")
    left = MOST_INLINE_BYTES
    found: dict[str, str] = {}
    for picture in pictures:
        if picture.media_type not in SAFE_IMAGES or picture.blob.size > left:
            continue
        try:
            with files.open_blob(picture.blob) as content:
                data = base64.b64encode(content.read()).decode()
        except FileNotFoundError:
            continue  # the frame shows an empty place; the list of files says which one
        left -= picture.blob.size
        found[picture.content_id] = f"data:{picture.media_type};base64,{data}"
    return found

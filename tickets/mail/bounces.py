"""What of ours was not delivered, to whom and why: by standard reports (RFC 3464) and the many beside it."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass, field
from email import message_from_bytes

from flufl.bounce import all_failures

from tickets.mail.charsets import decode_bytes
from tickets.mail.fields import ADDRESS, clean_address, decode_text, parse_ids
from tickets.mail.machine_words import (
    DAEMON,
    DELAY,
    FAILURE_SUBJECT,
    FAILURE_TEXT,
    GAVE_UP,
    NO_REPLY,
    ORIGINAL,
    SUCCESS,
    VACATION_SUBJECT,
)
from tickets.mail.parsed import Bounce
from tickets.mail.structure import Part, split_fields

STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,2}\.\d{1,3})(?![\d.]*\.\d|\d)")
CODED = re.compile(
    r"(?:\b[45]\d\d[ :'-]{1,3}#?|\(#|status[:=]\s*|\[#?)([45]\.\d{1,2}\.\d{1,3})(?![\d.]*\.\d|\d)", re.IGNORECASE
)
REPORT_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
NOBODY = re.compile(
    rb"\s*|.{0,100}<\s*(?:mailer-?daemon|postmaster)?\s*>\s*|\s*\"?mailer-?daemon\b[^@]{0,60}",
    re.IGNORECASE | re.DOTALL,
)
MAX_SCANNED = 200_000
MAX_FOR_LIBRARY = 40_000  # its patterns need time that grows with the square of the length

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # its detectors log a traceback for each odd header


@dataclass(slots=True)
class Group:
    """The fields about one recipient in a delivery report."""

    recipient: str = ""
    original: str = ""
    action: str = ""
    status: str = ""
    diagnostic: str = ""


@dataclass(slots=True)
class Verdict:
    """`kind` is '', 'failed', 'delayed' or 'report' (delivered, relayed: nothing is wrong)."""

    kind: str = ""
    bounce: Bounce | None = None
    groups: list[Group] = field(default_factory=list)


def read_groups(text: str) -> list[Group]:
    """The recipients' groups of a message/delivery-status body, lenient about folding and blank lines."""
    groups: list[Group] = []
    current = Group()
    name = ""
    for line in text[:MAX_SCANNED].splitlines():
        if line[:1] in (" ", "\t") and name == "diagnostic-code":
            current.diagnostic = (current.diagnostic + " " + line.strip())[:2000]
            continue
        name, colon, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon:
            continue
        if name in ("final-recipient", "original-recipient", "x-actual-recipient"):
            address = clean_address(value.split(";", 1)[-1])
            slot = "recipient" if name == "final-recipient" else "original"
            if getattr(current, slot) and name != "x-actual-recipient":
                groups.append(current)
                current = Group()
            if not getattr(current, slot):
                setattr(current, slot, address)
        elif name == "action" and not current.action:
            current.action = re.sub(r"[^a-z].*", "", value.lower())
        elif name == "status" and not current.status:
            found = STATUS.search(value)
            current.status = found[1] if found else ""
        elif name == "diagnostic-code":
            current.diagnostic = value[:2000]
    groups.append(current)
    return [group for group in groups if group.recipient or group.original or group.action or group.status]


def judge(root: Part, text: str, sender: str, subject: str) -> Verdict:
    """Whether the mail reports a failed or a late delivery. `text` is its readable text."""
    if sender.endswith("@sns.amazonaws.com") and (notice := _from_notification(text)):
        return notice
    if _is_complaint(root):
        return Verdict()
    reports = [part for part in root.walk() if part.media_type in REPORT_TYPES]
    groups = [group for part in reports for group in read_groups(decode_bytes(part.content(), part.charset))]
    head = _before_original(text)
    if not groups and re.search(r"^(?:final|original)-recipient:", text[:MAX_SCANNED], re.IGNORECASE | re.MULTILINE):
        groups = read_groups(text)
    kind = _kind_of_groups(groups)
    if not kind:
        kind = _kind_by_words(root, text, head, sender, subject)
    if kind in ("failed", "delayed"):
        return Verdict(kind, _describe(root, text, head, groups, is_permanent=kind == "failed"), groups)
    return Verdict(kind, None, groups)


def _is_complaint(root: Part) -> bool:
    """Whether it is a feedback report (RFC 5965): it arrived well, and somebody called it spam."""
    kind = root.parameters.get("report-type", "").lower()
    return kind == "feedback-report" or any(part.media_type == "message/feedback-report" for part in root.walk())


def _from_notification(text: str) -> Verdict | None:
    """Amazon's mail service reports by JSON instead of a delivery report."""
    try:
        # Long lines come broken by "!" and a line break.
        notice, _ = json.JSONDecoder(strict=False).raw_decode(text.strip()[:MAX_SCANNED].replace("!\n ", ""))
        if isinstance(notice.get("Message"), str):
            notice = json.JSONDecoder(strict=False).decode(notice["Message"])
        if notice.get("notificationType") not in ("Bounce", "Complaint", "Delivery"):
            return None
        if notice["notificationType"] != "Bounce":
            return Verdict("report")
        details = notice["bounce"]
        people = [one for one in details.get("bouncedRecipients", []) if isinstance(one, dict)]
        groups = [
            Group(
                clean_address(str(one.get("emailAddress", ""))),
                "",
                "failed",
                str(one.get("status", "")),
                str(one.get("diagnosticCode", "")),
            )
            for one in people[:100]
        ]
        original = notice.get("mail", {}).get("commonHeaders", {}).get("messageId", "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    bounce = Bounce(
        recipients=tuple(group.recipient for group in groups if group.recipient),
        status=next((group.status for group in groups if STATUS.fullmatch(group.status)), ""),
        is_permanent=True,
        reason=next((group.diagnostic[:1000] for group in groups if group.diagnostic), ""),
        original_message_ids=parse_ids(str(original).encode()),
    )
    return Verdict("failed", bounce, groups)


def _kind_of_groups(groups: list[Group]) -> str:
    actions = {group.action for group in groups}
    if "failed" in actions or "failure" in actions:
        return "failed"
    if actions & {"delayed", "delay"}:
        return "delayed"
    if actions & {"delivered", "relayed", "expanded"}:
        return "report"
    statuses = {group.status[:1] for group in groups if group.status}
    return "failed" if "5" in statuses else ""


def _before_original(text: str) -> str:
    found = ORIGINAL.search(text, 0, 20_000)
    return text[: found.start()] if found and found.start() > 40 else text[:6000]


def _is_mail_system(root: Part, sender: str) -> bool:
    """Whether a mail system sent it: a daemon's name, an empty return path, a report's content type."""
    return bool(
        DAEMON.match(sender)
        or root.raw("return-path").strip() in (b"<>", b"<MAILER-DAEMON>")
        or root.raw("x-envelope-from").strip() == b"<>"
        or (not sender and _is_nobody(root) and root.raw("received"))
        or root.declared_type == "multipart/report"
        or root.raw("x-failed-recipients")
    )


def _is_nobody(root: Part) -> bool:
    """Whether From is empty, as only mail systems leave it."""
    return bool(NOBODY.fullmatch(root.raw("from")[:500]))


def _kind_by_words(root: Part, text: str, head: str, sender: str, subject: str) -> str:
    if VACATION_SUBJECT.search(subject):
        return ""
    returned = any(part.media_type in ("message/rfc822", "text/rfc822-headers") for part in root.walk())
    system = _is_mail_system(root, sender) or bool(returned and NO_REPLY.match(sender))
    by_subject = bool(FAILURE_SUBJECT.search(subject))
    by_text = bool(FAILURE_TEXT.search(head))
    if not (system or by_subject):
        return ""
    if SUCCESS.search(subject) and not by_subject:
        return "report"
    late = DELAY.search(subject) or DELAY.search(head)
    if late and not GAVE_UP.search(head) and not re.search("fail", subject, re.IGNORECASE):
        return "delayed" if system else ""
    if root.raw("x-failed-recipients"):
        return "failed"
    is_answer = bool(root.raw("in-reply-to") or root.raw("references") or re.search(r"^\s{0,3}>", head, re.MULTILINE))
    by_name = bool(DAEMON.match(sender)) or _is_nobody(root)
    if system and (by_subject or (by_text and (by_name or returned))):
        return "failed"
    if by_name and not is_answer and (returned or len(head) < len(text)) and ADDRESS.search(head[:4000]):
        return "failed"
    if re.match(r"mailer-?daemon@", sender) and (returned or ADDRESS.search(head[:4000])):
        return "failed"
    # No mail system by its looks: only a mail that is nothing but such a notice, and answers nothing, is one.
    forwarded = re.match(r"(?:fwd?|wg|tr|rv|továbbítás|vs)\s{0,3}:", subject, re.IGNORECASE)
    if by_subject and by_text and not is_answer and not forwarded and ADDRESS.search(head[:4000]):
        return "failed"
    return ""


def _describe(root: Part, text: str, head: str, groups: list[Group], *, is_permanent: bool) -> Bounce:
    failed = [group for group in groups if is_permanent and group.action in ("failed", "failure", "")] or groups
    recipients = [address for group in failed for address in (group.recipient, group.original) if address]
    for value in root.all_raw("x-failed-recipients"):
        recipients += [clean_address(piece) for piece in decode_text(value).split(",")]
    if not recipients:
        recipients = _recipients_by_library(root) or _recipients_in(head, root)
    diagnostic = next((group.diagnostic for group in failed if group.diagnostic), "")
    status = next((group.status for group in failed if group.status), "")
    status = _better_status(status, diagnostic, head)
    headers = _original_headers(root, text)
    ids = tuple(  # what we sent on as it came carries our own id beside its writer's
        dict.fromkeys(
            one
            for wanted in ("resent-message-id", "message-id")
            for name, value in headers
            if name == wanted
            for one in parse_ids(value.encode())
        )
    )
    reason = diagnostic or _reason_in(head)
    return Bounce(
        recipients=tuple(dict.fromkeys(address.lower() for address in recipients if address))[:100],
        status=status,
        is_permanent=is_permanent,
        reason=" ".join(reason.split())[:1000],
        original_message_ids=ids,
        original_headers=headers,
    )


def _better_status(status: str, diagnostic: str, head: str) -> str:
    """The most telling code; the refusing server's own words first: reports say 5.0.0 where it said 5.1.1."""
    spoken = CODED.search(diagnostic)
    if spoken and not spoken[1].endswith(".0.0"):
        return spoken[1]
    if status and not status.endswith(".0.0"):
        return status
    found = [match[1] for source in (diagnostic, head[:20_000]) for match in CODED.finditer(source)]
    found += [
        match[1] for source in (diagnostic, head[:20_000]) for match in STATUS.finditer(source) if match[1][0] in "45"
    ]
    return next((one for one in found if not one.endswith(".0.0")), status or (found[0] if found else ""))


def _recipients_by_library(root: Part) -> list[str]:
    """flufl.bounce knows the wordings of some thirty mail systems."""
    try:
        temporary, permanent = all_failures(message_from_bytes(root.source[:MAX_FOR_LIBRARY]))
    except Exception:  # noqa: BLE001 - a help for odd reports only: the words of the report are read next
        return []
    found = {one.decode("utf-8", "replace") for one in permanent or temporary}
    return sorted(address for one in found if (address := clean_address(one)))


def _recipients_in(head: str, root: Part) -> list[str]:
    """Addresses named in the first words, but for those of the mail's own header."""
    own = {
        match.lower()
        for name in ("to", "from", "reply-to", "sender")
        for match in ADDRESS.findall(decode_text(root.raw(name)))
    }
    found = [clean_address(match) for match in ADDRESS.findall(head[:8000])]
    kept = [address for address in found if address and address not in own and not DAEMON.match(address)]
    return list(dict.fromkeys(kept or [address for address in found if address in own]))[:20]


def _reason_in(head: str) -> str:
    for line in head[:8000].splitlines():
        if re.search(r"\b[45]\d\d\b.{3}|\b[45]\.\d\.\d", line):
            return line.strip()
    for line in head[:8000].splitlines():
        if FAILURE_TEXT.search(line):
            return line.strip()
    return ""


WANTED = (
    "message-id",
    "resent-message-id",
    "subject",
    "from",
    "to",
    "cc",
    "date",
    "in-reply-to",
    "references",
    "x-ticketdesk-id",
)


def _original_headers(root: Part, text: str) -> tuple[tuple[str, str], ...]:
    """What the returned mail's own header said, from an attached copy or from the text after the report."""
    for part in root.walk():
        if part.media_type in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global"):
            fields, _ = split_fields(
                content := part.content().lstrip(b"\r\n"), 0, min(len(content), MAX_SCANNED), MAX_SCANNED, []
            )
            kept = tuple((name.lower(), decode_text(value)) for name, value in fields if name.lower() in WANTED)
            if kept:
                return kept
    tail = text[:MAX_SCANNED]
    found = re.findall(
        r"^[ \t>]{0,8}((?:resent-)?message-id|subject|from|to|date|in-reply-to|references):[ \t]*([^\r\n]{1,998})",
        tail,
        re.IGNORECASE | re.MULTILINE,
    )
    return tuple((name.lower(), value.strip()) for name, value in found[:30])

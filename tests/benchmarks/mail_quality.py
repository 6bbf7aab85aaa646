"""How well mails are read: parses the corpus of real mails and scores the result with the corpus's own scorer.

    python -m tests.benchmarks.mail_quality [--out FILE] [--table] [arguments for the scorer]

The corpus lies beside the repository in shared/corpus/mail, or where MAIL_CORPUS points. `--table` prints the table of
docs/mail.md, by source.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tickets.mail.parsing import ParsedMail, Unparseable, parse_mail

SHARED = Path(__file__).resolve().parents[3] / "shared"
CORPUS = Path(os.environ.get("MAIL_CORPUS", SHARED / "corpus" / "mail"))
SCORER = Path(os.environ.get("MAIL_SCORER", SHARED / "tools" / "check_mail.py"))


def as_result(mail: ParsedMail) -> dict[str, Any]:
    """The mail as the scorer wants it."""
    bounce = mail.bounce if mail.bounce and mail.bounce.is_permanent else None
    return {
        "error": None,
        "subject": mail.subject,
        "from": mail.sender.address,
        "from_name": mail.sender.name,
        "reply_to": [party.address for party in mail.reply_to],
        "to": [party.address for party in mail.to],
        "message_id": mail.message_id,
        "in_reply_to": list(mail.in_reply_to),
        "references": list(mail.references),
        "attachments": [{"name": one.name, "size": len(one.content)} for one in mail.attachments],
        "text": mail.text,
        "reply": mail.reply,
        "auto": bool(mail.automatic),
        "bounce": bounce is not None,
        "bounced_recipients": list(mail.bounce.recipients) if mail.bounce else [],
        "bounce_status": mail.bounce.status if mail.bounce else "",
    }


def run(corpus: Path, out: Path) -> None:
    """Parses every mail of the corpus; one JSON line each."""
    names = sorted(json.loads((corpus / "expectations.json").read_text(encoding="utf-8")))
    with out.open("w", encoding="utf-8") as lines:
        for name in names:
            raw = (corpus / name).read_bytes()
            began = time.perf_counter()
            try:
                result = as_result(parse_mail(raw))
            except Unparseable as refusal:
                result = {
                    "error": None,
                    "subject": "",
                    "from": "",
                    "text": "",
                    "reply": "",
                    "unparseable": refusal.code,
                }
            except Exception as error:  # noqa: BLE001 - the benchmark counts what must never happen
                result = {"error": repr(error)}
            result |= {"file": name, "seconds": round(time.perf_counter() - began, 4)}
            lines.write(json.dumps(result, ensure_ascii=False) + "\n")


def score(corpus: Path, out: Path, *arguments: str) -> str:
    """What the scorer prints."""
    command = [sys.executable, str(SCORER), str(corpus / "expectations.json"), str(out), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def table(corpus: Path, out: Path) -> str:
    """By source, as Markdown: how many mails and facts there are, and how many are right."""
    scored = json.loads(score(corpus, out, "--json"))
    rows = [*scored["sources"].items(), ("**all**", scored["total"])]
    lines = ["| source | mails | without fault | checks | right | |", "| --- | --- | --- | --- | --- | --- |"]
    for name, row in rows:
        share = 100 * row["passed"] / row["checks"]
        lines.append(
            f"| {name} | {row['mails']} | {row['clean']} | {row['checks']} | {row['passed']} | {share:.1f} % |"
        )
    return "\n".join(lines)


def main() -> None:
    arguments = sys.argv[1:]
    out = Path(tempfile.gettempdir()) / "mail_quality.jsonl"
    if "--out" in arguments:
        at = arguments.index("--out")
        out = Path(arguments[at + 1])
        del arguments[at : at + 2]
    wants_table = "--table" in arguments
    arguments = [argument for argument in arguments if argument != "--table"]
    began = time.perf_counter()
    run(CORPUS, out)
    print(f"results: {out} ({time.perf_counter() - began:.1f} s)")
    print(table(CORPUS, out) if wants_table else score(CORPUS, out, *arguments))


if __name__ == "__main__":
    main()

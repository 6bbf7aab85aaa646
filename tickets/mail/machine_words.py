"""The words by which mail systems and auto-responders give themselves away, in the languages met so far."""

# ruff: noqa: E501 - word lists, one line a language or program; wrapped they would be harder to read
from __future__ import annotations

import re

DAEMON = re.compile(
    r"^(?:mailer[-_.]?daemon|mail[-_.]?daemon|mdaemon|po*st[-_.]?master|mmdf|uucp|daemon|majordomo"
    r"|mail[-_.]?(?:delivery|transport)?[-_.]?(?:sub)?system|mail[-_.]delivery[-_.].*|bounces?|microsoftexchange.*)@",
    re.IGNORECASE,
)
FAILURE_SUBJECT = re.compile(
    r"undeliver(?:ed|able)|non[- ]?deliver(?:y|able|ed)|\bndn\b|\b(?:e-?mail|mail|message|delivery|post)\b.{0,30}\b(?:fail(?:ed|ure|s)?|bounced?|returned|rejected|not (?:be )?(?:sent|delivered))\b"
    r"|\b(?:fail(?:ed|ure)|error|problem|unable|returned|rejected|bounced|undelivered)\b.{0,20}\b(?:e-?mail|mail|message|delivery|deliver(?:ing)?|recipient|sending)\b|unknown user|user unknown|not delivered"
    r"|deliver(?:y|ies) (?:problem|failure|failed|error|has failed|unsuccessful"
    r"|status (?:notification|report).{0,3}(?:failure|failed|error)|report.{0,3}fail|status.{0,20}error)|failed delivery"
    r"|delivery status notification$|mail delivery status\b|message you sent (?:was )?blocked|\bundelivered\b|fail(?:ure|ed) (?:notice|delivery)|returned (?:mail|to sender)|returning message"
    r"|mail (?:delivery )?(?:failed|failure|error|system error|could not be|not delivered)|message delivery failure"
    r"|could not be delivered|permanent delivery|error sending your|rejected mail|processing error|delivery report \(failure"
    r"|unzustellbar|nicht zustellbar|übermittlungsstatus|unzustellbarkeit|nicht zugestellt|zustellung.{0,20}fehl"
    r"|non remis|non distribuable|échec de la remise|n'a pas (?:pu|été) (?:être )?(?:remis|distribu)|mancat[ao] (?:consegna|recapito)"
    r"|no se (?:pudo|puede|ha podido) entregar|no entregado|devuelto|não entregue|falha na entrega|kézbesíthetetlen|nem kézbesíthető"
    r"|kézbesítés.{0,30}(?:sikertelen|hiba)|sikertelen kézbesítés|kézbesítési (?:hiba|jelentés)|visszaküldött|niedostarczon"
    r"|nedoručen|nelze doručit|не доставлен|недоставлен|onbestelbaar|kan ikke leveres|kunde inte levereras"
    r"|メールエラー|配信(?:不能|エラー|できません)|送信(?:エラー|できません)|邮件传输失败|退信|无法(?:送达|投递)|반송",
    re.IGNORECASE,
)
FAILURE_TEXT = re.compile(
    r"(?:could|can|was|were|have|has|is)(?:\s+not|n't|not)\s+(?:be\s+|been\s+|able to be\s+)?(?:successfully\s+)?deliver"
    r"|delivery\s+(?:to\s+.{1,80}?\s+)?(?:has\s+)?failed|deliver(?:y|ed)?\s+fail|undeliver|unable\s+to\s+(?:be\s+)?deliver"
    r"|(?:did|do(?:es)?)\s+not\s+reach\s+the\s+following|not\s+(?:yet\s+)?(?:be\s+)?delivered\s+to|permanent(?:ly)?\s+(?:fatal\s+)?(?:error|fail)"
    r"|user\s+unknown|unknown\s+(?:user|recipient|local|host)|no\s+such\s+(?:user|address|recipient|person)|mailbox\s+(?:is\s+)?(?:full|unavailable|not found|disabled)"
    r"|(?:over|exceeded)\s+(?:his\s+|her\s+|the\s+)?(?:disk\s+|storage\s+)?quota|recipient\s+(?:address\s+)?(?:was\s+)?(?:rejected|unknown|not found)|does\s+not\s+exist|doesn't\s+exist"
    r"|(?:account|address|user\(?s?\)?).{0,40}(?:disabled|discontinued|invalid|suspended)|returned\s+(?:to\s+(?:the\s+)?sender|mail|message|because)|message\s+(?:was\s+)?(?:rejected|refused|bounced)|bounced"
    r"|could\s+not\s+(?:be\s+sent|find)|(?:was|were|been)\s+(?:aborted|automatically\s+rejected|considered\s+(?:unsolicited|spam))|exceeds?\s+(?:the\s+)?(?:allowed|maximum)\s+size"
    r"|invalid\s+final|not\s+known|encountered\s+delivery|error\s+delivering|service\s+(?:currently\s+)?unavailable|non-?deliverable|mailbox\s+is\s+full|no\s+valid\s+recipient"
    r"|failure\s+(?:notice|reason)|failed\s+(?:permanently|to deliver|recipient)|errors?\s+(?:occurred\s+)?(?:while|during|when)|following\s+(?:addresses|recipients?)\s+(?:had|failed)"
    r"|cannot\s+(?:send|process|deliver|find)|can't\s+(?:send|deliver)|was not able to|error\s+sending|couldn't be|host\s+(?:unknown|not found)|not listed in"
    r"|\b5\d\d[ -]#?5\.\d{1,3}\.\d{1,3}\b|smtp;\s*5\d\d|unzustellbar|nicht\s+(?:zugestellt|zustellbar|erreich)|konnte.{0,60}nicht"
    r"|n'a\s+pas\s+(?:pu|été)|non\s+recens|inconnu|no\s+(?:se\s+)?(?:pudo|puede|ha)|sconosciut|nem\s+(?:sikerült|kézbesíthető|létezik)"
    r"|не\s+(?:удалось|доставлен|существует)|見つかりません|配信できません|送信できません|お届けできません|エラー|失败|無効|不存在",
    re.IGNORECASE,
)
DELAY = re.compile(
    r"\bdelayed\b|\(delay\)|\bdelay(?:ed)? (?:mail|notification|in)|not\s+yet\s+been\s+delivered|still\s+(?:being\s+)?(?:retried|trying|in (?:the )?queue)|will\s+(?:be\s+re-?tried|keep\s+trying|continue\s+to)"
    r"|warning:? (?:could not send|message)|warning message only|no need to resend|do\s+not\s+need\s+to\s+re-?send|delivery\s+attempts\s+will\s+continue|temporary\s+failure.{0,40}retr"
    r"|verzöger|retard[ée]|késleltet|késik",
    re.IGNORECASE,
)
GAVE_UP = re.compile(
    r"gav?en?\s+up|giving\s+up|no longer|final(?:ly)?\s+fail|expired|permanent|action:\s*failed|(?<!not )\(failure\)|returned to sender",
    re.IGNORECASE,
)
ORIGINAL = re.compile(
    r"^.{0,20}(?:original message(?! (?:was|is|from|could|has|to|sent|you))|copy of the message|copy of your message|unsent message|returned message|message header|headers? of (?:the|your)|"
    r"this is a copy|below this line|message follows|text follows|the transcript|ursprünglich\w* nachricht).{0,60}$",
    re.IGNORECASE | re.MULTILINE,
)
VACATION_SUBJECT = re.compile(
    r"^\s*(?:auto(?:matic|mated|matische)?[- ]?(?:re(?:ply|sponse|spond)|antwort|svar)|auto:|autoreply|autoresponder|out of (?:the )?office|"
    r"vacation|away from (?:my|the) (?:office|mail)|on (?:annual |sick |maternity |parental )?(?:leave|holiday|vacation)|abwesenheit|automatische antwort|"
    r"abwesend|réponse automatique|absence du bureau|absent du bureau|respuesta automática|fuera de (?:la )?oficina|"
    r"risposta automatica|fuori (?:ufficio|sede)|automatisch antwoord|afwezig|autosvar|automatiskt svar|automatisk svar|"
    r"frånvaro|resposta automática|fora do escritório|automatikus (?:válasz|üzenet)|házon kívül|irodán kívül|szabadság(?:on|om)|"
    r"távollét|nem vagyok az irodában|automatyczna odpowiedź|poza biurem|nieobecno|automatická odpověď|mimo kancelář|automatická odpoveď|"
    r"răspuns automat|автоответ|автоматический ответ|отсутствие|otomatik yanıt|αυτόματη απάντηση|自動返信|自动回复|自動回覆|不在)",
    re.IGNORECASE,
)
NO_REPLY = re.compile(
    r"^(?:[\w.+-]*[.+_-])?(?:no-?_?reply|do-?_?not-?_?reply|ne-?pas-?repondre|nincs-?valasz|nevalaszoljon|keine-?antwort)(?:[.+_-][\w.+-]*)?@",
    re.IGNORECASE,
)
SUCCESS = re.compile(
    r"\(success\)|\bsuccess(?:ful(?:ly)?)?\b(?! ?: ?(?:no|false))|^(?:delivered|relayed|expanded):", re.IGNORECASE
)

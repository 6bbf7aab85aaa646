"""A Postfix of our own for tests: own configuration, queue and ports, in the foreground, ended by its process id."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.tickets.mail.servers import answers_at, free_port

POSTFIX = shutil.which("postfix") or shutil.which("postfix", path="/usr/sbin:/usr/local/sbin")
MASTER = Path("/usr/lib/postfix/sbin/master")
WHY_NOT = (
    "there is no postfix on this machine"
    if POSTFIX is None or not MASTER.exists()
    else "postfix only starts as root"
    if os.geteuid() != 0
    else ""
)
SMALL_SERVER_TAKES = 20_000  # bytes

MAIN = """
compatibility_level = 3.6
queue_directory = {dir}/queue
data_directory = {dir}/data
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {dir}/log/mail.log
maillog_file_prefixes = {dir}/log
myhostname = mx.desk.example
mydestination =
alias_maps =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtp_dns_support_level = disabled
smtp_tls_security_level = none
smtpd_tls_security_level = none
smtputf8_enable = no
relay_domains = duna.example, small.example, slow.example
transport_maps = texthash:{dir}/transport
virtual_mailbox_domains = desk.example
virtual_transport = lmtp:inet:127.0.0.1:{door}
recipient_delimiter = +
message_size_limit = 10000000
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
delay_warning_time = 1s
notify_classes =
"""
MASTER_CF = """
127.0.0.1:{port}  inet n - n - - smtpd
127.0.0.1:{small} inet n - n - - smtpd -o message_size_limit={limit}
pickup    unix  n - n 60   1 pickup
cleanup   unix  n - n -    0 cleanup
qmgr      unix  n - n 300  1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n -    - trivial-rewrite
bounce    unix  - - n -    0 bounce
defer     unix  - - n -    0 bounce
trace     unix  - - n -    0 bounce
verify    unix  - - n -    1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n -    - proxymap
smtp      unix  - - n -    - smtp
relay     unix  - - n -    - smtp
showq     unix  n - n -    - showq
error     unix  - - n -    - error
retry     unix  - - n -    - error
discard   unix  - - n -    - discard
lmtp      unix  - - n -    - lmtp
anvil     unix  - - n -    1 anvil
scache    unix  - - n -    1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """A running server: where it takes mail, and its log."""

    port: int
    folder: Path

    @property
    def log(self) -> str:
        file = self.folder / "log" / "mail.log"
        return file.read_text() if file.exists() else ""


@contextmanager
def postfix(folder: Path, *, port: int, door: int, customers: int) -> Iterator[Postfix]:
    """Takes mail on `port`.

    desk.example goes to our door by LMTP, duna.example to the LMTP server at `customers`, small.example to a server
    that takes only SMALL_SERVER_TAKES bytes, slow.example to one that does not answer.
    """
    small, nobody = free_port(), free_port()
    folder.chmod(0o755)
    for name in ("queue", "data", "log"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    (folder / "main.cf").write_text(MAIN.format(dir=folder, door=door))
    (folder / "master.cf").write_text(MASTER_CF.format(port=port, small=small, limit=SMALL_SERVER_TAKES))
    (folder / "transport").write_text(
        f"duna.example lmtp:inet:127.0.0.1:{customers}\n"
        f"small.example smtp:[127.0.0.1]:{small}\n"
        f"slow.example smtp:[127.0.0.1]:{nobody}\n"
    )
    assert POSTFIX is not None
    # Makes the folders of the queue with their owners.
    subprocess.run([POSTFIX, "-c", str(folder), "check"], check=True, capture_output=True, timeout=60)
    server = subprocess.Popen(
        [str(MASTER), "-c", str(folder), "-d"],
        env=os.environ | {"MAIL_CONFIG": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    running = Postfix(port, folder)
    try:
        deadline = time.monotonic() + 20
        while not answers_at(port):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"postfix did not start: {running.log}")
            time.sleep(0.05)
        yield running
    finally:
        server.terminate()
        server.wait(20)

"""The lines of Asterisk's manager interface: messages of "Name: value", whatever the network cuts them into. Pure."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST_LINE = 16_384  # bytes; a line beyond it is no line of Asterisk's
MOST_LINES = 512  # of one message
BANNER = "Asterisk Call Manager"

Message = dict[str, str]


class Junk(ValueError):
    """What comes is not the manager interface."""


class Reader:
    """Turns bytes into messages. `skipped` counts lines that were no "Name: value"; `banner` is the greeting."""

    def __init__(self) -> None:
        self.banner = ""
        self.skipped = 0
        self._rest = b""
        self._lines: list[str] = []

    def feed(self, data: bytes) -> list[Message]:
        """The messages that are complete by now. Raises Junk for a line or a message without an end."""
        self._rest += data
        messages = []
        while (end := self._rest.find(b"\n")) >= 0:
            line = self._rest[:end].rstrip(b"\r").decode("utf-8", "replace").replace("\x00", "")
            self._rest = self._rest[end + 1 :]
            if len(line) > LONGEST_LINE:
                raise Junk("a line is too long")
            if line:
                self._take(line)
            elif self._lines:
                messages.append(self._message())
        if len(self._rest) > LONGEST_LINE:
            raise Junk("a line has no end")
        return messages

    def _take(self, line: str) -> None:
        if not self._lines and line.startswith(BANNER):
            self.banner = line
            return
        if not self.banner:
            raise Junk("it does not greet as Asterisk does")
        if len(self._lines) >= MOST_LINES:
            raise Junk("a message has no end")
        self._lines.append(line)

    def _message(self) -> Message:
        """Of a name that comes twice the last value counts."""
        message: Message = {}
        for line in self._lines:
            name, colon, value = line.partition(":")
            if colon and name.strip():
                message[name.strip()] = value.strip()
            else:
                self.skipped += 1
        self._lines = []
        return message


def packet(action: str, fields: Iterable[tuple[str, str]] = ()) -> bytes:
    """An action as it is sent. A line end within a value would begin a field of its own, so it is left out."""
    lines = [f"Action: {action}", *(f"{name}: {_one_line(value)}" for name, value in fields)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")

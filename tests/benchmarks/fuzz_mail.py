"""Damaged mails by the hundred thousand through the product's own reading, in processes that are watched from outside.

    python -m tests.benchmarks.fuzz_mail [--mails 200000] [--from 0] [--processes 2] [--keep DIR]
    python -m tests.benchmarks.fuzz_mail --make NUMBER     writes that mail to standard output

Seeds are small mails of our own and, where it lies beside the repository, the corpus of real mails up to 40 KB. A mail
that raises, takes longer than LONGEST seconds or more memory than MOST_MEMORY is kept as a file; exit code 1.
"""

from __future__ import annotations

import argparse
import multiprocessing as mp
import multiprocessing.connection
import os
import resource
import sys
import time
import traceback
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from tests.benchmarks.mail_quality import CORPUS
from tests.tickets.mail.mutations import SEEDS, damaged_mail, faults_of

LONGEST = 30.0  # seconds a mail may take: the parser's own limit is 20
MOST_MEMORY = 700  # MB that a process may hold
SMALL = 40_000  # bytes of a corpus mail that is taken as a seed
BATCH = 500
SLOWEST_SHOWN = 5


@dataclass
class Sums:
    """What a run found."""

    mails: int = 0
    seconds: float = 0.0
    bytes: int = 0
    peak: int = 0
    slowest: list[tuple[float, int]] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)


def all_seeds() -> list[bytes]:
    """Our own mails and the small ones of the corpus, always in the same order."""
    files = sorted(path for path in CORPUS.rglob("*") if path.is_file()) if CORPUS.is_dir() else []
    names = {"expectations.json", "README.md"}
    return [*SEEDS, *(path.read_bytes() for path in files if path.name not in names and path.stat().st_size <= SMALL)]


def read_many(numbers: Connection, results: Connection) -> None:
    """A process: reads the numbers of mails, reads those mails, tells what each took."""
    seeds = all_seeds()
    limit = 3 * MOST_MEMORY * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    while (batch := numbers.recv()) is not None:
        for number in range(*batch):
            raw = damaged_mail(number, seeds)
            results.send(("began", number, 0.0, len(raw), ""))
            began = time.perf_counter()
            fault = ""
            try:
                faults_of(raw)
            except Exception:  # noqa: BLE001 - counted, and the mail is kept
                fault = traceback.format_exc()
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            results.send(("done", number, time.perf_counter() - began, peak, fault))
        results.send(("batch", batch[1], 0.0, 0, ""))


class Reader:
    """One process and what it is at. It is ended by its own id when a mail holds it too long or fills it."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        give, take = mp.Pipe(duplex=False)[::-1]
        answer, tell = mp.Pipe(duplex=False)
        self.numbers, self.results = give, answer
        self.process = mp.get_context("spawn").Process(target=read_many, args=(take, tell), daemon=True)
        self.process.start()
        take.close()
        tell.close()
        self.batch: tuple[int, int] | None = None
        self.mail = -1
        self.since = time.monotonic()

    def give(self, batch: tuple[int, int]) -> None:
        self.batch = batch
        self.since = time.monotonic()
        self.numbers.send(batch)

    def memory(self) -> int:
        """MB that the process holds."""
        try:
            pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        except (OSError, IndexError):
            return 0
        return pages * os.sysconf("SC_PAGE_SIZE") // (1024 * 1024)

    def start_again(self) -> None:
        self.process.kill()
        self.process.join()
        self.numbers.close()
        self.results.close()
        self.start()

    def end(self) -> None:
        self.numbers.send(None)
        self.process.join(10)


def run(first: int, mails: int, processes: int) -> Sums:
    """Reads the mails of these numbers; prints how far it is now and then."""
    sums = Sums()
    batches = [(at, min(at + BATCH, first + mails)) for at in range(first, first + mails, BATCH)][::-1]
    readers = [Reader() for _ in range(processes)]
    began = told = time.monotonic()
    while batches or any(reader.batch for reader in readers):
        for reader in readers:
            if reader.batch is None and batches:
                reader.give(batches.pop())
        waited_for = [reader.results for reader in readers if reader.batch]
        ready = mp.connection.wait(waited_for, timeout=0.5)
        for reader in readers:
            if reader.results in ready:
                _take(reader, sums, batches)
            _watch(reader, sums, batches)
        if time.monotonic() - told > 30:
            told = time.monotonic()
            print(f"  {sums.mails} mails, {len(sums.faults)} faults, peak {sums.peak} MB", flush=True)
    for reader in readers:
        reader.end()
    sums.seconds = time.monotonic() - began
    return sums


def _take(reader: Reader, sums: Sums, batches: list[tuple[int, int]]) -> None:
    """Everything that the process has told."""
    try:
        while reader.results.poll():
            kind, number, seconds, size, fault = reader.results.recv()
            if kind == "began":
                reader.mail, reader.since = number, time.monotonic()
                sums.bytes += size
            elif kind == "done":
                sums.mails += 1
                sums.peak = max(sums.peak, size)
                sums.slowest = sorted([*sums.slowest, (seconds, number)], reverse=True)[:SLOWEST_SHOWN]
                if fault:
                    sums.faults.append((number, fault))
            else:
                reader.batch = None
    except EOFError:
        _give_up(reader, sums, batches, f"the process ended with code {reader.process.exitcode}")


def _watch(reader: Reader, sums: Sums, batches: list[tuple[int, int]]) -> None:
    if reader.batch is None:
        return
    if time.monotonic() - reader.since > LONGEST:
        _give_up(reader, sums, batches, f"more than {LONGEST:.0f} s")
    elif reader.memory() > MOST_MEMORY:
        _give_up(reader, sums, batches, f"more than {MOST_MEMORY} MB")


def _give_up(reader: Reader, sums: Sums, batches: list[tuple[int, int]], why: str) -> None:
    """The mail is at fault; the rest of its batch is read by a new process."""
    assert reader.batch is not None
    sums.mails += 1
    sums.faults.append((reader.mail, why))
    if reader.mail + 1 < reader.batch[1]:
        batches.append((reader.mail + 1, reader.batch[1]))
    reader.start_again()


def main() -> int:
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--mails", type=int, default=200_000)
    words.add_argument("--from", type=int, default=0, dest="first")
    words.add_argument("--processes", type=int, default=2)
    words.add_argument("--keep", type=Path, default=Path("var/fuzz"))
    words.add_argument("--make", type=int)
    given = words.parse_args()
    seeds = all_seeds()
    if given.make is not None:
        sys.stdout.buffer.write(damaged_mail(given.make, seeds))
        return 0
    print(f"{given.mails} damaged mails out of {len(seeds)} seeds, {given.processes} processes", flush=True)
    sums = run(given.first, given.mails, given.processes)
    for number, why in sums.faults:
        given.keep.mkdir(parents=True, exist_ok=True)
        (given.keep / f"{number}.eml").write_bytes(damaged_mail(number, seeds))
        print(f"FAULT {given.keep / f'{number}.eml'}: {why}")
    print(
        f"{sums.mails} mails ({sums.bytes / 1e6:.0f} MB) in {sums.seconds:.0f} s, {sums.mails / sums.seconds:.0f} a"
        f" second; {len(sums.faults)} faults; peak memory of a process {sums.peak} MB"
    )
    print("slowest: " + ", ".join(f"{seconds:.2f} s (mail {number})" for seconds, number in sums.slowest))
    return 1 if sums.faults else 0


if __name__ == "__main__":
    sys.exit(main())

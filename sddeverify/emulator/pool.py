"""A pool of real workers: processes of this machine, each on a socket of its own, and those of other machines."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

import sddeverify
from sddeverify.emulator import messages
from sddeverify.emulator.access import SECRET_VARIABLE
from sddeverify.emulator.messages import Kind, Message
from sddeverify.emulator.threads import one_thread_environment
from sddeverify.emulator.worker import generators
from sddeverify.errors import SddeverifyError

if TYPE_CHECKING:
    import numpy as np

    from sddeverify.emulator.task import Task

LARGEST_BATCH = 1_000_000
PATIENCE = 1.0
_LONGEST_REPORT = 2000


class WorkersFailed(SddeverifyError):
    """Worker processes die as fast as they are started."""


@dataclass
class Member(ABC):
    """One worker of a pool: set up, then sent jobs; it is never awaited except for its next message.

    Attributes:
        index: Its number.
    """

    index: int

    @property
    @abstractmethod
    def name(self) -> str:
        """Which process it is."""

    @abstractmethod
    def send(self, kind: Kind, number: int = 0, body: bytes = b"") -> None:
        """Send a message; it is not waited for."""

    @abstractmethod
    def set_up(self, task: Task, incarnation: int) -> None:
        """Send what to compute gradients of, and the random stream; the answer is READY.

        Args:
            task: What to compute.
            incarnation: How often this worker was replaced before: each process has a stream of its own.
        """

    @abstractmethod
    async def receive(self) -> Message | None:
        """Return the next message; ``None`` when the worker has died."""

    async def answer(self) -> Message | None:
        """Return the next message of one that should not take long; ``None`` when the worker has died."""
        return await self.receive()

    @abstractmethod
    def kill(self) -> None:
        """End it in the midst of whatever it does."""

    @abstractmethod
    def pause(self, seconds: float) -> None:
        """Let it do nothing for a while."""

    @abstractmethod
    async def successor(self) -> Member:
        """Return another worker, not yet set up, in its place."""

    @abstractmethod
    async def close(self, patience: float = 0.0) -> str:
        """End it, if it has not ended, and say how it ended.

        Args:
            patience: Seconds to let it end by itself, so that a failing process can say why.
        """

    def compute(self, job: int, iterate: np.ndarray) -> None:
        """Send a job; the answer is GRADIENT with its number."""
        self.send(Kind.JOB, job, messages.vector_body(iterate))

    def set_batch_size(self, samples: int) -> None:
        """Let later gradients use so many samples."""
        self.send(Kind.BATCH, samples)


@dataclass
class WorkerProcess(Member):
    """A process of this machine.

    Attributes:
        process: The operating system's process.
        reader: What it sends.
        writer: What is sent to it.
        errors: Its standard error, a temporary file.
    """

    process: subprocess.Popen[bytes]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    errors: IO[bytes] = field(repr=False)

    @property
    def name(self) -> str:
        """Its process number."""
        return f"process {self.process.pid}"

    @classmethod
    async def start(cls, index: int) -> WorkerProcess:
        """Start a process; it loads its libraries while we go on."""
        ours, theirs = socket.socketpair()
        errors = tempfile.TemporaryFile()  # noqa: SIM115  # it lives as long as the process: close() closes it
        with theirs:
            process = subprocess.Popen(  # noqa: S603  # this interpreter and a module of ours
                [sys.executable, "-m", "sddeverify.emulator.worker_process", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env=_environment(),
                start_new_session=True,  # a ctrl-C in the terminal is for the server; it ends the workers itself
            )
        try:
            reader, writer = await asyncio.open_connection(sock=ours)
        except BaseException:  # cancelled: leave no process behind
            process.kill()
            process.wait()
            ours.close()
            errors.close()
            raise
        return cls(index, process, reader, writer, errors)

    def send(self, kind: Kind, number: int = 0, body: bytes = b"") -> None:
        """Write one frame."""
        self.writer.write(messages.frame(kind, number, body))

    def set_up(self, task: Task, incarnation: int) -> None:
        """Send the objective itself: the process runs this very package."""
        _, random = generators(task.seed, self.index, incarnation)
        self.send(Kind.SETUP, 0, pickle.dumps((task.of_worker(self.index), random)))

    def kill(self) -> None:
        """Kill the process, if it has not ended."""
        if self.process.poll() is None:
            self.process.kill()

    def pause(self, seconds: float) -> None:
        """Stop the process, and let it go on later."""
        self.process.send_signal(signal.SIGSTOP)
        asyncio.get_running_loop().call_later(seconds, self.process.send_signal, signal.SIGCONT)

    async def successor(self) -> WorkerProcess:
        """Start another process."""
        return await WorkerProcess.start(self.index)

    async def receive(self) -> Message | None:
        """Return the next message; ``None`` when the process has died."""
        try:
            return await messages.read(self.reader)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def close(self, patience: float = 0.0) -> str:
        """End the process, and quote its last word on standard error."""
        if self.errors.closed:
            return "closed before"
        self.writer.close()
        deadline = time.monotonic() + patience
        while self.process.poll() is None and time.monotonic() < deadline:
            await asyncio.sleep(0.005)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()  # it is dead or being killed: this does not take long
        with contextlib.suppress(ConnectionError):  # it died with unread messages
            await self.writer.wait_closed()
        self.errors.seek(0)
        said = self.errors.read()[-_LONGEST_REPORT:].decode(errors="replace").strip()
        self.errors.close()
        status = self.process.returncode
        how = f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        return f"{how}: {said.splitlines()[-1]}" if said else how


def _environment() -> dict[str, str]:
    # The workers must import this very package, also when it is not installed.
    home = str(Path(sddeverify.__file__).parent.parent)
    environment = one_thread_environment()
    paths = [home, *environment.get("PYTHONPATH", "").split(os.pathsep)]
    environment.pop(SECRET_VARIABLE, None)  # it is the server's
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return environment


async def start_pool(size: int) -> list[Member]:
    """Start so many processes at once; none is left behind if one cannot be started."""
    started: list[Member] = []
    try:
        for index in range(size):
            started.append(await WorkerProcess.start(index))
    except BaseException:
        await close_pool(started)
        raise
    return started


async def close_pool(pool: list[Member]) -> None:
    """End all workers."""
    for worker in pool:
        if isinstance(worker, WorkerProcess):
            worker.kill()
    await asyncio.gather(*[worker.close() for worker in pool])


async def await_ready(pool: list[Member]) -> None:
    """Wait until every worker is set up.

    Raises:
        WorkersFailed: if one dies instead.
    """
    for worker in pool:
        if await worker.answer() is None:
            how = await worker.close(PATIENCE)
            raise WorkersFailed(f"worker {worker.index} could not be set up ({how})")


async def calibrate(pool: list[Member], task: Task, target: float) -> int:
    """Return the batch size for which a gradient takes about ``target`` seconds, which all workers then use.

    Rounds of measurement: all workers compute at once, the median time of a gradient sets the next batch size.
    """
    loop = asyncio.get_running_loop()
    iterate = task.target.initial()

    async def measure(worker: Member) -> list[float]:
        times = []
        for _ in range(4):
            began = loop.time()
            worker.compute(0, iterate)
            if await worker.answer() is None:
                raise WorkersFailed(
                    f"worker {worker.index} died while it was calibrated ({await worker.close(PATIENCE)})"
                )
            times.append(loop.time() - began)
        return times[1:]  # the first gradient also pays for cold caches

    samples = task.batch_size
    for _ in range(4):
        for worker in pool:
            worker.set_batch_size(samples)
        times = sorted(time for one in await asyncio.gather(*map(measure, pool)) for time in one)
        samples = max(1, min(LARGEST_BATCH, round(samples * min(50.0, target / times[len(times) // 2]))))
    for worker in pool:
        worker.set_batch_size(samples)
    return samples

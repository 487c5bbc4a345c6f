"""A pool of real worker processes, each on a socket of its own."""

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
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

import sddeverify
from sddeverify.emulator import messages
from sddeverify.emulator.messages import Kind, Message
from sddeverify.emulator.threads import one_thread_environment
from sddeverify.emulator.worker import batch_size_of, generators, with_batch_size
from sddeverify.errors import SddeverifyError

if TYPE_CHECKING:
    import numpy as np

    from sddeverify.objectives import Objective

LARGEST_BATCH = 1_000_000
PATIENCE = 1.0
_LONGEST_REPORT = 2000


class WorkersFailed(SddeverifyError):
    """Worker processes die as fast as they are started."""


@dataclass
class WorkerProcess:
    """One process: started, set up, then sent jobs; it is never awaited except for its next message.

    Attributes:
        index: Number of the worker that it plays.
        process: The operating system's process.
        reader: What it sends.
        writer: What is sent to it.
        errors: Its standard error, a temporary file.
    """

    index: int
    process: subprocess.Popen[bytes]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    errors: IO[bytes] = field(repr=False)

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

    def set_up(self, objective: Objective, seed: int, incarnation: int) -> None:
        """Send the objective and the random stream; the answer is READY.

        Args:
            objective: What to compute gradients of.
            seed: Seed of the recording.
            incarnation: How often this worker was replaced before: each process has a stream of its own.
        """
        _, random = generators(seed, self.index, incarnation)
        self.writer.write(messages.frame(Kind.SETUP, 0, pickle.dumps((objective, random))))

    def compute(self, job: int, iterate: np.ndarray) -> None:
        """Send a job; the answer is GRADIENT with its number."""
        self.writer.write(messages.vector_frame(Kind.JOB, job, iterate))

    def set_batch_size(self, samples: int) -> None:
        """Let later gradients use so many samples."""
        self.writer.write(messages.frame(Kind.BATCH, samples))

    async def receive(self) -> Message | None:
        """Return the next message; ``None`` when the process has died."""
        try:
            return await messages.read(self.reader)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def close(self, patience: float = 0.0) -> str:
        """End the process, if it has not ended, and say how it ended.

        Args:
            patience: Seconds to let it end by itself, so that a failing process can say why.
        """
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
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return environment


async def start_pool(size: int) -> list[WorkerProcess]:
    """Start so many processes at once; none is left behind if one cannot be started."""
    started: list[WorkerProcess] = []
    try:
        for index in range(size):
            started.append(await WorkerProcess.start(index))
    except BaseException:
        await close_pool(started)
        raise
    return started


async def close_pool(pool: list[WorkerProcess]) -> None:
    """End all processes."""
    for worker in pool:
        if worker.process.poll() is None:
            worker.process.kill()
    for worker in pool:
        await worker.close()


async def await_ready(pool: list[WorkerProcess]) -> None:
    """Wait until every process is set up.

    Raises:
        WorkersFailed: if one dies instead.
    """
    for worker in pool:
        message = await worker.receive()
        if message is None:
            how = await worker.close(PATIENCE)
            raise WorkersFailed(f"worker {worker.index} could not be set up ({how})")


async def calibrate(pool: list[WorkerProcess], objective: Objective, target: float) -> Objective:
    """Return the objective with the batch size for which a gradient takes about ``target`` seconds.

    Rounds of measurement: all workers compute at once, the median time of a gradient sets the next batch size.
    """
    loop = asyncio.get_running_loop()
    iterate = objective.initial()

    async def measure(worker: WorkerProcess) -> list[float]:
        times = []
        for _ in range(4):
            began = loop.time()
            worker.compute(0, iterate)
            if await worker.receive() is None:
                raise WorkersFailed(
                    f"worker {worker.index} died while it was calibrated ({await worker.close(PATIENCE)})"
                )
            times.append(loop.time() - began)
        return times[1:]  # the first gradient also pays for cold caches

    samples = batch_size_of(objective)
    for _ in range(4):
        for worker in pool:
            worker.set_batch_size(samples)
        times = sorted(time for one in await asyncio.gather(*map(measure, pool)) for time in one)
        samples = max(1, min(LARGEST_BATCH, round(samples * min(50.0, target / times[len(times) // 2]))))
    for worker in pool:
        worker.set_batch_size(samples)
    return with_batch_size(objective, samples)

"""Where workers of other machines join a recording: who knows the secret takes a free place, all others are refused."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Self

from sddeverify.emulator import messages
from sddeverify.emulator.access import written
from sddeverify.emulator.handshake import CODE_SIZE, HANDSHAKE_SECONDS, HELLO_SIZE, Handshake, Refused, Role
from sddeverify.emulator.messages import Kind
from sddeverify.emulator.pool import WorkersFailed
from sddeverify.emulator.remote import RemoteWorker, keep_alive

if TYPE_CHECKING:
    from collections.abc import Callable

    from sddeverify.emulator.access import Listening
    from sddeverify.emulator.handshake import Seals
    from sddeverify.emulator.pool import Member

_MOST_STRANGERS = 32  # connections that have not proved anything yet
_ANY = ("0.0.0.0", "::")  # noqa: S104 - recognised here, so that it is not told to others
_MOST_SAID = 20  # sentences about refused connections


class Gate:
    """Listens while a recording lasts; use it as an asynchronous context.

    Args:
        listening: Where, and with which secret.
        workers: Number of all workers.
        say: Called with a sentence when something happens.

    Attributes:
        joined: How many workers have joined.
        refused: How many connections were refused.
    """

    def __init__(self, listening: Listening, workers: int, say: Callable[[str], None] | None = None) -> None:
        self.joined = 0
        self.refused = 0
        self._listening = listening
        self._workers = workers
        self._waiting: list[asyncio.Future[RemoteWorker]] = []
        self._say = say or (lambda sentence: None)
        self._places: deque[tuple[int, asyncio.Future[RemoteWorker]]] = deque()
        self._strangers: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Listen, with all places free.

        Raises:
            InvalidScenario: as :meth:`Listening.bind`.
        """
        connection = self._listening.bind(self._workers)
        self.where = written(connection.getsockname())
        for index in range(self._workers - self._listening.workers, self._workers):
            self._waiting.append(asyncio.ensure_future(self.next(index)))
        self._server = await asyncio.start_server(self._arrive, sock=connection)
        known = self.where if self._listening.host not in _ANY else self.where.replace(self._listening.host, "HOST")
        self._say(f"listening on {self.where}; let others join: sddeverify worker --connect {known}")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the gate, and say good-bye to whoever has joined at the start."""
        self._server.close()
        for stranger in self._strangers:
            stranger.cancel()
        for place in self._waiting:
            place.cancel()
        await asyncio.gather(*self._strangers, return_exceptions=True)
        for found in await asyncio.gather(*self._waiting, return_exceptions=True):
            if isinstance(found, RemoteWorker):
                await found.close()
        await self._server.wait_closed()

    async def fill(self, pool: list[Member]) -> None:
        """Wait until all places are taken, and add to the pool who has joined.

        Raises:
            WorkersFailed: if they are not within the time limit.
        """
        waiting, gone, end = self._waiting, self._waiting, asyncio.get_running_loop().time() + self._listening.wait
        while gone:
            _, missing = await asyncio.wait(gone, timeout=end - asyncio.get_running_loop().time())
            if missing:
                raise WorkersFailed(
                    f"only {len(waiting) - len(missing)} of {len(waiting)} workers joined at {self.where} within "
                    f"{self._listening.wait:g} s: nothing was recorded; start them with sddeverify worker --connect, "
                    "or wait longer (--wait)"
                )
            gone = []
            for place, one in enumerate(waiting):
                if one.result().reader.at_eof():  # it left while we waited for others
                    await one.result().close()
                    waiting[place] = asyncio.ensure_future(self.next(one.result().index))
                    gone.append(waiting[place])
        pool += [one.result() for one in waiting]

    async def next(self, index: int) -> RemoteWorker:
        """Return the next worker that joins, who takes this place."""
        place: asyncio.Future[RemoteWorker] = asyncio.get_running_loop().create_future()
        self._places.append((index, place))
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # it came at the very moment
                await place.result().close()
            raise

    def _arrive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        where = written(writer.get_extra_info("peername") or ("somewhere", 0))
        if len(self._strangers) >= _MOST_STRANGERS:
            writer.close()
            self._refuse(where, "too many connections at once")
            return
        stranger = asyncio.ensure_future(self._welcome(reader, writer, where))
        self._strangers.add(stranger)
        stranger.add_done_callback(self._strangers.discard)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, where: str) -> None:
        seated = False
        try:
            keep_alive(writer.get_extra_info("socket"))
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                seals = await self._meet(reader, writer)
                seated = await self._seat(reader, writer, seals, where)
        except Refused as refused:
            self._refuse(where, str(refused))
        except TimeoutError:
            self._refuse(where, f"nothing came from it for {HANDSHAKE_SECONDS:g} s")
        except (OSError, asyncio.IncompleteReadError):
            self._refuse(where, "it left before the handshake was over")
        finally:
            if not seated:
                writer.close()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Seals:
        ours = Handshake(Role.SESSION, self._listening.secret)
        writer.write(ours.hello)
        ours.meet(await reader.readexactly(HELLO_SIZE))
        ours.verify(await reader.readexactly(CODE_SIZE))
        writer.write(ours.proof())
        await writer.drain()
        return ours.seals()

    async def _seat(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seals: Seals, where: str) -> bool:
        """Give somebody who knows the secret a place, if there is one."""
        while self._places and self._places[0][1].done():  # whoever waited has given up
            self._places.popleft()
        if not self._places:
            self._refuse(where, "all places are taken")
            writer.write(messages.sealed(seals.sent, Kind.END, 1))
            await writer.drain()
            return False
        index, place = self._places.popleft()
        self.joined += 1
        self._say(f"worker {index} joined from {where}")
        place.set_result(RemoteWorker(index, reader, writer, seals, self, where))
        return True

    def _refuse(self, where: str, why: str) -> None:
        self.refused += 1
        if self.refused <= _MOST_SAID:
            self._say(f"a connection from {where} was refused: {why}")
        if self.refused == _MOST_SAID:
            self._say("further refusals are counted, but not told")

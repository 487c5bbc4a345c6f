import asyncio
import socket

import numpy as np
import pytest

from sddeverify.emulator.messages import Channel, Kind, frame, read, vector_body


def pair():
    return socket.socketpair()


def vector_frame(kind, number, vector):
    return frame(kind, number, vector_body(vector))


def test_frames_survive_the_socket():
    vector = np.array([1.5, -0.0, np.nan, 1e308])
    ours, theirs = pair()
    with ours, theirs:
        channel = Channel(theirs)
        ours.sendall(frame(Kind.READY) + vector_frame(Kind.JOB, 2**63, vector) + frame(Kind.BATCH, 7))
        assert channel.receive() == (Kind.READY, 0, b"")
        message = channel.receive()
        assert message[:2] == (Kind.JOB, 2**63)
        assert message.vector().tobytes() == vector.tobytes()
        message.vector()[0] = 0  # a copy of its own, which may be written to
        assert channel.receive().number == 7
        ours.sendall(frame(Kind.READY, 0, b"unfinished")[:-3])
        ours.shutdown(socket.SHUT_WR)
        assert channel.receive() is None


def test_the_asynchronous_end_reads_the_same():
    async def main():
        ours, theirs = pair()
        with ours:
            reader, writer = await asyncio.open_connection(sock=theirs)
            ours.sendall(vector_frame(Kind.GRADIENT, 5, np.arange(3.0)) + b"\x00")
            ours.shutdown(socket.SHUT_WR)
            message = await read(reader)
            with pytest.raises(asyncio.IncompleteReadError):
                await read(reader)
            writer.close()
            await writer.wait_closed()
        return message

    message = asyncio.run(main())
    assert (message.kind, message.number) == (Kind.GRADIENT, 5)
    assert message.vector().tolist() == [0, 1, 2]


def test_large_vectors():
    vector = np.random.default_rng(0).standard_normal(300_000)
    ours, theirs = pair()

    async def main():
        _, writer = await asyncio.open_connection(sock=ours)
        writer.write(vector_frame(Kind.JOB, 1, vector))
        got = await asyncio.to_thread(Channel(theirs).receive)
        writer.close()
        await writer.wait_closed()
        return got

    with theirs:
        assert np.array_equal(asyncio.run(main()).vector(), vector)

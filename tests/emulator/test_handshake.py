"""Two ends that share a secret understand each other; whatever anybody else does to their bytes is refused."""

import asyncio
import re
import socket
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sddeverify import __version__
from sddeverify.emulator import handshake
from sddeverify.emulator.handshake import HELLO_SIZE, Handshake, Refused, Role
from sddeverify.emulator.messages import Channel, Kind, frame, read_sealed, sealed

SECRET = b"a secret of more than 16 bytes"
SILENT = [Kind.READY, Kind.BATCH, Kind.JOB, Kind.GRADIENT]


def pair(secret=SECRET, other=SECRET):
    """Both ends, which have met."""
    session, worker = Handshake(Role.SESSION, secret), Handshake(Role.WORKER, other)
    session.meet(worker.hello)
    worker.meet(session.hello)
    return session, worker


def proved():
    """The seals of both ends, after a good handshake."""
    session, worker = pair()
    session.verify(worker.proof())
    worker.verify(session.proof())
    return session.seals(), worker.seals()


def test_two_ends_with_one_secret_agree():
    session, worker = proved()
    for sender, receiver in ((session.sent, worker.received), (worker.sent, session.received)):
        for text in (b"one", b"", b"one"):
            receiver.check(text, sender.code(text))


def test_every_handshake_is_another_one():
    sessions, workers = zip(*(pair() for _ in range(20)), strict=True)
    for ends in (sessions, workers):
        assert len({end.hello for end in ends}) == len({end.proof() for end in ends}) == 20
    first, second = (proved()[0].sent.code(b"x") for _ in range(2))
    assert first != second


def flipped(data, position):
    changed = bytearray(data)
    changed[position // 8 % len(data)] ^= 1 << position % 8
    return bytes(changed)


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 3), st.integers(0, 10_000))
def test_a_flipped_bit_of_the_handshake_is_refused(which, position):
    """By one end at least: the hellos, the worker's proof, the session's."""
    session, worker = Handshake(Role.SESSION, SECRET), Handshake(Role.WORKER, SECRET)

    def met():
        for k, (taken, sent) in enumerate(
            [
                (worker.meet, lambda: session.hello),
                (session.meet, lambda: worker.hello),
                (session.verify, worker.proof),
                (worker.verify, session.proof),
            ]
        ):
            taken(flipped(sent(), position) if k == which else sent())

    with pytest.raises(Refused):
        met()


@given(st.binary(max_size=200))
def test_bytes_of_no_meaning_are_refused(data):
    for role in Role:
        with pytest.raises(Refused):
            Handshake(role, SECRET).meet(data)
        ours = pair()[role is Role.WORKER]
        with pytest.raises(Refused, match="does not know the secret"):
            ours.verify(data)


@given(st.integers(0, HELLO_SIZE - 1))
def test_a_short_hello_is_refused(size):
    session, worker = Handshake(Role.SESSION, SECRET), Handshake(Role.WORKER, SECRET)
    with pytest.raises(Refused, match="cut short"):
        session.meet(worker.hello[:size])


def test_a_mirror_is_refused():
    for role in Role:
        ours = Handshake(role, SECRET)
        with pytest.raises(Refused, match="sends back what it gets"):
            ours.meet(ours.hello)
    # A mirror that makes a hello of its own still has no proof but the one it was sent.
    for ours in pair():
        with pytest.raises(Refused, match="does not know"):
            ours.verify(ours.proof())


def test_what_was_recorded_is_of_no_use_later():
    session, worker = pair()
    hello, proof = worker.hello, worker.proof()
    session.verify(proof)
    again = Handshake(Role.SESSION, SECRET)
    again.meet(hello)
    with pytest.raises(Refused, match="does not know"):
        again.verify(proof)
    # Nor does another session's answer help: one end relayed to another end of the same role.
    other = Handshake(Role.SESSION, SECRET)
    other.meet(again.hello)
    with pytest.raises(Refused, match="does not know"):
        again.verify(other.proof())


def test_another_secret_is_refused_by_both():
    session, worker = pair(other=SECRET + b"!")
    with pytest.raises(Refused, match="does not know"):
        session.verify(worker.proof())
    with pytest.raises(Refused, match="does not know"):
        worker.verify(session.proof())


def test_proofs_come_after_hellos():
    with pytest.raises(RuntimeError, match="comes first"):
        Handshake(Role.SESSION, SECRET).proof()


def test_another_version_is_named(monkeypatch):
    old = Handshake(Role.WORKER, SECRET)
    monkeypatch.setattr(handshake, "__version__", "0.9.7")
    new = Handshake(Role.SESSION, SECRET)
    sentence = (
        rf"the other end runs sddeverify {re.escape(__version__)} .* this one 0\.9\.7 .* install the same version"
    )
    with pytest.raises(Refused, match=sentence):
        new.meet(old.hello)
    monkeypatch.setattr(handshake, "_PROTOCOL", 2)
    with pytest.raises(Refused, match=r"protocol 1\) and this one 0\.9\.7 \(protocol 2"):
        Handshake(Role.SESSION, SECRET).meet(new.hello)


def test_a_stranger_cannot_write_to_the_terminal():
    evil = handshake._HELLO.pack(handshake._MAGIC, 1, b"\x1b[2J\n\xff", b"n" * 32)
    with pytest.raises(Refused) as caught:
        Handshake(Role.SESSION, SECRET).meet(evil)
    assert str(caught.value).isprintable()


FRAMES = st.lists(st.tuples(st.sampled_from(SILENT), st.integers(0, 2**64 - 1), st.binary(max_size=40)), min_size=2)


@st.composite
def attacks(draw):
    """Frames, and what becomes of their bytes on the way: never what was sent."""
    frames = draw(FRAMES)
    session, worker = proved()
    sent = [sealed(worker.sent, *one) for one in frames]
    kind = draw(st.sampled_from(["flip", "drop", "double", "swap", "insert", "cut", "reflect", "replay"]))
    k = draw(st.integers(0, len(sent) - 1))
    if kind == "flip":
        sent[k] = flipped(sent[k], draw(st.integers(0, 8 * len(sent[k]) - 1)))
    elif kind == "drop":
        del sent[k - 1 if k else 0]  # not the last one: that would be the end of the connection
    elif kind == "double":
        sent.insert(k, sent[k])
    elif kind == "swap":
        k = max(k, 1)
        sent[k - 1 : k + 1] = sent[k], sent[k - 1]
    elif kind == "insert":
        sent.insert(k, frame(*frames[k]) + draw(st.binary(min_size=32, max_size=32)))
    elif kind == "cut":
        sent[k] = sent[k][: draw(st.integers(0, len(sent[k]) - 1))]
        del sent[k + 1 :]
    elif kind == "reflect":  # the session's own frames come back
        sent = [sealed(session.sent, *one) for one in frames]
    else:  # of another connection with the same secret
        other, _ = proved()
        sent = [sealed(other.sent, *one) for one in frames]
    return frames, b"".join(sent), session


@settings(deadline=None, max_examples=150)
@given(attacks())
def test_only_what_was_sent_is_received_and_in_order(attack):
    """Messages before the first change arrive; then the connection is refused, or is at its end."""
    frames, data, seals = attack
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(data)
        ours.shutdown(socket.SHUT_WR)
        channel, got, refused = Channel(theirs, seals, 1000), [], False
        try:
            while (message := channel.receive()) is not None:
                got.append(tuple(message))
        except Refused:
            refused = True
    assert got == frames[: len(got)]
    assert refused or len(got) < len(frames)


@settings(deadline=None, max_examples=100)
@given(attacks())
def test_the_asynchronous_end_refuses_the_same(attack):
    frames, data, seals = attack

    async def main():
        stream, got = asyncio.StreamReader(), []
        stream.feed_data(data)
        stream.feed_eof()
        try:
            while True:
                got.append(tuple(await read_sealed(stream, seals.received, 1000)))
        except (Refused, asyncio.IncompleteReadError) as end:
            return got, isinstance(end, Refused)

    got, refused = asyncio.run(main())
    assert got == frames[: len(got)]
    assert refused or len(got) < len(frames)


def test_a_frame_of_a_monstrous_length_is_refused_before_it_is_read():
    head = struct.pack("!BQI", Kind.JOB, 0, 2**32 - 1)
    session, _ = proved()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.settimeout(5)
        ours.sendall(head)  # and nothing more: whoever waits for the body waits in vain
        with pytest.raises(Refused, match="4294967295 bytes, where 1000 are the most"):
            Channel(theirs, session, 1000).receive()

    async def main():
        stream = asyncio.StreamReader()
        stream.feed_data(head)
        with pytest.raises(Refused, match="4294967295 bytes"):
            await asyncio.wait_for(read_sealed(stream, session.received, 1000), 5)

    asyncio.run(main())


def test_an_unknown_kind_is_refused():
    session, worker = proved()
    plain = struct.pack("!BQI", 99, 0, 0)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(plain + worker.sent.code(plain))
        with pytest.raises(Refused, match="unknown kind 99"):
            Channel(theirs, session).receive()

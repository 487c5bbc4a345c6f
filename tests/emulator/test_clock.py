import asyncio
import math
from array import array
from fractions import Fraction

import numpy as np
import pytest

from sddeverify.emulator.clock import Deadlock, Ticks, VirtualTimeLoop


def run(main):
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)


def test_sleeping_costs_no_real_time():
    async def main():
        loop = asyncio.get_running_loop()
        await asyncio.sleep(1e6)
        return loop.time()

    assert run(main()) == 1e6


def test_timers_fire_in_the_order_of_time_worker_sequence():
    fired = []

    async def wait(when, worker, sequence):
        assert await asyncio.get_running_loop().until(when, worker, sequence)
        fired.append((when, worker, sequence))

    async def main():
        timers = [(2, 0, 0), (1, 1, 5), (1, 0, 9), (1, 1, 3), (0, 7, 0), (2, 0, -1)]
        asyncio.get_running_loop().call_later(1, fired.append, "others last")
        await asyncio.gather(*(wait(*timer) for timer in timers))

    run(main())
    assert fired == [(0, 7, 0), (1, 0, 9), (1, 1, 3), (1, 1, 5), "others last", (2, 0, -1), (2, 0, 0)]


def test_all_that_a_timer_causes_at_an_instant_is_done_before_the_next_timer():
    order = []

    async def main():
        loop = asyncio.get_running_loop()

        async def first():
            await loop.until(1, 0, 0)
            for step in range(5):  # five turns of the loop, all at time 1
                order.append(step)
                await asyncio.sleep(0)

        async def second():
            await loop.until(1, 1, 0)
            order.append("second")

        await asyncio.gather(second(), first())

    run(main())
    assert order == [0, 1, 2, 3, 4, "second"]


def test_a_timer_that_is_called_off_does_not_move_the_clock():
    async def main():
        loop = asyncio.get_running_loop()
        loop.until(5, 0, 0).set_result(False)
        loop.call_at(6, print).cancel()
        await asyncio.sleep(1)
        return loop.time()

    assert run(main()) == 1

    async def stuck():
        loop = asyncio.get_running_loop()
        loop.until(5, 0, 0).set_result(False)
        await loop.create_future()

    with pytest.raises(Deadlock, match="time 0"):  # nothing is left after the cancelled timer
        run(stuck())


def test_timeouts_work_in_virtual_time():
    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                await asyncio.sleep(4)
        return asyncio.get_running_loop().time()

    assert run(main()) == 3


def test_deadlock_is_an_error_of_ours_and_leaves_no_task_behind():
    async def main():
        await asyncio.sleep(2)
        other = asyncio.ensure_future(asyncio.Queue().get())
        await asyncio.gather(other, asyncio.Event().wait())

    with pytest.raises(Deadlock, match="at time 2: every task is blocked and no timer is set"):
        run(main())


def test_ticks_are_powers_of_two_near_the_resolution():
    for mean in (1e-9, 0.3, 1, 1.5, 1e9):
        ticks = Ticks.for_mean(mean)
        assert math.frexp(ticks.per_second)[0] == 0.5
        assert 2**40 <= mean * ticks.per_second < 2**41
    assert Ticks.for_mean(math.inf).per_second > 0  # a law with a hung worker has no mean


def test_durations_become_the_nearest_ticks_and_infinity_never():
    ticks = Ticks(8.0)
    assert ticks.of_durations(np.array([0.0, 0.24, 1.0, np.inf])) == [0, 2, 8, None]
    assert ticks.of_durations(np.array([0.0, 0.24, 1.0])) == array("q", [0, 2, 8])
    assert ticks.of(1.3) == 10
    assert Fraction(ticks.seconds(3)) == Fraction(3, 8)


def test_a_long_run_does_not_overflow():
    ticks = Ticks.for_mean(1.0)
    (huge,) = ticks.of_durations(np.array([1e30]))
    assert huge == int(1e30 * ticks.per_second)

"""Twenty-six hard cases: how many roots of h have Re s > 0, and which is the rightmost one? Who is silently wrong?

The truth is a pair of certificates that the kernel accepted, and where the delay is one constant it is also
python-flint's Lambert W with balls. A tool gets no warning: it is called as in the other comparisons, in a process of
its own with a limit of processor time. Its answer is wrong if the number is wrong, or if the real part of its rightmost
root is off by more than a millionth of the larger of 1 and the modulus of the root; an error, nan or an exceeded limit
is no answer.
"""

from __future__ import annotations

import cmath
import multiprocessing
import signal
import warnings
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.cases import cases
from benchmarks.peers import TOOLS, FlintLambertW, NoRoot, NotSupported, Problem, Tool
from sddeverify.certificates import Inconclusive, rightmost_root, root_count
from sddeverify.delays import Constant
from sddeverify.models import CharacteristicFunction

LIMIT = 5  # seconds of processor time for the answers to one case
CLOSE = 1e-6


@dataclass(frozen=True)
class Truth:
    """The certified answers."""

    count: int
    rightmost: complex
    problem: Problem


def truth(h: CharacteristicFunction) -> Truth:
    """Certify the answers; they agree with python-flint where that knows them."""
    count, root = root_count.prove(h), rightmost_root.prove(h)
    assert not isinstance(count, Inconclusive), count
    assert not isinstance(root, Inconclusive), root
    place = complex(float(root.real.midpoint), abs(float(root.imag.midpoint)))
    problem = Problem(h, min(place.real, 0.0) - 1 / h.delay.mean_float)
    if isinstance(h.delay, Constant):
        assert FlintLambertW().count(problem) == count.count
        assert abs(FlintLambertW().rightmost(problem) - place) <= 1e-12 * max(1, abs(place))
    return Truth(count.count, place, problem)


def judged(tool: Tool, true: Truth) -> str:
    """What becomes of one tool in one case: right, WRONG: ..., no answer: ..., or a dash for what it does not take."""
    faults, silent = [], []
    try:
        count = tool.count(true.problem)
        if count != true.count:
            faults.append(f"{count} unstable roots, not {true.count}")
    except NotSupported:
        return "-"
    except Exception as error:
        silent.append(f"{type(error).__name__}")
    try:
        root = tool.rightmost(true.problem)
        if cmath.isnan(root):
            silent.append("nan")
        elif abs(root.real - true.rightmost.real) > CLOSE * max(1, abs(true.rightmost)):
            faults.append(f"rightmost root {root:.5g}, not {true.rightmost:.5g}")
    except NotSupported:
        pass
    except NoRoot as error:
        faults.append(str(error))
    except Exception as error:
        silent.append(f"{type(error).__name__}")
    if faults:
        return "WRONG: " + "; ".join(faults)
    return "no answer: " + "; ".join(dict.fromkeys(silent)) if silent else "right"


def _serve(index: int, names: list[str], pipe: Connection) -> None:
    warnings.simplefilter("ignore")  # what a tool warns of on every call is no answer
    everything = cases()
    for name in names:
        true = truth(everything[name])
        signal.setitimer(signal.ITIMER_PROF, LIMIT)  # its signal ends the process, also amid compiled code
        pipe.send(judged(TOOLS[index], true))
        signal.setitimer(signal.ITIMER_PROF, 0)


def verdicts(tool: Tool, names: list[str]) -> list[str]:
    """The verdict on a tool in each case; it is begun anew where it ended its process or took too long."""
    context = multiprocessing.get_context("spawn")
    found: list[str] = []
    while len(found) < len(names):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_serve, args=(TOOLS.index(tool), names[len(found) :], theirs))
        process.start()
        theirs.close()
        try:
            while len(found) < len(names):
                found.append(ours.recv())
        except EOFError:
            process.join()
            late = process.exitcode == -signal.SIGPROF
            found.append(f"no answer: more than {LIMIT} s" if late else "no answer: the process ended")
        process.join()
    return found


def compare() -> tuple[dict[str, Truth], dict[str, list[str]]]:
    """The truth in each case, and the verdicts on each tool."""
    true: dict[str, Any] = {name: truth(h) for name, h in cases().items()}
    return true, {tool.name: verdicts(tool, list(true)) for tool in TOOLS}


if __name__ == "__main__":
    for tool in TOOLS:
        for case, verdict in zip(cases(), verdicts(tool, list(cases())), strict=True):
            print(f"{tool.name:28} {case:70} {verdict}", flush=True)

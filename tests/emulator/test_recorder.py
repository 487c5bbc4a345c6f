"""The recorder: rows as they should be, from many threads, after a crash, and nothing overwritten."""

import pickle
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from sddeverify.emulator.recorder import Recorder
from sddeverify.emulator.trace import Trace
from sddeverify.errors import InvalidScenario

GUIDE = Path(__file__).parents[2] / "notebooks" / "guides" / "own-times.md"


class Clock:
    """Time that one sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_rows(tmp_path: Path) -> None:
    clock = Clock()
    with Recorder(tmp_path / "t.csv", clock=clock) as recorder:
        first, second, third, lost = (recorder.read(worker) for worker in (3, 0, 1, 2))
        clock.now += 0.5
        assert recorder.push(second) == 0
        clock.now += 0.25
        assert recorder.push(third, applied=False) == 1
        assert recorder.push(pickle.loads(pickle.dumps(first))) == 1  # noqa: S301 - our own token, as it travels
        recorder.drop(lost)
        assert recorder.version == 2
    rows = Trace.from_csv(tmp_path / "t.csv").csv().splitlines()[1:]
    assert rows == ["0,0.0,0.5,0,0", "1,0.0,0.75,0,", "3,0.0,0.75,0,1"]


def test_threads_lose_nothing(tmp_path: Path) -> None:
    def work(worker: int) -> None:
        for _ in range(200):
            recorder.push(recorder.read(worker))

    with Recorder(tmp_path / "t.csv") as recorder:
        pool = [threading.Thread(target=work, args=(k,)) for k in range(8)]
        for thread in pool:
            thread.start()
        for thread in pool:
            thread.join()
    trace = Trace.from_csv(tmp_path / "t.csv")
    assert np.bincount(trace.worker).tolist() == [200] * 8
    assert trace.version_applied.tolist() == list(range(1600))  # every update once, in order
    assert (np.diff(trace.push_time) >= 0).all()
    assert (trace.staleness >= 0).all()
    for worker in range(8):  # it reads again only after its push was counted
        mine = trace.worker == worker
        assert (trace.version_read[mine][1:] > trace.version_applied[mine][:-1]).all()


def test_crash_loses_no_row(tmp_path: Path) -> None:
    code = (
        "import os, sys; from sddeverify.emulator.recorder import Recorder; r = Recorder(sys.argv[1])\n"
        "for _ in range(37): r.push(r.read(0))\n"
        "r.read(1); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path / "t.csv")], check=False).returncode == -9
    assert len(Trace.from_csv(tmp_path / "t.csv")) == 37


def test_refusals(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with Recorder(path) as recorder:
        token = recorder.read(0)
        recorder.push(token)
        for call in (recorder.push, recorder.drop):
            for wrong in (token, None):
                with pytest.raises(InvalidScenario, match=r"^token: "):
                    call(wrong)  # type: ignore[arg-type]  # wrong on purpose
        for worker in (-1, True, "0", 1.0):
            with pytest.raises(InvalidScenario, match=r"^worker: "):
                recorder.read(worker)  # type: ignore[arg-type]  # wrong on purpose
    recorder.close()
    with pytest.raises(InvalidScenario, match=r"^recorder: "):
        recorder.read(0)
    before = path.read_bytes()
    with pytest.raises(InvalidScenario, match="a name that is not taken"):
        Recorder(path)
    assert path.read_bytes() == before
    with pytest.raises(InvalidScenario, match=r"ending in \.csv"):
        Recorder(tmp_path / "t.txt")


def test_overtaken_gradients_leave_a_readable_trace(tmp_path: Path) -> None:
    """Rows of one worker are in the order of its reads, or its clock seems to go backwards."""
    clock = Clock()
    with Recorder(tmp_path / "t.csv", clock=clock) as recorder:
        tokens = []
        for worker in (0, 0, 1, 0):
            tokens.append(recorder.read(worker))
            clock.now += 0.5
        recorder.push(tokens[1])
        with pytest.raises(InvalidScenario, match=r"^token: 'overtaken by another one of worker 0'"):
            recorder.push(tokens[0])
        recorder.drop(tokens[0])
        recorder.push(tokens[3])
        recorder.push(tokens[2])
    assert Trace.from_csv(tmp_path / "t.csv").read_time.tolist() == [0.5, 1.5, 1.0]


def test_examples_of_the_guide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those with threads and Dask."""
    monkeypatch.chdir(tmp_path)
    section = GUIDE.read_text("utf-8").partition("## Record your own training")[2]
    names: dict[str, object] = {"__name__": "snippet"}
    for text in re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL):
        exec(compile(text, str(GUIDE), "exec"), names)  # noqa: S102 - our own page
    threads, dask = Trace.from_csv("threads.csv"), Trace.from_csv("dask.csv")
    assert (len(threads), threads.workers) == (80, 4)
    assert (len(dask), dask.workers) == (41, 2)
    assert dask.staleness.max() <= 40


@pytest.mark.parametrize(("package", "workers", "arrivals"), [("ray", 4, 100), ("torch", 4, 80)])
def test_examples_with_packages_that_are_no_dependencies(
    package: str, workers: int, arrivals: int, tmp_path: Path
) -> None:
    """In a process of their own, where they are installed; CI installs both after the other tests."""
    text = GUIDE.read_text("utf-8").partition("## Record your own training")[2]
    examples = re.findall(r"^```py\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (example,) = (one for one in examples if f"import {package}\n" in one)
    script = "import numpy as np\nfrom sddeverify.emulator.recorder import Recorder\n" + example
    compile(script, str(GUIDE), "exec")
    pytest.importorskip(package, reason=f"{package} is not installed (pip install {package})")
    (tmp_path / "example.py").write_text(script)
    command = [sys.executable, "example.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    trace = Trace.from_csv(tmp_path / f"{package}.csv")
    assert len(trace) == arrivals
    assert 1 < trace.workers <= workers  # Ray takes seconds to start a process: the others may do all the work
    assert 0 < trace.staleness.mean() < 2 * workers

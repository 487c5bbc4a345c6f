import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sddeverify.delays import Empirical
from sddeverify.emulator.trace import Trace
from sddeverify.errors import InvalidScenario

HEADER = "worker,read_time,push_time,version_read,version_applied"
GOOD = f"{HEADER}\n0,0.0,1.5,0,0\n1,0.0,2.25,0,1\n0,1.5,3e0,1,\n1,2.25,4.0,,\n"


def test_reads_what_it_says():
    trace = Trace.parse_csv(GOOD)
    assert trace.worker.tolist() == [0, 1, 0, 1]
    assert trace.push_time.tolist() == [1.5, 2.25, 3.0, 4.0]
    assert trace.version_read.tolist() == [0, 0, 1, -1]
    assert trace.version_applied.tolist() == [0, 1, -1, -1]
    assert trace.delays.tolist() == [1.5, 2.25, 1.5, 1.75]
    assert trace.staleness.tolist() == [0, 1]
    assert trace.workers == 2
    assert trace.duration == 4.0
    assert trace.arrival_rate == 1.0


rows = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.floats(0, 1e6, allow_subnormal=False),
        st.floats(0, 1e6, allow_subnormal=False),
        st.one_of(st.just(-1), st.integers(0, 10**9)),
        st.one_of(st.just(-1), st.integers(0, 10**9)),
    ),
    max_size=20,
    unique_by=lambda row: min(row[1:3]),  # a worker reads at one time only once
)


def valid_trace(rows):
    """Sort the times so that no clock goes backwards."""
    reads = sorted(min(row[1], row[2]) for row in rows)
    pushes = sorted(max(row[1], row[2]) for row in rows)
    versions = [(min(a, b), max(a, b)) if min(a, b) >= 0 else (a, b) for *_, a, b in rows]
    return Trace(
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array(reads, dtype=float),
        np.array(pushes, dtype=float),
        np.array([one[0] for one in versions], dtype=np.int64),
        np.array([one[1] for one in versions], dtype=np.int64),
    )


@given(rows)
def test_both_forms_read_back_exactly(rows):
    trace = valid_trace(rows)
    assert Trace.parse_csv(trace.csv()) == trace
    assert Trace.from_json(trace.to_json()) == trace
    assert Trace.parse_csv(trace.csv().replace("\n", "\r\n")) == trace


@given(rows, st.data())
def test_a_cut_file_is_refused_or_shorter(rows, data):
    text = valid_trace(rows).csv()
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    if cut.endswith("\n"):
        assert len(Trace.parse_csv(cut)) < max(len(rows), 1)
    else:
        with pytest.raises(InvalidScenario, match=r"cut off|empty file"):
            Trace.parse_csv(cut)


def changed(old, new):
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "an empty file"),
        (HEADER, "line 1: the last line has no line end"),
        (GOOD[:-1], "line 5: the last line has no line end and may be cut off"),
        (GOOD.replace(",push_time", "", 1), "line 1: column push_time is missing"),
        (GOOD.replace("push_time", "time", 1), "line 1: column push_time is missing"),
        (GOOD.replace("worker,read_time", "read_time,worker", 1), "line 1: 'read_time,worker"),
        (GOOD.replace("applied", "applied,extra", 1), "line 1"),
        (changed("1,0.0,2.25,0,1", "1,0.0,2.25,0"), "line 3: '1,0.0,2.25,0' is not allowed; write 5 cells"),
        (changed("1,0.0,2.25,0,1", "1,0.0,2,25,0,1"), "line 3"),
        (changed("1,0.0,2.25,0,1", ""), "line 3"),
        (changed("0,0.0,1.5", "0,0.0,1;5"), "line 2, column push_time: '1;5'"),
        (changed("0,0.0,1.5", "0,0.0,nan"), "line 2, column push_time: 'nan'"),
        (changed("0,0.0,1.5", "0,0.0,1e999"), "line 2, column push_time: '1e999'"),
        (changed("0,0.0,1.5", "0,0.0,-1.5"), "line 2, column push_time: '-1.5'"),
        (changed("0,0.0,1.5", "0,0.0,1_5"), "line 2, column push_time: '1_5'"),
        (changed("0,0.0,1.5", "0,0.0, 1.5"), "line 2, column push_time: ' 1.5'"),
        (changed("0,0.0,1.5", "0,0.0,١"), "line 2, column push_time"),
        (changed("0,0.0,1.5", "0,,1.5"), "line 2, column read_time: ''"),
        (changed("0,0.0,1.5", "zero,0.0,1.5"), "line 2, column worker: 'zero'"),
        (changed("0,0.0,1.5", ",0.0,1.5"), "line 2, column worker: ''"),
        (changed("1.5,3e0,1,", "1.5,3e0,1.0,"), "line 4, column version_read: '1.0'"),
        (changed("1.5,3e0,1,", "1.5,3e0,-1,"), "line 4, column version_read: '-1'"),
        (changed("2.25,0,1\n", "2.25,2,1\n"), "line 3, column version_applied: 1 .* version_read, 2"),
        (changed("1.5,3e0", "1.5,1.25"), "line 4, column push_time: 1.25 .* read_time, 1.5"),
        (changed("1.5,3e0", "1.0,1.25"), "line 4, column push_time: .*backwards: worker 0 was already at 1.5"),
        (GOOD + "1,3,9,,\n1,3,9,,\n", "line 7: 'worker 1 from 3.0 to 9.0' .* only once"),
        (GOOD + "1,1.0,9.0,,\n", "line 6, column read_time: .*backwards: worker 1 was already at 2.25"),
    ],
)
def test_bad_csv_gets_one_sentence(text, words):
    with pytest.raises(InvalidScenario, match=words) as caught:
        Trace.parse_csv(text)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("trace")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1, 2", "not JSON"),
        ("[]", "an object"),
        ("[" * 100_000, "nested"),
        ('{"worker": [0], "worker": [1]}', "only once"),
        (b"\xff", "UTF-8"),
        ('{"extra": []}', "only the columns"),
        ('{"worker": []}', "column read_time: it is missing"),
        ((("worker", [0, 1]),), "equal length"),
        ((("worker", [True]),), "row 1, column worker"),
        ((("read_time", ["1"]),), "row 1, column read_time"),
        ((("push_time", [10**400]),), "row 1, column push_time"),
        ((("version_read", [-1]),), "row 1, column version_read"),
        ((("version_read", [1.5]),), "row 1, column version_read"),
        ((("push_time", [0.5]),), "row 1, column push_time"),
    ],
)
def test_bad_json_gets_one_sentence(text, words):
    if isinstance(text, tuple):
        good = {"worker": [0], "read_time": [1.0], "push_time": [2], "version_read": [None], "version_applied": [3]}
        assert len(Trace.from_json(json.dumps(good))) == 1
        text = json.dumps(good | dict(text))
    with pytest.raises(InvalidScenario, match=words) as caught:
        Trace.from_json(text)
    assert "\n" not in str(caught.value)


def test_files(tmp_path):
    trace = Trace.parse_csv(GOOD)
    path = tmp_path / "trace.csv"
    trace.to_csv(path)
    assert Trace.from_csv(path) == Trace.load(path) == trace
    (tmp_path / "trace.json").write_text(trace.to_json())
    assert Trace.load(tmp_path / "trace.json") == trace
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert Trace.from_csv(path) == trace
    path.write_bytes(b"\xff\xfe" + path.read_bytes())
    with pytest.raises(InvalidScenario, match="byte 0"):
        Trace.from_csv(path)
    with pytest.raises(InvalidScenario, match="No such file"):
        Trace.from_csv(tmp_path / "missing.csv")
    with pytest.raises(InvalidScenario, match=r"ends in \.csv or \.json"):
        Trace.load(tmp_path / "trace.parquet")


def test_law_of_the_delays():
    trace = Trace.parse_csv(GOOD)
    law = trace.to_empirical(cells=8)
    assert isinstance(law, Empirical)
    assert sum(law.counts) == 4
    assert abs(law.mean_float - np.mean(trace.delays)) <= float(law.step) / 2
    empty = Trace.parse_csv(HEADER + "\n")
    assert len(empty) == 0
    with pytest.raises(InvalidScenario, match="at least one row"):
        empty.to_empirical()
    with pytest.raises(InvalidScenario, match="at least one row"):
        Trace.parse_csv(f"{HEADER}\n0,1,1,,\n").to_empirical()

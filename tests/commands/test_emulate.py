import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from sddeverify.emulator.fault_plan import read_faults
from sddeverify.emulator.faults import FaultyRun
from sddeverify.emulator.run import Emulation
from sddeverify.emulator.trace import Trace
from sddeverify.scenario import Scenario
from tests.emulator.page import measured

SCENARIO = """
learning_rate = 0.05
workers = 4
compute = "erlang(3, 1/2)"
hessian = ["1", "1/2"]
noise_variance = "1/100"
seed = 5
"""


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "scenario.toml"
    path.write_text(SCENARIO)
    return path


def test_the_table_shows_rate_staleness_and_ledger(run, scenario):
    outcome = run("emulate", scenario, "--arrivals", 2000)
    assert outcome.status == 0
    assert "P - 1 = 3" in outcome.out
    assert "P/m = 8 /s" in outcome.out
    assert "= 6000: balanced" in outcome.out
    assert "loss at the end" in outcome.out


def test_json_and_the_trace_agree(run, scenario, tmp_path):
    out = tmp_path / "trace.csv"
    outcome = run("emulate", scenario, "--arrivals", 2000, "--out", out, "--json")
    summary = outcome.json
    trace = Trace.from_csv(out)
    assert summary["arrivals"] == len(trace) == 2000
    assert summary["mean_staleness"] == pytest.approx(trace.staleness.mean())
    assert summary["mean_staleness_seconds"] == pytest.approx(trace.delays.mean())
    assert summary["arrival_rate"] == pytest.approx(trace.arrival_rate) == pytest.approx(8, rel=0.1)
    ledger = summary["ledger"]
    assert ledger["applied"] + ledger["outstanding"] == ledger["started"] == 2004
    versions = [ledger[f"staleness_{part}"]["versions"] for part in ("applied", "not_applied", "outstanding")]
    assert sum(versions) == ledger["staleness_total"]["versions"] == 3 * 2000
    assert not summary["diverged"]


def test_the_same_bytes_every_time(run, scenario, tmp_path):
    files = [tmp_path / f"{name}.csv" for name in ("heap", "asyncio", "process")]
    for path in files[:2]:
        assert run("emulate", scenario, "--arrivals", 500, "--out", path, "--driver", path.stem).status == 0
    command = [sys.executable, "-m", "sddeverify", "emulate", str(scenario), "--arrivals", "500", "-o", str(files[2])]
    subprocess.run(command, check=True, capture_output=True)
    assert len({path.read_bytes() for path in files}) == 1


def test_divergence_is_said(run, scenario):
    scenario.write_text(SCENARIO.replace("0.05", "50"))
    outcome = run("emulate", scenario)
    assert outcome.status == 0
    assert "grew beyond all bounds" in outcome.out
    summary = run("emulate", scenario, "--json").json
    assert summary["diverged"]
    assert summary["arrivals"] < summary["arrivals_asked"]
    assert summary["final_loss"] is None


def test_real_digits(run, tmp_path):
    path = tmp_path / "digits.json"
    path.write_text(
        json.dumps({"learning_rate": "1/50", "workers": 4, "compute": "exponential(1)", "objective": "ridge"})
    )
    summary = run("emulate", path, "--arrivals", 3000, "--json").json
    assert summary["final_loss"] < 0.25  # 0.5 at the start
    assert summary["mean_staleness_samples"] == pytest.approx(32 * summary["mean_staleness"])


def test_ctrl_c_leaves_a_readable_trace(scenario, tmp_path):
    out = tmp_path / "trace.csv"
    command = [sys.executable, "-m", "sddeverify", "emulate", str(scenario), "--arrivals", "1000000000", "-o", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not (out.exists() and out.stat().st_size > 100_000) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert stderr == f"sddeverify: interrupted; the trace is complete up to then: {out}\n"
    assert len(Trace.from_csv(out)) > 1000


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (["--arrivals", 0], "--arrivals"),
        (["--driver", "threads"], "--driver"),
        (["--out", "trace.txt"], "--out"),
        (["--out", "/no/such/folder/trace.csv"], "No such file"),
    ],
)
def test_bad_options(run, scenario, changed, words):
    run("emulate", scenario, *changed).assert_one_sentence(words)


def test_bad_scenarios(run, scenario, tmp_path):
    run("emulate", tmp_path / "missing.toml").assert_one_sentence("missing.toml")
    scenario.write_text(SCENARIO + 'policy = "magic"\n')
    run("emulate", scenario).assert_one_sentence("policy", "magic", "asynchronous")
    scenario.write_text(SCENARIO + 'policy = {name = "asynchronous", k = 3}\n')
    run("emulate", scenario).assert_one_sentence("policy.k")
    scenario.write_text(SCENARIO.replace("workers = 4", "workers = 0"))
    run("emulate", scenario).assert_one_sentence("workers")


def test_an_existing_trace_is_left_alone(run, scenario, tmp_path):
    out = tmp_path / "trace.csv"
    out.write_text("mine")
    run("emulate", scenario, "--out", out).assert_one_sentence("trace.csv", "--force")
    assert out.read_text() == "mine"
    assert run("emulate", scenario, "--out", out, "--arrivals", 10, "--force").status == 0
    assert len(Trace.from_csv(out)) == 10


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ('policy = {name = "k_sync", k = 1000}', ("policy.k", "1000", "from 1 to")),
        ('policy = {name = "drop_stale", threshold = 0}', ("policy.threshold", "0", "from 1")),
        ('policy = {name = "event_triggered", threshold = 0}', ("policy.threshold", "positive")),
        ('policy = {name = "mindflayer", limit = -1}', ("policy.limit", "'-1'", "positive")),
        ('downlink = "constant(-1)"', ("downlink", "'-1'", "non-negative")),
        ("uplink = -2", ("uplink", "'-2'", "positive")),
        ("pool = [{workers = 1000}]", ("pool", "1000 workers", "together")),
        ("arrivals = 0", ("arrivals", "0", "from 1")),
        ("workers = 3", ("duplicate key",)),
    ],
)
def test_bad_members_leave_an_existing_trace_alone(run, scenario, tmp_path, members, words):
    out = tmp_path / "trace.csv"
    out.write_text("mine")
    scenario.write_text(SCENARIO + members + "\n")
    run("emulate", scenario, "--out", out, "--force").assert_one_sentence(*words)
    assert out.read_text() == "mine"


def test_a_pool_that_hangs_ends_with_a_sentence(run, scenario):
    scenario.write_text(SCENARIO + "pool = [{workers = 4, hang = 1}]\n")
    run("emulate", scenario).assert_one_sentence("deadlock at time 0", "will never finish")


def test_the_file_says_how_long(run, scenario):
    scenario.write_text(SCENARIO + "arrivals = 123\n")
    assert run("emulate", scenario, "--json").json["arrivals"] == 123
    assert run("emulate", scenario, "--arrivals", 77, "--json").json["arrivals"] == 77


DIFFERENT = """
learning_rate = "1/100"
workers = 2
compute = "erlang(4, 1)"
objective = {name = "quadratic", eigenvalues = [1], noise_variance = "1/10"}
policy = "POLICY"
seed = SEED

[[pool]]
workers = 1
data = {minimum = [1]}

[[pool]]
workers = 1
compute = "erlang(4, 4)"
data = {minimum = [-1]}
"""


def excesses(run, path, policy):
    """The loss at the end of 16 runs above the least possible one."""
    found = []
    for seed in range(16):
        path.write_text(DIFFERENT.replace("POLICY", policy).replace("SEED", str(seed)))
        summary = run("emulate", path, "--arrivals", 1200, "--json").json
        assert summary["least_loss"] == pytest.approx(0.5)
        found.append(summary["final_loss"] - summary["least_loss"])
    return np.mean(found), np.std(found, ddof=1) / 4


def test_what_rescaled_sgd_is_for(run, scenario):
    """Minima +1 and -1, speeds 4 : 1: asynchronous SGD settles near 0.6, .18 above the least loss, rescaled SGD near 0.

    Around these points runs vary; their variance is at most learning rate x variance of a weighted gradient, of which
    half is excess: below .01 in both. Each comparison allows 4.5 standard errors, an error level of 1e-5.
    """
    wrong, error = excesses(run, scenario, "asynchronous")
    measured("loss above the least, different data in `[[pool]]`, minima ±1, speeds 4 : 1, asynchronous", wrong, error)
    assert abs(wrong - 0.18) < 4.5 * error + 0.01
    assert wrong - 4.5 * error > 0.05
    right, error = excesses(run, scenario, "rescaled_asgd")
    measured("loss above the least, different data in `[[pool]]`, minima ±1, speeds 4 : 1, rescaled", right, error)
    assert right + 4.5 * error < 0.02
    assert right > 0


def test_digits_of_their_own(run, scenario):
    """Half of the workers, eight times as fast, have the digits 0 to 4, the others 5 to 9."""
    members = 'learning_rate = "1/50"\nworkers = 4\ncompute = "erlang(4, 1)"\nobjective = "ridge"\nseed = 1\n'
    groups = [
        "{workers = 2, data = {labels = [0, 1, 2, 3, 4]}}",
        '{workers = 2, compute = "erlang(4, 8)", data = {labels = [5, 6, 7, 8, 9]}}',
    ]
    excess = {}
    for policy in ("asynchronous", "rescaled_asgd"):
        scenario.write_text(members + f'policy = "{policy}"\npool = [{", ".join(groups)}]\n')
        summary = run("emulate", scenario, "--arrivals", 12_000, "--json").json
        excess[policy] = summary["final_loss"] - summary["least_loss"]
    assert 0 < excess["rescaled_asgd"] < excess["asynchronous"] / 3
    assert "least mean loss" in run("emulate", scenario, "--arrivals", 10).out


@pytest.mark.parametrize(
    ("objective", "data", "words"),
    [
        ('"ridge"', "{labelz = [1]}", ("pool[0].data: objective.ridge: 'labelz'", "labels")),
        ('"ridge"', "{labels = [10]}", ("pool[0].data: ridge.labels[0]: 10", "0 to 9")),
        ('"ridge"', "{labels = []}", ("pool[0].data: ridge.labels: []", "at least one digit")),
        ('"ridge"', "{batch_size = 8}", ("pool[0].data: '8 samples in a gradient'", "data with 32")),
        ('"ridge"', "[1]", ("pool[0].data: [1]", "a table of parameters of the objective")),
        ('"mlp"', "{hidden = 3}", ("pool[0].data: '235 variables'", "data with 610")),
        ('{name = "quadratic", eigenvalues = [1]}', "{minimum = [1, 2]}", ("pool[0].data: quadratic.minimum",)),
        ('{name = "quadratic", eigenvalues = [1]}', "{eigenvalues = [1, 2]}", ("pool[0].data: '2 variables'",)),
        (None, "{minimum = [1]}", ("pool[0].data: {'minimum': (1,)}", "in place of hessian")),
    ],
)
def test_bad_data(run, scenario, objective, data, words):
    what = 'hessian = ["1"]' if objective is None else f"objective = {objective}"
    scenario.write_text(
        f'learning_rate = 1\nworkers = 2\ncompute = "constant(1)"\n{what}\npool = [{{workers = 2, data = {data}}}]\n'
    )
    run("emulate", scenario).assert_one_sentence(*words)


PLAN = [
    {"job": 3, "kind": "crash", "delay": 0.5},
    {"job": 9, "kind": "loss", "delay": 1},
    {"job": 14, "kind": "duplicate", "delay": 0.25},
    {"job": 20, "kind": "late", "delay": 2},
    {"job": 31, "kind": "stall", "delay": 1.5},
    {"job": 60, "kind": "restart", "delay": 0},
    {"job": 100_000, "kind": "late", "delay": 0},
]


def test_faults(run, scenario, tmp_path):
    """The run of the file is the run from Python; every kind happens, and the books balance."""
    plan, out = tmp_path / "faults.json", tmp_path / "trace.csv"
    plan.write_text(json.dumps(PLAN))
    summary = run("emulate", scenario, "--arrivals", 500, "--faults", plan, "--out", out, "--json").json
    kinds = ("crash", "loss", "duplicate", "late", "stall", "restart")
    assert summary["faults"] == dict.fromkeys(kinds, 1)
    assert summary["faults_planned"] == 7
    faulty = FaultyRun.create(Emulation.create(Scenario.load(scenario)), read_faults(plan))
    result = faulty.run(500).result()
    assert out.read_text() == result.trace.csv()
    assert len(Trace.from_csv(out)) == summary["arrivals"] == 500
    ledger = summary["ledger"]
    assert ledger["started"] == result.ledger.started == ledger["applied"] + ledger["outstanding"] + ledger["lost"]
    assert ledger["lost"] >= 2
    shown = run("emulate", scenario, "--arrivals", 500, "--faults", plan)
    assert "1 crash, 1 loss, 1 duplicate, 1 late, 1 stall, 1 restart" in shown.out
    assert "6 of 7 planned" in shown.out
    run("emulate", scenario, "--faults", plan, "--out", out).assert_one_sentence("trace file: ", "not taken")
    assert out.read_text() == result.trace.csv()


def test_a_plan_without_faults_changes_nothing(run, scenario, tmp_path):
    plan, files = tmp_path / "none.json", [tmp_path / "one.csv", tmp_path / "two.csv"]
    plan.write_text("[]")
    assert run("emulate", scenario, "--arrivals", 300, "--out", files[0]).status == 0
    outcome = run("emulate", scenario, "--arrivals", 300, "--out", files[1], "--faults", plan)
    assert "0 of 0 planned" in outcome.out
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[{"job": 1, "kind": "late", "delay": 1}, {"job": 1, "kind": "loss", "delay": 1}]', "each at most once"),
        ('[{"job": 1, "kind": "tired", "delay": 1}]', "one of crash, loss"),
        ('[{"job": 1, "kind": "late", "delay": -1}]', "0 to 10^9 seconds"),
        ('[{"job": 1, "kind": "late", "delay": 1e300}]', "0 to 10^9 seconds"),
        ('[{"job": 1, "kind": "late", "delay": NaN}]', "0 to 10^9 seconds"),
        ('[{"job": 1, "kind": "late"}]', '"job", "kind" and "delay"'),
        ("{", "not JSON"),
    ],
)
def test_bad_plans(run, scenario, tmp_path, text, words):
    plan = tmp_path / "faults.json"
    plan.write_text(text)
    run("emulate", scenario, "--faults", plan, "--out", tmp_path / "trace.csv").assert_one_sentence(words)
    assert not (tmp_path / "trace.csv").exists()


def test_faults_need_the_heap(run, scenario, tmp_path):
    plan = tmp_path / "faults.json"
    plan.write_text("[]")
    run("emulate", scenario, "--faults", plan, "--driver", "asyncio").assert_one_sentence("--driver: ", "heap")

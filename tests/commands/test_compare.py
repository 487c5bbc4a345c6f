from pathlib import Path

import pytest

from sddeverify.emulator.policies import POLICIES
from sddeverify.emulator.run import Emulation
from sddeverify.scenario import Scenario

SCENARIO = """
learning_rate = 0.05
workers = 4
compute = "erlang(3, 1/2)"
hessian = ["1", "1/2"]
noise_variance = "1/10000"
policy = {name = "k_async", k = 2}
seed = 5
"""
EVERY = Path(__file__).parents[2] / "examples" / "all-policies.toml"


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "scenario.toml"
    path.write_text(SCENARIO)
    return path


def test_ctrl_c_is_one_sentence(run, scenario, tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Emulation, "create", interrupted)
    outcome = run("compare", "asynchronous", "-s", scenario, "--out", tmp_path / "policies.png")
    assert (outcome.status, outcome.out, outcome.err) == (130, "", "sddeverify: interrupted\n")
    assert not (tmp_path / "policies.png").exists()


def test_policies_side_by_side(run, scenario):
    outcome = run("compare", "synchronous", "k_async:k=1", "asynchronous", "-s", scenario, "--json")
    rows = {row["policy"]: row for row in outcome.json["policies"]}
    assert list(rows) == ["synchronous", "k_async:k=1", "asynchronous"]
    assert len({row["duration"] for row in rows.values()}) == 1
    assert rows["synchronous"]["mean_staleness"] == 0
    assert rows["synchronous"]["updates"] < rows["asynchronous"]["updates"] / 4  # it waits for the slowest
    assert rows["synchronous"]["applied"] == 4 * rows["synchronous"]["updates"]
    # 1-async is asynchronous SGD.
    assert {**rows["k_async:k=1"], "policy": ""} == {**rows["asynchronous"], "policy": ""}
    assert all(row["ledger"]["balanced"] for row in rows.values())
    assert 0 < rows["asynchronous"]["time_to_target"] < rows["synchronous"]["time_to_target"]


def test_traffic_counts_what_is_sent(run, scenario):
    rows = run("compare", "gradient_dropout:keep=1/4", "drop_stale:threshold=1", "-s", scenario, "--json").json
    dropout, stale = rows["policies"]
    assert dropout["uploads"] == dropout["applied"] < dropout["gradients"] / 3
    assert stale["uploads"] == stale["gradients"] > 1.5 * stale["applied"]


def test_the_file_says_it_all(run, tmp_path):
    path = tmp_path / "pool.toml"
    path.write_text(
        SCENARIO
        + """
arrivals = 300
policies = ["asynchronous", {name = "k_async", k = 3}, "synchronous", {name = "mindflayer", limit = [1, 1, 2, 2]}]
uplink = 20
pool = [{workers = 3}, {workers = 1, compute = "constant(1)", hang = "1/10", on = "constant(9)", off = "constant(1)"}]
"""
    )
    outcome = run("compare", "-s", path, "--json")
    rows = {row["policy"]: row for row in outcome.json["policies"]}
    assert list(rows) == ["asynchronous", "k_async:k=3", "synchronous", "mindflayer:limit=[1 1 2 2]"]
    # The pool computes 3/(1/2) + (9/10)/1 = 6.9 gradients in a second.
    assert [row["duration"] for row in rows.values()] == pytest.approx([300 / 6.9] * 4)
    assert "no worker will ever finish" in rows["synchronous"]["stopped"]  # it waits for the one that hangs
    assert rows["asynchronous"]["stopped"] is None
    assert rows["asynchronous"]["updates"] > 100
    table = run("compare", "-s", path)
    assert "synchronous: it waits forever" in table.out
    assert run("compare", "adasync", "-s", path, "--arrivals", 100, "--json").json["policies"][0]["policy"] == "adasync"


def test_replays_are_counted(run, scenario):
    outcome = run("compare", "guided_asynchronous", "asynchronous", "-s", scenario, "--arrivals", 200)
    assert "guided_asynchronous: the server computed" in outcome.out


def test_all_policies_on_digits_from_one_file(run, tmp_path):
    figure = tmp_path / "policies.svg"
    outcome = run("compare", "-s", EVERY, "--arrivals", 300, "--out", figure, "--json")
    rows = {row["policy"].partition(":")[0]: row for row in outcome.json["policies"]}
    assert list(rows) == list(POLICIES)  # none is missing, none comes twice
    assert all(row["ledger"]["balanced"] and row["stopped"] is None for row in rows.values())
    assert all(row["final_loss"] < 0.5 for row in rows.values())  # all learn
    assert figure.read_bytes().startswith(b"<?xml")


def test_the_threshold_of_the_file_saves_traffic(run):
    events = next(one for one in Scenario.load(EVERY).policies if one.name == "event_triggered")
    threshold = f"event_triggered:threshold={events.parameters['threshold']}"
    rows = run("compare", threshold, "asynchronous", "-s", EVERY, "--json").json["policies"]
    saving, plain = rows
    assert saving["uploads"] < 0.7 * plain["uploads"]
    assert saving["time_to_target"] < 1.6 * plain["time_to_target"]
    assert saving["downloads"] == plain["downloads"]


def test_all_policies_without_a_list(run, scenario):
    outcome = run("compare", "-s", scenario, "--arrivals", 60)
    assert outcome.status == 0, outcome
    for name in POLICIES:
        assert name in outcome.out


def test_long_names_cut_no_number(run, scenario, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    policy = "mindflayer:batch=6,success=43/50,fixed=1/2,limit=100000000000000000001"
    outcome = run("compare", policy, "-s", scenario, "--arrivals", 60)
    assert outcome.status == 0, outcome
    assert max(map(len, outcome.out.splitlines())) <= 80
    (row,) = run("compare", policy, "-s", scenario, "--arrivals", 60, "--json").json["policies"]
    assert f" {row['uploads']} " in outcome.out
    assert f" {row['updates']} " in outcome.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["magic"], "magic"),
        (["k_sync:k=5"], "policy.k"),
        (["k_sync:k"], "name:parameter=value"),
        (["k_sync:k=1,k=2"], "once"),
        (["k_sync:"], "name:parameter=value"),
        (["k_sync:k="], "name:parameter=value"),
        (["k_sync:=3"], "name:parameter=value"),
        (["event_triggered:threshold=nan"], "policy.threshold: 'nan'"),
        (["event_triggered:threshold=inf"], "policy.threshold: 'inf'"),
        (["asynchronous", "--out", "missing/figure.svg"], "an existing folder"),
        (["drop_stale:threshold=0"], "threshold"),
        (["asynchronous:k=2"], "policy.k"),
        (["asynchronous", "--arrivals", 0], "--arrivals"),
        (["asynchronous", "--out", "figure.pdf"], "--out"),
    ],
)
def test_bad_input(run, scenario, arguments, words):
    run("compare", "-s", scenario, *arguments).assert_one_sentence(words)


def test_the_policy_of_the_file_is_read_too(run, scenario):
    scenario.write_text(SCENARIO.replace("k = 2", "k = 5"))
    run("compare", "asynchronous", "-s", scenario).assert_one_sentence("policy.k: 5", "from 1 to 4")


def test_a_folder_is_no_figure(run, scenario, tmp_path):
    folder = tmp_path / "folder.svg"
    folder.mkdir()
    for force in ([], ["--force"]):
        outcome = run("compare", "asynchronous", "-s", scenario, "-o", folder, *force)
        outcome.assert_one_sentence("--out", "folder.svg", "the name of a file")


def test_nothing_is_overwritten(run, scenario, tmp_path):
    figure = tmp_path / "mine.svg"
    figure.write_text("mine")
    run("compare", "asynchronous", "-s", scenario, "-o", figure).assert_one_sentence("mine.svg", "--force")
    assert figure.read_text() == "mine"
    run("compare", "asynchronous").assert_one_sentence("--scenario")

"""JupyterLab in a real browser: Debian's Chromium, driven by Playwright, both off the network."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"  # ignored by git; kept for people to look at
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}
PATIENCE = 120_000  # milliseconds; only a broken page takes that long


@dataclass
class Lab:
    """A running JupyterLab.

    Attributes:
        url: Where it answers.
        root: The folder it shows: a copy of the lessons.
    """

    url: str
    root: Path


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    pytest.importorskip("jupyterlab", reason="the extra 'notebook' is not installed")
    home = tmp_path_factory.mktemp("jupyter")
    (home / "config" / "labconfig").mkdir(parents=True)
    overrides = home / "config" / "labconfig" / "default_setting_overrides.json"
    overrides.write_text(json.dumps(SETTINGS), encoding="utf-8")
    root = home / "root"
    shutil.copytree(ROOT / "notebooks" / "lessons", root / "lessons")
    # As the wheel would install it.
    shutil.copytree(ROOT / "sddeverify" / "labextension", home / "path" / "labextensions" / "sddeverify")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folders = {"CONFIG_DIR": "config", "DATA_DIR": "data", "RUNTIME_DIR": "run", "PATH": "path"}
    places = {f"JUPYTER_{name}": str(home / folder) for name, folder in folders.items()}
    places |= {f"JUPYTERLAB_{name}_DIR": str(home / name.lower()) for name in ("SETTINGS", "WORKSPACES")}
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, **places, "IPYTHONDIR": str(home / "ipython"), "PYTHONPATH": paths}
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
        "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.password=",
        f"--ServerApp.root_dir={root}", "--LabApp.extension_manager=readonly", "--LabApp.expose_app_in_browser=True",
    ]  # fmt: skip
    log = home / "lab.log"
    with log.open("w") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait(f"http://127.0.0.1:{port}/api", process, log)
        yield Lab(f"http://127.0.0.1:{port}", root)
    finally:
        process.terminate()
        process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=1).close()  # noqa: S310 - the server started above
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(log.read_text("utf-8"))


@pytest.fixture(scope="module")  # Playwright keeps an event loop running, in which tests of asyncio cannot run
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="the extra 'test' is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Opened:
    """A page with what went wrong on it.

    Attributes:
        page: Playwright's page.
        errors: Uncaught errors of scripts.
        elsewhere: Requests to anything but this machine.
    """

    page: Any
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def screenshot(self, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(SCREENSHOTS / f"{name}.png"))

    def run_all(self) -> None:
        """Run every cell and wait for the last one."""
        idle = "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
        self.page.wait_for_function(idle, timeout=PATIENCE)
        self.page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")


@pytest.fixture
def opened(lab: Lab, chromium: Any) -> Iterator[Callable[[str], Opened]]:
    contexts = []
    pages = []

    def open_(path: str) -> Opened:
        context = chromium.new_context(viewport={"width": 1280, "height": 1500})
        contexts.append(context)
        result = Opened(context.new_page())
        result.page.set_default_timeout(PATIENCE)
        pages.append(result)
        home = (lab.url, lab.url.replace("http", "ws"), "data:", "blob:")
        result.page.on(
            "request",
            lambda request: None if request.url.startswith(home) else result.elsewhere.append(request.url),
        )
        result.page.on("pageerror", lambda error: result.errors.append(str(error)))
        result.page.goto(f"{lab.url}/doc/tree/{path}")
        return result

    yield open_
    for context in contexts:
        context.close()
    for one in pages:
        assert one.elsewhere == []
        assert one.errors == []

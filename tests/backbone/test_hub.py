"""The hub, for real: a small server that speaks its file endpoints, and a program that loads from it."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LOAD = """
import json, sys
from pocketbert.backbone import BackboneSettings, load_backbone
from pocketbert.errors import PocketBertError

answers = {}
for name in sys.argv[1:]:
    model, _, revision = name.partition("@")
    try:
        backbone = load_backbone(BackboneSettings(name=model, revision=revision or None))
        answers[name] = {"source": backbone.source, "parameters": backbone.encoder.num_parameters()}
    except PocketBertError as error:
        answers[name] = {"error": str(error), "status": error.exit_status}
print(json.dumps(answers))
"""


class Hub(ThreadingHTTPServer):
    """Serves /{owner}/{model}/resolve/{revision}/{file} out of folders."""

    def __init__(self, models: dict[str, Path], gated: set[str] = frozenset()) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.models = models
        self.gated = gated
        self.requests: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self, *, with_body: bool) -> None:
        self.server.requests.append(f"{self.command} {self.path}")
        owner, model, *place = self.path.split("?")[0].strip("/").split("/")
        if len(place) < 3 or place[0] != "resolve":
            return self._refuse(404, "")
        name, revision, file = f"{owner}/{model}", place[1], "/".join(place[2:])
        if name in self.server.gated:
            return self._refuse(403, "GatedRepo")
        if name not in self.server.models:
            return self._refuse(401, "RepoNotFound")
        if revision not in ("main", COMMIT):
            return self._refuse(404, "RevisionNotFound")
        path = self.server.models[name] / file
        if not path.is_file():
            return self._refuse(404, "EntryNotFound")
        content = path.read_bytes()
        self.send_response(200)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if with_body:
            self.wfile.write(content)
        return None

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def hub(write_model: Callable[..., Path]) -> Iterator[Hub]:
    older = write_model("older", pickled=True)
    evil = write_model("evil", pickled=True)
    (evil / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    bare = write_model("bare")
    (bare / "model.safetensors").unlink()
    models = {"owner/tiny": write_model("tiny"), "owner/older": older, "owner/evil": evil, "owner/bare": bare}
    server = Hub(models, gated={"owner/gated"})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def load_in_a_program(
    *names: str, home: Path, endpoint: str, **variables: str
) -> tuple[dict[str, dict], str]:
    """What each name gave in a new process, and all that the process said besides."""
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("HF_", "TRANSFORMERS_"))
    }
    environment |= {"HF_HOME": str(home), "HF_ENDPOINT": endpoint, "OMP_NUM_THREADS": "1", **variables}
    environment = {key: value for key, value in environment.items() if "proxy" not in key.lower()}
    program = subprocess.run(
        [sys.executable, "-c", LOAD, *names],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    *noise, answers = program.stdout.splitlines()
    return json.loads(answers), "\n".join(noise) + program.stderr


def test_models_come_from_the_hub_and_then_from_its_cache(hub, tmp_path):
    home = tmp_path / "home"
    first, said = load_in_a_program(
        "owner/tiny",
        f"owner/tiny@{COMMIT}",
        "owner/older",
        "owner/tiny@v9",
        "owner/tny",
        "owner/gated",
        "owner/evil",
        "owner/bare",
        home=home,
        endpoint=hub.address,
    )
    assert first["owner/tiny"]["source"] == f"hub, owner/tiny at {COMMIT[:12]}, model.safetensors"
    assert first[f"owner/tiny@{COMMIT}"] == first["owner/tiny"]
    assert first["owner/older"]["source"].endswith("pytorch_model.bin")
    assert first["owner/older"]["parameters"] == first["owner/tiny"]["parameters"]
    errors = {name: answer["error"] for name, answer in first.items() if "error" in answer}
    assert set(errors) == {"owner/tiny@v9", "owner/tny", "owner/gated", "owner/evil", "owner/bare"}
    assert all("\n" not in error for error in errors.values())
    assert "no model 'owner/tny' on the hub" in errors["owner/tny"]
    assert first["owner/tny"]["status"] == 2
    assert "revision 'v9'" in errors["owner/tiny@v9"]
    assert "hf auth login" in errors["owner/gated"]
    assert "would run code" in errors["owner/evil"]
    assert "no weights" in errors["owner/bare"]
    assert said == ""

    asked = len(hub.requests)
    again, _ = load_in_a_program("owner/tiny", home=home, endpoint=hub.address)
    assert again["owner/tiny"] == first["owner/tiny"]
    assert not any(request.startswith("GET /owner") for request in hub.requests[asked:])

    hub.shutdown()
    hub.server_close()
    without, said = load_in_a_program(
        "owner/tiny", "owner/older", "owner/elsewhere", home=home, endpoint=hub.address
    )
    assert without["owner/tiny"] == first["owner/tiny"]
    assert without["owner/older"] == first["owner/older"]
    refused = without["owner/elsewhere"]
    assert "no hub reachable" in refused["error"]
    assert "folder" in refused["error"]
    assert "`bundled`" in refused["error"]
    assert "\n" not in refused["error"]
    assert refused["status"] == 1
    assert said == ""


def test_offline_by_choice_reads_the_cache_alone(hub, tmp_path):
    answers, _ = load_in_a_program(
        "owner/tiny", home=tmp_path / "home", endpoint=hub.address, HF_HUB_OFFLINE="1"
    )
    assert "no hub reachable" in answers["owner/tiny"]["error"]
    assert not hub.requests

"""`pocketbert export --to web`: a folder that any host of static files serves.  How it runs is tested in tests/web."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import pocketbert as pb
from commands import Command
from disks import fill, small_disk
from pocketbert.deployment.gate import LIMITS, Limits
from pocketbert.deployment.site import page
from pocketbert.errors import ArgumentError, PocketBertError
from pocketbert.publishing import Published, publish_run
from pocketbert.reporter import Silent

ROOT = Path(__file__).parents[2]


class Listening(Silent):
    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, message: str) -> None:
        self.warnings.append(message)


@pytest.fixture
def run(finished_run: Path, tmp_path: Path) -> Path:
    return shutil.copytree(finished_run, tmp_path / "run")


@pytest.fixture(scope="module")
def published(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("published")
    run = shutil.copytree(finished_run, folder / "run")
    return publish_run(pb.load(run), folder / "site", allow_degraded=True)


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_site_is_the_page_the_models_and_what_it_says_of_them(published: Published) -> None:
    with page() as built:
        of_the_page = files_in(built)
    models = {f"model/{p}/{file}" for p in ("fp32", "int8") for file in ("model.onnx", "card.md")}
    described = {"files.js", "model/site.json", "model/tokenizer.json", "model/tokenizer_config.json"}
    assert files_in(published.folder) == of_the_page | models | described
    site = json.loads((published.folder / "model/site.json").read_text(encoding="utf-8"))
    assert site["labels"] == ["bad", "good"]
    assert site["max_length"] == 128
    assert site["data"].endswith(" rows of train.csv")
    for model, exported in zip(site["models"], published.exports, strict=True):
        assert (published.folder / model["file"]).read_bytes() == exported.file.read_bytes()
        assert model["bytes"] == exported.size
        assert model["degraded"] is not exported.verdict.passed
        assert model["value"] == exported.split["clean"]["accuracy"]["value"]
    assert published.as_dict()["bytes"] == published.size


def test_its_name_on_the_home_screen_is_the_tasks(published: Published) -> None:
    manifest = json.loads((published.folder / "manifest.webmanifest").read_text(encoding="utf-8"))
    assert manifest["name"] == "verdict of review in train.csv"
    assert files_in(published.folder) >= {icon["src"] for icon in manifest["icons"]}


def kept(site: Path) -> dict[str, list[str]]:
    return json.loads((site / "files.js").read_text(encoding="utf-8").split("=", 1)[1].strip(" ;\n"))


def test_all_its_files_are_kept_on_the_device_the_large_ones_once_asked_for(published: Published) -> None:
    files = kept(published.folder)
    assert {*files["shell"], *files["later"]} == files_in(published.folder) - {"files.js", "sw.js"} | {"./"}
    assert {Path(name).name for name in files["later"]} >= {"model.onnx", "tokenizer.json"}
    in_the_shell = [published.folder / name for name in files["shell"]]
    assert sum(path.stat().st_size for path in in_the_shell if path.is_file()) < 300_000


def test_a_site_takes_the_place_of_an_older_one_as_another_version(
    published: Published, tmp_path: Path
) -> None:
    shutil.copytree(published.folder, tmp_path / "site")
    run = pb.load(published.exports[0].folder.parents[1])
    alone = publish_run(run, tmp_path / "site", precisions=["fp32"])
    assert not (alone.folder / "model/int8").exists()
    assert kept(alone.folder)["version"] != kept(published.folder)["version"]
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_precision_that_is_refused_is_left_out_unless_it_is_the_only_one(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "int8", Limits(agreement=1.0, drop=-1.0))  # no file gains so much
    loaded, listening = pb.load(run), Listening()
    with pytest.raises(PocketBertError) as refused:
        publish_run(loaded, tmp_path / "alone", precisions=["int8"])
    assert not (tmp_path / "alone").exists()
    made = publish_run(loaded, tmp_path / "site", reporter=listening)
    assert [exported.made for exported in made.exports] == ["fp32"]
    assert f"the site does without int8: {refused.value}" in listening.warnings


def test_the_command_writes_a_site_and_says_how_to_look_at_it(
    pocketbert: Command, run: Path, tmp_path: Path
) -> None:
    answer = pocketbert("export", run, "--to", "web", "--out", tmp_path / "site", "--allow-degraded")
    assert answer.status == 0, answer.err
    assert f"site: {tmp_path / 'site'}, " in answer.out
    assert "python -m http.server --directory" in answer.out
    assert {path.name for path in (tmp_path / "site" / "model").iterdir()} >= {"fp32", "int8"}
    answer = pocketbert("export", run, "--to", "web", "--precision", "fp32", "--json")
    printed = json.loads(answer.out)
    assert Path(printed["folder"]) == run / "exports" / "web"
    assert [export["made"] for export in printed["exports"]] == ["fp32"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "wbe"], "did you mean 'web'?"),
        (["--to", "web", "--precision", "int4"], "no precision 'int4'"),
        (["--to", "web", "--tokenizer"], "leave out --tokenizer and --length"),
        (["--to", "web", "--out", "nowhere/site"], "no folder nowhere"),
    ],
)
def test_what_cannot_be_asked_for(
    pocketbert: Command, finished_run: Path, arguments: list[str], words: str
) -> None:
    answer = pocketbert("export", finished_run, *arguments)
    assert answer.status == 2
    assert words in answer.problem
    assert not (finished_run / "exports").exists()


def test_a_run_of_several_labels_has_no_page_and_export_names_publish(run: Path) -> None:
    with pytest.raises(ArgumentError, match=r"publish\(run, folder\)"):
        pb.export(run, to="web")
    loaded = pb.load(run)
    several = loaded.task.model_copy(update={"kind": "multilabel"})
    with pytest.raises(ArgumentError, match="answers with several labels a text; export --to onnx"):
        pb.publish(replace(loaded, task=several))


def test_what_is_there_and_no_site_stays(run: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    for out, words in ((tmp_path / "mine", "no site of ours"), (tmp_path / "no" / "site", "no folder")):
        with pytest.raises(ArgumentError, match=words):
            pb.publish(run, out)
    assert files_in(tmp_path / "mine") == {"letter.txt"}
    assert not (run / "exports").exists()


def test_a_full_disk_leaves_no_half_a_site(run: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 8) as disk:
        fill(disk, 1_000_000)
        with pytest.raises(PocketBertError, match="cannot write the site: the disk is full; make room"):
            publish_run(pb.load(run), disk / "site", precisions=["fp32"])
        assert not (disk / "site").exists()


def test_the_built_page_asks_for_nothing_elsewhere() -> None:
    with page() as built:
        html = (built / "index.html").read_text(encoding="utf-8")
        addresses = re.findall(r"""(?:src|href)="([^"]*)\"""", html)
        assert {address.removeprefix("./") for address in addresses} <= files_in(built)
        assert "default-src 'none'" in html
        assert "://" not in html


def test_the_lock_of_the_page_names_versions_and_hashes_but_no_host() -> None:
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert len(packages) > 10
    assert [name for name, entry in packages.items() if "resolved" in entry or "integrity" not in entry] == []
    wanted = json.loads((ROOT / "web" / "package.json").read_text(encoding="utf-8"))
    exact = {**wanted["dependencies"], **wanted["devDependencies"]}
    assert {name: packages[f"node_modules/{name}"]["version"] for name in exact} == exact

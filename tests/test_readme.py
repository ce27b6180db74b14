"""The README against the tree: its file list, its links, and the page of the recipe's fields."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def listed_folders() -> set[str]:
    listing = README.partition("<!-- files -->")[2].partition("<!-- /files -->")[0]
    return set(re.findall(r"^- `([^`]+)/`: .", listing, flags=re.MULTILINE))


def tracked_folders() -> set[str]:
    """Top-level folders, the package and its rooms."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [Path(line) for line in tracked.splitlines() if not line.startswith(".")]
    top = {path.parts[0] for path in paths if len(path.parts) > 1} - {"src"}
    rooms = {"/".join(path.parts[:3]) for path in paths if path.parts[0] == "src" and len(path.parts) > 3}
    return top | {"src/pocketbert"} | rooms


def test_the_file_list_names_every_folder_and_no_other() -> None:
    listed = listed_folders()
    assert {folder for folder in listed if folder.count("/") <= 2} == tracked_folders()
    assert [folder for folder in listed if not (ROOT / folder).is_dir()] == []


def test_every_linked_file_exists() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_pages_of_recipes_are_what_the_code_says() -> None:
    sys.path.insert(0, str(ROOT / "scripts"))
    import make_reference

    assert make_reference.PAGE.read_text(encoding="utf-8") == make_reference.page()
    assert make_reference.DISTILLATION_PAGE.read_text(encoding="utf-8") == make_reference.distillation_page()


def test_the_readme_goes_from_a_csv_to_a_prediction(tmp_path: Path) -> None:
    program = re.search(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert program is not None
    done = subprocess.run(
        [sys.executable, "-c", program.group(1)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Prediction(label=" in done.stdout
    assert (tmp_path / "runs" / "reviews" / "report.html").exists()

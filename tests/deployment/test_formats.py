"""What can be asked of a format, and what is said where it cannot."""

from pathlib import Path

import pytest

from commands import Command
from pocketbert.deployment.folder import EXAMPLES
from pocketbert.deployment.formats import FORMATS, Format, check_format
from pocketbert.errors import ArgumentError


def test_every_format_has_examples() -> None:
    assert set(EXAMPLES) == set(FORMATS)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("tflite", "fp32", "dynamic", ()), "no format 'tflite'; did you mean 'litert'?"),
        (("executorch", "fp16", "dynamic", ()), "ExecuTorch files are fp32 or int8 here, not fp16"),
        (
            ("litert", "int8", "static", ()),
            "LiteRT files are quantised dynamically alone; leave out --quantisation",
        ),
        (("onnx", "fp32", "dynamic", (32,)), "ONNX files read texts of any length; leave out --length"),
    ],
)
def test_what_a_format_cannot_do(arguments: tuple[str, str, str, tuple[int, ...]], words: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        check_format(*arguments, reads_text=False)
    assert words in str(refused.value)


def test_a_tokenizer_inside_is_of_onnx() -> None:
    with pytest.raises(ArgumentError, match="LiteRT files read tokens; leave out --tokenizer"):
        check_format("litert", "fp32", "dynamic", (), reads_text=True)


def test_a_missing_extra_is_named_with_its_command(
    pocketbert: Command, finished_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dataclasses

    lacking: Format = dataclasses.replace(FORMATS["litert"], libraries=("no_such_library",))
    monkeypatch.setitem(FORMATS, "litert", lacking)
    answer = pocketbert("export", finished_run, "--to", "litert")
    assert answer.status == 2
    assert answer.problem.endswith(
        "LiteRT files need libraries of their own; pip install 'pocketbert[litert]'"
    )
    assert not (finished_run / "exports").exists()

"""Nothing of what others write reaches the terminal, and all is as it was afterwards."""

import logging
import os
import sys
import warnings
from pathlib import Path

import pytest

from pocketbert.deployment.silence import silence


def test_nothing_is_heard_inside_and_all_after(capfd: pytest.CaptureFixture[str]) -> None:
    def speak() -> None:
        print("python")
        print("python's errors", file=sys.stderr)
        os.write(1, b"native\n")
        os.write(2, b"native's errors\n")
        logging.getLogger("someone").warning("logged")

    def fail() -> None:
        with silence():
            speak()
            warnings.warn("of theirs", stacklevel=1)
            raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        fail()
    assert capfd.readouterr() == ("", "")
    speak()
    out, err = capfd.readouterr()
    assert sorted(out.split()) == ["native", "python"]
    assert "native's errors" in err
    assert "python's errors" in err
    with pytest.warns(UserWarning, match="ours again"):
        warnings.warn("ours again", stacklevel=1)


def test_descriptors_are_given_back() -> None:
    with silence():
        pass
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(10):
        with silence():
            pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before

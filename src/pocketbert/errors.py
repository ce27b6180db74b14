"""Errors a user can act on: one line that says what is wrong, where, and what to do."""

import errno
from collections.abc import Iterable
from difflib import get_close_matches

MOST_NAMES = 20
"""A message lists no more names than these."""


class PocketBertError(Exception):
    """The work failed: the message is one line for the user.  The command exits with status 1."""

    exit_status = 1


class ArgumentError(PocketBertError):
    """What the user asked for is wrong.  The command exits with status 2."""

    exit_status = 2


class StoppedError(PocketBertError):
    """Somebody stopped the work, which goes on from where it stands when it is asked for again."""


class DiskError(PocketBertError):
    """The disk refuses what was made; what is tried next would be refused too."""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> str:
    """A message for a name that does not exist, with its nearest match: `no task 'ss2'; did you mean 'sst2'?`"""
    names = sorted(known)
    nearest = nearest_name(name, names)
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    hint = f"did you mean '{nearest}'?" if nearest else f"known: {', '.join(names[:MOST_NAMES])}{more}"
    return f"no {kind} '{name}'; {hint}"


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The name that was most likely meant, if any is like it."""
    return next(iter(get_close_matches(name, sorted(known), n=1, cutoff=0.5)), None)


def disk_refusal(error: Exception) -> str:
    """What the disk said, and what to do about it; safetensors puts the system's words into its own."""
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error):
        return "the disk is full; make room"
    said = getattr(error, "strerror", None) or " ".join(str(error).split())
    return f"{said}; mend that"

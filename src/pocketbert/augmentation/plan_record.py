"""A plan as a line of bytes to keep, and back: only the slots that a view draws are read out of it.

The record is ASCII: a line with the number of words and the names of the operators, then a line of slots for each
of them, all between tabs, a slot in JSON.  JSON escapes tabs and line ends, so neither stands within a slot.
"""

import json
from collections.abc import Sequence
from typing import overload

from pocketbert.augmentation.operator import Slot
from pocketbert.augmentation.plan import Plan
from pocketbert.text.edits import Edit

_write = json.JSONEncoder(separators=(",", ":")).encode
_read = json.JSONDecoder().raw_decode


def record_of(plan: Plan) -> bytes:
    """The record of a plan, all but its text."""
    lines = ["\t".join([str(plan.words), *plan.slots])]
    lines += ["\t".join(map(_slot_record, slots)) for slots in plan.slots.values()]
    return "\n".join(lines).encode("ascii")


def plan_from(text: str, record: bytes) -> Plan:
    """The plan of `text` from its record."""
    head, *lines = record.decode("ascii").split("\n")
    words, *names = head.split("\t")
    return Plan(text, int(words), dict(zip(names, map(RecordedSlots, lines), strict=True)))


class RecordedSlots(Sequence[Slot]):
    """The slots of one operator, each read when it is first asked for."""

    __slots__ = ("_line", "_slots")

    def __init__(self, line: str) -> None:
        self._line = line
        self._slots: list[str | Slot] = []

    def __len__(self) -> int:
        return len(self._slots or self._split())

    @overload
    def __getitem__(self, place: int) -> Slot: ...
    @overload
    def __getitem__(self, place: slice) -> list[Slot]: ...
    def __getitem__(self, place: int | slice) -> Slot | list[Slot]:
        if isinstance(place, slice):
            return [self[at] for at in range(*place.indices(len(self)))]
        slots = self._slots or self._split()
        slot = slots[place]
        if isinstance(slot, str):
            slot = slots[place] = _slot_from(slot)
        return slot

    def _split(self) -> list[str | Slot]:
        self._slots += self._line.split("\t")
        self._line = ""
        return self._slots


def _slot_record(slot: Slot) -> str:
    return _write([slot.start, slot.end, *([_fields(edit) for edit in edits] for edits in slot.proposals)])


def _fields(edit: Edit) -> list[int | str]:
    fields: list[int | str] = [edit.start, edit.end, edit.replacement]
    return fields if edit.moved_from is None else [*fields, edit.moved_from]


def _slot_from(record: str) -> Slot:
    start, end, *proposals = _read(record)[0]
    if not proposals:
        return Slot(start, end)
    return Slot(start, end, tuple([tuple([Edit(*fields) for fields in edits]) for edits in proposals]))

"""A plan as a line of bytes to keep, and back: only the slots that a view draws are read out of it.

The record is ASCII: the number of words, then a line for each operator, with its name and its slots, each in JSON,
between tabs.  JSON escapes tabs and line ends, so neither stands within a slot.
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
    lines = [str(plan.words)]
    lines += ["\t".join([name, *map(_slot_record, slots)]) for name, slots in plan.slots.items()]
    return "\n".join(lines).encode("ascii")


def plan_from(text: str, record: bytes) -> Plan:
    """The plan of `text` from its record."""
    words, *lines = record.decode("ascii").split("\n")
    named = (line.partition("\t") for line in lines)
    return Plan(text, int(words), {name: RecordedSlots(slots) for name, _, slots in named})


class RecordedSlots(Sequence[Slot]):
    """The slots of one operator, each read when it is asked for."""

    __slots__ = ("_line", "_slots")

    def __init__(self, line: str) -> None:
        self._line = line
        self._slots: list[str] | None = None

    @property
    def _records(self) -> list[str]:
        if self._slots is None:
            self._slots = self._line.split("\t")
        return self._slots

    def __len__(self) -> int:
        return self._line.count("\t") + 1

    @overload
    def __getitem__(self, place: int) -> Slot: ...
    @overload
    def __getitem__(self, place: slice) -> list[Slot]: ...
    def __getitem__(self, place: int | slice) -> Slot | list[Slot]:
        if isinstance(place, slice):
            return [_slot_from(record) for record in self._records[place]]
        return _slot_from(self._records[place])


def _slot_record(slot: Slot) -> str:
    return _write([slot.start, slot.end, *([_fields(edit) for edit in edits] for edits in slot.proposals)])


def _fields(edit: Edit) -> list[int | str]:
    fields: list[int | str] = [edit.start, edit.end, edit.replacement]
    return fields if edit.moved_from is None else [*fields, edit.moved_from]


def _slot_from(record: str) -> Slot:
    start, end, *proposals = _read(record)[0]
    return Slot(start, end, tuple([tuple([Edit(*fields) for fields in edits]) for edits in proposals]))

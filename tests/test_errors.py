"""Messages stay one line that can be read."""

from pocketbert.errors import unknown_name


def test_a_near_name_is_offered_and_few_names_are_all_listed() -> None:
    assert unknown_name("task", "ss2", ["sst2", "cola"]) == "no task 'ss2'; did you mean 'sst2'?"
    assert unknown_name("task", "x", ["sst2", "cola"]) == "no task 'x'; known: cola, sst2"


def test_of_many_names_the_first_are_listed() -> None:
    told = unknown_name("file", "zzz", [f"{number:02}.csv" for number in range(45)])
    assert told.endswith("18.csv, 19.csv and 25 more")

from pocketbert.augmentation.operators.misspelling import misspellings, misspelt


def test_the_list_has_hundreds_of_words_and_no_right_spelling() -> None:
    words, stems = misspellings()
    assert len(words) + len(stems) > 500
    for right, wrong in words.items():
        assert right not in wrong
        assert right.isalpha()


def test_words_and_their_inflections_are_misspelt() -> None:
    assert misspelt("receive") == ("recieve",)
    assert misspelt("receiving") == ("recieving",)
    assert "definately" in misspelt("definitely")
    assert misspelt("cat") == ()


def test_nobody_writes_three_letters_alike() -> None:
    _, stems = misspellings()
    for stem in stems:
        for end in ("", "s", "ed", "ing", "ly", "l", "e"):
            assert all(letter * 3 not in wrong for wrong in misspelt(stem + end) for letter in wrong)

"""Figures and words of others, as they are shown."""

import pytest

from pocketbert.wording import markdown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two words_in 3.5 [1.0, 2.0] p < 0.001", "two words_in 3.5 [1.0, 2.0] p < 0.001"),
        ("a | b\n# c", "a \\| b # c"),
        ("<script>x</script> <!-- a -->", "\\<script>x\\</script> \\<!-- a -->"),
        ("*a* _b_ __c__ `d` \\e", "\\*a\\* \\_b\\_ \\_\\_c\\_\\_ \\`d\\` \\\\e"),
        ("[a](javascript:b) ![c](d) &lt;", "[a]\\(javascript:b) ![c]\\(d) \\&lt;"),
    ],
)
def test_markdown_shows_a_text_as_it_is(text: str, shown: str) -> None:
    assert markdown(text) == shown

"""Whether a text is English, told by its script and its function words: cheap, and without a model."""

import re

from pocketbert.text.words import word_set

_READ = 2_000  # characters; the language of a text shows early

_ENGLISH = word_set(
    """
the and of to a in is that it for was on are with as his they be at this have from or had by but
what some we can out other were all there when up your how said an each she which their if will
about many then them these so her would make like him into has look two more go see no way could my
than been who its now find did get made may do i you not don't i'm it's where why am me our us
because does any just
"""
)
# Function words of other languages in Latin script which English does not use.
_FOREIGN = word_set(
    """
el los las una uno del que por para con como pero más está este esta muy también hay ser soy mi tu
le les des une est et dans pour pas sur qui avec sont mais nous vous cette ce au aux je il elle ses
du der das und ist nicht ein eine einen dem mit auf für ich sie wir sich auch von zu im wird haben
lo gli della che di è non sono un questo questa anche più ma nel alla o os um uma não em ao dos nos
seu sua você eu muito isso de het een niet dat zijn voor met ook aan er maar wordt deze och att det
som en på är av inte han jag till og ikke å jeg nie się na jest że jak ale bir ve bu için değil ne
çok yang dan untuk dengan tidak ini
"""
)

_LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def is_english(text: str) -> bool:
    """Whether `text` reads as English; short or wordless text gets the benefit of the doubt."""
    words = [word.replace("’", "'").lower() for word in _LETTERS.findall(text[:_READ])]
    if not words:
        return True
    if sum(word.isascii() for word in words) < 0.75 * len(words):
        return False
    english = sum(word in _ENGLISH for word in words)
    foreign = sum(word in _FOREIGN for word in words)
    if foreign >= 2 and foreign > english:
        return False
    return english > 0 or len(words) < 15

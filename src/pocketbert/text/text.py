"""A text as the operators read it: tokens, sentences and tags, each worked out when first asked for."""

from functools import cached_property

from pocketbert.text.inflection import base_of
from pocketbert.text.language import is_english
from pocketbert.text.lexicon import multiwords_in
from pocketbert.text.tags import tags_of
from pocketbert.text.words import Kind, Token, sentences_of, tokens_of


class Text:
    """A string with its tokens (character offsets into it), its sentences and its part-of-speech tags."""

    def __init__(self, string: str) -> None:
        self.string = string
        self.tokens: tuple[Token, ...] = tokens_of(string)

    @cached_property
    def sentences(self) -> tuple[tuple[int, int], ...]:
        """Ranges `(first, beyond)` of token indices."""
        return sentences_of(self.string, self.tokens)

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """One Penn Treebank tag a token."""
        return tuple(tag for first, beyond in self.sentences for tag in tags_of(self.tokens[first:beyond]))

    @cached_property
    def bases(self) -> tuple[str, ...]:
        """The base form of each token, in lower case."""
        return tuple(base_of(token.lower, tag) for token, tag in zip(self.tokens, self.tags, strict=True))

    @cached_property
    def multiwords(self) -> frozenset[int]:
        """The indices of tokens that belong to multiwords, as they stand or in their base forms."""
        found: set[int] = set()
        for first, beyond in self.sentences:
            words = [token.lower for token in self.tokens[first:beyond]]
            bases = list(self.bases[first:beyond])
            for whole in (*multiwords_in(words), *(multiwords_in(bases) if bases != words else ())):
                found.update(range(first + whole.start, first + whole.stop))
        return frozenset(found)

    @cached_property
    def english(self) -> bool:
        """Whether lexical and syntactic operators may touch it."""
        return is_english(self.string)

    @cached_property
    def words(self) -> int:
        """How many tokens are words."""
        return sum(token.kind is Kind.WORD for token in self.tokens)

    def space_before(self, place: int) -> str:
        """The white space between the token at index `place` and the one before it."""
        return self.string[self.tokens[place - 1].end if place else 0 : self.tokens[place].start]

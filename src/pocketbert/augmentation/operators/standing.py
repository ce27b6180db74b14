"""Where a word or phrase stands: the classes of the lexicon whose replacements fit its place."""

from pocketbert.text.clauses import FINITE, LINKING, NOUNS, SUBJECT_PRONOUNS, VERBS
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, word_set

_OBJECTS = word_set("it them him her me us you")  # a "noun" before one of these is a verb
_BE = word_set("be am is are was were been being 's 're 'm")
_HAVE = word_set("have has had having 've")
_NOUN_PHRASE = frozenset({"DT", "PRP$", "NN", "NNS", "NNP", "JJ", "CD"})
_CLAUSE = _NOUN_PHRASE | {"PRP", "EX", "VBG"}
_BEFORE_NOUNS = frozenset({"DT", "PRP$", "POS", "JJ"})
_NEAR = 3  # tokens within which "have" helps a participle


class Standing:
    """The tokens `start` to `end` of the sentence `first` to `beyond`, and what stands beside them."""

    def __init__(self, text: Text, start: int, end: int, first: int, beyond: int) -> None:
        self.text, self.start, self.end, self.first, self.beyond = text, start, end, first, beyond
        self.before = text.tags[start - 1] if start > first else ""
        self.after = text.tags[end] if end < beyond else ""
        self.word_before = text.tokens[start - 1].lower if start > first else ""
        self.word_after = text.tokens[end].lower if end < beyond else ""

    def tag(self, place: int) -> str:
        """The tag of a token of this sentence; "" beyond it."""
        return self.text.tags[place] if self.first <= place < self.beyond else ""

    def classes(self) -> tuple[str, ...]:
        """The classes of inflected words and phrases that fit here, by the tag of the head."""
        last, head = self.text.tags[self.end - 1], self.text.tags[self.start]
        if (self.word_before, self.word_after) == ("(", ")"):
            return ()  # a name or a word of art
        if head in VERBS and head != "MD":
            return self._verb_classes(head)
        if last in ("NN", "NNS"):
            return self._noun_classes(last)
        if self.end - self.start > 1:
            return ()
        if last == "JJ":
            return self._adjective_classes()
        return ("r",) if last == "RB" and self.word_before not in ("not", "n't") else ()

    def _noun_classes(self, tag: str) -> tuple[str, ...]:
        verbal = self.before in ("MD", "TO") or (self.after == "PRP" and self.word_after in _OBJECTS)
        adjective = self.word_before in ("a", "an") and self.after == "CC" and self.tag(self.end + 1) == "JJ"
        if verbal or (adjective and self.tag(self.end + 2) in NOUNS):  # "an objective and sensitive test"
            return ()
        compound = self.after in NOUNS or self.before in NOUNS or self.before == "VBG"
        fitting = ("N",) if compound or (self.before == "CD" and tag == "NN") else ("n", "N")
        counted = tag == "NNS" or self.after in NOUNS or self.determined()
        return (*fitting, "D") if counted else fitting

    def _adjective_classes(self) -> tuple[str, ...]:
        if self.start == self.first and self.after == ",":
            return ()  # "sure, it works" is an aside
        denied = self.word_before in ("not", "n't") and self.tag(self.start - 2) == "MD"
        if self.after in ("DT", "PRP$", "PRP") or self.before in ("MD", "TO") or denied:
            return ()  # a verb taken for an adjective
        if self.after in NOUNS or (self.after == "JJ" and self.tag(self.end + 1) in NOUNS):
            return ("a", "b")
        if self.after in ("JJ", "CC", ",", "VBG", "VBN"):
            return ("a",)
        # In "charged extra" the adjective stands for an adverb, in "the rich" for a noun.
        links = self.word_before in LINKING
        misread = self.before in ("DT", "PRP$") or (self.before in VERBS and not links)
        return () if misread else ("a", "p")

    def _verb_classes(self, tag: str) -> tuple[str, ...]:
        if tag != "VBD" and self.before in _BEFORE_NOUNS:
            return ()  # a participle before a noun, or a noun taken for a verb
        helper = self.helper
        if (
            tag in ("VBN", "VBD")
            and not helper
            and self.before in VERBS
            and self.word_before not in _BE | _HAVE
        ):
            return ()  # a participle before a noun: "underwent integrated imaging"
        if tag == "VBN" and self.after in NOUNS and helper not in _HAVE:
            return ()
        participle = tag == "VBN" and not helper and self.after == "IN"
        passive = participle or (tag in ("VBN", "VBD") and helper in _BE)
        if self.after == "TO":
            return ("t",) if self.tag(self.end + 1) == "VB" else ("V",)
        if self.word_after == "that" and self.tag(self.end + 1) in _CLAUSE:
            return ("c", "C", "V")
        if self.word_after in SUBJECT_PRONOUNS and self.tag(self.end + 1) in FINITE:
            return ("C", "V")
        if self.after in ("IN", "RP"):
            active = ("V", "i") if self.after == "IN" else ("V",)
            return ("V", "o") if passive else active
        if self.after == "JJ" and self.tag(self.end + 1) not in NOUNS | {"JJ"}:
            return ("j", "V")
        if self.after in _NOUN_PHRASE:
            return ("v", "V", "o", "d")
        if self.after == "VBG":
            return ("v", "V")  # an object, or a clause: nobody knows
        return ("v", "V", "o") if passive else ("v", "V") if self.after == "PRP" else ("v", "V", "i")

    def determined(self) -> bool:
        """Whether a determiner, a possessor or a number opens the noun phrase that ends here."""
        place = self.start - 1
        while self.tag(place) in ("JJ", "RB", "NN"):
            place -= 1
        return self.tag(place) in ("DT", "PRP$", "POS", "CD")

    @property
    def helper(self) -> str:
        """The form of "be" or "have" before a participle, adverbs left out; "" where there is none."""
        place = self.start - 1
        while self.tag(place) == "RB":
            place -= 1
        word = self.text.tokens[place].lower if place >= self.first else ""
        return word if word in _BE or word in _HAVE else ""

    def past_tag(self) -> str | None:
        """VBD or VBN, which taggers mistake for each other; None where the place does not tell."""
        if self.helper:
            return "VBN"
        return "VBD" if self.word_before in SUBJECT_PRONOUNS else None

    def fits(self, letter: str) -> bool:
        """Whether a phrase that is replaced as it stands has what its class asks for around it."""
        match letter:
            case "f":
                return True
            case "f,":
                parted = self.start == self.first or self.before == "CC" or self._mark_before()
                return self.word_after == "," and parted
            case "fn":
                return self.after in _CLAUSE
            case "fs":
                return self._next_noun() == "NNS"
            case "fm":
                return self._next_noun() == "NN"
            case "fv":
                return self.after == "VB"
            case "fj":
                adverb = self.end - self.start > 1 or self.text.tags[self.start] == "RB"
                return adverb and self.after in ("JJ", "RB", "JJR") and self.word_after not in ("not", "n't")
            case "fh":
                near = {
                    token.lower
                    for token in self.text.tokens[max(self.first, self.start - _NEAR) : self.start]
                }
                return not near & _HAVE or bool(near & _BE)
            case "fr":
                return (
                    self.after in _CLAUSE and self.before != "RB" and self.word_before not in ("not", "n't")
                )
            case "f^":
                return self.start == self.first
        return False

    def _mark_before(self) -> bool:
        return self.text.tokens[self.start - 1].kind is Kind.MARK

    def _next_noun(self) -> str:
        """The tag of the noun that heads what follows, its adjectives left out."""
        place = self.end
        while self.tag(place) in ("JJ", "RB"):
            place += 1
        while self.tag(place) in NOUNS and self.tag(place + 1) in NOUNS:
            place += 1
        return self.tag(place)

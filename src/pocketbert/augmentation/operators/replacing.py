"""Words and phrases replaced by others of the lexicon, inflected, with article and capitals put right."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Proposal, Slot
from pocketbert.augmentation.operators.standing import Standing
from pocketbert.text.edits import Edit
from pocketbert.text.inflection import INFLECTED, indefinite_article, inflections_of
from pocketbert.text.lexicon import Replacements, longest_from, replacements_of
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, Token

_PAST = ("VBD", "VBN")
_RELATED = {"n": "related n", "v": "related v", "i": "related v", "o": "related v"}
_DEGREES = frozenset({"more", "most", "less", "least"})
_WHOLE = frozenset({"totally", "entirely", "utterly"})  # "more completely" has no neighbours
_MODIFIED = ("JJ", "VBG", "VBN", "RB")  # an adverb before one of them is a single word
_SHORT = 5  # characters; "more odd" is not said
_NEAR = 5  # tokens within which a word is not repeated


def replacement_slots(text: Text, guard: Guard, *, related: bool = False) -> Iterator[Slot]:
    """Each word and phrase with what may replace it: synonyms, or `related` words."""
    for first, beyond in text.sentences:
        place = first
        while place < beyond:
            end, proposals = _longest(text, guard, place, first, beyond, related)
            if proposals:
                start = min(edit.start for proposal in proposals for edit in proposal)
                yield Slot(start, text.tokens[end - 1].end, proposals)
            place = end


def _longest(
    text: Text, guard: Guard, place: int, first: int, beyond: int, related: bool
) -> tuple[int, tuple[Proposal, ...]]:
    """Where the longest phrase from `place` that can be replaced ends, and the proposals for it."""
    token = text.tokens[place]
    if token.kind is Kind.WORD and not guard.protects(place):
        longest = 1 if related else max(longest_from(token.lower), longest_from(text.bases[place]))
        for end in range(min(place + longest, beyond), place, -1):
            if end - place == 1 and place in text.multiwords:
                continue
            proposals = tuple(_proposals(text, guard, place, end, first, beyond, related))
            if proposals:
                return end, proposals
    return place + 1, ()


def _proposals(
    text: Text, guard: Guard, start: int, end: int, first: int, beyond: int, related: bool
) -> Iterator[Proposal]:
    standing = None
    if not related:
        words = replacements_of(" ".join([token.lower for token in text.tokens[start:end]]))
        if words:
            standing = Standing(text, start, end, first, beyond)
            for target in _as_they_stand(standing, words):
                proposal = proposal_of(text, guard, start, end, target)
                if proposal:
                    yield proposal
    bases = replacements_of(" ".join(text.bases[start:end]))
    if bases:
        standing = standing or Standing(text, start, end, first, beyond)
        for target in _inflected(standing, guard, bases, related):
            proposal = proposal_of(text, guard, start, end, target)
            if proposal:
                yield proposal


def _as_they_stand(standing: Standing, found: Replacements) -> Iterator[str]:
    for letter, targets in found.items():
        if letter[0] == "f" and standing.fits(letter):
            yield from targets


def _inflected(standing: Standing, guard: Guard, found: Replacements, related: bool) -> Iterator[str]:
    """The targets that fit the place, in the form of what they replace."""
    text, start, end = standing.text, standing.start, standing.end
    near = text.bases[max(standing.first, start - _NEAR) : min(end + _NEAR, standing.beyond)]
    classes = standing.classes()
    if related:
        if text.tags[start] == "NN" and not standing.determined():
            return  # "as comedy goes": what is not counted has no neighbours
        classes = tuple({_RELATED[letter]: None for letter in classes if letter in _RELATED})
    for letter in classes:
        for target in found.get(letter, ()):
            if target in near or target in guard.rules.words:
                continue
            if standing.word_before in _DEGREES and len(target) <= _SHORT:
                continue
            if letter == "r" and " " in target and standing.after in _MODIFIED:
                continue
            if standing.word_before in _DEGREES and target in _WHOLE:
                continue
            form = _form(standing, target)
            if form:
                yield form


def _form(standing: Standing, target: str) -> str | None:
    """The target inflected at its head: the first word of a verb phrase, the last of a noun phrase."""
    tags = standing.text.tags
    verb = tags[standing.start].startswith("V")
    tag = tags[standing.start if verb else standing.end - 1]
    if tag not in INFLECTED:
        return target
    words = target.split(" ")
    place = 0 if verb else -1
    if tag in _PAST and _differ(words[place]):
        settled = standing.past_tag()
        if settled is None:
            return None
        tag = settled
    forms = inflections_of(words[place], tag)
    if not forms or (tag == "NNS" and forms[0] == words[place]):
        return None  # where the plural cannot be told, number is lost
    words[place] = forms[0]
    return " ".join(words)


def _differ(verb: str) -> bool:
    """Whether past and participle differ."""
    return inflections_of(verb, "VBD")[:1] != inflections_of(verb, "VBN")[:1]


def proposal_of(text: Text, guard: Guard, start: int, end: int, target: str) -> Proposal | None:
    """The target in the place of tokens, with capitals and article put right; None where a hard rule forbids it."""
    first, last = text.tokens[start], text.tokens[end - 1]
    edits = [Edit(first.start, last.end, cased(target, text.string[first.start : last.end]))]
    article = _article_before(text, start)
    if article:
        right = cased(indefinite_article(target), article.text)
        if right != article.text:
            edits.insert(0, Edit(article.start, article.end, right))
    return tuple(edits) if guard.allows(edits) else None


def cased(words: str, like: str) -> str:
    """`words` with the capitals of `like`."""
    if like.isupper() and len(like) > 1:
        return words.upper()
    return words[0].upper() + words[1:] if like[0].isupper() else words


def _article_before(text: Text, place: int) -> Token | None:
    before = text.tokens[place - 1] if place else None
    return before if before and before.lower in ("a", "an") else None

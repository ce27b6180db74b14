""" "The film's plot" and "the plot of the film", the one for the other."""

from collections.abc import Iterator

from pocketbert.augmentation.guard import Guard
from pocketbert.augmentation.operator import Proposal
from pocketbert.augmentation.operators.moving import lowered, spaced
from pocketbert.text.clauses import NOUNS
from pocketbert.text.edits import Edit
from pocketbert.text.text import Text
from pocketbert.text.words import Kind, word_set

# Owners of whom both forms are said.
_OWNERS = word_set(
    """
film movie picture story director filmmaker actor actress author writer book novel play company country city nation
patient child man woman boy girl hero heroine character audience viewer reader team government artist player
screenwriter cinematographer musician singer star comedian king queen president customer student teacher doctor
physician surgeon mother father
"""
)
# What a person named without an article has or made; "Crohn's disease" is no disease of Crohn.
_MADE = word_set(
    """
film movie picture direction performance work script screenplay story tale book novel song album voice face life
career style vision debut films movies books songs novels performances characters camera writing humor humour
imagination talent charm comedy drama documentary portrayal acting screenwriting dialogue genius wit
rhythms intelligence energy passion craft fans followers efforts wife friends family brother sister son daughter
house home body mind soul cast role adaptation version tales sketches music lyrics score words thoughts ideas message
messages themes theme view views journey father mother symptoms treatment condition history
"""
)
# "The year's end", "a women's magazine", "the king's own": no plain owner, or nothing owned.
_NO_OWNERS = word_set(
    """
year day week month today yesterday tomorrow century decade hour minute moment season night women men children kids
girls boys ladies people one everyone world who let it that what there here he she latter former other
"""
)
_NOT_OWNED = word_set(
    """
own sake worth length rest end part kind sort type lot number majority most half middle beginning top bottom front
back side case course way time times fault war eye eyes exercise day night choice store use view point name best worst
first only first heart behalf turn hands face presence absence
"""
)
_TAKES_MORE = ("IN", "TO", "WDT", "VBN", "VBG", "POS", "CC", "CD", "JJ", *NOUNS)
_LONGEST_POSSESSION = 3


def genitive_swaps(text: Text, guard: Guard, first: int, beyond: int) -> Iterator[Proposal]:
    """Each owner carried to the other side of what it owns."""
    for place in range(first + 1, beyond - 1):
        if text.tags[place] == "POS" and text.tokens[place].lower == "'s":
            move = _with_of(text, guard, place, first, beyond)
        elif text.tokens[place].lower == "of":
            move = _with_clitic(text, guard, place, first, beyond)
        else:
            move = None
        if move:
            yield move


def _with_of(text: Text, guard: Guard, clitic: int, first: int, beyond: int) -> Proposal | None:
    """ "the film 's plot" as "the plot of the film"."""
    tokens, tags = text.tokens, text.tags
    owner = clitic - 1
    while owner > first and tags[owner - 1] in NOUNS:
        owner -= 1
    determined = owner > first and tags[owner - 1] == "DT"
    begin = owner - 1 if determined else owner
    end = clitic + 1
    while end < beyond and tags[end] in ("JJ", "JJS", "RB", *NOUNS) and tokens[end].kind is Kind.WORD:
        end += 1
    before = tags[begin - 1] if begin > first else ""
    if (
        not 1 <= end - clitic - 1 <= _LONGEST_POSSESSION
        or clitic - owner > 2
        or tags[clitic - 1] not in NOUNS
        or any(token.kind is not Kind.WORD for token in tokens[begin:clitic])
        or tags[end - 1] not in ("NN", "NNS")
        or tokens[clitic - 1].lower in _NO_OWNERS
        or any(token.lower in _NOT_OWNED for token in tokens[clitic + 1 : end])
        or (end < beyond and (tags[end] in _TAKES_MORE or tokens[end].text == "-"))
        or before in ("CC", "POS", "JJ", "CD", "PRP$", "DT", "VBG", "VBN", ":")
        or (begin > first and tokens[begin - 1].lower == "of")
        or (determined and tokens[begin].lower in ("a", "an"))  # "a driver's licence"
        or not (determined or tokens[end - 1].lower in _MADE)
    ):
        return None
    return _owner_behind(text, guard, first, begin, clitic, end)


def _owner_behind(text: Text, guard: Guard, first: int, begin: int, clitic: int, end: int) -> Proposal | None:
    tokens = text.tokens
    start, capital = tokens[begin].start, begin == first and tokens[begin].text[0].isupper()
    inside = lowered(text, guard, begin) if capital else tokens[begin].text
    if inside is None:
        return None
    owned = text.string[tokens[clitic + 1].start : tokens[end - 1].end]
    edits = [
        Edit(start, start, "The " if capital else "the "),
        Edit(start, start, owned, moved_from=tokens[clitic + 1].start),
        Edit(start, start, " of "),
    ]
    if inside != tokens[begin].text:
        edits.append(Edit(start, tokens[begin].end, inside, moved_from=start))
    return (*edits, Edit(tokens[clitic - 1].end, tokens[end - 1].end, ""))


def _with_clitic(text: Text, guard: Guard, of: int, first: int, beyond: int) -> Proposal | None:
    """ "the plot of the film" as "the film 's plot"."""
    tokens, tags = text.tokens, text.tags
    begin, owner = of - 2, of + 2
    if begin < first or owner >= beyond or tokens[begin].lower != "the":
        return None
    before = tags[begin - 1] if begin > first else ""
    after = tags[owner + 1] if owner + 1 < beyond else ""
    if (
        tags[of - 1] not in ("NN", "NNS")
        or tokens[of + 1].lower not in ("the", "this", "a")
        or tokens[owner].lower not in _OWNERS
        or tags[owner] != "NN"
        or tokens[of - 1].lower in _NOT_OWNED
        or (
            before in ("CC", "PDT", "IN", "DT")
            and begin > first
            and tokens[begin - 1].lower in ("of", "all", "both")
        )
        or after in (*_TAKES_MORE, ",", ":", "DT", "(", "WP")
    ):
        return None
    end, owned = tokens[owner].end, text.string[tokens[of - 1].start : tokens[of - 1].end]
    clitic = " 's " if spaced(text, first, beyond) else "'s "
    attached = (Edit(end, end, clitic), Edit(end, end, owned, moved_from=tokens[of - 1].start))
    if tokens[of + 1].lower == "the":
        return (Edit(tokens[of - 1].start, tokens[owner].start, ""), *attached)
    if tokens[begin].text != "the":
        return None
    return (Edit(tokens[begin].start, tokens[of + 1].start, ""), *attached)

"""Which tags and words head the parts of an English clause."""

from pocketbert.text.words import word_set

FINITE = frozenset({"VBD", "VBP", "VBZ", "MD"})
VERBS = frozenset({"VB", "VBD", "VBG", "VBN", "VBP", "VBZ", "MD"})
NOUNS = frozenset({"NN", "NNS", "NNP", "NNPS"})

SUBJECT_PRONOUNS = word_set("i you he she it we they there")
SUBJECT_ONLY = word_set("i he she we they")
DETERMINERS = word_set(
    """
the a an this that these those my your his her its our their
"""
)
AUXILIARIES = word_set(
    """
be am is are was were been being 'm 're 's have has had having 've 'd do does did will would shall
should can could may might must ca wo 'll
"""
)
"""Helping verbs and their clitics."""

LINKING = word_set(
    "be is are was were been being am 's 're 'm seem seems seemed feel feels felt look looks looked"
)
"""Verbs that link their subject to an adjective."""

SUBORDINATORS = word_set(
    """
when whenever if because although though while unless since until before after as whereas that which who whom whose
what where why how whether once than so
"""
)
"""Words that open a clause within a sentence."""

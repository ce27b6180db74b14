"""Which tags and words head the parts of an English clause."""

FINITE = frozenset({"VBD", "VBP", "VBZ", "MD"})
VERBS = frozenset({"VB", "VBD", "VBG", "VBN", "VBP", "VBZ", "MD"})
NOUNS = frozenset({"NN", "NNS", "NNP", "NNPS"})

SUBJECT_PRONOUNS = frozenset(["i", "you", "he", "she", "it", "we", "they", "there"])
SUBJECT_ONLY = frozenset(["i", "he", "she", "we", "they"])
_DETERMINERS_WORDS = """
the a an this that these those my your his her its our their
"""
DETERMINERS = frozenset(_DETERMINERS_WORDS.split())
_AUXILIARIES_WORDS = """
be am is are was were been being 'm 're 's have has had having 've 'd do does did will would shall
should can could may might must ca wo 'll
"""
AUXILIARIES = frozenset(_AUXILIARIES_WORDS.split())
"""Helping verbs and their clitics."""

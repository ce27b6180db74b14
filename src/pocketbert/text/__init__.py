"""Text as the augmentation operators read it: words, tags, inflection, language, edits and their offset map."""

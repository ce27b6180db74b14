"""Text as the augmentation operators read it: words, tags, inflection, language, and edits of it."""

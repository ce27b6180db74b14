"""PocketBERT: labelled text in, a small language model out that survives messy input."""

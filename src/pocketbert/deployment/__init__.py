"""From a fine-tuned model to a file that phones run: folding, export, quantisation, the gate."""

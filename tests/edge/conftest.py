"""A classifier over the whole vocabulary of BERT, made once."""

import numpy as np
import pytest
import torch
from messages import messages
from transformers import MobileBertForSequenceClassification
from two_layers import LABELS, LONGEST, Phone, answers_of

from pocketbert.backbone import BackboneSettings, load_backbone
from pocketbert.data import Encoder
from pocketbert.deployment.fold import fold
from tiny_mobilebert import randomised, tiny_config


@pytest.fixture(scope="session")
def phone() -> Phone:
    encoder = Encoder(load_backbone(BackboneSettings(name="bundled")).tokenizer, LONGEST)
    vocabulary = encoder.tokenizer.get_vocab()
    config = tiny_config(vocab_size=len(vocabulary), num_labels=len(LABELS))
    model = randomised(MobileBertForSequenceClassification(config))
    with torch.no_grad():
        model.mobilebert.embeddings.word_embeddings.weight[encoder.pad_token_id].zero_()
        model.mobilebert.embeddings.word_embeddings.weight.mul_(4)  # so that words move the answer
    known = sorted(word for word in vocabulary if word.isascii() and word.isalpha() and len(word) > 2)
    texts = [(text,) for text in messages(known, 500)]
    answers = answers_of(model, encoder, texts)
    counts = np.bincount(answers.argmax(1), minlength=len(LABELS))
    assert (counts > 20).sum() >= 2, counts  # answers that differ can be told apart
    return Phone(model, fold(model), encoder, texts, answers)

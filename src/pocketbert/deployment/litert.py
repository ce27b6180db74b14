"""LiteRT files (`.tflite`): a signature for each length, all of the same weights, in fp32, fp16 or int8."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from pocketbert.deployment.phone import INPUTS, OneText, drawn_text
from pocketbert.deployment.silence import silence
from pocketbert.deployment.tflite import read_tflite, write_tflite
from pocketbert.errors import PocketBertError

if TYPE_CHECKING:
    from torch import nn

    from pocketbert.deployment.gate import Precision
    from pocketbert.deployment.graph import FoldedClassifier
    from pocketbert.deployment.phone import Scores
    from pocketbert.deployment.phone_predictor import Answer


def signature(length: int) -> str:
    """What a length's signature is called: `length_32`."""
    return f"length_{length}"


def to_litert(folded: FoldedClassifier, lengths: Sequence[int], *, scores: Scores | None) -> bytes:
    """The file in fp32, with a signature for each length."""
    with silence(), tempfile.TemporaryDirectory() as folder:
        import litert_torch

        model = OneText(folded, scores=scores).eval()
        converter: Any = litert_torch
        for length in lengths:
            inputs = dict(zip(INPUTS, drawn_text(length), strict=True))
            converter = converter.signature(signature(length), model, sample_kwargs=inputs)
        path = Path(folder, "model.tflite")
        converter.convert().export(str(path))
        return path.read_bytes()


def in_precision(
    file: bytes, precision: Precision, folded: FoldedClassifier, keep: Collection[str] = ()
) -> bytes:
    """The file with weights in fp16, or with weights in int8 and values rounded to it anew for every text.

    Weights of the folded classifier whose names are in `keep` stay in fp32.
    """
    if precision == "fp32":
        return file
    with silence():
        from ai_edge_quantizer.qtyping import TFLOperationName
        from ai_edge_quantizer.quantizer import Quantizer
        from ai_edge_quantizer.recipe import AlgorithmName
        from ai_edge_quantizer.recipe_manager import RecipeManager

        recipe, everything = RecipeManager(), TFLOperationName.ALL_SUPPORTED
        if precision == "fp16":
            recipe.add_weight_only_config(".*", everything, 16, algorithm_key=AlgorithmName.FLOAT_CASTING)
        else:
            recipe.add_dynamic_config(".*", everything, 8)
        for name in keep:
            scope = re.escape(_scope(folded, name))
            recipe.add_quantization_config(scope, everything, algorithm_key=AlgorithmName.NO_QUANTIZE)
        quantizer = Quantizer(bytearray(file))
        quantizer.load_quantization_recipe(recipe.get_quantization_recipe())
        quantised = quantizer.quantize().quantized_model
    assert quantised is not None
    return write_tflite(read_tflite(bytes(quantised)))


def _scope(folded: nn.Module, weight: str) -> str:
    """How the operations of a weight are named in the file: by the modules that were called, one within another."""
    from torch import nn

    module, called = folded, []
    for part in weight.split(".")[:-1]:
        module = module.get_submodule(part)
        if not isinstance(module, nn.ModuleList):
            kind = type(module)
            called.append(f"{kind.__module__}.{kind.__qualname__}_{part}")
    return "/".join(called)


def open_litert(file: bytes, threads: int = 0) -> Answer:
    """A file in LiteRT, on the CPU; it takes the shortest signature that a text fits.

    Raises PocketBertError when the run time cannot load the file.
    """
    from ai_edge_litert.interpreter import Interpreter

    with silence():
        try:
            interpreter = Interpreter(model_content=file, num_threads=threads or torch.get_num_threads())
            runners = {
                int(runner.get_input_details()["ids"]["shape"][1]): runner
                for runner in map(interpreter.get_signature_runner, interpreter.get_signature_list())
            }
            shortest = np.zeros((1, min(runners)), np.int32)
            runners[min(runners)](**dict.fromkeys(INPUTS, shortest))  # the first answer tells of XNNPACK
        except (ValueError, RuntimeError) as error:
            said = " ".join(str(error).split())[:200]
            raise PocketBertError(f"LiteRT cannot load the file: {said}") from None

    def answer(*inputs: np.ndarray) -> np.ndarray:
        tokens = inputs[0].shape[1]
        length = min((length for length in runners if length >= tokens), default=0)
        if not length:
            raise PocketBertError(f"a text of {tokens} tokens, and the file reads at most {max(runners)}")
        filled = (np.pad(values, ((0, 0), (0, length - tokens))) for values in inputs)
        (found,) = runners[length](**dict(zip(INPUTS, filled, strict=True))).values()
        return np.array(found)

    return answer

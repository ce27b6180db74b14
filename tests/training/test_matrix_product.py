"""Linear layers by oneDNN: the same function and gradients as torch's own, and no trace left behind."""

import pytest
import torch

from pocketbert.training.matrix_product import fast_linear_layers


def network() -> torch.nn.Sequential:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(24, 40), torch.nn.ReLU(), torch.nn.Linear(40, 8, bias=False), torch.nn.Linear(8, 3)
    )


def output_and_gradients(model: torch.nn.Module, rows: torch.Tensor) -> list[torch.Tensor]:
    model.zero_grad()
    rows = rows.clone().requires_grad_()
    output = model(rows)
    output.square().sum().backward()
    gradients = [weight.grad for weight in model.parameters() if weight.requires_grad]
    return [output.detach(), rows.grad, *gradients]


@pytest.mark.parametrize("shape", [(24,), (5, 24), (4, 7, 24), (1, 24)])
@pytest.mark.parametrize("frozen", [(), (0,), (0, 2, 3)])
def test_same_outputs_and_gradients_as_torch(shape, frozen):
    model, rows = network(), torch.randn(shape, generator=torch.Generator().manual_seed(1))
    for place in frozen:
        model[place].requires_grad_(False)
    expected = output_and_gradients(model, rows)
    with fast_linear_layers(model):
        found = output_and_gradients(model, rows)
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert (ours - theirs).abs().max() <= 1e-6 * theirs.abs().max()


def test_transposed_and_expanded_inputs():
    model = network()
    rows = torch.randn(24, 6, 2).transpose(0, 1).transpose(1, 2)  # (6, 2, 24), not contiguous
    wide = torch.randn(1, 24).expand(5, 24)
    expected = [model(rows), model(wide)]
    with fast_linear_layers(model):
        for ours, theirs in zip([model(rows), model(wide)], expected, strict=True):
            torch.testing.assert_close(ours, theirs)


def is_changed(model: torch.nn.Module) -> bool:
    return any("forward" in vars(layer) for layer in model)


def test_the_model_is_left_as_it_was_even_when_nested():
    model = network()
    with fast_linear_layers(model):
        with fast_linear_layers(model):
            pass
        assert is_changed(model)
    assert not is_changed(model)


def test_the_model_is_left_as_it_was_after_an_error():
    model = network()
    with pytest.raises(RuntimeError), fast_linear_layers(model):
        model(torch.ones(2, 5))
    assert not is_changed(model)


def test_layers_of_other_numbers_are_left_alone():
    model = network()
    model[0].to(torch.float64)
    with fast_linear_layers(model):
        assert "forward" not in vars(model[0])


def test_autocast_computes_in_its_own_numbers():
    model, rows = network(), torch.randn(3, 24)
    with torch.autocast("cpu", torch.bfloat16):
        expected = model(rows)
        with fast_linear_layers(model):
            found = model(rows)
    assert found.dtype == torch.bfloat16
    assert torch.equal(found, expected)


def test_no_rows_give_no_rows():
    model = network()
    with fast_linear_layers(model):
        assert model(torch.ones(0, 24)).shape == (0, 3)


def test_works_without_gradients():
    model, rows = network(), torch.randn(3, 24)
    with torch.inference_mode():
        expected = model(rows)
        with fast_linear_layers(model):
            torch.testing.assert_close(model(rows), expected)

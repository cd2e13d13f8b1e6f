"""Takes models to PyTorch and back: the networks of networks.py, files as the safetensors library has them.

    round_trip.py load SPEC FILE          reads a model of the service; prints its logits as JSON
    round_trip.py save SPEC FILE VARIANT  writes a model of PyTorch; prints its logits as JSON

Both for the images of formulas.py named "round-trip", 2 of the spec's size. A variant is the type of the tensors, or
"wrapped" for a model inside DataParallel. A saved model has no normalisation layer: its images are taken to be
normalised by MEAN and STD outside, as PyTorch users do.
"""

import json
import sys

import torch
from safetensors.torch import load_file, save_file

import formulas
from networks import build

MEAN, STD = 0.4, 0.3


def logits(model: torch.nn.Module, spec: dict) -> list[float]:
    images = torch.from_numpy(formulas.images("round-trip", [2, *spec["image"]])).permute(0, 3, 1, 2).contiguous()
    with torch.no_grad():
        return model.eval()(images.to(next(model.parameters()).dtype))[1].flatten().tolist()


def load(spec: dict, path: str) -> list[float]:
    model = build(spec).float()
    missing, unexpected = model.load_state_dict(load_file(path), strict=False)
    # the count of BatchNorm's updates is read by nothing
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    assert not missing and not unexpected, (missing, unexpected)
    return logits(model, spec)


def trained(spec: dict) -> torch.nn.Module:
    """PyTorch's initial weights, and running statistics of a few mini-batches."""
    torch.manual_seed(1)
    model = build(spec).float()
    for module in model.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    model.normalise.mean.fill_(MEAN)
    model.normalise.std.fill_(STD)
    height, width, channels = spec["image"]
    with torch.no_grad():
        for _ in range(3):
            model.train()(torch.rand(8, channels, height, width))
    return model


def save(spec: dict, path: str, variant: str) -> list[float]:
    model = trained(spec)
    dtype = torch.float32 if variant == "wrapped" else getattr(torch, variant)
    # rounded first, so that both sides compute with the same weights
    for name, value in model.state_dict().items():
        if "normalise." not in name:
            value.copy_(value.to(dtype))
    state = (torch.nn.DataParallel(model) if variant == "wrapped" else model).state_dict()
    tensors = {
        name: value.to(dtype) if value.is_floating_point() else value
        for name, value in state.items()
        if "normalise." not in name
    }
    assert any(name.endswith("num_batches_tracked") for name in tensors) or spec["architecture"] == "small-cnn"
    save_file({name: value.contiguous() for name, value in tensors.items()}, path)
    return logits(model, spec)


if __name__ == "__main__":
    mode, given, *rest = sys.argv[1:]
    print(json.dumps({"load": load, "save": save}[mode](json.loads(given), *rest)))

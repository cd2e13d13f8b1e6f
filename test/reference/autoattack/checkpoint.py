"""Reads the service's checkpoints, with NumPy alone, into the networks of ../networks.py."""

import json
import pathlib
import sys

import numpy as np
import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import networks  # noqa: E402


def read(path: pathlib.Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file of float32."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = (start + offset for offset in entry["data_offsets"])
        values = np.frombuffer(content[begin:end], dtype="<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors, metadata


def spec_of(path: pathlib.Path, given: str | None) -> dict:
    """The architecture, image size and classes: as given, or as train.ts wrote them into the file."""
    spec = given or read(path)[1].get("spec")
    if spec is None:
        raise SystemExit(f"{path} does not say what it is; give --spec, such as "
                         '\'{"architecture":"small-cnn","image":[28,28,1],"classes":10}\'')
    spec = json.loads(spec)
    if spec["architecture"] == "resnet-small":
        spec.update(architecture="resnet", depth=8, width=16)
    return spec


class Logits(torch.nn.Module):
    """A network of ../networks.py that gives its logits only, as attacks want them."""

    def __init__(self, spec: dict, tensors: dict[str, torch.Tensor]):
        super().__init__()
        self.network = networks.build(spec).float()
        missing, unexpected = self.network.load_state_dict(tensors, strict=False)
        missing = [name for name in missing if not name.endswith("num_batches_tracked")]
        if missing or unexpected:
            raise SystemExit(f"the checkpoint is not of this network: missing {missing}, unexpected {unexpected}")
        self.eval()

    def forward(self, x):
        return self.network(x)[1]

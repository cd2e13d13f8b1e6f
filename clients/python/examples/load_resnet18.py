"""A residual network trained by Winnow in PyTorch, and back.

    from load_resnet18 import load, save
    network = load("model.safetensors")     # from `winnow run download RUN -o model.safetensors`
    save(network, "mine.safetensors")       # for `client.training.upload_model`

The file's names and layouts are PyTorch's: conv1.weight [64, C, 3, 3], bn1.{weight,bias,running_mean,running_var},
layer1.0.{conv1,bn1,conv2,bn2}, layer2.0.shortcut.{0,1}, linear.{weight,bias}, and normalise.{mean,std} [C], which the
network subtracts from and divides its images in [0, 1] by. All float32. num_batches_tracked is not in it. Widths,
blocks, channels and classes are read from the shapes, so that "resnet" and "resnet-small" load as well.
Needs torch and safetensors: pip install "./clients/python[torch]".
"""

import sys

import torch
from safetensors.torch import load_file, save_file
from torch import nn


class Normalise(nn.Module):
    """(x - mean) / std per channel, never trained."""

    def __init__(self, channels):
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("std", torch.ones(channels))

    def forward(self, x):
        return (x - self.mean[:, None, None]) / self.std[:, None, None]


def conv3(inputs, outputs, stride=1):
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = conv3(inputs, outputs, stride), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = conv3(outputs, outputs), nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            projection = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(outputs))

    def forward(self, x):
        inner = self.bn1(self.conv1(x)).relu()
        return (self.bn2(self.conv2(inner)) + self.shortcut(x)).relu()


class ResNet(nn.Module):
    """A residual network for small images (He 2016): basic blocks, projection shortcuts, global average pooling."""

    def __init__(self, channels=3, classes=10, widths=(64, 128, 256, 512), blocks=2):
        super().__init__()
        self.normalise = Normalise(channels)
        self.conv1, self.bn1 = conv3(channels, widths[0]), nn.BatchNorm2d(widths[0])
        self.stages = len(widths)
        inputs = widths[0]
        for stage, outputs in enumerate(widths):
            layer = nn.Sequential()
            for block in range(blocks):
                layer.add_module(str(block), BasicBlock(inputs, outputs, 2 if stage > 0 and block == 0 else 1))
                inputs = outputs
            setattr(self, f"layer{stage + 1}", layer)
        self.linear = nn.Linear(inputs, classes)

    def features(self, x):
        """h [N, d], the inputs of the last layer, of images [N, C, H, W] in [0, 1]."""
        y = self.bn1(self.conv1(self.normalise(x))).relu()
        for stage in range(self.stages):
            y = getattr(self, f"layer{stage + 1}")(y)
        return y.mean((2, 3))

    def forward(self, x):
        return self.linear(self.features(x))


def load(path):
    """The network of a safetensors file, in evaluation mode."""
    tensors = load_file(path)
    stages = [n for n in range(1, 5) if f"layer{n}.0.conv1.weight" in tensors]
    network = ResNet(
        channels=tensors["conv1.weight"].shape[1],
        classes=len(tensors["linear.bias"]),
        widths=[len(tensors[f"layer{n}.0.conv1.weight"]) for n in stages],
        blocks=sum(name.startswith("layer1.") and name.endswith(".conv1.weight") for name in tensors),
    )
    missing, unexpected = network.load_state_dict(tensors, strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise ValueError(f"{path} is of another network: missing {missing}, unexpected {unexpected}")
    return network.eval()


def save(network, path):
    """Writes a network as Winnow reads it; ``normalise.mean`` and ``normalise.std`` go along."""
    tensors = {
        name: value.detach().float().cpu().contiguous()
        for name, value in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    save_file(tensors, path)


if __name__ == "__main__":
    network = load(sys.argv[1])
    print(f"{sum(value.numel() for value in network.parameters())} parameters, {network.linear.out_features} classes")

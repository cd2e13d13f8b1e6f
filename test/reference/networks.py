"""The networks as PyTorch modules, from the papers' structure, with the weight names of the service.

forward() gives (features, logits). Images come as N x C x H x W in [0,1].
"""

import torch
from torch import nn

import formulas


class Normalise(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("std", torch.ones(channels))

    def forward(self, x):
        return (x - self.mean[:, None, None]) / self.std[:, None, None]


def conv3(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)


class SmallCnn(nn.Module):
    """The MNIST network of TRADES (Zhang 2019), without dropout."""

    def __init__(self, channels: int, side: int, classes: int):
        super().__init__()
        self.normalise = Normalise(channels)
        self.feature_extractor = nn.Module()
        widths = [channels, 32, 32, 64, 64]
        for i in range(1, 5):
            setattr(self.feature_extractor, f"conv{i}", nn.Conv2d(widths[i - 1], widths[i], 3))
        self.relus = nn.ModuleList(nn.ReLU() for _ in range(6))
        self.pools = nn.ModuleList(nn.MaxPool2d(2) for _ in range(2))
        self.classifier = nn.Module()
        pooled = ((side - 4) // 2 - 4) // 2
        self.classifier.fc1 = nn.Linear(64 * pooled * pooled, 200)
        self.classifier.fc2 = nn.Linear(200, 200)
        self.classifier.fc3 = nn.Linear(200, classes)

    def forward(self, x):
        y = self.normalise(x)
        for i in range(4):
            y = self.relus[i](getattr(self.feature_extractor, f"conv{i + 1}")(y))
            if i % 2 == 1:
                y = self.pools[i // 2](y)
        y = self.relus[4](self.classifier.fc1(y.flatten(1)))
        features = self.relus[5](self.classifier.fc2(y))
        return features, self.classifier.fc3(features)


class BasicBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.conv1, self.bn1 = conv3(inputs, outputs, stride), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = conv3(outputs, outputs), nn.BatchNorm2d(outputs)
        self.relu1, self.relu2 = nn.ReLU(), nn.ReLU()
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            project = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)
            self.shortcut = nn.Sequential(project, nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.relu1(self.bn1(self.conv1(x)))
        return self.relu2(self.bn2(self.conv2(y)) + self.shortcut(x))


class ResNet(nn.Module):
    """A residual network for small images (He 2016), basic blocks and projection shortcuts."""

    def __init__(self, channels: int, widths: list[int], blocks: int, classes: int):
        super().__init__()
        self.normalise = Normalise(channels)
        self.conv1, self.bn1, self.relu = conv3(channels, widths[0]), nn.BatchNorm2d(widths[0]), nn.ReLU()
        inputs = widths[0]
        for stage, outputs in enumerate(widths):
            layer = nn.Sequential()
            for block in range(blocks):
                layer.append(BasicBlock(inputs, outputs, 2 if stage > 0 and block == 0 else 1))
                inputs = outputs
            setattr(self, f"layer{stage + 1}", layer)
        self.linear = nn.Linear(inputs, classes)
        self.depth = len(widths)

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(self.normalise(x))))
        for stage in range(self.depth):
            y = getattr(self, f"layer{stage + 1}")(y)
        features = y.mean((2, 3))
        return features, self.linear(features)


class PreActivationBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), conv3(inputs, outputs, stride)
        self.bn2, self.conv2 = nn.BatchNorm2d(outputs), conv3(outputs, outputs)
        self.relu1, self.relu2 = nn.ReLU(), nn.ReLU()
        same = inputs == outputs
        self.convShortcut = None if same else nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)

    def forward(self, x):
        activated = self.relu1(self.bn1(x))
        residual = self.conv2(self.relu2(self.bn2(self.conv1(activated))))
        return residual + (x if self.convShortcut is None else self.convShortcut(activated))


class WideResNet(nn.Module):
    """A wide residual network (Zagoruyko 2016), without dropout."""

    def __init__(self, channels: int, depth: int, widening: int, classes: int):
        super().__init__()
        self.normalise = Normalise(channels)
        self.conv1 = conv3(channels, 16)
        inputs = 16
        for stage, outputs in enumerate(width * widening for width in (16, 32, 64)):
            group = nn.Module()
            group.layer = nn.Sequential()
            for block in range((depth - 4) // 6):
                stride = 2 if stage > 0 and block == 0 else 1
                group.layer.append(PreActivationBlock(inputs, outputs, stride))
                inputs = outputs
            setattr(self, f"block{stage + 1}", group)
        self.bn1, self.relu = nn.BatchNorm2d(inputs), nn.ReLU()
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        y = self.conv1(self.normalise(x))
        for group in (self.block1, self.block2, self.block3):
            y = group.layer(y)
        features = self.relu(self.bn1(y)).mean((2, 3))
        return features, self.fc(features)


def named_weights(model: nn.Module) -> dict[str, torch.Tensor]:
    """All weights and running statistics, as in a checkpoint."""
    return {name: value for name, value in model.state_dict().items() if not name.endswith("num_batches_tracked")}


def build(spec: dict) -> nn.Module:
    """The network of a spec (see forward.json), in float64, with the formulas' weights, in evaluation mode."""
    side, _, channels = spec["image"]
    classes = spec["classes"]
    architecture = spec["architecture"]
    if architecture == "small-cnn":
        model = SmallCnn(channels, side, classes)
    elif architecture == "resnet":
        widths = [spec["width"] * 2**stage for stage in range(3)]
        model = ResNet(channels, widths, (spec["depth"] - 2) // 6, classes)
    elif architecture == "resnet-18":
        model = ResNet(channels, [64, 128, 256, 512], 2, classes)
    else:
        model = WideResNet(channels, spec["depth"], spec["width"], classes)
    model.double()
    with torch.no_grad():
        for name, value in named_weights(model).items():
            value.copy_(torch.from_numpy(formulas.weight(name, value.shape)))
    return model.eval()

"""One robust training step in PyTorch, timed: the peer of `bench step`.

Reads commands from standard input, one JSON object a line, and answers each with one on standard output:
    {"do": "prepare", "peer", "model", "objective", "batch", "threads"} -> {"versions"}
    {"do": "step", "steps"} -> {"ms"}
where steps is the number of attack steps. A failed command is answered with {"error"}.
"""

import json
import os
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).parents[2] / "reference"))

import networks  # noqa: E402
import objectives  # noqa: E402

EPSILON, STEP_SIZE, START_DEVIATION = 8 / 255, 2 / 255, 0.001
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 0.01, 0.9, 5e-4
CLASSES = 10

NETWORKS = {
    "resnet-18": lambda: networks.ResNet(3, [64, 128, 256, 512], 2, CLASSES),
    "resnet-small": lambda: networks.ResNet(3, [16, 32, 64], 1, CLASSES),
    "small-cnn": lambda: networks.SmallCnn(1, 28, CLASSES),
}
IMAGES = {"small-cnn": (1, 28, 28)}
COLOUR_IMAGE = (3, 32, 32)


class Step:
    """A network, an optimiser and one batch, as a training loop has them."""

    def __init__(self, peer: str, model: str, batch: int):
        torch.manual_seed(1)
        self.objective = "AT"
        layout = torch.contiguous_format if peer == "pytorch-plain" else torch.channels_last
        self.model = NETWORKS[model]().to(memory_format=layout)
        self.model.normalise.mean.fill_(0.5)
        self.model.normalise.std.fill_(0.25)
        self.images = torch.rand(batch, *IMAGES.get(model, COLOUR_IMAGE)).to(memory_format=layout)
        self.labels = torch.randint(CLASSES, (batch,))
        self.bf16 = peer == "pytorch-bf16"
        self.optimiser = torch.optim.SGD(
            self.model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY
        )
        # Static shapes: a second batch size would otherwise make them dynamic, which is slower.
        self.forward = torch.compile(self.model, dynamic=False) if peer == "pytorch-compile" else self.model

    def autocast(self):
        return torch.autocast("cpu", torch.bfloat16) if self.bf16 else nullcontext()

    def logits(self, x):
        return self.forward(x)[1]

    def attack(self, steps: int):
        """Projected gradient ascent on the inner loss, the network in evaluation mode."""
        x = self.images
        self.model.eval().requires_grad_(False)
        clean = None
        if self.objective == "TRADES":
            with torch.no_grad(), self.autocast():
                clean = self.logits(x)
        if self.objective == "AT":
            adversarial = x + torch.empty_like(x).uniform_(-EPSILON, EPSILON)
        else:
            adversarial = x + START_DEVIATION * torch.randn_like(x)
        lower, upper = (x - EPSILON).clamp(min=0), (x + EPSILON).clamp(max=1)
        adversarial = adversarial.clamp(lower, upper)
        for _ in range(steps):
            adversarial.requires_grad_()
            with self.autocast():
                loss = objectives.inner(self.objective, clean, self.logits(adversarial), self.labels).sum()
            (gradient,) = torch.autograd.grad(loss, [adversarial])
            adversarial = (adversarial.detach() + STEP_SIZE * gradient.sign()).clamp(lower, upper)
        self.model.train().requires_grad_(True)
        return adversarial

    def update(self, adversarial) -> float:
        """One step of stochastic gradient descent on the outer loss, the network in training mode."""
        self.optimiser.zero_grad()
        with self.autocast():
            clean = None if self.objective == "AT" else self.logits(self.images)
            loss = objectives.outer(self.objective, clean, self.logits(adversarial), self.labels).mean()
        loss.backward()
        self.optimiser.step()
        return loss.item()

    def __call__(self, steps: int) -> float:
        """Milliseconds of one step."""
        started = time.perf_counter()
        self.update(self.attack(steps))
        return 1000 * (time.perf_counter() - started)


def main():
    # What libraries print must not get between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    step = prepared = None
    for line in sys.stdin:
        command = json.loads(line)
        try:
            if command.pop("do") == "prepare":
                torch.set_num_threads(command.pop("threads"))
                objective = command.pop("objective")
                if prepared != command:
                    # What was compiled for the last network goes, as there is a limit to how much is kept.
                    torch.compiler.reset()
                    step, prepared = Step(**command), command
                step.objective = objective.upper()
                answer = {"versions": f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads"}
            else:
                answer = {"ms": step(**command)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()

"""Adversarial training in plain PyTorch on what Winnow keeps.

    python train_loop.py --scoring localhost:50051 --data FOLDER_OF_MNIST
    torchrun --nproc-per-node 2 train_loop.py --scoring localhost:50051 --data FOLDER_OF_MNIST

Every R epochs the loop measures its own model and sends what it saw; the scoring service selects a subset and publishes
it as a round of the run, which the sampler then follows. Under torchrun, rank 0 measures, and all ranks train.
"""

import argparse
import json
import os
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

import winnow


# readme:begin
def train(model, dataset, client, run_id, epochs, every=2, fraction=0.3, report=print):
    network = getattr(model, "module", model)  # within DistributedDataParallel, where that is used
    sampler = winnow.IndexSetSampler(dataset, client.follow(run_id), seed=7, every_epochs=every)
    loader = DataLoader(winnow.Indexed(dataset), batch_size=32, sampler=sampler)
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(epochs):
        if epoch % every == 0 and sampler.rank == 0:
            client.scoring.select_from_signals(
                batches=measure(network, dataset),
                examples=len(dataset),
                scorer="adv-grad-match",
                objective="at",
                fraction=fraction,
                seed=epoch,
                run_id=run_id,
                round=epoch // every,
            )
        sampler.set_epoch(epoch)  # takes the round's set, on all ranks the same
        total = 0.0
        for index, (x, y) in loader:
            attacked = attack(network, x, y)
            losses = cross_entropy(model.train()(attacked), y, reduction="none")
            loss = winnow.weighted_mean(losses, sampler.weights_of(index))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item()
        report(epoch, sampler, total / len(loader))


def measure(network, dataset):
    """What the selection looks at, batch by batch: labels, logits and features, clean and under attack."""
    for x, y in DataLoader(dataset, batch_size=256):
        attacked = attack(network, x, y)
        with torch.no_grad():
            h, h_adv = network.features(x), network.features(attacked)
            z, z_adv = network.head(h), network.head(h_adv)
        yield winnow.SignalBatch(y, z, z_adv, h, h_adv)


# readme:end


def attack(network, x, y, epsilon=0.1, step_size=0.05, steps=3):
    """PGD on cross-entropy from a random start in the L-infinity ball, in evaluation mode."""
    network.eval()
    delta = torch.empty_like(x).uniform_(-epsilon, epsilon)
    for _ in range(steps):
        delta = (x + delta).clamp(0, 1).sub(x).requires_grad_()
        (gradient,) = torch.autograd.grad(cross_entropy(network(x + delta), y), delta)
        delta = (delta.detach() + step_size * gradient.sign()).clamp(-epsilon, epsilon)
    return (x + delta).clamp(0, 1).detach()


class Network(nn.Module):
    """A small network for digits that shows the inputs of its last layer."""

    def __init__(self):
        super().__init__()
        convolutions = [
            nn.Conv2d(1, 16, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ]
        self.features = nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(800, 64), nn.ReLU())
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        return self.head(self.features(x))


def read_digits(folder, split, count):
    """The first images of an MNIST folder as a TensorDataset: [count, 1, 28, 28] in [0, 1], and labels."""
    pixels = bytearray((Path(folder) / f"{split}-images-idx3-ubyte").read_bytes())
    labels = bytearray((Path(folder) / f"{split}-labels-idx1-ubyte").read_bytes())
    images = torch.frombuffer(pixels, dtype=torch.uint8, offset=16)[: count * 784].view(-1, 1, 28, 28)
    return TensorDataset(images.float() / 255, torch.frombuffer(labels, dtype=torch.uint8, offset=8)[:count].long())


def accuracy(network, dataset):
    """Share of images that are classified correctly, clean and under the training attack."""
    network.eval()
    x, y = dataset.tensors
    attacked = attack(network, x, y)
    with torch.no_grad():
        return [(network(images).argmax(1) == y).float().mean().item() for images in (x, attacked)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scoring", required=True, metavar="HOST:PORT", help="the scoring service")
    parser.add_argument("--data", required=True, metavar="FOLDER", help="MNIST's four IDX files, not compressed")
    parser.add_argument("--run", default="train-loop", help="the run's id, new for each run (%(default)s)")
    parser.add_argument("--examples", type=int, default=1000, help="training images (%(default)s)")
    parser.add_argument("--epochs", type=int, default=6, help="(%(default)s)")
    options = parser.parse_args()

    torch.manual_seed(1)
    model = Network()
    if int(os.environ.get("WORLD_SIZE", 1)) > 1:
        torch.distributed.init_process_group("gloo")
        model = nn.parallel.DistributedDataParallel(model)

    def report(epoch, sampler, loss):
        kept = len(sampler.index_set)
        line = {"rank": sampler.rank, "epoch": epoch, "round": sampler.index_set.round, "kept": kept, "loss": loss}
        print(json.dumps(line), flush=True)

    with winnow.Client(scoring=options.scoring) as client:
        train(
            model,
            read_digits(options.data, "train", options.examples),
            client,
            options.run,
            options.epochs,
            report=report,
        )
    clean, robust = accuracy(getattr(model, "module", model), read_digits(options.data, "t10k", 500))
    print(json.dumps({"clean": clean, "robust": robust}), flush=True)


if __name__ == "__main__":
    main()

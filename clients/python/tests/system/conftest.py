"""Addresses of real services, from the environment; see test/system/python-*.test.ts of the project."""

import os
import socket
from pathlib import Path

import numpy as np
import pytest

import winnow


def pytest_ignore_collect(collection_path, config):
    # Without services there is nothing to test against.
    return None if "WINNOW_PY_SCORING" in os.environ else True


@pytest.fixture(scope="session")
def nats_url():
    return os.environ["WINNOW_PY_NATS"]


@pytest.fixture(scope="session")
def client():
    with winnow.Client(scoring=os.environ["WINNOW_PY_SCORING"], training=os.environ["WINNOW_PY_TRAINING"]) as made:
        yield made


@pytest.fixture(scope="session")
def mnist():
    """The first 600 digits, [600, 1, 28, 28] in [0, 1], and their labels."""
    folder = Path(os.environ["WINNOW_PY_MNIST"])
    images = (folder / "train-images-idx3-ubyte").read_bytes()[16 : 16 + 600 * 784]
    labels = (folder / "train-labels-idx1-ubyte").read_bytes()[8 : 8 + 600]
    pixels = np.frombuffer(images, dtype=np.uint8).reshape(600, 1, 28, 28)
    return pixels.astype(np.float32) / 255, np.frombuffer(labels, dtype=np.uint8).astype(np.int64)


@pytest.fixture
def unused_port():
    """A port of this machine that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])

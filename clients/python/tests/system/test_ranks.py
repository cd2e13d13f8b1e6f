import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import winnow

torch = pytest.importorskip("torch")

EXAMPLES = 330
PROGRAM = Path(__file__).with_name("ranks_program.py")


@pytest.fixture(scope="module")
def published(client):
    rng = np.random.default_rng(1)
    logits = rng.standard_normal((EXAMPLES, 5)).astype(np.float32)
    return client.scoring.select_from_signals(
        labels=np.arange(EXAMPLES) % 5,
        logits=logits,
        adversarial_logits=logits,
        features=np.abs(rng.standard_normal((EXAMPLES, 6))),
        adversarial_features=np.abs(rng.standard_normal((EXAMPLES, 6))),
        scorer="adv-grad-match",
        fraction=0.25,
        run_id="two-ranks",
    )


def run_ranks(nats_url, port, state_file, stop_after=0):
    group = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    arguments = [sys.executable, str(PROGRAM), nats_url, "two-ranks", str(EXAMPLES), str(state_file), str(stop_after)]
    ranks = [
        subprocess.Popen(arguments, env={**os.environ, **group, "RANK": str(rank)}, stdout=subprocess.PIPE, text=True)
        for rank in range(2)
    ]
    outputs = [json.loads(rank.communicate(timeout=100)[0].splitlines()[-1]) for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0, 0]
    return sorted(outputs, key=lambda output: output["rank"])


def alone(published):
    """The same steps in one process: each batch is that of both ranks together."""
    torch.manual_seed(0)
    model = torch.nn.Linear(1, 1)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.5)
    table = torch.from_numpy(published.weight_table())
    for epoch in range(2):
        order = winnow.epoch_order(EXAMPLES, 3, epoch, published.mask())
        order = np.concatenate([order, order[: -len(order) % 2]])
        for start in range(0, len(order), 20):
            index = torch.from_numpy(order[start : start + 20])
            x = index.float() / EXAMPLES
            losses = (model(x[:, None])[:, 0] - 3 * x) ** 2
            loss = winnow.weighted_mean(losses, table[index])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return [value.flatten().tolist() for value in model.parameters()]


def test_two_ranks_train_as_one_process_does(published, nats_url, unused_port, tmp_path):
    first, second = run_ranks(nats_url, unused_port, tmp_path / "none")
    kept = set(published.indices.tolist())
    for epoch in range(2):
        shares = [[i for e, _, index in rank["seen"] if e == epoch for i in index] for rank in (first, second)]
        assert len(shares[0]) == len(shares[1]) == -(-len(kept) // 2)
        assert set(shares[0]) | set(shares[1]) == kept
        assert len(set(shares[0]) & set(shares[1])) <= len(kept) % 2
    assert {round for rank in (first, second) for _, round, _ in rank["seen"]} == {0}
    assert first["weights"] == second["weights"]
    assert np.allclose(np.concatenate(first["weights"]), np.concatenate(alone(published)), atol=1e-5)


def test_two_ranks_that_are_stopped_go_on_exactly(published, nats_url, unused_port, tmp_path):
    whole = run_ranks(nats_url, unused_port, tmp_path / "none")
    before = run_ranks(nats_url, unused_port, tmp_path / "state", stop_after=7)
    after = run_ranks(nats_url, unused_port, tmp_path / "state")
    for rank in range(2):
        assert before[rank]["seen"] + after[rank]["seen"] == whole[rank]["seen"]
        assert after[rank]["weights"] == whole[rank]["weights"]

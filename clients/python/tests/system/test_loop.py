import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import winnow

torch = pytest.importorskip("torch")

LOOP = Path(__file__).parents[2] / "examples" / "train_loop.py"


def run_loop(run_id, ranks, port="29400"):
    arguments = ["--scoring", os.environ["WINNOW_PY_SCORING"], "--data", os.environ["WINNOW_PY_MNIST"]]
    arguments += ["--run", run_id, "--examples", "400", "--epochs", "8"]
    group = {"WORLD_SIZE": str(ranks), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, str(LOOP), *arguments],
            env={**os.environ, **group, "RANK": str(rank)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(ranks)
    ]
    outputs = [process.communicate(timeout=200)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * ranks
    return [[json.loads(line) for line in output.splitlines() if line.startswith("{")] for output in outputs]


def check(client, run_id, lines):
    *epochs, end = lines
    assert [line["round"] for line in epochs] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert {line["kept"] for line in epochs} == {120}
    assert epochs[-1]["loss"] < epochs[0]["loss"]
    assert end["clean"] > 0.4
    # The sets are chosen by the model as it learns, so they change.
    sets = [client.scoring.get_index_set(run_id, round) for round in range(4)]
    assert all(found.dataset_examples == 400 and found.meaning == "normalised-sum" for found in sets)
    assert 0 < sets[3].quality.overlap < 1


def test_the_recipe_trains_on_what_it_selects(client):
    (lines,) = run_loop("recipe-alone", 1)
    check(client, "recipe-alone", lines)


def test_the_recipe_trains_on_two_ranks(client, unused_port):
    first, second = run_loop("recipe-ranks", 2, unused_port)
    check(client, "recipe-ranks", first)
    assert [line["round"] for line in first[:-1]] == [line["round"] for line in second[:-1]]
    # The ranks' copies of the model are one: both classify alike.
    assert first[-1]["clean"] == second[-1]["clean"]


def test_a_loader_forks_workers_beside_connections(client, nats_url, mnist):
    images, labels = (torch.from_numpy(values) for values in mnist)
    losses = (images.mean((1, 2, 3)) * 10).numpy()
    client.scoring.select_from_signals(
        labels=labels, losses=losses, classes=10, scorer="adversarial-loss", fraction=0.5, run_id="workers"
    )
    dataset = torch.utils.data.TensorDataset(images, labels)
    source = winnow.NatsSource(nats_url, "workers")
    sampler = winnow.IndexSetSampler(dataset, source, seed=2, timeout=10)
    loader = torch.utils.data.DataLoader(winnow.Indexed(dataset), batch_size=50, sampler=sampler, num_workers=2)
    for epoch in range(2):
        sampler.set_epoch(epoch)
        seen = [index for indices, _ in loader for index in indices.tolist()]
        assert seen == list(sampler) and len(seen) == 300
    assert source.get().round == 0 and client.scoring.list_scorers()
    source.close()

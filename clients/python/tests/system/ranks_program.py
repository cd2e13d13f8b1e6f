"""One of two ranks: trains a few steps on a published set, and says what it saw. See test_ranks.py."""

import json
import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import winnow

# Another rank's source must not be asked: only rank 0 gets the address of NATS.
nats_url, run_id, examples, state_file, stop_after = sys.argv[1:]
torch.distributed.init_process_group("gloo")
rank = torch.distributed.get_rank()
source = winnow.NatsSource(nats_url if rank == 0 else "nats://127.0.0.1:1", run_id)
dataset = TensorDataset(torch.arange(int(examples)).float()[:, None] / int(examples))
sampler = winnow.IndexSetSampler(dataset, source, seed=3, timeout=30)
loader = DataLoader(winnow.Indexed(dataset), batch_size=10, sampler=sampler)
torch.manual_seed(0)
model = nn.parallel.DistributedDataParallel(nn.Linear(1, 1))
optimiser = torch.optim.SGD(model.parameters(), lr=0.5)

try:
    saved = torch.load(state_file)
    sampler.load_state_dict(saved["sampler"])
    model.load_state_dict(saved["model"])
except FileNotFoundError:
    pass

seen, steps = [], 0
for epoch in range(sampler.epoch, 2):
    sampler.set_epoch(epoch)
    for index, (x,) in loader:
        losses = (model(x)[:, 0] - 3 * x[:, 0]) ** 2
        loss = winnow.weighted_mean(losses, sampler.weights_of(index))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        seen.append([epoch, sampler.index_set.round, index.tolist()])
        steps += 1
        if steps == int(stop_after):
            if rank == 0:
                torch.save({"sampler": sampler.state_dict(), "model": model.state_dict()}, state_file)
            torch.distributed.barrier()
            break
    if steps == int(stop_after):
        break

weights = [value.flatten().tolist() for value in model.parameters()]
print(json.dumps({"rank": rank, "seen": seen, "weights": weights}), flush=True)
source.close()

"""Inner and outer losses per example, from the papers' equations. z: clean logits, z_adv: logits under attack."""

import torch
from torch.nn import functional as F

BETA = 6.0
LAMBDA = 5.0


def cross_entropy(z, y):
    return F.cross_entropy(z, y, reduction="none")


def kl(z, z_adv):
    """KL(p || q), p = softmax z, q = softmax z_adv."""
    return F.kl_div(F.log_softmax(z_adv, 1), F.log_softmax(z, 1), reduction="none", log_target=True).sum(1)


def inner(objective: str, z, z_adv, y):
    """What the attack maximises (Madry 2018, equation 2.1; Zhang 2019, equation 5; Wang 2020, equation 10)."""
    return kl(z.detach(), z_adv) if objective == "TRADES" else cross_entropy(z_adv, y)


def outer(objective: str, z, z_adv, y):
    """What training minimises (Zhang 2019, equation 5; Wang 2020, equation 11)."""
    if objective == "AT":
        return cross_entropy(z_adv, y)
    if objective == "TRADES":
        return cross_entropy(z, y) + BETA * kl(z, z_adv)
    q = F.softmax(z_adv, 1)
    runner_up = q.masked_fill(F.one_hot(y, q.shape[1]).bool(), 0).amax(1)
    boosted = cross_entropy(z_adv, y) - torch.log(1 - runner_up)
    true_class = F.softmax(z, 1).gather(1, y[:, None])[:, 0]
    return boosted + LAMBDA * kl(z, z_adv) * (1 - true_class)

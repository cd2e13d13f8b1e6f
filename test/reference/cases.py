"""The golden values, one function per JSON file. Arrays of images are N x H x W x C, as in the service."""

import torch

import formulas
import objectives
from margins import TooClose, Watched, check_sign
from networks import build, named_weights

OBJECTIVES = ("AT", "TRADES", "MART")
SMALL_RESNET = {"architecture": "resnet", "depth": 8, "width": 4, "image": [8, 8, 3], "classes": 5}


def first_that_holds(make):
    """make(seed) for the first seed whose values are far from every branch (see margins.py)."""
    for seed in range(500):
        try:
            return {"seed": seed, **make(seed)}
        except TooClose:
            continue
    raise SystemExit("no seed holds; take fewer or smaller inputs")


def to_torch(images):
    """N x H x W x C of float32 to N x C x H x W of float64."""
    return torch.from_numpy(images).double().permute(0, 3, 1, 2).contiguous()


def to_ours(images):
    return images.detach().permute(0, 2, 3, 1)


def drawn(prefix, count, spec, radius):
    """Clean images, images moved by up to radius, and labels."""
    clean = formulas.images(f"{prefix}/images", [count, *spec["image"]])
    moved = formulas.shifted(clean, f"{prefix}/offset", radius)
    y = torch.tensor(formulas.labels(count, spec["classes"]))
    return to_torch(clean), to_torch(moved), y


def losses():
    """Values per example and gradients by the logits."""
    examples, classes, scale = 8, 5, 3.0
    y = torch.tensor(formulas.labels(examples, classes))
    z, z_adv = (
        torch.from_numpy(formulas.logits(f"losses/{name}", [examples, classes], scale)).double().requires_grad_()
        for name in ("clean", "adversarial")
    )

    def of(loss):
        found = {}
        for objective in OBJECTIVES:
            values = loss(objective, z, z_adv, y)
            by_clean, by_adversarial = torch.autograd.grad(values.sum(), (z, z_adv), allow_unused=True)
            by_clean = torch.zeros_like(z) if by_clean is None else by_clean
            found[objective] = {"values": values, "byClean": by_clean, "byAdversarial": by_adversarial}
        return found

    settings = {"examples": examples, "classes": classes, "scale": scale}
    return {**settings, "inner": of(objectives.inner), "outer": of(objectives.outer)}


def input_gradients():
    """Gradients by clean and attacked images, through two networks in evaluation mode."""
    cnn = {"architecture": "small-cnn", "dropout": 0, "image": [16, 16, 1], "classes": 5}
    return {"examples": 2, "radius": 0.05, "resnet": _input_gradients(SMALL_RESNET), "smallCnn": _input_gradients(cnn)}


def _input_gradients(spec):
    def make(seed):
        watched = Watched(build(spec))
        found = {}
        for objective in OBJECTIVES:
            clean, moved, y = drawn(f"input/{seed}", 2, spec, 0.05)
            clean.requires_grad_()
            moved.requires_grad_()
            z, z_adv = (watched.exact(x)[1] for x in (clean, moved))
            for x in (clean, moved):
                watched.rounded(x.float())
            watched.check()
            inner = torch.autograd.grad(objectives.inner(objective, z, z_adv, y).sum(), moved, retain_graph=True)[0]
            outer = objectives.outer(objective, z, z_adv, y).sum()
            by_clean, by_moved = torch.autograd.grad(outer, (clean, moved), allow_unused=True)
            found[objective] = {"inner": to_ours(inner), "outer": to_ours(by_moved)}
            if by_clean is not None:
                found[objective]["outerByClean"] = to_ours(by_clean)
        return {"spec": spec, "objectives": found}

    return first_that_holds(make)


def pgd():
    """Ten steps of each objective's attack from images beside the clean ones, which are also the ball's centre."""
    budget = {"examples": 3, "radius": 0.03, "epsilon": 8 / 255, "stepSize": 2 / 255, "steps": 10}
    attacks = {name: first_that_holds(lambda seed, name=name: _attack(name, seed, budget)) for name in OBJECTIVES}
    return {"spec": SMALL_RESNET, **budget, "attacks": attacks}


def _attack(objective, seed, budget):
    watched = Watched(build(SMALL_RESNET))
    clean, centre, y = drawn(f"pgd/{seed}", budget["examples"], SMALL_RESNET, budget["radius"])
    lower = (centre - budget["epsilon"]).clamp(min=0)
    upper = (centre + budget["epsilon"]).clamp(max=1)

    def gradient(model, x):
        with torch.no_grad():
            z = model(clean.to(x.dtype))[1]
        x = x.clone().requires_grad_()
        return torch.autograd.grad(objectives.inner(objective, z, model(x)[1], y).sum(), x)[0]

    x = centre
    for step in range(budget["steps"]):
        exact = gradient(watched.exact, x)
        check_sign(exact, gradient(watched.rounded, x.float()), f"gradient of step {step}")
        watched.check()
        x = torch.minimum(torch.maximum(x + budget["stepSize"] * exact.sign(), lower), upper)
    loss = objectives.inner(objective, watched.exact(clean)[1], watched.exact(x)[1], y)
    return {"adversarial": to_ours(x), "loss": loss}


def gram():
    """Inner products of the per-example gradients by the last layer's weights and bias, N x C(d+1) written out."""
    model, examples = build(SMALL_RESNET), 12
    clean, moved, y = drawn("gram", examples, SMALL_RESNET, 0.05)

    def products(objective):
        values = objectives.outer(objective, model(clean)[1], model(moved)[1], y)
        last = (model.linear.weight, model.linear.bias)
        rows = [torch.autograd.grad(value, last, retain_graph=True) for value in values]
        matrix = torch.stack([torch.cat([part.flatten() for part in row]) for row in rows])
        return matrix @ matrix.T

    grams = {objective: products(objective) for objective in OBJECTIVES}
    return {"spec": SMALL_RESNET, "examples": examples, "radius": 0.05, "grams": grams}


def sgd():
    """All weights and running statistics after two updates of TRADES, in training mode."""
    spec = {**SMALL_RESNET, "image": [16, 16, 3]}
    settings = {"spec": spec, "examples": 4, "radius": 0.03, "momentum": 0.9, "weightDecay": 5e-4}
    rates = [0.1, 0.05]
    return {**settings, "learningRates": rates, **first_that_holds(lambda seed: _updates(seed, settings, rates))}


def _updates(seed, settings, rates):
    watched = Watched(build(settings["spec"]).train())
    model = watched.exact
    watched.rounded.train()
    optimiser = torch.optim.SGD(
        model.parameters(), lr=rates[0], momentum=settings["momentum"], weight_decay=settings["weightDecay"]
    )
    losses = []
    for update, rate in enumerate(rates):
        clean, moved, y = drawn(f"sgd/{seed}/{update}", settings["examples"], settings["spec"], settings["radius"])
        optimiser.param_groups[0]["lr"] = rate
        optimiser.zero_grad()
        z, z_adv = (model(x)[1] for x in (clean, moved))
        for x in (clean, moved):
            watched.rounded(x.float())
        loss = objectives.outer("TRADES", z, z_adv, y).mean()
        loss.backward()
        optimiser.step()
        watched.check()
        losses.append(loss.item())
    return {"losses": losses, "weights": named_weights(model)}


def forward():
    """Features and logits of every architecture, by running and by batch statistics, and its weights' names and shapes."""
    wide = [16, 16, 3]
    specs = {
        "smallCnn": {"architecture": "small-cnn", "dropout": 0, "image": [28, 28, 1], "classes": 10},
        "resnet": {**SMALL_RESNET, "image": wide},
        "resnetDeep": {"architecture": "resnet", "depth": 14, "width": 4, "image": [17, 17, 3], "classes": 5},
        "resnet18": {"architecture": "resnet-18", "image": wide, "classes": 10},
        "wideResnet": {"architecture": "wide-resnet", "depth": 10, "width": 1, "image": wide, "classes": 10},
        "wideResnetDeep": {"architecture": "wide-resnet", "depth": 16, "width": 2, "image": wide, "classes": 10},
    }
    return {name: _forward(name, spec) for name, spec in specs.items()}


def _forward(name, spec):
    model = build(spec)
    shapes = {weight: list(value.shape) for weight, value in named_weights(model).items()}
    images = to_torch(formulas.images(f"forward/{name}", [2, *spec["image"]]))
    found = {"spec": spec, "examples": 2, "shapes": shapes}
    with torch.no_grad():
        for mode in ("evaluation", "training"):
            features, logits = model.train(mode == "training")(images)
            found[mode] = {"features": features, "logits": logits}
    return found

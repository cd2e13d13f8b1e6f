import hashlib
import threading
import time

import grpc
import pytest
from fake_service import FakeService, refuse
from sets import index_set

import winnow
from winnow import Client, GrpcSource, WinnowError
from winnow.messages import ModelSpec, Run, RunSpec
from winnow.v1 import model_pb2, scoring_service_pb2, training_service_pb2

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


def failing(times, answer):
    """A method that is UNAVAILABLE this many times before it answers."""
    left = [times]

    def method(request, context):
        left[0] -= 1
        if left[0] >= 0:
            context.abort(UNAVAILABLE, "restarting")
        return answer

    return method


def test_repeatable_calls_are_repeated_and_others_are_not():
    methods = {
        "GetRun": failing(2, training_service_pb2.GetRunResponse(run=Run(id="a"))),
        "CreateRun": failing(1, training_service_pb2.CreateRunResponse(run=Run(id="a"))),
    }
    with FakeService(methods) as service, Client(training=service.address) as client:
        assert client.training.get_run("a").id == "a"
        with pytest.raises(WinnowError, match="restarting") as caught:
            client.training.create_run(RunSpec())
        assert caught.value.code == UNAVAILABLE
        assert [name for name, _ in service.calls] == ["GetRun"] * 3 + ["CreateRun"]


def test_errors_carry_reason_and_fields():
    def create(request, context):
        fields = [("spec.epochs", "must be at least 1"), ("spec.name", "is too long")]
        refuse(context, grpc.StatusCode.INVALID_ARGUMENT, "two fields", "INVALID_FIELD", fields)

    with FakeService({"CreateRun": create}) as service, Client(training=service.address) as client:
        with pytest.raises(WinnowError) as caught:
            client.training.create_run(RunSpec())
    error = caught.value
    assert error.reason == "INVALID_FIELD" and error.fields[1] == ("spec.name", "is too long")
    assert str(error).splitlines()[1:] == ["  spec.epochs: must be at least 1", "  spec.name: is too long"]


def test_details_that_are_malformed_change_nothing():
    def get(request, context):
        context.set_trailing_metadata((("grpc-status-details-bin", b"\xff\xff"),))
        context.abort(grpc.StatusCode.NOT_FOUND, "no such run")

    with FakeService({"GetRun": get}) as service, Client(training=service.address) as client:
        with pytest.raises(WinnowError) as caught:
            client.training.get_run("a")
    assert (caught.value.message, caught.value.reason) == ("no such run", "")


def test_a_deadline_ends_a_call():
    def get(request, context):
        time.sleep(1)

    with FakeService({"GetRun": get}) as service, Client(training=service.address) as client:
        with pytest.raises(WinnowError) as caught:
            client.training.get_run("a", timeout=0.1)
    assert caught.value.code == grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_token_goes_along_and_never_in_plaintext_over_a_network():
    tokens = iter(["one", "two"])
    answer = scoring_service_pb2.ListScorersResponse()
    with FakeService({"ListScorers": lambda *_: answer}) as service:
        with Client(scoring=service.address, token=lambda: next(tokens)) as client:
            client.scoring.list_scorers()
            client.scoring.list_scorers()
        assert [metadata["authorization"] for _, metadata in service.calls] == ["Bearer one", "Bearer two"]
    with pytest.raises(ValueError, match="plaintext"):
        Client(scoring="winnow.example:443", token="secret")


def test_a_missing_address_is_named():
    with pytest.raises(ValueError, match="training='host:port'"):
        Client(scoring="127.0.0.1:1").training


def test_runs_are_listed_page_by_page():
    def page(request, context):
        start = int(request.page_token or 0)
        runs = [Run(id=str(number)) for number in range(start, min(start + 2, 5))]
        token = str(start + 2) if start + 2 < 5 else ""
        return training_service_pb2.ListRunsResponse(runs=runs, next_page_token=token)

    with FakeService({"ListRuns": page}) as service, Client(training=service.address) as client:
        assert [run.id for run in client.training.list_runs()] == list("01234")


def watching(rounds, then):
    def watch(request, context):
        for round in rounds:
            if round >= request.from_round:
                yield scoring_service_pb2.WatchIndexSetsResponse(index_set=index_set(round).message)
        then(context)

    return watch


def test_a_watch_goes_on_after_the_last_round_when_the_service_comes_back():
    methods = {"WatchIndexSets": watching([0, 1], lambda context: context.abort(UNAVAILABLE, "going down"))}
    with FakeService(methods) as service, Client(scoring=service.address) as client:
        sets = client.scoring.watch_index_sets("run")
        assert [next(sets).round, next(sets).round] == [0, 1]
        methods["WatchIndexSets"] = watching([0, 1, 2, 3], lambda context: time.sleep(0))
        assert [found.round for found in sets] == [2, 3]


def test_a_stream_is_cancelled_from_another_thread_on_both_sides():
    gone = threading.Event()

    def wait(context):
        context.add_callback(gone.set)
        gone.wait(10)

    with FakeService({"WatchIndexSets": watching([0], wait)}) as service, Client(scoring=service.address) as client:
        with client.scoring.watch_index_sets("run") as sets:
            next(sets)
            threading.Timer(0.2, sets.cancel).start()
            assert list(sets) == []
        assert gone.wait(5)


def test_a_download_is_checked():
    def download(data):
        def pieces(request, context):
            digest = hashlib.sha256(b"weights").hexdigest()
            yield training_service_pb2.DownloadModelResponse(
                checkpoint=model_pb2.CheckpointRef(sha256=digest), data=data[:3]
            )
            yield training_service_pb2.DownloadModelResponse(data=data[3:])

        return pieces

    methods = {"DownloadModel": download(b"weights")}
    with FakeService(methods) as service, Client(training=service.address) as client:
        assert client.training.download_model("a") == b"weights"
        methods["DownloadModel"] = download(b"weighty")
        with pytest.raises(WinnowError, match="download it again"):
            client.training.download_model("a")


def test_an_upload_sends_what_it_is_and_then_the_bytes(tmp_path):
    received = []

    def upload(requests, context):
        received.extend(requests)
        return training_service_pb2.UploadModelResponse(checkpoint=model_pb2.CheckpointRef(sha256="f"))

    file = tmp_path / "m"
    file.write_bytes(bytes(700_000))
    with FakeService({"UploadModel": upload}) as service, Client(training=service.address) as client:
        model = ModelSpec(architecture="resnet-18")
        stored = client.training.upload_model(file, model, classes=10, image=(32, 31, 3), mean=[0.5] * 3)
    assert stored.sha256 == "f"
    head = received[0].model
    assert (head.classes, head.image.width, list(head.mean)) == (10, 31, [0.5] * 3)
    assert [len(part.data) for part in received[1:]] == [262144, 262144, 175712]


def test_a_source_waits_for_a_round_and_sees_a_failure():
    sets = {}

    def get(request, context):
        found = sets.get(request.round if request.HasField("round") else max(sets, default=0))
        if found is None:
            refuse(context, grpc.StatusCode.NOT_FOUND, "none yet", "UNKNOWN_INDEX_SET")
        if found == "failed":
            refuse(context, grpc.StatusCode.INTERNAL, "selection failed", "INTERNAL")
        return scoring_service_pb2.GetIndexSetResponse(index_set=found.message)

    def watch(request, context):
        while context.is_active():
            for round, found in sorted(sets.items()):
                if round >= request.from_round and found != "failed":
                    yield scoring_service_pb2.WatchIndexSetsResponse(index_set=found.message)
                    return
            time.sleep(0.02)

    with FakeService({"GetIndexSet": get, "WatchIndexSets": watch}) as service:
        with Client(scoring=service.address) as client:
            source = GrpcSource(client.scoring, "run")
            assert source.get() is None
            threading.Timer(0.3, lambda: sets.update({1: index_set(1)})).start()
            assert source.wait(1, timeout=5).round == 1
            assert source.wait(timeout=5).round == 1
            with pytest.raises(WinnowError, match="no set of round 2 after 0.2 s"):
                source.wait(2, timeout=0.2)
            sets[3] = "failed"
            with pytest.raises(WinnowError, match="selection failed"):
                source.wait(3, timeout=5)


def test_the_package_does_not_need_torch():
    import subprocess
    import sys

    program = (
        "import sys; sys.modules['torch'] = None\n"
        "import winnow\n"
        "sampler = winnow.IndexSetSampler(5, None, warm_start_epochs=1)\n"
        "assert sorted(sampler) == [0, 1, 2, 3, 4]\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)
    light = "import sys, winnow, winnow.scorer; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", light], check=True)
    assert winnow.__version__

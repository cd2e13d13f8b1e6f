"""A scoring and a training service in this process, whose methods a test scripts."""

from concurrent.futures import ThreadPoolExecutor

import grpc

from winnow.error import DETAILS_TRAILER, encode_details
from winnow.v1 import scoring_service_pb2_grpc, training_service_pb2_grpc


class FakeService:
    """Calls ``methods[name](request, context)``; keeps the metadata and number of calls."""

    def __init__(self, methods, port=0):
        self.methods = methods
        self.calls = []
        self.server = grpc.server(ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
        for add in (
            scoring_service_pb2_grpc.add_ScoringServiceServicer_to_server,
            training_service_pb2_grpc.add_TrainingServiceServicer_to_server,
        ):
            add(self, self.server)
        self.port = self.server.add_insecure_port(f"127.0.0.1:{port}")
        self.server.start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def __getattr__(self, name):
        if not name[0].isupper():
            raise AttributeError(name)

        def method(request, context):
            self.calls.append((name, dict(context.invocation_metadata())))
            return self.methods[name](request, context)

        return method

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop(0).wait()


def refuse(context, code, message, reason, fields=()):
    """Fails a call as the project's services do."""
    context.set_trailing_metadata(((DETAILS_TRAILER, encode_details(code, message, reason, fields)),))
    context.abort(code, message)

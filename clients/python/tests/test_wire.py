import numpy as np
import pytest
from google.protobuf.message import DecodeError

from winnow.v1 import scorer_service_pb2 as pb
from winnow.wire import FLOAT_FIELDS, decode_batch, encode_batch


def random_floats(rng):
    return {name: rng.standard_normal(rng.integers(1, 300)).astype(np.float32) for name in FLOAT_FIELDS}


@pytest.mark.parametrize("seed", range(20))
def test_protobuf_reads_what_is_written(seed):
    rng = np.random.default_rng(seed)
    floats, labels = random_floats(rng), rng.integers(0, 2**31, 5)
    batch = pb.ExampleBatch.FromString(encode_batch(70_000, labels, floats))
    assert batch.first_index == 70_000
    assert list(batch.labels) == labels.tolist()
    for name, values in floats.items():
        assert np.array_equal(np.array(getattr(batch, name), dtype=np.float32), values)


@pytest.mark.parametrize("seed", range(20))
def test_what_protobuf_writes_is_read(seed):
    rng = np.random.default_rng(seed)
    floats = random_floats(rng)
    batch = pb.ExampleBatch(first_index=3, labels=[1, 2**31], **{name: v.tolist() for name, v in floats.items()})
    head, found = decode_batch(batch.SerializeToString())
    assert (head.first_index, list(head.labels)) == (3, [1, 2**31])
    assert found.keys() == floats.keys()
    for name, values in floats.items():
        assert np.array_equal(found[name], values)


def test_floats_in_parts_and_not_packed_are_read():
    part = pb.ExampleBatch(adversarial_losses=[1.5, 2.5]).SerializeToString()
    loose = bytes([FLOAT_FIELDS["adversarial_losses"] << 3 | 5]) + np.float32(3.5).tobytes()
    head, found = decode_batch(part + loose + part)
    assert sorted(found["adversarial_losses"].tolist()) == [1.5, 1.5, 2.5, 2.5, 3.5]


def test_garbage_is_refused():
    whole = encode_batch(1, np.arange(9), {"clean_logits": np.ones(40, dtype=np.float32)})
    refused = 0
    for end in range(len(whole)):
        try:
            decode_batch(whole[:end])
        except DecodeError:
            refused += 1
    assert refused >= 40 * 4
    rng = np.random.default_rng(0)
    for _ in range(3000):
        data = bytearray(whole)
        data[rng.integers(len(data))] = rng.integers(256)
        try:
            decode_batch(bytes(data))
        except DecodeError:
            continue
    with pytest.raises(DecodeError):
        decode_batch(b"\x1a\x03abc")

"""A scorer's command line."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path
from typing import Optional, Sequence

import grpc

from winnow.channel import MAX_MESSAGE_BYTES
from winnow.scorer.base import Scorer
from winnow.scorer.server import serve

_MIB = 1024 * 1024


def main(scorer: Scorer, arguments: Optional[Sequence[str]] = None) -> None:
    """Serves a scorer as its command line says; ``--help`` lists what can be chosen. Ends the process on a mistake."""
    options = _parser(scorer).parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        serve(
            scorer,
            options.listen,
            credentials=_credentials(options),
            calls=options.calls,
            max_message_bytes=options.max_message_mib * _MIB,
            grace=options.grace,
        )
    except (OSError, ValueError) as error:
        sys.exit(f"{error}")


def _parser(scorer: Scorer) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=f"{scorer.name} {scorer.version}: {scorer.summary}",
        epilog="\n".join(_parameter_lines(scorer)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--listen", default="127.0.0.1:50061", metavar="HOST:PORT", help="default %(default)s; port 0 takes a free one"
    )
    parser.add_argument("--calls", type=int, default=4, metavar="N", help="calls scored at the same time (%(default)s)")
    parser.add_argument(
        "--max-message-mib",
        type=int,
        default=MAX_MESSAGE_BYTES // _MIB,
        metavar="MIB",
        help="largest message (%(default)s)",
    )
    parser.add_argument(
        "--grace", type=float, default=30.0, metavar="S", help="seconds that calls get to end (%(default)g)"
    )
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="certificate; TLS where given")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="its key")
    parser.add_argument(
        "--tls-client-ca", type=Path, metavar="FILE", help="CA that callers' certificates have to be of"
    )
    return parser


def _parameter_lines(scorer: Scorer) -> list[str]:
    if not scorer.parameters:
        return []
    lines = [
        f"  {one.name}: {one.description} From {one.minimum:g} to {one.maximum:g}, {one.default:g} where not given."
        for one in scorer.parameters
    ]
    return ["parameters of a selection:", *lines]


def _credentials(options: argparse.Namespace) -> Optional[grpc.ServerCredentials]:
    if options.tls_cert is None and options.tls_key is None and options.tls_client_ca is None:
        return None
    if options.tls_cert is None or options.tls_key is None:
        raise ValueError("TLS needs both --tls-cert and --tls-key")
    client_ca = None if options.tls_client_ca is None else options.tls_client_ca.read_bytes()
    pair = (options.tls_key.read_bytes(), options.tls_cert.read_bytes())
    return grpc.ssl_server_credentials([pair], client_ca, require_client_auth=client_ca is not None)

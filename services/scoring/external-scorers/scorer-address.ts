import { invalidField } from '../../app-error.ts';

const ADDRESS = /^(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253}):(\d{1,5})$/;

/** Hosts that gRPC would take for another kind of address: a file, an address list, a name service. */
const SCHEMES: ReadonlySet<string> = new Set(['unix', 'unix-abstract', 'dns', 'ipv4', 'ipv6', 'vsock', 'xds']);

const LARGEST_PORT = 65_535;

/** The host of `host:port`, in lower case; undefined for what is no such address. */
export function hostOf(address: string): string | undefined {
  const [, host = '', port = '0'] = ADDRESS.exec(address) ?? [];
  const isPort = Number(port) >= 1 && Number(port) <= LARGEST_PORT;
  return host !== '' && isPort && !SCHEMES.has(host.toLowerCase()) ? host.toLowerCase() : undefined;
}

/** Which addresses may be called: those of the configuration, and those on allowed hosts; the host `*` allows all. */
export class AllowedAddresses {
  readonly #configured: ReadonlySet<string>;
  readonly #hosts: ReadonlySet<string>;

  constructor(configured: readonly string[], hosts: readonly string[]) {
    this.#configured = new Set(configured);
    this.#hosts = new Set(hosts.map((host) => host.toLowerCase()));
  }

  /** INVALID_FIELD (address), which names the setting that would allow it. */
  check(address: string): void {
    const host = hostOf(address);
    if (host === undefined) throw invalidField('address', `${JSON.stringify(address.slice(0, 100))} is not host:port`);
    if (this.#configured.has(address) || this.#hosts.has('*') || this.#hosts.has(host)) return;
    const allowed = [...this.#hosts].join(', ') || 'none';
    throw invalidField(
      'address',
      `the host ${host} is not allowed (allowed: ${allowed}); add it to WINNOW_SCORER_HOSTS of the scoring service`,
    );
  }
}

import { experimental, ServerCredentials } from '@grpc/grpc-js';
import type { PemFiles } from './pem-files.ts';

/** Credentials of a server; plaintext where there are no files. Renewed ones count for the connections that follow. */
export function serverCredentials(files: PemFiles | undefined, clientCertificates: boolean): ServerCredentials {
  if (!files) return ServerCredentials.createInsecure();
  // grpc-js' types name the first two the other way round, and say that the authority is never null
  const make = experimental.createCertificateProviderServerCredentials as unknown as (
    identity: experimental.CertificateProvider,
    authority: experimental.CertificateProvider | null,
    requireClientCertificate: boolean,
  ) => ServerCredentials;
  return make(files, clientCertificates ? files : null, clientCertificates);
}

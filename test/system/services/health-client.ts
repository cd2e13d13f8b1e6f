import { createFileRegistry, type DescService } from '@bufbuild/protobuf';
import { createClient, type RpcChannel } from '../../../services/platform/rpc/client.ts';
import { healthDescriptor } from '../../../services/platform/rpc/health-descriptor.ts';

interface HealthStatus {
  readonly status: number;
}

/** The methods of grpc.health.v1.Health that tests call. */
export interface HealthClient {
  check(request: { service: string }): Promise<HealthStatus>;
  watch(request: { service: string }): AsyncIterable<HealthStatus>;
}

/** HealthCheckResponse.ServingStatus SERVING. */
export const SERVING = 1;

/** A client of the standard health service, as orchestrators use it. */
export function healthClient(channel: RpcChannel): HealthClient {
  const registry = createFileRegistry(healthDescriptor(), () => undefined);
  return createClient(registry.getService('grpc.health.v1.Health') as DescService, channel) as unknown as HealthClient;
}

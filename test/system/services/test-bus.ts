import { type Bus, connectBus } from '../../../services/platform/bus/connection.ts';
import { capturedLog } from '../../unit/platform/captured-log.ts';

/** A connection of the test's own to the services' bus, for messages and objects that a healthy service would not send. */
export function connectTestBus(url: string): Promise<Bus> {
  return connectBus({ servers: url, name: 'test', log: capturedLog().log });
}

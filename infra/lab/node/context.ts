import type { ApiClient } from '../api/client';
import type { ControlGroups } from './control-groups';
import type { ObjectEvents } from './events';
import type { PodAddresses } from './pod-addresses';
import type { Timings } from './timings';
import type { VolumeSources } from './volumes';

/** What all pods of the node share. */
export interface NodeContext {
  readonly api: ApiClient;
  readonly events: ObjectEvents;
  readonly addresses: PodAddresses;
  readonly timings: Timings;
  readonly volumeSources: VolumeSources;
  readonly controlGroups: ControlGroups;
  /** Folder of the pods' volumes and roots. */
  readonly pods: string;
  /** Folder of the containers' logs. */
  readonly logs: string;
}

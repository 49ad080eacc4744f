import type { TemporalActivities } from '../../workflows/contracts';
import type { TemporalGateway } from './gateway';

/** Leases and links between incidents: what activities ask of Temporal itself. */
export function createTemporalActivities(gateway: TemporalGateway): TemporalActivities {
  return {
    temporalAcquireLease: (request) => gateway.acquireLease(request),
    temporalReleaseLease: (lease) => gateway.releaseLease(lease),
    temporalDeliverAlerts: (input) => gateway.deliverAlerts(input),
    temporalJoinStorm: (input) => gateway.joinStorm(input),
    temporalLeaveStorm: (input) => gateway.leaveStorm(input),
    temporalPreviousIncident: (input) => gateway.previousIncident(input),
  };
}

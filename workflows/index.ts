export { incidentWorkflow } from './incident.workflow';
export { leaseWorkflow } from './lease.workflow';
export { permanentFixWorkflow } from './permanent-fix.workflow';

import Table from 'cli-table3';
import pc from 'picocolors';
import type { LabStatus } from './lab-status';

/** The lab as a person reads it: pods, addresses, and how to go on. */
export function statusTable({ running, dir, lab }: LabStatus): string {
  if (!running || !lab) return `No lab is running in ${dir}. Start one with "npx nightshift lab up".`;
  const pods = new Table({ head: ['pod', 'ready', 'state', 'restarts', 'address'], style: { head: [], border: [] } });
  for (const { name, ready, state, restarts, ip } of lab.pods) pods.push([name, ready ? pc.green('yes') : pc.red('no'), state, restarts, ip]);
  const facts = new Table({ style: { head: [], border: [] } });
  const { urls, remoteWrite } = lab;
  facts.push(
    ['clock', `factor ${lab.factor}: "for: 5m" is ${300 * lab.factor} s; crash-loop back-off ends at ${lab.crashLoopBackoffCapSeconds} s`],
    ['remote write', remoteWrite.lagSeconds === null ? 'the agent does not say' : `${remoteWrite.lagSeconds} s behind`],
    ['watcher', urls.watcherPrometheus],
    ['query', urls.thanosQuery],
    ['alertmanager', urls.alertmanager],
    ['posts alerts to', lab.webhook.url],
    ['kubeconfig', `${lab.kubeconfig} (works inside: npx nightshift lab kubectl -- get pods)`],
    ['Nightshift’s own', lab.nightshiftKubeconfig],
    ['audit log', lab.auditLog],
    ['desired state', lab.desiredState],
    ['memory', `${lab.memoryMiB} MiB`],
    ['faults', lab.faults.map(({ id }) => id).join(', ') || 'none'],
  );
  return `${pods.toString()}\n${facts.toString()}`;
}

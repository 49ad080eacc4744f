import { z } from 'zod';
import { targetOf, type ClusterAccess } from '../cluster-access';
import type { Probe } from '../probe';
import { desiredOf, differingPaths, fileOf, namesOfService, parseAgentConfig, urlOf } from './agent-config';

const INPUT = z.strictObject({
  target: z.string().default('agentConfig').describe('Role of the ConfigMap that holds the agent’s configuration.'),
  service: z.string().default('receiverService').describe('Role of the Service that remote write should go to.'),
});

const UNKNOWN = {
  remoteWriteHost: null, remoteWritePort: null, remoteWritePath: null, remoteWriteTargets: 0, hostIsReceiverService: null, hostResolvable: null,
  portIsReceiverPort: null, pathIsReceivePath: null,
} as const;

/** The path of Receive's remote-write endpoint (domain F7). */
const RECEIVE_PATH = '/api/v1/receive';

/** Where the agent's configuration file sends samples, and whether that is where they should go. */
export const agentConfigProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.agentConfig',
  title: 'The agent’s configuration file: where remote write goes, compared with the receivers’ Service and the desired state',
  input: INPUT,
  fields: {
    exists: { type: 'boolean', text: 'the ConfigMap is configured and there' },
    parses: { type: 'boolean', text: 'the file is one that an agent takes, with at least one remote_write' },
    remoteWriteTargets: { type: 'number', unit: 'count', text: 'remote_write entries' },
    remoteWriteHost: { type: 'text|null', text: 'host of the first remote_write URL' },
    remoteWritePort: { type: 'number|null', text: 'port of it' },
    remoteWritePath: { type: 'text|null', text: 'path of it' },
    hostIsReceiverService: { type: 'boolean|null', text: 'the host is a name of the configured receiver Service' },
    hostResolvable: { type: 'boolean|null', text: 'the host is a name of a Service that exists in its namespace; null for a name outside the cluster' },
    portIsReceiverPort: { type: 'boolean|null', text: 'the port is the configured write port' },
    pathIsReceivePath: { type: 'boolean|null', text: 'the path is the one that Thanos Receive serves' },
    desiredKnown: { type: 'boolean', text: 'something says how the file should be' },
    differsFromDesired: { type: 'boolean|null', text: 'the file is not as it should be; null when that is not known' },
    remoteWriteDiffers: { type: 'boolean|null', text: 'remote_write or external_labels are not as they should be' },
    changedPaths: { type: 'list', text: 'where the file differs: remote_write.0.url' },
  },
  rbac: [
    { apiGroup: '', resources: ['configmaps'], verbs: ['get'] },
    // The Service that the file names, which may be any.
    { apiGroup: '', resources: ['services'], verbs: ['get'], names: 'any' },
  ],
  async ask(access, { target: role, service }) {
    if (!Object.hasOwn(access.config.targets, role)) return { fields: { exists: false, parses: false, ...UNKNOWN, desiredKnown: false, differsFromDesired: null, remoteWriteDiffers: null, changedPaths: [] }, summary: `No ${role} is configured for ${access.config.name}: the agent’s file is made by whatever owns the agent.` };
    const target = targetOf(access, role);
    const name = `${target.kind} ${target.namespace}/${target.name}`;
    const object = await access.kubernetes.read(target);
    const desired = await desiredOf(access, target, object);
    if (!object) {
      return {
        fields: { exists: false, parses: false, ...UNKNOWN, desiredKnown: desired !== undefined, differsFromDesired: desired ? true : null, remoteWriteDiffers: null, changedPaths: [] },
        summary: `There is no ${name}.`,
      };
    }
    const parsed = parseAgentConfig(fileOf(object, target));
    const comparison = compare('config' in parsed ? parsed.config : undefined, desired && fileOf(desired.manifest, target));
    if ('fault' in parsed) {
      return {
        fields: { exists: true, parses: false, ...UNKNOWN, desiredKnown: desired !== undefined, ...comparison },
        summary: `${name} holds a file that an agent does not take: ${parsed.fault}.`,
      };
    }
    const url = urlOf(parsed.config);
    const address = await judgeAddress(access, url, service, target.namespace);
    return {
      fields: {
        exists: true, parses: true, remoteWriteTargets: parsed.config.remote_write.length,
        remoteWriteHost: url.host, remoteWritePort: url.port, remoteWritePath: url.path,
        ...address, desiredKnown: desired !== undefined, ...comparison,
      },
      summary: summarize(name, `${url.host}:${url.port}${url.path}`, comparison.changedPaths, desired?.source),
    };
  },
};

async function judgeAddress(access: ClusterAccess, url: { host: string; port: number; path: string }, serviceRole: string, namespace: string) {
  const service = targetOf(access, serviceRole);
  const hostIsReceiverService = namesOfService(service, namespace).includes(url.host);
  return {
    hostIsReceiverService,
    hostResolvable: await resolves(access, url.host, namespace),
    portIsReceiverPort: url.port === service.ports['write'],
    pathIsReceivePath: url.path === RECEIVE_PATH,
  };
}

/** `name`, `name.namespace`, `name.namespace.svc…`; anything else is outside of the cluster, where nothing is asked. */
async function resolves(access: ClusterAccess, host: string, from: string): Promise<boolean | null> {
  const match = /^([a-z0-9-]+)(?:\.([a-z0-9-]+)(?:\.svc(?:\.cluster\.local)?)?)?$/.exec(host);
  if (!match || /^[\d.]+$/.test(host)) return null;
  return (await access.kubernetes.read({ apiVersion: 'v1', kind: 'Service', namespace: match[2] ?? from, name: match[1]! })) !== undefined;
}

function compare(live: unknown, desiredText: string | undefined) {
  const desired = desiredText === undefined ? undefined : parseAgentConfig(desiredText);
  if (!desired || 'fault' in desired) return { differsFromDesired: null, remoteWriteDiffers: null, changedPaths: [] as string[] };
  const paths = live === undefined ? ['(the whole file)'] : differingPaths(live, desired.config);
  return {
    differsFromDesired: paths.length > 0,
    remoteWriteDiffers: paths.some((path) => /^\(|^remote_write|^global\.external_labels/.test(path)),
    changedPaths: paths,
  };
}

function summarize(name: string, url: string, changedPaths: readonly string[], source: string | undefined): string {
  const difference = source === undefined ? '; how it should be is not known' : changedPaths.length > 0 ? `; it differs from ${source} at ${changedPaths.slice(0, 5).join(', ')}` : `, as ${source} says`;
  return `${name} sends samples to ${url}${difference}.`;
}

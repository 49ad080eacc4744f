import { z } from 'zod';
import type { Probe, ProbeAnswer } from '../probe';
import { plainLine } from '../redact';
import type { FrontDoorGateway } from './gateway';

const INPUT = z.strictObject({ limit: z.number().int().min(1).max(20).default(5).describe('How many data sources are tried.') });
const LIST = z.array(z.looseObject({ uid: z.string(), name: z.string(), type: z.string() }));
const HEALTH = z.looseObject({ status: z.string().optional(), message: z.string().optional() });

const UNKNOWN: ProbeAnswer['fields'] = { known: false, dataSources: 0, failing: [], messages: [] };

/** Do panels get data? Grafana is asked to try its own data sources, which needs credentials in the configured address. */
export const dataSourcesProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'grafana.dataSources',
  title: 'Grafana’s data sources by its own health checks: whether panels get data',
  input: INPUT,
  fields: {
    notApplicable: { type: 'boolean', text: 'no address of Grafana is configured' },
    known: { type: 'boolean', text: 'Grafana said what its data sources are' },
    dataSources: { type: 'number', unit: 'count', text: 'data sources that were tried' },
    failing: { type: 'list', text: 'names of those whose check fails' },
    messages: { type: 'list', text: 'what is said of those' },
  },
  rbac: [],
  async ask({ frontDoor }, { limit }) {
    if (!frontDoor) return { fields: { notApplicable: true, ...UNKNOWN }, summary: 'No address of Grafana is configured for this cluster.' };
    const sources = await listOf(frontDoor);
    if (!sources) return { fields: { notApplicable: false, ...UNKNOWN }, summary: 'Grafana does not say what its data sources are; its address needs credentials for that.' };
    const tried = await Promise.all(sources.slice(0, limit).map(async ({ uid, name }) => ({ name, fault: await faultOf(frontDoor, uid) })));
    const failing = tried.filter(({ fault }) => fault !== undefined);
    return {
      fields: { notApplicable: false, known: true, dataSources: tried.length, failing: failing.map(({ name }) => name), messages: failing.map(({ fault }) => plainLine(fault ?? '', 200)) },
      summary: failing.length === 0 ? `All ${tried.length} data sources of Grafana answer.` : `Data sources of Grafana fail: ${failing.map(({ name, fault }) => `${name} (${plainLine(fault ?? '', 100)})`).join('; ')}.`,
    };
  },
};

async function listOf(door: FrontDoorGateway): Promise<z.infer<typeof LIST> | undefined> {
  const { status, body } = await door.get('/api/datasources');
  return status === 200 ? parsed(LIST, body) : undefined;
}

async function faultOf(door: FrontDoorGateway, uid: string): Promise<string | undefined> {
  const { status, body } = await door.get(`/api/datasources/uid/${encodeURIComponent(uid)}/health`);
  const health = parsed(HEALTH, body);
  if (status === 200 && (health?.status ?? 'OK') === 'OK') return undefined;
  return health?.message ?? `answered ${status}`;
}

function parsed<Value>(shape: z.ZodType<Value>, body: string): Value | undefined {
  try {
    const result = shape.safeParse(JSON.parse(body));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}

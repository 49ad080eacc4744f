import { z } from 'zod';
import { failureTypeOf } from '../../workflows/contracts';
import type { Probe, ProbeAnswer } from '../probe';
import type { FrontDoorGateway, WebAnswer } from './gateway';

const INPUT = z.strictObject({ page: z.string().default('/login').describe('A page that needs no login.') });

/** Words of ingress controllers for "no rule is for this host". */
const NO_RULE = /default backend|404 page not found|<center>nginx<\/center>|no available server|no route matched|fault filter abort/i;
const HEALTH = z.looseObject({ database: z.string().optional(), version: z.string().optional() });

/** Outside-in, as a user comes: name, connection, page, health. Where it stops is where to look (domain 4.6). */
export const frontDoorProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'grafana.frontDoor',
  title: 'Grafana from outside, as a user comes: DNS, TCP, the login page, /api/health',
  input: INPUT,
  fields: {
    notApplicable: { type: 'boolean', text: 'no address of Grafana is configured' },
    resolves: { type: 'boolean|null', text: 'its name has an address' },
    connects: { type: 'boolean|null', text: 'a connection is accepted' },
    connection: { type: 'text|null', text: 'connected, refused, timedOut or unreachable' },
    status: { type: 'number|null', text: 'HTTP status of the page; null when nobody answered' },
    noRule: { type: 'boolean|null', text: 'a controller answers that no rule is for this host' },
    database: { type: 'text|null', text: 'what /api/health says of the database' },
    version: { type: 'text|null', text: 'Grafana’s version' },
  },
  rbac: [],
  async ask({ frontDoor }, { page }) {
    if (!frontDoor) return { fields: { notApplicable: true, ...NOTHING }, summary: 'No address of Grafana is configured for this cluster.' };
    const resolves = (await frontDoor.resolve()).length > 0;
    if (!resolves) return { fields: { notApplicable: false, ...NOTHING, resolves }, summary: `The name ${frontDoor.host} has no address.` };
    const connection = await frontDoor.connect();
    const connects = connection === 'connected';
    if (!connects) return { fields: { notApplicable: false, ...NOTHING, resolves, connects, connection }, summary: `${frontDoor.host}:${frontDoor.port} does not accept connections (${connection}).` };
    const [answer, health] = await Promise.all([answered(frontDoor, page), answered(frontDoor, '/api/health')]);
    const { database = null, version = null } = healthOf(health);
    const noRule = answer ? answer.status === 404 && NO_RULE.test(answer.body) : null;
    return {
      fields: { notApplicable: false, resolves, connects, connection, status: answer?.status ?? null, noRule, database, version },
      summary: answer ? `${frontDoor.host} answers ${page} with ${answer.status}${noRule ? ', a controller’s word that no rule is for this host' : ''}${database ? `; its database is ${database}` : ''}.` : `${frontDoor.host} accepts connections and does not answer.`,
    };
  },
};

const NOTHING: ProbeAnswer['fields'] = { resolves: null, connects: null, connection: null, status: null, noRule: null, database: null, version: null };

async function answered(door: FrontDoorGateway, path: string): Promise<WebAnswer | undefined> {
  return door.get(path).catch((error: unknown) => {
    if (failureTypeOf(error) === 'UpstreamUnavailable') return undefined;
    throw error;
  });
}

function healthOf(answer: WebAnswer | undefined): z.infer<typeof HEALTH> {
  try {
    const parsed = HEALTH.safeParse(JSON.parse(answer?.body ?? ''));
    return parsed.success ? parsed.data : {};
  } catch {
    // A page of a controller, or nothing: no word of Grafana's.
    return {};
  }
}

import type { IncidentStatus } from '../../workflows/contracts';
import { NightshiftProcess } from './nightshift-process';

export interface Opened {
  publicId: string;
  workflowId: string;
}

/** From the alert to the plan; a busy machine takes longer than the second that an idle one takes. */
const PLAN_WITHIN_S = '120';
/** Execution, verification and the practice cluster's stability window of ten seconds. */
const CLOSED_WITHIN_S = '180';

/** A Nightshift for the tests of a file or block, started before them and removed after them, and its practice incidents. */
export function practiceIncidents(): PracticeIncidents {
  const incidents = new PracticeIncidents();
  beforeAll(async () => {
    incidents.running = await NightshiftProcess.create();
    await incidents.running.start();
  }, 600_000);
  afterAll(() => incidents.running.remove());
  return incidents;
}

/** Practice incidents as somebody sees them who has nothing but the command line. */
export class PracticeIncidents {
  running!: NightshiftProcess;

  show(id: string): Promise<IncidentStatus & { workerAway: boolean }> {
    return this.running.json('show', id);
  }

  open(example: string): Promise<Opened> {
    return this.running.json('open', '--practice', example);
  }

  /** @throws Error when no plan comes to wait for a decision */
  async openAndPlan(example: string): Promise<IncidentStatus> {
    const { publicId } = await this.open(example);
    return this.watch(publicId, 'needs-you', PLAN_WITHIN_S);
  }

  /** @throws Error when it is not closed in time */
  closed(id: string): Promise<IncidentStatus> {
    return this.watch(id, 'closed', CLOSED_WITHIN_S);
  }

  private async watch(id: string, until: string, seconds: string): Promise<IncidentStatus> {
    const { code, stderr } = await this.running.cli('watch', id, '--until', until, '--timeout', seconds);
    if (code !== 0) throw new Error(`${id} never came to "${until}" (${code}): ${stderr}`);
    return this.show(id);
  }
}

/** "evicted thanos-receive-1", in order. */
export const changesOf = ({ mutations }: IncidentStatus) => mutations.map(({ object, result }) => `${result} ${object.name}`);

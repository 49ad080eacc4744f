import { spawnSync } from 'node:child_process';
import { findTemporal } from '../../infra/embedded/programs';
import { NightshiftProcess, until } from '../support/nightshift-process';
import { changesOf, PracticeIncidents } from '../support/practice-incidents';

describe('who decides on practice incidents, and what lies between', () => {
  let running: NightshiftProcess;
  let incidents: PracticeIncidents;

  beforeAll(async () => {
    running = await NightshiftProcess.create();
    await running.start();
    incidents = new PracticeIncidents(running);
  }, 600_000);
  afterAll(() => running.remove());

  test('all of Nightshift is stopped while a plan waits, and resumes', async () => {
    const { publicId } = await incidents.openAndPlan('two-receivers-bad-flag');
    await running.stop('SIGTERM');
    const { keyId } = await running.json<{ keyId: string }>('keys', 'rotate');
    await running.start();
    await until('the incident answers again', async () => !(await incidents.show(publicId)).workerAway);
    expect(await incidents.show(publicId)).toMatchObject({ phase: 'approve' });
    await running.json('note', publicId, 'back', 'again');
    await running.json('approve', publicId, '--yes');
    const status = await incidents.closed(publicId);
    expect(status).toMatchObject({ outcome: 'recovered', notes: [{ text: 'back again' }], decisions: [{ signed: { keyId } }] });
    expect(changesOf(status)).toEqual(['patched thanos-receive', 'deleted thanos-receive-1', 'deleted thanos-receive-2']);
  }, 600_000);

  test('what is safe is repaired without anybody', async () => {
    const { publicId } = await incidents.open('receiver-service-deleted');
    const status = await incidents.closed(publicId);
    expect(status).toMatchObject({ outcome: 'recovered', plan: { risk: 'safe' }, decisions: [] });
    expect(changesOf(status)).toEqual(['created thanos-receive-lb']);

    // The link in every page leads here.
    const page = await fetch(`${running.url}/incidents/${publicId}`, { headers: { authorization: `Bearer ${running.token()}` } });
    expect(page.headers.get('content-type')).toContain('text/html');
    const html = await page.text();
    expect(html).toContain('closed: recovered');
    expect(html).not.toContain("<script");
    expect(html).not.toContain("\u001b");
  }, 600_000);

  test("the stock temporal command approves on the practice cluster, and a destructive plan takes two people", async () => {
    const { publicId, plan, workflowId } = await incidents.openAndPlan('agent-host-wrong');
    expect(plan).toMatchObject({ risk: 'destructive', expectedLoss: { en: expect.any(String) } });
    const temporal = await findTemporal(() => undefined);
    const address = /Temporal (\S+)/.exec(running.stdout)?.[1] ?? '';
    const sent = spawnSync(temporal, ['workflow', 'update', 'execute', '--address', address, '--workflow-id', workflowId, '--name', 'decide', '--input', '{"verdict":"approve","actor":"kim"}'], { encoding: 'utf8' });
    expect(sent.stderr + sent.stdout).toContain('waiting');
    expect(await incidents.show(publicId)).toMatchObject({ phase: 'approve', mutations: [] });

    const { token } = await running.json<{ token: string }>('users', 'add', 'lee');
    expect(token).not.toBe('');
    expect(await running.json('approve', publicId, '--yes', '--as', 'lee')).toMatchObject({ standing: 'approved' });
    expect((await incidents.closed(publicId)).outcome).toBe('recovered');
  }, 600_000);
});

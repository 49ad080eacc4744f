import { spawnSync } from 'node:child_process';
import { findTemporal } from '../../infra/embedded/programs';
import { until } from '../support/nightshift-process';
import { changesOf, practiceIncidents } from '../support/practice-incidents';

describe('who decides on practice incidents, and what lies between', () => {
  const incidents = practiceIncidents();

  test('all of Nightshift is stopped while a plan waits, and resumes', async () => {
    const { publicId } = await incidents.openAndPlan('two-receivers-bad-flag');
    await incidents.running.stop('SIGTERM');
    const { keyId } = await incidents.running.json<{ keyId: string }>('keys', 'rotate');
    await incidents.running.start();
    await until('the incident answers again', async () => !(await incidents.show(publicId)).workerAway);
    expect(await incidents.show(publicId)).toMatchObject({ phase: 'approve' });
    await incidents.running.json('note', publicId, 'back', 'again');
    await incidents.running.json('approve', publicId, '--yes');
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
    const page = await fetch(`${incidents.running.url}/incidents/${publicId}`, { headers: { authorization: `Bearer ${incidents.running.token()}` } });
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
    const address = /Temporal (\S+)/.exec(incidents.running.stdout)?.[1] ?? '';
    const sent = spawnSync(temporal, ['workflow', 'update', 'execute', '--address', address, '--workflow-id', workflowId, '--name', 'decide', '--input', '{"verdict":"approve","actor":"kim"}'], { encoding: 'utf8' });
    expect(sent.stderr + sent.stdout).toContain('waiting');
    expect(await incidents.show(publicId)).toMatchObject({ phase: 'approve', mutations: [] });

    const { token } = await incidents.running.json<{ token: string }>('users', 'add', 'lee');
    expect(token).not.toBe('');
    expect(await incidents.running.json('approve', publicId, '--yes', '--as', 'lee')).toMatchObject({ standing: 'approved' });
    expect((await incidents.closed(publicId)).outcome).toBe('recovered');
  }, 600_000);
});

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '../support/nightshift-process';
import { changesOf, practiceIncidents } from '../support/practice-incidents';

describe('a practice incident, from alert to postmortem', () => {
  const incidents = practiceIncidents();

  test('the worker is killed while a plan waits; the CLI approves; it recovers and leaves a record', async () => {
    const { publicId, plan, rootCause, alerts } = await incidents.openAndPlan('two-receivers-bad-file');
    expect(rootCause).toBe('receivers-own-files-broken');
    expect(plan).toMatchObject({ risk: 'disruptive', steps: [{ action: 'evict', object: { name: 'thanos-receive-1' } }, { action: 'evict', object: { name: 'thanos-receive-2' } }] });

    // The duplicate of a highly available pair of Alertmanagers joins.
    const { labels, annotations, startsAt, fingerprint } = alerts[0]!;
    const webhook = await fetch(`${incidents.running.url}/webhooks/alertmanager`, {
      method: 'POST',
      headers: { authorization: `Bearer ${incidents.running.token()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ version: '4', alerts: [{ status: 'firing', labels, annotations, startsAt, fingerprint }] }),
    });
    expect(await webhook.json()).toMatchObject({ accepted: 1 });

    incidents.running.kill('worker');
    await until('the worker is back', () => incidents.running.stdout.includes('worker is back'));
    await until('the incident answers again', async () => !(await incidents.show(publicId)).workerAway);
    expect((await incidents.show(publicId)).alerts).toHaveLength(1);
    const wrong = await incidents.running.cli('approve', publicId, '--yes', '--plan', 'ffff');
    expect(wrong.code).toBe(4);
    const approved = await incidents.running.json<{ standing: string; planHash: string }>('approve', publicId, '--yes', '--reason', 'as proposed');
    expect(approved).toMatchObject({ standing: 'approved', planHash: plan?.hash });

    const status = await incidents.closed(publicId);
    expect(status).toMatchObject({ outcome: 'recovered', phase: 'closed' });
    expect(changesOf(status)).toEqual(['evicted thanos-receive-1', 'evicted thanos-receive-2']);
    expect(status.decisions).toMatchObject([{ verdict: 'approve', channel: 'cli', reason: 'as proposed', signed: { signature: expect.stringMatching(/^[0-9a-f]{128}$/) } }]);

    const record = path.join(incidents.running.dataDir, 'records', publicId.slice(0, 4), publicId.slice(4, 6), publicId);
    expect((await incidents.running.cli('postmortem', publicId)).stdout).toContain(`# Postmortem: Remote write is failing (${publicId})`);
    await until('the history is complete', () => existsSync(path.join(record, 'history.json')));
    const { events } = JSON.parse(readFileSync(path.join(record, 'history.json'), 'utf8')) as { events: unknown[] };
    expect(events.length).toBeLessThanOrEqual(250);
    expect(JSON.parse(readFileSync(path.join(record, 'record.json'), 'utf8'))).toMatchObject({ incident: { publicId, outcome: 'recovered' } });

    await until('the gateway has signed the end', async () => (await incidents.running.cli('audit', 'verify', publicId)).code === 0);
    const audit = path.join(record, 'audit.jsonl');
    const lines = readFileSync(audit, 'utf8').split('\n');
    expect((await incidents.running.cli('audit', 'verify', publicId)).stdout).toContain(`✓ ${publicId}: ${lines.length - 1} entries; Temporal's history agrees`);
    writeFileSync(audit, lines.toSpliced(3, 1).join('\n'));
    const { code, stdout } = await incidents.running.cli('audit', 'verify', publicId);
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('audit.jsonl, entry 3: it is missing') });
    writeFileSync(audit, lines.join('\n'));

    // What keeps it from coming back is open until somebody says what became of it.
    const { incidents: followed } = await incidents.running.json<{ incidents: Array<{ publicId: string; fixes: Array<{ id: string; state: string }> }> }>('fixes', 'list');
    const { id, state } = followed.find((listed) => listed.publicId === publicId)!.fixes[0]!;
    expect(state).toBe('proposed');
    expect(await incidents.running.json('fixes', 'decline', publicId, id, '--reason', 'practice')).toMatchObject({ fixes: expect.arrayContaining([expect.objectContaining({ id, state: 'declined', reason: 'practice' })]) });
    expect((await incidents.running.cli('fixes', 'decline', publicId, id, '--reason', 'again')).code).toBe(4);
  }, 600_000);

  test('what is wrong use, not found and refused has an exit code of its own', async () => {
    const { publicId } = (await incidents.running.json<{ incidents: Array<{ publicId: string }> }>('list', '--all')).incidents[0]!;
    expect((await incidents.running.cli('show', '20200101-00000000')).code).toBe(3);
    expect((await incidents.running.cli('open', '--practice', 'no-such-example')).code).toBe(3);
    expect((await incidents.running.cli('approve', publicId, '--yes')).code).toBe(4);
    expect((await incidents.running.cli('show', publicId, '--as', 'nobody')).code).toBe(1);
    expect((await incidents.running.cli('approve')).code).toBe(2);
    expect((await incidents.running.cli('note', publicId, 'too late')).code).toBe(4);
    await incidents.running.json('users', 'add', 'nari', '--roles', 'viewer');
    const { code, stderr } = await incidents.running.cli('cancel', publicId, '--as', 'nari');
    expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('takes the role approver or admin') });
  }, 600_000);
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { IncidentStatus } from '../../workflows/contracts';
import type { IncidentSummary } from '../../workers/gateway/incident-summary';
import type { WatchdogStatus } from '../../workers/gateway/watchdogs';
import { NightshiftProcess, until } from '../support/nightshift-process';

/** Three clusters that do not exist: one is heard of, one falls silent on purpose, one never says a word. */
const yaml = (pager: string) => `
practice: false
notify: { webhooks: [{ name: pager, url: "${pager}" }] }
clusters:
  - { name: talking, kubeconfig: kubeconfig, watchdog: { tolerate: 20s } }
  - { name: planned, kubeconfig: kubeconfig, watchdog: { tolerate: 2s, maintenance: [{ reason: node upgrades, period: { from: 2020-01-01, until: 2099-12-31, timeZone: UTC } }] } }
  - { name: mute, kubeconfig: kubeconfig, watchdog: { tolerate: 8s }, durations: { rootCauseTarget: 12s } }
`;
const KUBECONFIG = `
apiVersion: v1
kind: Config
current-context: x
clusters: [{ name: x, cluster: { server: "http://127.0.0.1:1" } }]
users: [{ name: x, user: {} }]
contexts: [{ name: x, context: { cluster: x, user: x } }]
`;

describe('clusters that fall silent', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-silence-'));
  const pages: Array<{ kind: string; cluster: string }> = [];
  let pager: Server;
  let running: NightshiftProcess;
  let beats: NodeJS.Timeout | undefined;

  beforeAll(async () => {
    pager = createServer((request, response) => {
      request.setEncoding('utf8');
      let body = '';
      request.on('data', (text: string) => (body += text)).on('end', () => {
        pages.push(JSON.parse(body) as { kind: string; cluster: string });
        response.end();
      });
    });
    await new Promise<void>((resolve) => pager.listen(0, '127.0.0.1', resolve));
    const file = path.join(folder, 'nightshift.yaml');
    writeFileSync(file, yaml(`http://127.0.0.1:${(pager.address() as { port: number }).port}/`));
    writeFileSync(path.join(folder, 'kubeconfig'), KUBECONFIG);
    running = await NightshiftProcess.create({ NIGHTSHIFT_CONFIG: file });
    await running.start();
    beats = setInterval(() => void beat('talking').catch(() => undefined), 1_000);
  }, 600_000);
  afterAll(async () => {
    clearInterval(beats);
    await running.remove();
    pager.close();
    rmSync(folder, { recursive: true });
  });

  const beat = (cluster: string) =>
    fetch(`${running.url}/webhooks/alertmanager`, {
      method: 'POST',
      headers: { authorization: `Bearer ${running.token()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ version: '4', alerts: [{ status: 'firing', labels: { alertname: 'Watchdog', cluster }, annotations: {}, startsAt: '2026-11-22T03:00:00Z', fingerprint: 'w' }] }),
    });
  const incidents = async () => (await running.json<{ incidents: IncidentSummary[] }>('list')).incidents;
  const of = async (cluster: string) => (await incidents()).find((incident) => incident.cluster === cluster);
  const states = async () => Object.fromEntries((await running.json<{ watchdogs: WatchdogStatus[] }>('watchdog', 'list')).watchdogs.map(({ cluster, state }) => [cluster, state]));

  test('one that was never heard of is noticed; one that talks and one in a planned maintenance are left alone', async () => {
    await until('the mute cluster has an incident', async () => (await of('mute')) !== undefined, 180_000);
    expect((await incidents()).map(({ cluster, failureDomain }) => `${cluster} ${failureDomain}`)).toEqual(['mute alerting']);
    expect(await states()).toEqual({ talking: 'heard', planned: 'maintenance', mute: 'silent' });
    expect((await running.cli('watchdog', 'list')).stdout).toContain('node upgrades');
    const status = await running.json<IncidentStatus>('show', (await of('mute'))!.publicId);
    expect(status.alerts).toMatchObject([{ labels: { alertname: 'HeartbeatMissing', raised_by: 'nightshift' }, annotations: { description: expect.stringContaining('none has ever come') } }]);
    await until('somebody was paged', () => pages.some(({ kind, cluster }) => kind === 'opened' && cluster === 'mute'));
  }, 600_000);

  test('a killed gateway is no silence; heartbeats that stop are, and the next one ends the alert', async () => {
    running.kill('gateway');
    await until('the gateway is back', () => running.stdout.toLowerCase().includes('gateway is back'));
    await until('it is heard of', async () => (await states())['talking'] === 'heard');
    expect(await of('talking')).toBeUndefined();

    clearInterval(beats);
    await until('the silence has an incident', async () => (await of('talking')) !== undefined, 180_000);
    const { publicId } = (await of('talking'))!;
    await beat('talking');
    await until('its alert has ended', async () => (await running.json<IncidentStatus>('show', publicId)).alerts.every(({ status }) => status === 'resolved'));
    expect((await states())['talking']).toBe('heard');
  }, 600_000);

  test('a silence that somebody plans opens nothing', async () => {
    const paused = await running.cli('watchdog', 'pause', 'mute', '--for', '1h', '--reason', 'moving house');
    expect({ code: paused.code, out: paused.stdout }).toEqual({ code: 0, out: expect.stringMatching(/^mute: planned silence until .*: moving house, by /) });
    await until('the incident of the silence before is over', async () => (await of('mute')) === undefined);
    await beat('mute');
    await delay(2_000);
    expect((await states())['mute']).toBe('paused');
  }, 600_000);
});

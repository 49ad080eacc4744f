import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { labSource } from '../../../infra/lab/paths';

// The stand-in itself, on a real file; needs a Python 3, as the part of the lab does.
const PYTHON = 'python3';
const describeWithPython = spawnSync(PYTHON, ['--version']).status === 0 ? describe : describe.skip;
/** Holds the file as a second writer would, says so, and lets go when its standard input ends. */
const LOCKER = "import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1], isolation_level=None)\ndb.execute('BEGIN EXCLUSIVE')\nprint('locked', flush=True)\nsys.stdin.read()";

let folder: string;
let source: http.Server;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'grafana-'));
  source = http.createServer((_request, response) => response.end(JSON.stringify({ status: 'success', warnings: ['a store is away'], data: { resultType: 'vector', result: [{ metric: { job: 'x' }, value: [1, '2.5'] }] } })));
  await once(source.listen(0, '127.0.0.1'), 'listening');
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    const ended = child.exitCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGKILL');
    await ended;
  }
  source.close();
  rmSync(folder, { recursive: true });
});

interface Running {
  readonly url: string;
  readonly log: () => string;
}

async function start(env: Record<string, string> = {}): Promise<Running> {
  const port = (source.address() as AddressInfo).port;
  mkdirSync(path.join(folder, 'provisioning', 'datasources'), { recursive: true });
  writeFileSync(path.join(folder, 'provisioning', 'datasources', 'a.yaml'), JSON.stringify({ datasources: [{ uid: 'thanos', name: 'Thanos', type: 'prometheus', url: `http://127.0.0.1:${port}` }, { uid: 'gone', name: 'Gone', type: 'prometheus', url: 'http://127.0.0.1:1' }] }));
  const child = spawn(PYTHON, [labSource('programs', 'grafana.py'), path.join(folder, 'none.ini')], { env: { ...process.env, GF_PATHS_DATA: folder, GF_PATHS_PROVISIONING: path.join(folder, 'provisioning'), GF_SERVER_HTTP_ADDR: '127.0.0.1', GF_SERVER_HTTP_PORT: '0', GF_AUTH_ANONYMOUS_ENABLED: 'true', ...env } });
  children.push(child);
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (log += chunk));
  const listening = /HTTP Server Listen" address=127\.0\.0\.1:(\d+)/;
  while (!listening.test(log) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
  return { url: `http://127.0.0.1:${listening.exec(log)?.[1]}`, log: () => log };
}

async function lock(): Promise<ChildProcess> {
  const child = spawn(PYTHON, ['-c', LOCKER, path.join(folder, 'grafana.db')]);
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

const query = (url: string, uid: string) => fetch(`${url}/api/ds/query`, { method: 'POST', body: JSON.stringify({ from: 'now-15m', to: 'now', queries: [{ refId: 'A', expr: 'x', instant: true, datasource: { uid } }] }) });

describeWithPython('Grafana’s stand-in', () => {
  it('is healthy, lets the right password in, and answers a panel’s query with its warnings', async () => {
    const { url } = await start();
    expect(await (await fetch(`${url}/api/health`)).json()).toMatchObject({ database: 'ok' });
    expect((await fetch(`${url}/login`)).status).toBe(200);
    const logIn = (password: string) => fetch(`${url}/login`, { method: 'POST', body: JSON.stringify({ user: 'admin', password }) });
    expect((await logIn('wrong')).status).toBe(401);
    expect((await logIn('admin')).headers.get('set-cookie')).toMatch(/^grafana_session=/);
    const answer = await query(url, 'thanos');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ results: { A: { frames: [{ schema: { meta: { notices: [{ text: 'a store is away' }] } }, data: { values: [[1000], [2.5]] } }] } } });
  });

  it('says that a data source refuses, and counts it', async () => {
    const { url, log } = await start();
    const answer = await query(url, 'gone');
    expect(answer.status).toBe(502);
    expect(await answer.text()).toContain('connection refused');
    expect(log()).toContain('msg="Query data error"');
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('grafana_http_request_duration_seconds_count{handler="/api/ds/query",method="POST",status_code="502"} 1');
  });

  it('fails its health check while another holds the file, and is healthy again afterwards', async () => {
    const { url, log } = await start();
    const locker = await lock();
    const health = await fetch(`${url}/api/health`);
    expect(health.status).toBe(503);
    expect(await health.json()).toMatchObject({ database: 'failing' });
    expect(log()).toContain('database is locked');
    locker.stdin?.end();
    await once(locker, 'exit');
    expect((await fetch(`${url}/api/health`)).status).toBe(200);
  });

  it('does not start on a file that another holds', async () => {
    await start();
    const locker = await lock();
    expect((await start()).log()).toMatch(/migration failed \(id = .+\): database is locked/);
    locker.stdin?.end();
  });

  it('says that a database server refuses', async () => {
    expect((await start({ GF_DATABASE_TYPE: 'postgres', GF_DATABASE_HOST: '127.0.0.1:1' })).log()).toContain('dial tcp 127.0.0.1:1: connect: connection refused');
  });
});

/**
 * Permanent fixes with everything real: the lab, a Git repository that says how it should be, and a sync loop that brings the
 * cluster to what Git says. Somebody renames the receivers' Service selector in Git; the incident mends the cluster, and Git still
 * says otherwise.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { firstIncident, seeThrough } from '../../infra/drill/follow';
import type { LabNightshift } from '../../infra/drill/lab-nightshift';
import { healthy, quiet } from '../../infra/drill/rest';
import { nightshiftInLab } from '../../infra/drill/run';
import { binary } from '../../infra/lab/build';
import { captureInLab } from '../../infra/lab/namespaces';
import { labPaths } from '../../infra/lab/paths';
import { projectRoot } from '../../infra/project';
import type { FixStatus, IncidentStatus, PermanentFixStatus } from '../../workflows/contracts';
import { ServedRepository } from '../support/git-repository';

const FILE = 'clusters/cluster-03/thanos-receive-lb.yaml';
const FIX = 'keep-live-change';
const RIGHT = readFileSync(path.join(projectRoot(), 'infra', 'lab', 'manifests', 'thanos-receive-lb.yaml'), 'utf8');
const WRONG = RIGHT.replace('selector: { app: thanos-receive }', 'selector: { app: thanos-receiver }');

const say = (text: string) => process.stderr.write(`${text}\n`);
const repository = new ServedRepository({ [FILE]: RIGHT });
let nightshift: LabNightshift;
let end: () => Promise<void>;

beforeAll(async () => {
  ({ nightshift, end } = await nightshiftInLab(false, say, [], { git: { repository: repository.url, branch: 'main', directory: path.dirname(FILE) } }));
}, 300_000);

afterAll(async () => {
  await end?.();
  repository.remove();
}, 600_000);

const kubectl = (args: readonly string[], input?: string) => captureInLab([binary('kubectl'), '--kubeconfig', labPaths().adminKubeconfig, ...args], labPaths(), input === undefined ? {} : { input });

/** As Argo CD's controller does: whatever main says is applied, whoever else wrote those fields. */
async function sync(): Promise<void> {
  await kubectl(['apply', '--server-side', '--force-conflicts', '--field-manager=argocd-controller', '-f', '-'], repository.show('main', FILE));
}

async function selector(): Promise<string> {
  return kubectl(['-n', 'monitoring', 'get', 'service', 'thanos-receive-lb', '-o', 'jsonpath={.spec.selector.app}']);
}

/** A wrong commit is synced, and the incident that comes of it is seen through. */
async function incidentFromGit(): Promise<IncidentStatus> {
  await healthy(say);
  await quiet(nightshift, say);
  repository.commit({ [FILE]: WRONG }, 'Rename the receivers');
  await sync();
  const status = await seeThrough(nightshift, await firstIncident(nightshift), { say });
  expect(status).toMatchObject({ outcome: 'recovered', rootCause: 'receiver-service-wrong' });
  expect(await selector()).toBe('thanos-receive');
  return status;
}

/** As a person sees them who lists fixes. */
async function fixesOf(publicId: string, all = ['--all']): Promise<FixStatus[]> {
  const { code, stdout, stderr } = await nightshift.cli(['fixes', 'list', ...all, '--json', '--config', nightshift.configFile]);
  if (code !== 0) throw new Error(stderr);
  const { incidents } = JSON.parse(stdout) as { incidents: PermanentFixStatus[] };
  return incidents.filter((incident) => incident.publicId === publicId).flatMap(({ fixes }) => fixes);
}

async function untilHolds(what: string, look: () => Promise<boolean>): Promise<void> {
  for (let times = 0; !(await look()); times += 1) {
    if (times === 60) throw new Error(`never saw ${what}`);
    await delay(2_000);
  }
}

/** Retried between looks, so that nobody waits for the next one of Nightshift's own. */
async function untilFix(publicId: string, holds: (fix: FixStatus) => boolean, what: string): Promise<FixStatus> {
  let seen: FixStatus | undefined;
  await untilHolds(`${what} of ${publicId}`, async () => {
    if (seen) await nightshift.cli(['fixes', 'retry', publicId]);
    seen = (await fixesOf(publicId)).find(({ id }) => id === FIX);
    return seen !== undefined && holds(seen);
  });
  return seen!;
}

const published = (publicId: string) => untilFix(publicId, ({ state }) => state === 'published', 'the branch');

/** What is only words in this lab is settled by a person, and nothing is open then. */
async function settleTheRest(publicId: string): Promise<void> {
  expect((await nightshift.cli(['fixes', 'applied', publicId, 'protect-receiver-service'])).code).toBe(0);
  await untilHolds('that no fix is open', async () => (await fixesOf(publicId, [])).length === 0);
  // Followed no more: its workflow has ended, and takes no message.
  await untilHolds('the end of its workflow', async () => (await nightshift.cli(['fixes', 'retry', publicId])).code !== 0);
}

test('merged by people and synced: closed when the cluster has it', async () => {
  const incident = await incidentFromGit();
  const planned = incident.plans.flatMap((result) => (result.kind === 'planned' ? [result.plan] : [])).at(-1);
  expect(planned?.reverts?.map(({ text }) => text.en)).toEqual([expect.stringContaining('Argo CD will undo this')]);
  const { on } = await published(incident.publicId);
  expect(on?.branch).toBe(`nightshift/${incident.publicId}/${FIX}`);
  expect(repository.diff(on!.branch)).toBe(`${FILE}\n-  selector: { app: thanos-receiver }\n+  selector: { app: thanos-receive }`);
  // A sync loop that has not seen the merge yet is another test's.
  repository.merge(on!.branch);
  await untilFix(incident.publicId, ({ state }) => state === 'merged' || state === 'applied', 'the merge');
  await sync();
  expect(await untilFix(incident.publicId, ({ state }) => state === 'applied', 'the fix in the cluster')).not.toHaveProperty('reverted');
  await settleTheRest(incident.publicId);
  expect(repository.show('main', FILE)).toBe(RIGHT);
}, 2_400_000);

test('declined by people: closed with their reason, and the branch is left to them', async () => {
  const { publicId } = await incidentFromGit();
  const { on } = await published(publicId);
  const reason = 'the receivers are renamed tonight, with their Service';
  expect((await nightshift.cli(['fixes', 'decline', publicId, FIX, '--reason', reason], 'lee')).code).toBe(0);
  expect(await untilFix(publicId, ({ state }) => state === 'declined', 'the refusal')).toMatchObject({ actor: 'lee', reason });
  expect(repository.branches()).toContain(on!.branch);
  await settleTheRest(publicId);
  repository.commit({ [FILE]: RIGHT }, 'As it was');
  await sync();
}, 2_400_000);

test('taken back by the sync loop: people hear of it, the next incident names the first, and merging ends it', async () => {
  const { publicId } = await incidentFromGit();
  const { on } = await published(publicId);
  await sync();
  expect(await selector()).toBe('thanos-receiver');
  const { reverted } = await untilFix(publicId, (fix) => fix.reverted !== undefined, 'that it was taken back');
  expect(reverted?.detail).toContain('thanos-receive-lb');
  const again = await firstIncident(nightshift);
  repository.merge(on!.branch);
  await sync();
  const second = await seeThrough(nightshift, again, { say });
  expect(second.past?.map((past) => past.publicId)).toContain(publicId);
  expect(await untilFix(publicId, ({ state }) => state === 'applied', 'the fix in the cluster')).toMatchObject({ reverted });
  expect(await selector()).toBe('thanos-receive');
}, 2_400_000);

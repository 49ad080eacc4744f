import type { DecisionBody, IncidentStatus, Signed } from '../../workflows/contracts';
import * as messages from '../../workflows/contracts/messages';
import { DEFAULT_POLICY } from '../../workflows/domain/policy';
import { ensureDataDir, type DataDir } from '../../workers/data-dir';
import { Signer } from '../../workers/gateway/signer';
import { addKey, readStoredKeys, readVerificationKeys, retireKey, signingIdentity, useKey } from '../../workers/keys';
import { IncidentHarness, type IncidentHandle } from '../support/incident-harness';
import type { IncidentWorld } from '../support/incident-world';
import { temporaryFolder } from '../support/temporary-folder';

let harness: IncidentHarness;
beforeAll(async () => {
  harness = await IncidentHarness.start();
}, 120_000);

const newDir = () => ensureDataDir(temporaryFolder('keys'));
/** A gateway that has just been started on this directory. */
const approvalBy = (dir: DataDir, { workflowId, firstRunId, plan }: IncidentStatus): Signed<DecisionBody> =>
  new Signer(() => signingIdentity(dir), 'default').sign({ message: 'decide', workflowId, firstRunId, actor: { name: 'kim', roles: ['approver'] }, channel: 'cli', body: { verdict: 'approve', planHash: plan?.hash ?? '' } });
const decide = (handle: IncidentHandle, decision: Signed<DecisionBody>) => handle.executeUpdate(messages.decide, { args: [decision] });
/** An incident that knows the keys of its beginning, and a worker that goes by those of this moment. */
const trusting = (dir: DataDir) => (world: IncidentWorld) => {
  world.settings = { ...world.settings, acceptUnsigned: false, keys: readVerificationKeys(dir) };
  world.keys = () => readVerificationKeys(dir);
  world.policy = DEFAULT_POLICY;
};
function rotate(dir: DataDir): string {
  const { keyId } = addKey(dir);
  useKey(dir, keyId);
  return keyId;
}

test('keys are rotated, twice, while a plan waits: the decision that the newest signs is accepted and executed', async () => {
  const dir = newDir();
  await harness.run(async (incidents) => {
    const handle = await incidents.open();
    const status = await incidents.waitingForApproval(handle);
    rotate(dir);
    const newest = rotate(dir);
    const decision = approvalBy(dir, status);
    expect(decision).toMatchObject({ keyId: newest, certificates: [{}, { key: { keyId: newest } }] });
    expect(await decide(handle, decision)).toMatchObject({ standing: 'approved' });
    await incidents.until(handle, ({ recoveredAt }) => recoveredAt !== undefined);
    expect(incidents.world.log.executed).toHaveLength(2);
  }, trusting(dir));
});

test('what the older key signed before the rotation still counts, until that key is retired', async () => {
  const dir = newDir();
  await harness.run(async (incidents) => {
    const handle = await incidents.open();
    const decision = approvalBy(dir, await incidents.waitingForApproval(handle));
    rotate(dir);
    await decide(handle, decision);
    await incidents.until(handle, ({ recoveredAt }) => recoveredAt !== undefined);
  }, trusting(dir));
});

test('a key that nobody vouches for is refused, whatever it brings along', async () => {
  const dir = newDir();
  const stranger = newDir();
  await harness.run(async (incidents) => {
    const handle = await incidents.open();
    const status = await incidents.waitingForApproval(handle);
    rotate(dir);
    rotate(stranger);
    const good = approvalBy(dir, status);
    const { certificates: _certificates, ...bare } = good;
    const attempts: Array<Signed<DecisionBody>> = [
      approvalBy(stranger, status),
      { ...approvalBy(stranger, status), certificates: good.certificates! },
      { ...approvalBy(stranger, status), certificates: approvalBy(stranger, status).certificates!.map((certificate) => ({ ...certificate, by: good.certificates![0]!.by })) },
      bare,
      { ...bare, certificates: 'x' as never },
      { ...bare, certificates: [null, {}, { purpose: 'nightshift key certificate', key: null }] as never },
    ];
    for (const attempt of attempts) await expect(decide(handle, attempt)).rejects.toMatchObject({ cause: { message: expect.stringContaining('not trusted here') } });
    expect(incidents.world.log.executed).toEqual([]);
  }, trusting(dir));
});

test('a retired key is refused by whoever executes, although the incident knows it', async () => {
  const dir = newDir();
  await harness.run(async (incidents) => {
    const handle = await incidents.open();
    const status = await incidents.waitingForApproval(handle);
    const stolen = approvalBy(dir, status);
    const old = readStoredKeys(dir)[0]!.keyId;
    rotate(dir);
    retireKey(dir, old, 'the laptop was stolen');
    expect(await decide(handle, stolen)).toMatchObject({ standing: 'approved' });
    const after = await incidents.until(handle, ({ phase }) => phase === 'waiting');
    expect(after.timeline.map(({ text }) => text.en).join('\n')).toMatch(new RegExp(`signed with the key ${old}, which is not trusted here`));
    expect(incidents.world.log.executed).toEqual([]);
  }, trusting(dir));
});

import { readKillSwitch } from '../../../activities/kubernetes/kill-switch';
import { throwKillSwitch } from '../../../activities/kubernetes/throw-kill-switch';
import { failure } from '../../../workflows/contracts';
import { accessWith, killSwitch } from '../../support/pipeline-objects';

const WHERE = { namespace: 'monitoring', name: 'nightshift-automation' };

describe('throwing the kill switch', () => {
  it.each([
    ['on, off', killSwitch('true'), false, { before: { on: true }, result: 'patched' }],
    ['garbage, on', killSwitch('yes please'), true, { before: { on: false }, result: 'patched' }],
    ['empty, off', { ...killSwitch(''), data: {} }, false, { before: { on: false }, result: 'patched' }],
    ['off, off', killSwitch('false'), false, { before: { on: false }, result: 'unchanged' }],
  ])('%s', async (_name, object, on, expected) => {
    const { kubernetes } = accessWith();
    kubernetes.put(object);
    await expect(throwKillSwitch(kubernetes, WHERE, on)).resolves.toMatchObject(expected);
    expect((await readKillSwitch(kubernetes, WHERE)).on).toBe(on);
  });

  it('makes the ConfigMap where there is none, and where it has no data', async () => {
    const { kubernetes } = accessWith();
    await expect(throwKillSwitch(kubernetes, WHERE, false)).resolves.toMatchObject({ before: { on: false, why: 'does not exist' }, result: 'created' });
    const { data: _data, ...bare } = killSwitch('');
    kubernetes.put(bare);
    await expect(throwKillSwitch(kubernetes, WHERE, true)).resolves.toMatchObject({ result: 'patched' });
    expect(await readKillSwitch(kubernetes, WHERE)).toEqual({ on: true });
  });

  it('reads again when somebody wrote meanwhile, and gives up on what does not pass', async () => {
    const { kubernetes } = accessWith();
    kubernetes.put(killSwitch('true'));
    let conflicts = 2;
    kubernetes.before = (call) => {
      if (call.startsWith('patch') && conflicts-- > 0) throw failure('Conflict', 'x');
    };
    await expect(throwKillSwitch(kubernetes, WHERE, false)).resolves.toMatchObject({ result: 'patched' });
    kubernetes.before = () => {
      throw failure('NotAuthorized', 'forbidden');
    };
    await expect(throwKillSwitch(kubernetes, WHERE, true)).rejects.toMatchObject({ type: 'NotAuthorized' });
  });
});

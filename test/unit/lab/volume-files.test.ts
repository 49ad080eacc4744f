import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseFault } from '../../../infra/lab/injection/fault-file';
import { globPattern } from '../../../infra/lab/injection/glob';
import { loadJob } from '../../../infra/lab/injection/load-job';
import { damage, matchingFiles, removeMatching } from '../../../infra/lab/injection/volume-files';

describe('globs', () => {
  it.each([
    ['*/wal/0*', 'tenant/wal/00000001', true],
    ['*/wal/0*', 'tenant/wal/checkpoint.0/0', false],
    ['**/meta.json', 'meta.json', true],
    ['**/meta.json', 'tenant/01A/meta.json', true],
    ['*/01?/meta.json', 'tenant/01AB/meta.json', false],
    ['a.b', 'aXb', false],
  ])('%s and %s', (glob, name, matches) => expect(globPattern(glob).test(name)).toBe(matches));
});

describe('files of a volume', () => {
  let volume: string;
  const put = (file: string, content: string): void => {
    mkdirSync(path.dirname(path.join(volume, file)), { recursive: true });
    writeFileSync(path.join(volume, file), content);
  };

  beforeEach(() => {
    volume = mkdtempSync(path.join(os.tmpdir(), 'volume-'));
    for (const file of ['t/01B/meta.json', 't/01A/meta.json', 't/wal/00000000']) put(file, 'x'.repeat(1_000));
  });
  afterEach(() => rmSync(volume, { recursive: true }));

  it('are chosen by glob and name', () => {
    expect(matchingFiles(volume, '*/*/meta.json', 'all')).toEqual(['t/01A/meta.json', 't/01B/meta.json']);
    expect(matchingFiles(volume, '*/*/meta.json', 'first')).toEqual(['t/01A/meta.json']);
    expect(matchingFiles(volume, '*/*/meta.json', 'last')).toEqual(['t/01B/meta.json']);
    expect(() => matchingFiles(volume, '*/index', 'all')).toThrow('no file of the volume matches */index');
  });

  it('are damaged from where it is said, and keep their length', () => {
    const file = path.join(volume, 't/wal/00000000');
    damage(file, 'garbage', 0.5);
    const content = readFileSync(file);
    expect([content.length, content.subarray(0, 500).toString(), content.subarray(500).equals(Buffer.from('x'.repeat(500)))]).toEqual([1_000, 'x'.repeat(500), false]);
    damage(file, 'empty', 0);
    expect(readFileSync(file)).toHaveLength(0);
  });

  it('are removed, folders only when they are meant', () => {
    removeMatching(volume, '*/01*');
    expect(existsSync(path.join(volume, 't/01A/meta.json'))).toBe(true);
    removeMatching(volume, '*/01*/');
    expect([existsSync(path.join(volume, 't/01A')), existsSync(path.join(volume, 't/wal/00000000'))]).toEqual([false, true]);
  });
});

describe('operations', () => {
  it('say which field is wrong', () => {
    expect(() => parseFault('{id: x, title: t, effect: e, inject: [{fillVolume: {volume: data, percent: 101}}], heal: [{kubectl: {args: [version]}}]}', 'x.yaml')).toThrow(/x\.yaml[\s\S]*percent/);
  });

  it('start a load that ends by itself', () => {
    const job = loadJob({ namespace: 'monitoring', name: 'load', metric: 'm', series: 10, perRequest: 5, seconds: 30 });
    expect(job).toMatchObject({ kind: 'Job', spec: { backoffLimit: 0, activeDeadlineSeconds: 30, template: { spec: { restartPolicy: 'Never' } } } });
  });
});

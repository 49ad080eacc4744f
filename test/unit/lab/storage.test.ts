import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { quantity } from '../../../infra/lab/api/quantity';
import { Disks } from '../../../infra/lab/storage/disks';

describe('quantities', () => {
  it.each([
    ['64Mi', 67_108_864],
    ['1Gi', 1_073_741_824],
    ['1.5Gi', 1_610_612_736],
    ['100M', 100_000_000],
    ['2', 2],
    ['250m', 0.25],
    ['1e3', 1_000],
  ])('%s is %d', (text, value) => expect(quantity(text)).toBe(value));

  it.each(['', 'much', '1X', '1 Gi', '-1Gi'])('"%s" is none', (text) => expect(() => quantity(text)).toThrow('not a Kubernetes quantity'));
});

describe('file systems', () => {
  it('are refused below what XFS can be', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'disks-'));
    try {
      await expect(new Disks(folder).create('pvc-1', 64 * 2 ** 20)).rejects.toThrow('at least 300Mi');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

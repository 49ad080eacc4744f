import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { nightshift, NightshiftProcess } from '../support/nightshift-process';

describe('nightshift start that cannot', () => {
  test('a taken port: one sentence, exit code 1, nothing left behind', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    const process = await NightshiftProcess.create();
    const address = other.address() as { port: number };
    const { code, stdout, stderr } = await nightshift(['start', '--port', String(address.port)], { NIGHTSHIFT_DATA_DIR: process.dataDir });
    other.close();
    expect({ code, lines: stderr.trim().split('\n') }).toEqual({ code: 1, lines: [expect.stringContaining(`Port ${address.port} on 127.0.0.1 is taken`)] });
    expect(stdout).not.toContain('ready');
    await process.remove();
  });

  test('a configuration that is wrong: file, line, field and what was expected', async () => {
    const process = await NightshiftProcess.create();
    const file = path.join(process.dataDir, 'nightshift.yaml');
    writeFileSync(file, 'locale: en\nclusters:\n  - name: cluster-03\n    mod: act\n');
    const { code, stderr } = await nightshift(['start', '--config', file], process.environment);
    expect({ code, stderr: stderr.trim() }).toEqual({ code: 1, stderr: `${file}:4: clusters[0].mod: there is no such option; see nightshift.example.yaml for those that are` });
    await process.remove();
  });

  test('a Temporal that does not answer', async () => {
    const process = await NightshiftProcess.create();
    const { code, stderr } = await nightshift(['start'], { ...process.environment, TEMPORAL_ADDRESS: '127.0.0.1:1' });
    expect({ code, stderr: stderr.trim() }).toEqual({ code: 1, stderr: 'Temporal at 127.0.0.1:1 does not answer: start it, or correct TEMPORAL_ADDRESS.' });
    await process.remove();
  }, 600_000);

  test('--help lists the options; an unknown one is wrong use', async () => {
    const help = await nightshift(['start', '--help']);
    expect(help.code).toBe(0);
    for (const option of ['--config', '--data-dir', '--port', '--kubeconfig', 'TEMPORAL_ADDRESS']) expect(help.stdout).toContain(option);
    expect((await nightshift(['start', '--prot', '1'])).code).toBe(2);
  });
});

import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** The project's root: the closest folder above with package.json, from the sources as well as from dist/. */
export function projectRoot(): string {
  let folder = __dirname;
  while (!existsSync(path.join(folder, 'package.json'))) {
    const parent = path.dirname(folder);
    if (parent === folder) throw new Error(`No package.json above ${__dirname}; run nightshift from its own checkout.`);
    folder = parent;
  }
  return folder;
}

/** Where fetched programs are kept between runs and checkouts. */
export function cacheDir(): string {
  return process.env['NIGHTSHIFT_CACHE_DIR'] ?? path.join(process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'nightshift');
}

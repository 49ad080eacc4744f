#!/usr/bin/env node
// The nightshift command. Builds what changed since the last call, then hands over to workers/cli.
import path from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`nightshift needs Node.js 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
try {
  const { ensureBuilt } = await import('../infra/build.mjs');
  await ensureBuilt();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
createRequire(import.meta.url)(path.join(root, 'dist', 'workers', 'cli', 'main.js'));

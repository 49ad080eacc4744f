#!/usr/bin/env node
// The nightshift command. Builds what changed since the last call, then hands over to workers/cli.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`nightshift needs Node.js 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}
const { runBuilt } = await import('../infra/build.mjs');
await runBuilt('workers/cli/main.js');

const os = require('node:os');

// Packages that are published as ES modules only; Jest runs CommonJS, so these are transpiled like our own sources.
const ESM_PACKAGES = ['@kubernetes/client-node', '@jsep-plugin', 'openid-client', 'jose', 'oauth4webapi', 'cookie', 'content-type', '@octokit', 'universal-user-agent', 'before-after-hook', 'bottleneck', 'toad-cache', 'json-with-bigint', 'marked', 'simple-git'];

const transform = {
  '^.+\\.(ts|js|mjs)$': [
    '@swc/jest',
    {
      swcrc: false,
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022', keepClassNames: true },
      module: { type: 'commonjs' },
      sourceMaps: 'inline',
    },
  ],
};

/** @type {import('jest').Config} */
module.exports = {
  rootDir: __dirname,
  testEnvironment: 'node',
  globalSetup: '<rootDir>/test/support/build-first.mjs',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.nightshift/'],
  transform,
  transformIgnorePatterns: [`/node_modules/(?!(${ESM_PACKAGES.join('|')})/)`],
  // Two more than cores: what starts processes or skips no time waits for half of its time.
  maxWorkers: os.availableParallelism() + 2,
  // What a file leaves in its worker's memory, about 15 MB, is never given back: after sixty files it was a gigabyte and more.
  workerIdleMemoryLimit: '400MB',
  testSequencer: '<rootDir>/test/support/longest-first.js',
  // What hangs is ended; how long a busy machine takes says nothing about the code.
  testTimeout: 120_000,
};

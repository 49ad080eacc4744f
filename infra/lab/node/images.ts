import path from 'node:path';
import { binary } from '../build';
import type { Binary } from '../tools';

/** Programs that a container finds on its PATH: name → file on this machine. */
export type Image = Readonly<Record<string, string>>;

/** Image names of the manifests → binaries of the lab. Whatever else is asked for cannot be pulled. */
const IMAGES: Readonly<Record<string, readonly Binary[]>> = {
  'nightshift.lab/thanos:0.42.4': ['thanos'],
  'nightshift.lab/prometheus:0.315.0': ['prometheus', 'promtool'],
  'nightshift.lab/alertmanager:0.34.2': ['alertmanager', 'amtool'],
  // Only what every container has anyway: the machine's own /usr, with sh and cp.
  'nightshift.lab/shell:1': [],
};

/** @returns undefined for an image that no registry of ours has. */
export function findImage(name: string): Image | undefined {
  const binaries = IMAGES[name];
  return binaries && Object.fromEntries(binaries.map((file) => [path.basename(file), binary(file)]));
}

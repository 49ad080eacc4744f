import path from 'node:path';
import { binary } from '../build';
import { SEAWEEDFS, TEMPORAL } from '../../embedded/pinned';
import { programFile } from '../../embedded/programs';
import { labSource, projectRoot } from '../paths';
import type { Binary } from '../tools';

/** A program of the lab's own: a file of `programs/`. */
interface Script {
  readonly script: string;
}

/** Something of this machine under a name of its own: what its path ends in says nothing. */
interface Named {
  readonly name: string;
  readonly path: string;
}

/** Programs that a container finds on its PATH, and folders beside them: name → path on this machine. The first is its entry point. */
export type Image = Readonly<Record<string, string>>;

/** Image names of the manifests → programs of the lab. Whatever else is asked for cannot be pulled. */
const IMAGES: Readonly<Record<string, ReadonlyArray<Binary | typeof SEAWEEDFS | Script | Named>>> = {
  'nightshift.lab/thanos:0.42.4': ['thanos'],
  'nightshift.lab/prometheus:0.315.0': ['prometheus', 'promtool'],
  'nightshift.lab/alertmanager:0.34.2': ['alertmanager', 'amtool'],
  'nightshift.lab/kube-state-metrics:2.18.0': ['kube-state-metrics'],
  'nightshift.lab/node-exporter:1.10.2': ['node_exporter'],
  'nightshift.lab/blackbox-exporter:0.28.0': ['blackbox_exporter'],
  'nightshift.lab/prometheus-operator:0.85.0': ['operator'],
  'nightshift.lab/prometheus-config-reloader:0.85.0': ['prometheus-config-reloader'],
  'nightshift.lab/grafana:1': [{ script: 'grafana.py' }],
  'nightshift.lab/ingress-controller:1': [{ script: 'ingress_controller.py' }],
  'nightshift.lab/seaweedfs:4.48': [SEAWEEDFS],
  // Fetched by whoever starts a pod of it: no component of the lab is one.
  'nightshift.lab/temporal:1.9.1': [TEMPORAL],
  // This checkout, as infra/kubernetes/Containerfile would pack it.
  'nightshift.lab/nightshift:1': [{ script: 'nightshift' }, { name: 'node', path: process.execPath }, { name: 'app', path: projectRoot() }],
  // Debian's package, in the machine's own /usr, which every container has.
  'nightshift.lab/memcached:1.6': [],
  // Only that: sh, cp and python3.
  'nightshift.lab/shell:1': [],
};

/** @returns undefined for an image that no registry of ours has. */
export function findImage(name: string): Image | undefined {
  const files = IMAGES[name]?.map(fileOf);
  return files && Object.fromEntries(files.map((file) => (typeof file === 'string' ? [path.basename(file), file] : [file.name, file.path])));
}

function fileOf(program: (typeof IMAGES)[string][number]): string | Named {
  if (typeof program === 'string') return binary(program);
  if ('path' in program) return program;
  return 'script' in program ? labSource('programs', program.script) : programFile(program);
}

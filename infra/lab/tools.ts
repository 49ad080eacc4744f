import type { PartName } from './parts';

/** What is built from Go modules, and how. The versions are those of `tools/<name>/go.mod`. */
export interface ToolSet {
  readonly name: string;
  /** Binaries that the build leaves, in the order of their need. */
  readonly binaries: readonly string[];
  readonly tags?: string;
  /** A folder of the published module that is kept beside the binaries, and its files that are wanted. */
  readonly assets?: { readonly module: string; readonly folder: string; readonly files: readonly string[] };
  /** Needed by this part of a lab only. */
  readonly part?: PartName;
  readonly ldflags: string;
  /** Files that the published module lacks and that its sources embed. */
  readonly patch?: { readonly module: string; readonly files: Readonly<Record<string, string>> };
  /** Measured with cold caches on two cores; printed so that nobody thinks it hangs. */
  readonly coldMinutes: number;
}

const STRIPPED = '-s -w';
const KUBERNETES_VERSION = 'v1.37.2';
/** The modules carry no version of their own: without these `kubectl version` says v0.0.0-master. */
const kubernetesVersionFlags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
  .flatMap((pkg) => [`-X ${pkg}.gitVersion=${KUBERNETES_VERSION}`, `-X ${pkg}.gitMajor=1`, `-X ${pkg}.gitMinor=37`])
  .join(' ');

export const TOOL_SETS = [
  {
    name: 'alertmanager',
    binaries: ['alertmanager', 'amtool'],
    ldflags: STRIPPED,
    patch: { module: 'github.com/prometheus/alertmanager', files: { 'ui/app/dist/index.html': 'ui-placeholder.html' } },
    coldMinutes: 2,
  },
  {
    name: 'kubernetes',
    binaries: ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'],
    ldflags: `${STRIPPED} ${kubernetesVersionFlags}`,
    coldMinutes: 10,
  },
  { name: 'kube-state-metrics', binaries: ['kube-state-metrics'], ldflags: STRIPPED, coldMinutes: 2 },
  { name: 'blackbox-exporter', binaries: ['blackbox_exporter'], part: 'grafana', ldflags: STRIPPED, coldMinutes: 1 },
  { name: 'node-exporter', binaries: ['node_exporter'], ldflags: STRIPPED, coldMinutes: 1 },
  { name: 'prometheus', binaries: ['prometheus', 'promtool'], ldflags: STRIPPED, coldMinutes: 6 },
  {
    name: 'prometheus-operator',
    binaries: ['operator', 'prometheus-config-reloader'],
    part: 'operator',
    ldflags: STRIPPED,
    // A controller whose CRD is not there stays off; these are what an agent is made from.
    assets: {
      module: 'github.com/prometheus-operator/prometheus-operator',
      folder: 'example/prometheus-operator-crd',
      files: ['prometheusagents', 'servicemonitors', 'podmonitors', 'probes', 'scrapeconfigs', 'prometheusrules'].map((kind) => `monitoring.coreos.com_${kind}.yaml`),
    },
    coldMinutes: 3,
  },
  // Without these tags a receiver panics while it marshals gRPC messages.
  { name: 'thanos', binaries: ['thanos'], tags: 'netgo slicelabels', ldflags: STRIPPED, coldMinutes: 4 },
] as const satisfies readonly ToolSet[];

export type Binary = (typeof TOOL_SETS)[number]['binaries'][number];

import { failure } from '../../workflows/contracts';
import { parseExposition } from '../exposition';
import type { MetricsGateway } from './gateway';

/** The part of a Kubernetes gateway that is needed here. */
interface PodProxy {
  proxyGet(target: { namespace: string; resource: 'pods'; name: string; port: number; path: string }): Promise<string>;
}

/**
 * Scrapes a pod through the API server's pod proxy: it needs no network path to the pod and no program inside it
 * (domain F1, F12).
 */
export function proxyMetricsGateway(kubernetes: PodProxy): MetricsGateway {
  return {
    async scrape({ namespace, name, port }) {
      const text = await kubernetes.proxyGet({ namespace, resource: 'pods', name, port, path: '/metrics' });
      const parsed = parseExposition(text);
      if ('fault' in parsed) {
        throw failure('UpstreamRejected', `/metrics of Pod ${namespace}/${name}:${port} is not understood: ${parsed.fault}; is ${port} really its metrics port?`);
      }
      return parsed.samples;
    },
  };
}

import { failure } from '../../workflows/contracts';
import { parseExposition } from '../exposition';
import type { KubernetesGateway } from '../kubernetes/gateway';
import type { MetricsGateway } from './gateway';

/**
 * Scrapes a pod through the API server's pod proxy: it needs no network path to the pod and no program inside it
 * (domain F1, F12).
 */
export function proxyMetricsGateway(kubernetes: Pick<KubernetesGateway, 'proxyGet'>): MetricsGateway {
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

import { ApiError, type ApiClient } from '../api/client';
import type { Service } from '../api/types';

/**
 * Gives each Service of type LoadBalancer the address that it asks for, as a cloud's controller does with one of its own:
 * the lab has no range of addresses to choose from.
 */
export class LoadBalancers {
  constructor(private readonly api: ApiClient) {}

  async update(services: readonly Service[]): Promise<void> {
    for (const { metadata: { namespace, name }, spec, status } of services) {
      const ip = spec.loadBalancerIP;
      if (spec.type !== 'LoadBalancer' || ip === undefined || status?.loadBalancer?.ingress?.[0]?.ip === ip) continue;
      await this.api.patch(`/api/v1/namespaces/${namespace}/services/${name}/status`, { status: { loadBalancer: { ingress: [{ ip }] } } }).catch((error: unknown) => {
        // It is gone again, or has changed: its next version is told as well.
        if (!(error instanceof ApiError && (error.status === 404 || error.status === 409))) throw error;
      });
    }
  }
}

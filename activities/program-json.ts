/** JSON that a program answers through the API server's pod proxy, checked. */
import type { ZodType } from 'zod';
import { failure } from '../workflows/contracts';
import type { ClusterAccess } from './cluster-access';

export interface Page {
  namespace: string;
  pod: string;
  port: number;
  path: string;
}

/** @throws UpstreamRejected when the answer is no JSON or not of this shape, and what the gateway throws. */
export async function pageOf<Value>(access: Pick<ClusterAccess, 'kubernetes'>, { namespace, pod, port, path }: Page, shape: ZodType<Value>): Promise<Value> {
  const text = await access.kubernetes.proxyGet({ namespace, resource: 'pods', name: pod, port, path });
  try {
    return shape.parse(JSON.parse(text));
  } catch (error) {
    throw failure('UpstreamRejected', `What Pod ${namespace}/${pod}:${port} answers to ${path.split('?')[0]} is not understood; is that port configured rightly?`, { cause: error });
  }
}

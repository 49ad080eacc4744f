/** The lab's API server as other users see it: gateways that impersonate, roles of their own, what was audited. */
import type { AddressInfo, Server } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { clientNodeGateway } from '../../activities/kubernetes/client-node-gateway';
import type { KubernetesGateway, KubernetesObject } from '../../activities/kubernetes/gateway';
import type { PolicyRule } from '../../infra/kubernetes/rbac-rules';
import { captureInLab, forwardPort, LAB, labDown, labStatus, labUp, type LabPaths } from '../../infra/lab';
import { binary } from '../../infra/lab/build';

interface Kubeconfig {
  clusters: Array<{ cluster: { server: string } }>;
  users: Array<{ user: Record<string, string> }>;
}

const POLL_MS = 100;
const WITHIN_MS = 60_000;
const RBAC = 'rbac.authorization.k8s.io';

export class LabCluster {
  private constructor(readonly paths: LabPaths, private readonly server: Server, private readonly isOurs: boolean) {}

  /** A lab of the suite's own; one that already runs in the folder is used, and left there. */
  static async up(paths: LabPaths, say: (text: string) => void): Promise<LabCluster> {
    const { running } = await labStatus(paths);
    await labUp(paths, {}, say);
    const server = await forwardPort(0, { host: LAB.NODE_IP, port: LAB.API_SERVER_PORT }, paths);
    return new LabCluster(paths, server, !running);
  }

  async down(): Promise<void> {
    this.server.close();
    if (this.isOurs) await labDown(this.paths);
  }

  /** A kubeconfig that works outside of the lab: the admin's, or the admin in the name of another user. */
  kubeconfig(user?: string): string {
    const config = parse(readFileSync(this.paths.adminKubeconfig, 'utf8')) as Kubeconfig;
    config.clusters[0]!.cluster.server = `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    if (user) config.users[0]!.user['as'] = user;
    const file = path.join(this.paths.dir, `outside-${user?.replaceAll(':', '-') ?? 'admin'}.kubeconfig`);
    writeFileSync(file, stringify(config), { mode: 0o600 });
    return file;
  }

  gateway(user?: string): KubernetesGateway {
    return clientNodeGateway({ kubeconfig: this.kubeconfig(user) });
  }

  /** As the admin. */
  kubectl(args: readonly string[], input?: string): Promise<string> {
    return captureInLab([binary('kubectl'), '--kubeconfig', this.paths.adminKubeconfig, ...args], this.paths, input === undefined ? {} : { input });
  }

  async apply(objects: readonly object[]): Promise<void> {
    await this.kubectl(['apply', '-f', '-'], objects.map((object) => stringify(object)).join('---\n'));
  }

  /**
   * Users who may do exactly this, in the namespace of the pipeline and, by `everywhere`, with what is in none. Resolves
   * when the API server knows it.
   */
  async grant(rules: ReadonlyMap<string, readonly PolicyRule[]>, everywhere: ReadonlyMap<string, readonly PolicyRule[]> = new Map()): Promise<void> {
    // The API server learns of roles, and of bindings, in the order in which they are made: who can do this last thing is the last to be known.
    const marker: PolicyRule = { apiGroups: [''], resources: ['limitranges'], verbs: ['list'] };
    const all = [...rules, ['last-to-be-known', [marker]] as const];
    const metadata = (user: string) => ({ name: user.replaceAll(':', '.'), namespace: 'monitoring' });
    const wide = [...everywhere].map(([user, lines]) => ({ name: metadata(user).name, user, lines }));
    if (wide.length > 0) await this.apply(wide.flatMap(({ name, user, lines }) => [
      { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: { name }, rules: lines },
      { apiVersion: `${RBAC}/v1`, kind: 'ClusterRoleBinding', metadata: { name }, roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name }, subjects: [{ apiGroup: RBAC, kind: 'User', name: user }] },
    ]));
    await this.apply(all.map(([user, lines]) => ({ apiVersion: `${RBAC}/v1`, kind: 'Role', metadata: metadata(user), rules: lines })));
    await this.apply(all.map(([user]) => ({
      apiVersion: `${RBAC}/v1`, kind: 'RoleBinding', metadata: metadata(user),
      roleRef: { apiGroup: RBAC, kind: 'Role', name: metadata(user).name }, subjects: [{ apiGroup: RBAC, kind: 'User', name: user }],
    })));
    const last = this.gateway('last-to-be-known');
    await this.until('the API server to know the roles', () => last.list({ apiVersion: 'v1', kind: 'LimitRange' }, 'monitoring').then(() => true, () => false));
  }

  /** The API server's own answer to "may I?". */
  async may(gateway: KubernetesGateway, resourceAttributes: Record<string, string>): Promise<boolean> {
    // A review has no name: the API server refuses one that has.
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', metadata: {}, spec: { resourceAttributes } } as unknown as KubernetesObject;
    const answer = await gateway.create(review, { dryRun: false });
    return (answer['status'] as { allowed: boolean }).allowed;
  }

  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    for (const deadline = Date.now() + WITHIN_MS; !(await holds()); ) {
      if (Date.now() > deadline) throw new Error(`Waited ${WITHIN_MS / 1_000} s for ${what}.`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

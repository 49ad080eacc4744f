import { z } from 'zod';
import { targetOf, type ClusterAccess } from '../cluster-access';
import type { Target } from '../clusters';
import type { Probe } from '../probe';
import { findWorkload, unique, type Workload } from '../workload';
import { READS_TEMPLATES, templateDrift, wantedTemplate } from './template-history';

const INPUT = z.strictObject({ target: z.string().describe('Role of a StatefulSet, Deployment or DaemonSet.') });

/** Is a workload as it should be: its template, its number, its way of rolling out? */
export const rolloutProbe: Probe<z.infer<typeof INPUT>> = {
  use: 'kubernetes.rollout',
  title: 'A workload compared with the desired state and its own history: template, replicas, strategy, progress',
  input: INPUT,
  fields: {
    exists: { type: 'boolean', text: 'the workload is there' },
    desiredKnown: { type: 'boolean', text: 'the desired state says how its template should be' },
    templateDiffers: { type: 'boolean|null', text: 'the template should be another one; null when nothing says so' },
    changedPaths: { type: 'list', text: 'fields of the template that would change' },
    imageDiffers: { type: 'boolean', text: 'an image is among them' },
    source: { type: 'text|null', text: 'where the wanted template comes from' },
    replicas: { type: 'number|null', unit: 'count', text: 'replicas that it is asked to have; null for a DaemonSet' },
    desiredReplicas: { type: 'number|null', unit: 'count', text: 'replicas by the desired state; null when it leaves them open' },
    tooFew: { type: 'boolean|null', text: 'it is asked to have fewer than the desired state says, or none' },
    tooMany: { type: 'boolean|null', text: 'it is asked to have more than the desired state says' },
    strategy: { type: 'text|null', text: 'RollingUpdate, Recreate or OnDelete' },
    available: { type: 'boolean|null', text: 'a Deployment’s condition Available; null for other kinds' },
    progressReason: { type: 'text|null', text: 'reason of a Deployment’s condition Progressing' },
    exclusiveVolume: { type: 'boolean', text: 'its pods share one volume that only one node may mount (ReadWriteOnce)' },
  },
  rbac: [...READS_TEMPLATES, { apiGroup: '', resources: ['persistentvolumeclaims'], verbs: ['get'] }],
  async ask(access, { target: role }) {
    const target = targetOf(access, role);
    const name = `${target.kind} ${target.namespace}/${target.name}`;
    const workload = await findWorkload(access, target);
    if (!workload) return { fields: { ...ABSENT, desiredKnown: (await access.desiredState.find(target)) !== undefined }, summary: `There is no ${name}.` };
    const [drift, wanted, exclusiveVolume, desiredReplicas] = await Promise.all([templateDrift(access, target, workload), wantedTemplate(access, target, workload), sharesOneVolume(access, target, workload), replicasDesired(access, target)]);
    const changedPaths = (wanted?.changes ?? []).map(({ path }) => path);
    const { replicas, strategy, available, progressReason } = shapeOf(workload);
    const differs = wanted !== undefined ? true : drift ? false : null;
    return {
      fields: {
        exists: true, desiredKnown: drift !== undefined, templateDiffers: differs, changedPaths, imageDiffers: changedPaths.some((path) => path.endsWith('/image')), source: wanted?.source ?? drift?.source ?? null,
        replicas, desiredReplicas, tooFew: replicas === null ? null : replicas === 0 || (desiredReplicas !== null && replicas < desiredReplicas), tooMany: replicas === null || desiredReplicas === null ? null : replicas > desiredReplicas,
        strategy, available, progressReason, exclusiveVolume,
      },
      summary: summarize(name, differs, changedPaths, wanted?.source ?? drift?.source, replicas, desiredReplicas),
    };
  },
};

const ABSENT = {
  exists: false, templateDiffers: null, changedPaths: [], imageDiffers: false, source: null, replicas: null, desiredReplicas: null, tooFew: null, tooMany: null, strategy: null, available: null, progressReason: null, exclusiveVolume: false,
};

function summarize(name: string, differs: boolean | null, paths: readonly string[], source: string | undefined, replicas: number | null, desired: number | null): string {
  const template = differs === null ? 'how its template should be is not known' : differs ? `its template differs from ${source} at ${paths.slice(0, 4).join(', ')}` : `its template is as ${source} says`;
  const number = replicas === null || desired === null || replicas === desired ? '' : `; it is asked to have ${replicas} replicas instead of ${desired}`;
  return `${name} is there; ${template}${number}.`;
}

function shapeOf({ object }: Workload) {
  const spec = (object['spec'] ?? {}) as { replicas?: number; strategy?: { type?: string }; updateStrategy?: { type?: string } };
  const conditions = ((object['status'] ?? {}) as { conditions?: Array<{ type: string; status: string; reason?: string }> }).conditions ?? [];
  const condition = (type: string) => conditions.find((candidate) => candidate.type === type);
  return {
    replicas: object.kind === 'DaemonSet' ? null : (spec.replicas ?? 1),
    strategy: spec.strategy?.type ?? spec.updateStrategy?.type ?? null,
    available: object.kind === 'Deployment' && condition('Available') ? condition('Available')!.status === 'True' : null,
    progressReason: object.kind === 'Deployment' ? (condition('Progressing')?.reason ?? null) : null,
  };
}

async function replicasDesired(access: ClusterAccess, target: Target): Promise<number | null> {
  const desired = await access.desiredState.find(target);
  const replicas = (desired?.manifest['spec'] as { replicas?: unknown } | undefined)?.replicas;
  return typeof replicas === 'number' ? replicas : null;
}

/** A StatefulSet has a claim for each pod; a Deployment's pods share theirs. */
async function sharesOneVolume(access: ClusterAccess, target: Target, { object }: Workload): Promise<boolean> {
  if (object.kind !== 'Deployment') return false;
  const volumes = ((object['spec'] as { template?: { spec?: { volumes?: Array<{ persistentVolumeClaim?: { claimName?: string } }> } } }).template?.spec?.volumes) ?? [];
  const names = unique(volumes.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName));
  const claims = await Promise.all(names.map((name) => access.kubernetes.read({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: target.namespace, name })));
  return claims.some((claim) => ((claim?.['spec'] ?? {}) as { accessModes?: string[] }).accessModes?.some((mode) => mode.startsWith('ReadWriteOnce')) ?? false);
}

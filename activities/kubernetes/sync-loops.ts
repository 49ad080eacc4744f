import type { DesiredEdit, ObjectEdits, PlannedStep, RevertWarning } from '../../workflows/contracts';
import type { ClusterAccess } from '../cluster-access';
import { namedPath, partsOf, satisfies, valueAtParts } from '../desired-edit';
import type { KubernetesObject } from './gateway';

/** Who brings objects to what Git says. */
const TOOLS = {
  argocd: { name: 'Argo CD', manager: /^argocd/, labels: ['argocd.argoproj.io/instance'], annotations: ['argocd.argoproj.io/tracking-id'] },
  flux: { name: 'Flux', manager: /^(?:kustomize|helm)-controller$/, labels: ['kustomize.toolkit.fluxcd.io/name', 'helm.toolkit.fluxcd.io/name'], annotations: [] },
} as const;

/** Made by controllers, never by Git; and Secrets, of which nothing goes there. */
const NOT_FROM_GIT: ReadonlySet<string> = new Set(['Pod', 'PersistentVolumeClaim', 'Secret']);
/** Marks that a restart leaves: nobody wants to keep them. */
const MARKS = /^\/(?:spec\/template\/)?metadata\/annotations\/(?:kubectl\.kubernetes\.io|nightshift)|restartedAt$/;
/** A repository that does not answer within this is not waited for: a plan is. In milliseconds. */
const GIT_WITHIN_MS = 8_000;

/** Which changes of a plan will be taken back by a sync loop, or by the next apply of what Git says. */
export async function revertWarnings(access: ClusterAccess, steps: readonly PlannedStep[]): Promise<RevertWarning[]> {
  const warnings: RevertWarning[] = [];
  for (const step of steps) {
    if (step.action !== 'patch' || NOT_FROM_GIT.has(step.object.kind)) continue;
    const live = await access.kubernetes.read(step.object);
    if (!live) continue;
    const { uid: _uid, ...object } = step.object;
    const edits = step.changes.filter(({ path }) => !MARKS.test(path)).map(({ path, old, new: to }): DesiredEdit => ({ path: namedPath(live, path), ...(to === undefined ? { remove: true as const } : { to, ...(old !== undefined && { from: old }) }) }));
    const warning = edits.length > 0 ? await warningOf(access, live, { object, edits }) : undefined;
    if (warning) warnings.push(warning);
  }
  return warnings;
}

async function warningOf(access: ClusterAccess, live: KubernetesObject, { object, edits }: ObjectEdits): Promise<RevertWarning | undefined> {
  const tool = syncToolOf(live);
  const wanted = await wantedByGit(access, object);
  const otherwise = wanted ? edits.filter((edit) => !satisfies(wanted.manifest, edit) && !(wanted.partial && valueAtParts(wanted.manifest, partsOf(edit.path)) === undefined)) : edits;
  // Git agrees, or nobody is known who would take it back.
  if (otherwise.length === 0 || (!wanted && !tool)) return undefined;
  const name = `${object.kind} ${object.namespace}/${object.name}`;
  const fields = otherwise.map(({ path }) => path).join(', ');
  const by = tool ? TOOLS[tool].name : undefined;
  const text = wanted
    ? { en: `${by ?? 'The next apply'} will undo this: ${wanted.where} says otherwise for ${fields} of ${name}.`, ko: `${by ?? '다음 적용 시'} 되돌려집니다: ${wanted.where}에 ${name}의 ${fields} 값이 다르게 정의되어 있습니다.` }
    : { en: `${by} manages ${name} and will undo this unless Git says the same (${fields}).`, ko: `${by}가 ${name}을(를) 관리하므로 Git에 같은 값이 없으면 되돌려집니다(${fields}).` };
  return { by: tool ?? 'git', keeps: { object, edits: otherwise }, text };
}

/** By its labels, annotations and field managers; one that is told to leave the object alone does. */
export function syncToolOf({ metadata }: KubernetesObject): keyof typeof TOOLS | undefined {
  const labels = (metadata['labels'] ?? {}) as Record<string, string>;
  const annotations = (metadata['annotations'] ?? {}) as Record<string, string>;
  if (annotations['kustomize.toolkit.fluxcd.io/reconcile'] === 'disabled') return undefined;
  const managers = ((metadata['managedFields'] ?? []) as Array<{ manager?: string }>).map(({ manager = '' }) => manager);
  return (Object.keys(TOOLS) as Array<keyof typeof TOOLS>).find((tool) => {
    const signs = TOOLS[tool];
    return signs.labels.some((label) => label in labels) || signs.annotations.some((note) => note in annotations) || managers.some((manager) => signs.manager.test(manager));
  });
}

/** What Git says, where that is known in time: a plan does not wait for a repository that is away. */
async function wantedByGit({ inGit }: ClusterAccess, object: ObjectEdits['object']) {
  if (!inGit) return undefined;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), GIT_WITHIN_MS)));
  try {
    return await Promise.race([inGit(object).catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}

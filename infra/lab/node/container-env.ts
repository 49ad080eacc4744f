import type { Container, Pod } from '../api/types';
import { KUBERNETES_SERVICE_IP, NODE_IP, NODE_NAME } from '../settings';

/** The environment of a container and its command line, with `$(NAME)` expanded as Kubernetes does. */
export interface Invocation {
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

const PATH = '/image/bin:/usr/local/bin:/usr/bin:/bin';

/**
 * @param programs of the container's image; the first is its entry point
 * @param variables of whole objects; the container's own are stronger
 * @throws where neither the container nor its image says what to run, or at an unknown field
 */
export function invocation(container: Container, pod: Pod, podIp: string, programs: readonly string[], variables: Readonly<Record<string, string>> = {}): Invocation {
  const env: Record<string, string> = { PATH, HOME: '/tmp', HOSTNAME: pod.metadata.name, KUBERNETES_SERVICE_HOST: KUBERNETES_SERVICE_IP, KUBERNETES_SERVICE_PORT: '443', ...variables };
  for (const { name, value, valueFrom } of container.env ?? []) env[name] = valueFrom?.fieldRef ? podField(pod, valueFrom.fieldRef.fieldPath, podIp) : expand(value ?? '', env);
  const [program = programs[0], ...words] = container.command ?? [];
  if (program === undefined) throw new Error(`container ${container.name} has no command, and its image no program`);
  const command = [inImage(program, programs), ...words, ...(container.args ?? [])].map((word) => expand(word, env));
  return { env, command };
}

/** Elsewhere an image has its program in /bin; here that is the machine's own. */
function inImage(program: string, programs: readonly string[]): string {
  const name = program.replace(/^\/bin\//, '');
  return programs.includes(name) ? name : program;
}

/** `$(NAME)` becomes the variable, `$$(NAME)` stays `$(NAME)`, an unknown name stays as it is. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)]+)\)/g, (match, name?: string) => (name === undefined ? '$' : (env[name] ?? match)));
}

/** A field of the downward API. @throws for a field that the lab does not know */
export function podField(pod: Pod, fieldPath: string, podIp: string): string {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath);
  if (keyed) return pod.metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? '';
  const fields: Record<string, string | undefined> = {
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace,
    'metadata.uid': pod.metadata.uid,
    'spec.nodeName': NODE_NAME,
    'spec.serviceAccountName': pod.spec.serviceAccountName,
    'status.podIP': podIp,
    'status.hostIP': NODE_IP,
  };
  const value = fields[fieldPath];
  if (value === undefined) throw new Error(`field ${fieldPath} is not available in the lab`);
  return value;
}

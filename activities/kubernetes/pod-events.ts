/** Why pods do not start, as scheduler, kubelet and volume controllers say in Events: matched as parts of a message. */
export const EVENT_CLASSES = {
  imageNotFound: { pattern: /manifest (for .* )?(unknown|not found)|not found: manifest|repository does not exist|NotFound.{0,40}(image|manifest|tag)|(image|manifest|tag).{0,80}not found|no such image|no registry of/i, text: 'the image does not exist' },
  imageUnauthorized: { pattern: /pull access denied|unauthorized|authentication required|no basic auth credentials|denied: requested access|403 Forbidden/i, text: 'the registry refuses the pull: the pull secret is missing or wrong' },
  imagePull: { pattern: /(failed to pull|error: ?(err)?imagepull|ErrImagePull|ImagePullBackOff|back-off pulling|pull(ing)? (of )?image)/i, text: 'the image cannot be pulled' },
  insufficientResources: { pattern: /Insufficient (cpu|memory|ephemeral-storage|pods)|Too many pods/i, text: 'no node has room for it' },
  noMatchingNode: { pattern: /didn't match Pod's node (affinity|selector)|node\(s\) had (untolerated )?taints?|didn't tolerate|didn't satisfy existing pods anti-affinity|didn't match pod (anti-)?affinity|no nodes available|volume node affinity conflict/i, text: 'its selectors, tolerations or affinities match no node' },
  volumeUnbound: { pattern: /unbound immediate PersistentVolumeClaims|persistentvolumeclaim "[^"]*" (not found|is being deleted)|storageclass[^ ]* "[^"]*" not found|no persistent volumes available|ProvisioningFailed/i, text: 'its volume claim has no volume' },
  multiAttach: { pattern: /Multi-Attach error/i, text: 'its volume is still attached to another node' },
  mountFailed: { pattern: /FailedMount|MountVolume\.\w+ failed|Unable to attach or mount volumes|(secret|configmap) "[^"]*" not found/i, text: 'a volume, Secret or ConfigMap cannot be mounted' },
  quota: { pattern: /exceeded quota/i, text: 'a quota forbids it' },
} as const satisfies Record<string, { pattern: RegExp; text: string }>;

export type EventClass = keyof typeof EVENT_CLASSES;

/** Every class that a message is of. What cannot be pulled for a known reason is not said twice. */
export function classesOf(message: string): EventClass[] {
  const found = (Object.keys(EVENT_CLASSES) as EventClass[]).filter((name) => EVENT_CLASSES[name].pattern.test(message));
  return found;
}

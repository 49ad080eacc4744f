/** Names and labels as Kubernetes allows them; anything else would ask for something else than what is named. */
import { failure } from '../../workflows/contracts';

/** A name as a path segment. @throws InvalidInput for what no object can be called */
export function segment(name: string): string {
  // The API server's own rule for names in paths (apimachinery, IsValidPathSegmentName).
  if (name === '' || name === '.' || name === '..' || /[/%]/.test(name)) throw failure('InvalidInput', `${JSON.stringify(name)} is no name of a Kubernetes object; correct the target in the configuration`);
  return encodeURIComponent(name);
}

const LABEL_NAME = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/;

/** `a=b,c=d`. @throws InvalidInput where a label would be read as another expression */
export function labelSelector(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels).map(([key, value]) => {
    if (!LABEL_NAME.test(key) || !LABEL_VALUE.test(value)) throw failure('InvalidInput', `${JSON.stringify(`${key}=${value}`)} is no label; correct podSelector in the configuration, or the object's own selector`);
    return `${key}=${value}`;
  }).join(',');
}

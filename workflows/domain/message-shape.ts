import type { Alert } from '../contracts/alerts';
import type { StormEntry, StormNews } from '../contracts/storm';
import { FAILURE_DOMAINS, OUTCOMES } from '../contracts/vocabulary';

/**
 * Messages come as JSON from whoever can reach Temporal, and the types say only what honest senders send. An error that is
 * thrown over their shape would fail the workflow task again and again: the incident would stand still.
 */
const TEXTS = ['actor', 'reason', 'text', 'remedy', 'verdict', 'planHash'];

/** Why a message's body cannot be read, as a sentence; undefined when it can. */
export function bodyFault(body: unknown): string | undefined {
  if (!isObject(body)) return 'a message is a JSON object';
  const wrong = TEXTS.find((field) => body[field] !== undefined && typeof body[field] !== 'string');
  return wrong && `${wrong} has to be a text`;
}

/** The alerts of a body that are alerts; what else it holds is left out. */
export function alertsOf(body: unknown): Alert[] {
  const alerts: unknown = isObject(body) ? body['alerts'] : undefined;
  return Array.isArray(alerts) ? alerts.filter(isAlert) : [];
}

/** What a storm tells an incident; undefined for what cannot be read. */
export function stormNewsOf(body: unknown): StormNews | undefined {
  if (!isObject(body)) return undefined;
  const { kind, leader, followers, outcome } = body;
  const readable =
    (kind === 'follow' && isObject(leader) && typeof leader['publicId'] === 'string' && typeof leader['workflowId'] === 'string' && isOneOf(FAILURE_DOMAINS, leader['failureDomain'])) ||
    (kind === 'ended' && typeof leader === 'string' && isOneOf(OUTCOMES, outcome)) ||
    (kind === 'lead' && isListOfTexts(followers));
  return readable ? (body as unknown as StormNews) : undefined;
}

/** An incident that makes itself known; undefined for what cannot be read. */
export function stormEntryOf(body: unknown): StormEntry | undefined {
  if (!isObject(body)) return undefined;
  const { workflowId, publicId, failureDomain, alertnames, leadsForMs } = body;
  const readable =
    typeof workflowId === 'string' && typeof publicId === 'string' && isOneOf(FAILURE_DOMAINS, failureDomain) && isListOfTexts(alertnames) &&
    (leadsForMs === undefined || (typeof leadsForMs === 'number' && leadsForMs > 0));
  return readable ? (body as unknown as StormEntry) : undefined;
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isOneOf(words: readonly string[], value: unknown): boolean {
  return typeof value === 'string' && words.includes(value);
}

function isAlert(value: unknown): value is Alert {
  if (!isObject(value)) return false;
  const { fingerprint, status, startsAt, labels, annotations } = value;
  return typeof fingerprint === 'string' && (status === 'firing' || status === 'resolved') && typeof startsAt === 'string' && isTexts(labels) && isTexts(annotations);
}

function isTexts(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((text) => typeof text === 'string');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

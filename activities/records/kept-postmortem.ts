import { createHash } from 'node:crypto';
import { failure, type IncidentRecord, type Locale, type PermanentFixStatus, type WrittenRecord } from '../../workflows/contracts';
import { postmortemFiles, type PostmortemFiles } from './postmortem';
import { editsIn, NO_EDITS, postmortemEdits, type PostmortemEdits } from './postmortem/edits';
import { postmortemSections, type PostmortemExtras } from './postmortem/sections';
import { parseRecord } from './record-schema';
import { EDITS_FILE, FIXES_FILE, RECORD_FILE, type RecordStore } from './store';

/** The postmortem of a record, with everything that is kept beside it: how its fixes stand, and what people wrote. */
export async function postmortemFilesOf(store: Pick<RecordStore, 'read'>, record: IncidentRecord): Promise<PostmortemFiles> {
  return postmortemFiles(record, await extrasOf(store, record.incident.publicId));
}

/** The postmortem as it is to be read now, in either language; undefined where there is no record. */
export async function readPostmortem(store: Pick<RecordStore, 'read'>, publicId: string, locale?: Locale): Promise<PostmortemFiles | undefined> {
  const record = await recordOf(store, publicId);
  return record && postmortemFilesOf(store, { ...record, ...(locale && { locale }) });
}

/** Writes the postmortem anew, in the language of the record. Without a record it does nothing: the record brings it along. */
export async function regeneratePostmortem(store: Pick<RecordStore, 'read' | 'write'>, publicId: string): Promise<WrittenRecord> {
  return store.write(publicId, { ...(await readPostmortem(store, publicId)) });
}

export interface PostmortemEdit {
  /** The whole document, as it was saved. */
  markdown: string;
  locale: Locale;
  actor: string;
  at: string;
  /** SHA-256 of the document that was opened, hex. */
  basedOn?: string | undefined;
}

/**
 * Keeps what a person changed, and writes the postmortem with it.
 * @returns headings of the sections that changed, or undefined where there is no record.
 * @throws Conflict when somebody else has saved since the document was opened
 */
export async function editPostmortem(store: Pick<RecordStore, 'read' | 'write'>, publicId: string, { markdown, locale, actor, at, basedOn }: PostmortemEdit): Promise<string[] | undefined> {
  const record = await recordOf(store, publicId);
  if (!record) return undefined;
  const inLocale = { ...record, locale };
  const extras = await extrasOf(store, publicId);
  if (basedOn !== undefined && basedOn !== documentDigest(postmortemFiles(inLocale, extras)['postmortem.md'])) {
    throw failure('Conflict', `The postmortem of ${publicId} was changed by somebody else meanwhile: open it again, and bring your changes along.`);
  }
  const generated = postmortemSections(inLocale, extras);
  const { edits, changed } = editsIn({ markdown, generated, known: extras.edits ?? NO_EDITS, locale, actor, at });
  if (changed.length > 0) {
    await store.write(publicId, { [EDITS_FILE]: `${JSON.stringify(edits, null, 2)}\n` });
    await regeneratePostmortem(store, publicId);
  }
  return changed;
}

export function documentDigest(markdown: string): string {
  return createHash('sha256').update(markdown).digest('hex');
}

async function recordOf(store: Pick<RecordStore, 'read'>, publicId: string): Promise<IncidentRecord | undefined> {
  const content = await store.read(publicId, RECORD_FILE);
  return content === undefined ? undefined : parseRecord(content, `record ${publicId}`);
}

async function extrasOf(store: Pick<RecordStore, 'read'>, publicId: string): Promise<PostmortemExtras> {
  const [fixes, edits] = await Promise.all([store.read(publicId, FIXES_FILE), store.read(publicId, EDITS_FILE)]);
  return {
    ...(fixes !== undefined && { fixes: (JSON.parse(fixes) as PermanentFixStatus).fixes }),
    ...(edits !== undefined && { edits: parseEdits(edits, publicId) }),
  };
}

/** @throws InvalidInput: what people wrote is not thrown away because it cannot be read */
function parseEdits(content: string, publicId: string): PostmortemEdits {
  try {
    return postmortemEdits.parse(JSON.parse(content));
  } catch (error) {
    throw failure('InvalidInput', `${EDITS_FILE} of the record ${publicId} cannot be read: ${(error as Error).message.slice(0, 300)}. It holds what people wrote: mend it, or move it away.`, { cause: error });
  }
}

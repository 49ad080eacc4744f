import { PUBLIC_ID_PATTERN, failure, type WrittenRecord } from '../../workflows/contracts';

/** File name below the record's folder → content. Names may have one folder: `permanent-fix/pdb.yaml`. */
export type RecordFiles = Readonly<Record<string, string>>;

/** The file that makes a folder a record. */
export const RECORD_FILE = 'record.json';
/** What became of the proposed fixes. At the top of the record's folder, so that a new version shows. */
export const FIXES_FILE = 'permanent-fix.json';
/** What people wrote into the postmortem; read by every regeneration, written by edits only. */
export const EDITS_FILE = 'postmortem-edits.json';

export interface RecordEntry {
  publicId: string;
  /** Another one when `record.json` or `permanent-fix.json` has changed; absent where that was so lately that it cannot be told yet. */
  version?: string;
}

export interface RecordFileInfo {
  name: string;
  bytes: number;
}

/**
 * Where records are kept. A record is a folder `records/<yyyy>/<mm>/<public id>/`. Writing the same again changes
 * nothing; a reader sees a new record whole or not at all, and each file whole or not at all. Whatever keeps a store from
 * doing what it is asked is UpstreamUnavailable, and so asked again: a record has to be written, however long that takes.
 */
export interface RecordStore {
  /** Folder or URL of all records, for people. */
  readonly location: string;
  /** Writes files into the record's folder and keeps others that are there. @throws UpstreamUnavailable when the store cannot be written */
  write(publicId: string, files: RecordFiles): Promise<WrittenRecord>;
  /** `undefined` where there is no such file. */
  read(publicId: string, file: string): Promise<string | undefined>;
  /** Public IDs of every record, newest day first. */
  list(): Promise<string[]>;
  /** The same with versions, of incidents that were opened in the month `since` (UTC, such as `2026-09`) or later. */
  entries(since?: string): Promise<RecordEntry[]>;
  /** What a record consists of; empty where there is none. */
  files(publicId: string): Promise<RecordFileInfo[]>;
  /** Removes a record; from the first moment on a reader finds none. */
  remove(publicId: string): Promise<void>;
  /** Removes what writers and removers that were killed before that moment left behind. Answers how many pieces. */
  tidy(before: Date): Promise<number>;
  /** A document of the store's own, beside the records: what can be made again, such as the index. */
  readAside(name: string): Promise<string | undefined>;
  writeAside(name: string, content: string): Promise<void>;
}

const FILE_NAME = /^([a-z0-9][\w-]*\/)?[A-Za-z0-9][\w.-]*$/;

/** @throws InvalidInput for a name that could lead out of the record's folder */
export function checkFileNames(files: RecordFiles): void {
  const misnamed = Object.keys(files).find((name) => !FILE_NAME.test(name));
  if (misnamed !== undefined) throw failure('InvalidInput', `A record cannot hold a file named ${JSON.stringify(misnamed)}.`);
}

/** `2026/11/20261122-3f9ab21c`. @throws InvalidInput */
export function folderOf(publicId: string): string {
  if (!PUBLIC_ID_PATTERN.test(publicId)) throw failure('InvalidInput', `${JSON.stringify(publicId)} is no public ID; one looks like 20261122-3f9ab21c.`);
  return `${publicId.slice(0, 4)}/${publicId.slice(4, 6)}/${publicId}`;
}

/** The month (UTC) in whose folder a record is: `2026-11`. */
export function monthOfId(publicId: string): string {
  return `${publicId.slice(0, 4)}-${publicId.slice(4, 6)}`;
}

export function newestFirst(publicIds: string[]): string[] {
  return publicIds.sort().reverse();
}

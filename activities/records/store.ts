import type { WrittenRecord } from '../../workflows/contracts';

/** File name below the record's folder → content. Names may have one folder: `permanent-fix/pdb.yaml`. */
export type RecordFiles = Readonly<Record<string, string>>;

/**
 * Where records are kept. A record is a folder `records/<yyyy>/<mm>/<public id>/`. Writing the same again changes
 * nothing; a reader sees a new folder whole or not at all, and each file whole or not at all.
 */
export interface RecordStore {
  /** Writes files into the record's folder and keeps others that are there. @throws UpstreamUnavailable when the store cannot be written */
  write(publicId: string, files: RecordFiles): Promise<WrittenRecord>;
  /** `undefined` where there is no such file. */
  read(publicId: string, file: string): Promise<string | undefined>;
  /** Public IDs of every record, newest day first. */
  list(): Promise<string[]>;
}

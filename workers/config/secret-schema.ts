import { z } from 'zod';

/** A secret is named, not written: it stands in a file or in an environment variable. */
export const secret = z.union([z.strictObject({ file: z.string() }), z.strictObject({ env: z.string() })], {
  error: 'expected { file: <path> } or { env: <variable> }: secrets do not belong in this file',
});

/**
 * Named patterns over log lines (domain reference 4.1, 4.7, 4.8, F13). Matched as parts of a line: programs word the rest
 * differently from version to version. Lines are never counted: repeats are deduplicated by Prometheus itself.
 */
export const LOG_PATTERNS = {
  connectionRefused: { pattern: /connection refused/i, text: 'nobody listens at the address' },
  deadlineExceeded: { pattern: /context deadline exceeded|Client\.Timeout exceeded|i\/o timeout/i, text: 'no answer in time' },
  noSuchHost: { pattern: /no such host|server misbehaving|Temporary failure in name resolution/i, text: 'the name does not resolve' },
  nonRecoverable: { pattern: /non-recoverable error/i, text: 'rejected for good (4xx): these samples are dropped' },
  retrying: { pattern: /Failed to send batch, retrying/i, text: 'network error or 5xx: the agent keeps the samples and tries again' },
  notFound: { pattern: /server returned HTTP status 404/i, text: 'the path does not exist at the receiver' },
  targetNotAvailable: { pattern: /target not (available|ready)/i, text: 'a receiver does not reach enough members of its ring' },
  backingOff: { pattern: /backing off forward request/i, text: 'a receiver has given up on a member for a while' },
  serverError: { pattern: /server returned HTTP status 5\d\d/i, text: 'the receiver answers 5xx' },
  conflict: { pattern: /server returned HTTP status 409|out of order sample|out of bounds|duplicate sample/i, text: 'samples out of order, duplicate or too old' },
  tooManyRequests: { pattern: /server returned HTTP status 429|above active series limit/i, text: 'a limit of the receiver is reached' },
  walTailing: { pattern: /error tailing WAL|segments are not sequential/i, text: 'the write-ahead log cannot be followed' },
  flushOnShutdown: { pattern: /Failed to flush all samples on shutdown/i, text: 'samples were left behind at shutdown' },
  hashringFileInvalid: {
    pattern: /configuration file is not parsable|unable to create new hashring|parsing hashring configuration|failed to load configuration file|unexpected end of JSON input|invalid character .{1,40} looking for|loading (the )?hashring config(uration)?.{0,80}(err|fail)|empty (hashring )?configuration/i,
    text: 'the hashring file cannot be used',
  },
  hashringTooSmall: { pattern: /amount of endpoints needs to be larger than replication factor|insufficient nodes; have/i, text: 'fewer endpoints in the ring than the replication factor' },
  noMatchingHashring: { pattern: /no matching hashring to handle tenant/i, text: 'no ring takes this tenant' },
  flagInvalid: {
    pattern: /unknown (long|short) flag|error parsing command ?line|flag provided but not defined|unexpected argument|expected argument for flag|invalid value .{1,80} for flag|try --help|parsing flag/i,
    text: 'the command line is not understood',
  },
  portInUse: { pattern: /address already in use/i, text: 'another process holds the port' },
  noSpace: { pattern: /no space left on device/i, text: 'the disk is full' },
  readOnly: { pattern: /read-only file system|input\/output error/i, text: 'the volume is faulty' },
  openingStorage: { pattern: /opening storage|read metadata for block/i, text: 'the TSDB cannot be opened' },
  walRepair: { pattern: /Encountered WAL read error|attempting repair|Successfully repaired WAL/i, text: 'the write-ahead log was damaged and is repaired' },
  tsdbReady: { pattern: /TSDB is now ready/i, text: 'a receiver has opened its TSDB' },
  configInvalid: { pattern: /Error (loading|reloading) config|couldn't load configuration|Failed to apply configuration/i, text: 'the configuration file is not accepted' },
  permissionDenied: { pattern: /permission denied|Operation not permitted/i, text: 'a file may not be read or written' },
  certificate: { pattern: /x509: |tls: |certificate (has expired|signed by unknown)/i, text: 'TLS fails' },
} as const satisfies Record<string, { pattern: RegExp; text: string }>;

export type LogPattern = keyof typeof LOG_PATTERNS;
export const LOG_PATTERN_NAMES = Object.keys(LOG_PATTERNS) as [LogPattern, ...LogPattern[]];

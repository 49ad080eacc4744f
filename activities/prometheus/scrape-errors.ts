/** What a scrape's `lastError` means (domain 4.2). The first that matches counts: a time-out while connecting is a time-out. */
export const SCRAPE_ERRORS = {
  sampleLimit: { pattern: /sample limit exceeded|target_limit exceeded|body size limit exceeded|label.{0,20}limit exceeded/i, text: 'a limit of the scrape is exceeded' },
  blankContentType: { pattern: /blank Content-Type|non-compliant scrape target|unsupported Content-Type|received unsupported/i, text: 'no content type is sent, which Prometheus 3 refuses' },
  unauthorized: { pattern: /HTTP status 40[13]\b|unable to (read|use) (authorization|bearer)|credentials file/i, text: 'the target refuses the credentials' },
  noSuchHost: { pattern: /no such host|server misbehaving|Temporary failure in name resolution|lookup [^ ]+.*(timeout|SERVFAIL|on \d)/i, text: 'the name does not resolve' },
  refused: { pattern: /connection refused/i, text: 'nobody listens there' },
  certificate: { pattern: /x509: |tls: |certificate/i, text: 'TLS fails' },
  deadline: { pattern: /context deadline exceeded|Client\.Timeout|i\/o timeout|timeout awaiting/i, text: 'the target does not answer in time' },
  unreachable: { pattern: /no route to host|network is unreachable|connection reset|EOF/i, text: 'the connection fails' },
  notFound: { pattern: /HTTP status 404\b/i, text: 'the metrics path does not exist' },
  serverError: { pattern: /HTTP status 5\d\d/i, text: 'the target answers 5xx' },
  unparsable: { pattern: /expected (label|value|equal|EOF|timestamp)|invalid (metric|syntax|UTF)|strconv|data does not|unexpected end|duplicate sample|out of order/i, text: 'what it answers cannot be parsed' },
} as const satisfies Record<string, { pattern: RegExp; text: string }>;

export type ScrapeError = keyof typeof SCRAPE_ERRORS | 'other';

export function scrapeErrorOf(lastError: string): ScrapeError {
  const found = (Object.keys(SCRAPE_ERRORS) as Array<keyof typeof SCRAPE_ERRORS>).find((name) => SCRAPE_ERRORS[name].pattern.test(lastError));
  return found ?? 'other';
}

export function textOfScrapeError(name: ScrapeError): string {
  return name === 'other' ? 'an error that is not known' : SCRAPE_ERRORS[name].text;
}

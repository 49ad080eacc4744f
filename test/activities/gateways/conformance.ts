/** What every gateway over HTTP must do with what a network can do to it. */
import { inspect } from 'node:util';
import { ApplicationFailure } from '@temporalio/common';
import { FAILURES, type FailureType } from '../../../workflows/contracts';
import { WireServer, type Handler } from '../../support/wire-server';

/** For calls that are to succeed or fail by themselves, on a busy machine too. */
const PATIENCE_MS = 20_000;
/** For calls that are to be given up. */
const HASTE_MS = 400;

export const PLANTED = 'pl4nted-s3cret-value';

export interface GatewayUnderTest {
  name: string;
  tls?: boolean;
  /** A gateway with `PLANTED` among its credentials, whose calls may take this long. Answers one typical call. */
  connect(url: string, timeoutMs: number): () => Promise<unknown>;
  /** Answers what is asked besides the typical call (API discovery), true when it did. */
  aside?(...args: Parameters<Handler>): boolean;
  /** The body that goes with an error status, holding `reason`, in the system's own format. */
  errorBody(status: number, reason: string): unknown;
  /** A good answer, to be sure that the call works at all. */
  good: unknown;
}

const STATUSES: ReadonlyArray<[number, FailureType]> = [
  [300, 'UpstreamRejected'], [302, 'UpstreamRejected'], [400, 'UpstreamRejected'], [401, 'NotAuthorized'], [403, 'NotAuthorized'],
  [404, 'TargetNotFound'], [405, 'UpstreamRejected'], [408, 'UpstreamUnavailable'], [409, 'Conflict'], [412, 'Conflict'],
  [413, 'UpstreamRejected'], [422, 'UpstreamRejected'], [429, 'RateLimited'], [500, 'UpstreamUnavailable'], [501, 'UpstreamRejected'],
  [502, 'UpstreamUnavailable'], [503, 'UpstreamUnavailable'], [504, 'UpstreamUnavailable'],
];

export function conforms(subject: GatewayUnderTest): void {
  describe(`${subject.name} conforms`, () => {
    let server: WireServer;
    let call: () => Promise<unknown>;
    /** The same, impatient. */
    let hastyCall: () => Promise<unknown>;

    beforeAll(async () => {
      server = await WireServer.start({ tls: subject.tls ?? false });
      call = subject.connect(server.url, PATIENCE_MS);
      hastyCall = subject.connect(server.url, HASTE_MS);
    });
    afterAll(() => server.stop());

    const answers = (handler: Handler) => {
      server.seen.length = 0;
      server.handler = (...args) => {
        if (!subject.aside?.(...args)) handler(...args);
      };
    };
    const withStatus = (status: number, headers: Record<string, string> = {}) =>
      answers((_request, response) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(JSON.stringify(subject.errorBody(status, `no, said with ${PLANTED} and Bearer ${PLANTED}`)));
      });

    it('takes a good answer', async () => {
      answers((_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(subject.good)));
      await expect(call()).resolves.toBeDefined();
    });

    it.each(STATUSES)('turns %i into %s', async (status, type) => {
      withStatus(status);
      const error = await failureOf(call);
      expect(error.type).toBe(type);
      expect(error.nonRetryable).toBe(!FAILURES[type].retried);
      expect(error.message).toContain(String(status));
    });

    it.each([['7', 7_000], ['99999', 60_000], [undefined, 5_000], ['nonsense', 5_000]])('waits as Retry-After %s says', async (header, wait) => {
      withStatus(429, header === undefined ? {} : { 'retry-after': header });
      expect((await failureOf(call)).nextRetryDelay).toBe(wait);
    });

    it('understands Retry-After as a date', async () => {
      withStatus(503, { 'retry-after': new Date(Date.now() + 20_000).toUTCString() });
      const wait = Number((await failureOf(call)).nextRetryDelay);
      expect(wait).toBeGreaterThan(17_000);
      expect(wait).toBeLessThanOrEqual(20_000);
    });

    it('gives up when nobody answers in time', async () => {
      answers(() => undefined);
      const started = Date.now();
      const error = await failureOf(hastyCall);
      expect(error.type).toBe('UpstreamUnavailable');
      expect(error.message).toContain('in time');
      expect(Date.now() - started).toBeLessThan(PATIENCE_MS / 2);
    });

    it('gives up when an answer never ends', async () => {
      answers((_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{"a":'));
      expect((await failureOf(hastyCall)).type).toBe('UpstreamUnavailable');
    });

    it('says that a connection broke in the middle', async () => {
      answers((_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('{"a":');
        setTimeout(() => response.destroy(), 20);
      });
      expect((await failureOf(call)).type).toBe('UpstreamUnavailable');
    });

    it.each([
      ['a web page', '<html>welcome to the intranet</html>'],
      ['nothing', ''],
      ['half of it', '{"status":"succ'],
      ['a number', '42'],
      ['null', 'null'],
      ['something else', '{"kind":"Unexpected","data":[1,2,3]}'],
    ])('says that %s is not understood', async (_name, body) => {
      answers((_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(body));
      const error = await failureOf(call);
      expect(error.type).toBe('UpstreamRejected');
      expect(error.message).toContain('not understood');
      expect(error.message).not.toContain('intranet');
    });

    it('stops reading what is too large', async () => {
      let sent = 0;
      answers((_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const chunk = `"${'x'.repeat(1024 * 1024)}",`;
        const more = (): void => {
          while (!response.destroyed && sent < 200) {
            sent += 1;
            if (!response.write(sent === 1 ? `[${chunk}` : chunk)) return void response.once('drain', more);
          }
          response.end();
        };
        more();
      });
      const error = await failureOf(call);
      expect(error.type).toBe('UpstreamRejected');
      expect(error.message).toContain('KiB');
      expect(sent).toBeLessThan(100);
    });

    it('follows no redirect', async () => {
      answers((_request, response) => void response.writeHead(302, { location: '/elsewhere' }).end());
      await failureOf(call);
      expect(server.seen.filter(({ line }) => line.includes('elsewhere'))).toEqual([]);
    });

    it('ignores what the environment says about proxies', async () => {
      const before = { ...process.env };
      Object.assign(process.env, { http_proxy: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9', no_proxy: '' });
      answers((_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(subject.good)));
      try {
        await expect(call()).resolves.toBeDefined();
      } finally {
        process.env = before;
      }
    });

    it('says what was asked of whom, and what to do', async () => {
      withStatus(403);
      const { message } = await failureOf(call);
      expect(message).toMatch(/answered 403 to (GET|LIST|POST) .*; (grant|check)/);
    });

    it('discloses no secret in any failure', async () => {
      for (const [status] of STATUSES) {
        withStatus(status);
        expect(everythingIn(await failureOf(call))).not.toContain(PLANTED);
      }
    });

    it('says that nobody listens', async () => {
      const gone = await WireServer.start({ tls: subject.tls ?? false });
      const callGone = subject.connect(gone.url, PATIENCE_MS);
      await gone.stop();
      const error = await failureOf(callGone);
      expect(error.type).toBe('UpstreamUnavailable');
      expect(error.message).toContain('ECONNREFUSED');
      expect(everythingIn(error)).not.toContain(PLANTED);
    });
  });
}

export async function failureOf(call: () => Promise<unknown>): Promise<ApplicationFailure> {
  const outcome = await call().then((value) => ({ value }), (error: unknown) => ({ error }));
  if (!('error' in outcome)) throw new Error(`expected a failure, got ${inspect(outcome.value)}`);
  if (!(outcome.error instanceof ApplicationFailure)) throw outcome.error;
  return outcome.error;
}

/** Message, stack, details and causes: all of it crosses the wire. */
function everythingIn(error: unknown): string {
  return inspect(error, { depth: 10, showHidden: true, maxStringLength: null });
}

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { projectRoot } from '../../infra/project';
import { dataDirAt } from '../data-dir';
import { CommandError, EXIT } from './exit';
import { safe } from './terminal';

/** Options of every command that talks to a running Nightshift. */
export interface ApiOptions {
  json?: boolean;
  as?: string;
  url?: string;
  dataDir?: string;
}

export function withApiOptions(command: Command): Command {
  return command
    .option('--json', 'print JSON for scripts')
    .option('--as <user>', 'act as another local user, whose token is kept on this machine')
    .option('--url <url>', 'where Nightshift is (NIGHTSHIFT_URL; default: the one on this machine)')
    .option('--data-dir <directory>', 'data directory of the one on this machine (NIGHTSHIFT_DATA_DIR)');
}

const EXIT_BY_STATUS: Readonly<Record<number, number>> = { 400: EXIT.wrongUse, 401: EXIT.refused, 403: EXIT.refused, 404: EXIT.notFound, 409: EXIT.refused, 413: EXIT.wrongUse };

/** Nightshift, or Temporal behind it, is not there: asked again, it may be. */
export class Unavailable extends CommandError {
  /** @param answered Nightshift itself is there, and says that it waits for Temporal */
  constructor(
    message: string,
    readonly answered: boolean,
  ) {
    super(message);
  }
}

/** The gateway answers within seconds or not at all. */
const TIMEOUT_MS = 15_000;

/** The HTTP API, as the command line uses it. Every failure becomes a sentence and an exit code. */
export class Api {
  private constructor(
    readonly url: string,
    private readonly token: string,
  ) {}

  /** Finds Nightshift and a token. @throws CommandError that says where it looked */
  static from(options: ApiOptions, env: NodeJS.ProcessEnv = process.env): Api {
    const dir = dataDirAt(path.resolve(options.dataDir ?? env['NIGHTSHIFT_DATA_DIR'] ?? path.join(projectRoot(), '.nightshift')));
    const port = env['NIGHTSHIFT_PORT'];
    const known = existsSync(dir.urlFile) ? readFileSync(dir.urlFile, 'utf8').trim() : undefined;
    const url = options.url ?? env['NIGHTSHIFT_URL'] ?? known ?? `http://127.0.0.1:${port ?? '8088'}`;
    const tokenFile = options.as ? path.join(dir.tokensDir, path.basename(options.as)) : dir.tokenFile;
    const given = options.as ? undefined : env['NIGHTSHIFT_TOKEN'];
    if (!given && !existsSync(tokenFile)) {
      const remedy = options.as ? `add the user with "npx nightshift users add ${options.as}"` : 'start Nightshift first (npm start), or set NIGHTSHIFT_TOKEN';
      throw new CommandError(`There is no token in ${tokenFile}: ${remedy}.`, EXIT.failed);
    }
    return new Api(url.replace(/\/$/, ''), given ?? readFileSync(tokenFile, 'utf8').trim());
  }

  get<Answer>(pathname: string): Promise<Answer> {
    return this.request('GET', pathname).then((response) => response.json() as Promise<Answer>);
  }

  text(pathname: string): Promise<string> {
    return this.request('GET', pathname).then((response) => response.text());
  }

  post<Answer>(pathname: string, body: object): Promise<Answer> {
    return this.request('POST', pathname, body).then((response) => response.json() as Promise<Answer>);
  }

  put<Answer>(pathname: string, body: object): Promise<Answer> {
    return this.request('PUT', pathname, body).then((response) => response.json() as Promise<Answer>);
  }

  private async request(method: string, pathname: string, body?: object): Promise<Response> {
    const headers = { authorization: `Bearer ${this.token}`, 'user-agent': 'nightshift-cli', ...(body && { 'content-type': 'application/json' }) };
    let response: Response;
    try {
      response = await fetch(`${this.url}${pathname}`, { method, headers, signal: AbortSignal.timeout(TIMEOUT_MS), ...(body && { body: JSON.stringify(body) }) });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new Unavailable(`Nightshift does not answer at ${this.url} (${cause instanceof Error ? cause.message || cause.name : String(cause)}). Is it running? "npm start" starts it.`, false);
    }
    if (response.ok) return response;
    const problem = (await response.json().catch(() => ({}))) as { detail?: string };
    if (response.status === 503) throw new Unavailable(safe(problem.detail ?? 'Nightshift is not ready.'), true);
    throw new CommandError(safe(problem.detail ?? `Nightshift answered ${response.status}.`), EXIT_BY_STATUS[response.status] ?? EXIT.failed);
  }
}

export function incidentPath(id: string, rest = ''): string {
  return `/api/v1/incidents/${encodeURIComponent(id)}${rest}`;
}

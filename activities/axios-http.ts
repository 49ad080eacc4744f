/** One bounded GET of JSON for the gateways that speak plain HTTP APIs with axios. */
import { axiosWhenNeeded } from './axios-when-needed';
import { callSignal } from './call-scope';
import { notUnderstood, statusFailure, tooLarge, transportFailure, type Asked } from './http-failures';

export interface JsonGet {
  /** Base URL from the configuration; may hold credentials as userinfo. */
  base: string;
  path: string;
  params: URLSearchParams;
  system: string;
  timeoutMs: number;
}

/** The most that is read of one answer. */
const ANSWER_LIMIT = 8 * 1024 * 1024;

/**
 * GETs and parses. No proxies, no redirects; what the environment says about proxies is ignored on purpose: the
 * addresses are those of the cluster.
 * @throws the failures of `http-failures.ts`; of a refused request only the field `error` or `message` of a JSON answer is kept.
 */
export async function getJson(request: JsonGet): Promise<unknown> {
  const asked: Asked = { system: request.system, request: `GET ${request.path}` };
  const url = new URL(request.path.replace(/^\//, ''), request.base.endsWith('/') ? request.base : `${request.base}/`);
  const secrets = [url.password, decodeURIComponent(url.password), ...url.searchParams.values()];
  const axios = axiosWhenNeeded();
  const answer = await axios
    .get<string>(url.toString(), {
      params: request.params,
      proxy: false,
      maxRedirects: 0,
      maxContentLength: ANSWER_LIMIT,
      responseType: 'text',
      transformResponse: (body: string) => body,
      validateStatus: () => true,
      signal: callSignal(request.timeoutMs),
    })
    .catch((error: unknown) => {
      throw axios.isAxiosError(error) && /maxContentLength/.test(error.message) ? tooLarge(asked, ANSWER_LIMIT) : transportFailure(error, asked);
    });
  if (answer.status < 200 || answer.status > 299) {
    const header: unknown = answer.headers['retry-after'];
    const reason = reasonOf(answer.data);
    throw statusFailure(answer.status, asked, { ...(reason && { reason }), secrets, ...(typeof header === 'string' && { retryAfter: header }) });
  }
  try {
    return JSON.parse(answer.data);
  } catch {
    throw notUnderstood(asked, 'it is no JSON');
  }
}

function reasonOf(body: string): string | undefined {
  try {
    const parsed = JSON.parse(body) as { error?: unknown; message?: unknown } | null;
    const reason = parsed?.error ?? parsed?.message;
    return typeof reason === 'string' ? reason : undefined;
  } catch {
    return undefined;
  }
}

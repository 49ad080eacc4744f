import http from 'node:http';
import type { Alert } from '../../workflows/contracts';
import { webhookBody } from './alerts';

/** Alertmanager's side of the webhook: kept-alive connections, one body a request. */
export class Webhook {
  private readonly agent = new http.Agent({ keepAlive: true });

  constructor(private readonly url: string, private readonly token: string) {}

  /** Resolves when the gateway has acknowledged. @throws Error for any answer but 200 */
  post(alerts: readonly Alert[]): Promise<void> {
    const body = JSON.stringify(webhookBody(alerts));
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), authorization: `Bearer ${this.token}` };
    return new Promise((resolve, reject) => {
      const request = http.request(this.url, { method: 'POST', agent: this.agent, headers }, (response) => {
        let answer = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
        response.once('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(`The gateway answered ${response.statusCode}: ${answer.slice(0, 300)}`))));
        response.once('error', reject);
      });
      request.once('error', reject);
      request.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

import http from 'node:http';

/** Sum of all samples of a metric in Prometheus' text format; undefined where there is none. */
export function sumOf(text: string, metric: string): number | undefined {
  const values = text
    .split('\n')
    .filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}

/** Reads one metric from an exporter, summed over its series; 0 where it has none. @throws when the exporter does not answer */
export async function sumOfMetric(url: string, metric: string): Promise<number> {
  const text = await new Promise<string>((resolve, reject) => {
    const request = http.get(url, { timeout: 3_000, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => (response.statusCode === 200 ? resolve(body) : reject(new Error(`GET ${url}: ${response.statusCode}`))));
    });
    request.on('timeout', () => request.destroy(new Error(`GET ${url}: no answer`)));
    request.on('error', reject);
  });
  return sumOf(text, metric) ?? 0;
}

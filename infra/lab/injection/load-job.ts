import { CLUSTER_DOMAIN, PORTS } from '../settings';

export interface Load {
  readonly namespace: string;
  readonly name: string;
  readonly metric: string;
  readonly series: number;
  readonly perRequest: number;
  readonly seconds: number;
}

/**
 * A Job that sends new series through remote write, a request at a time, until it has sent so many or its time is up.
 * The series come from Prometheus' own promtool; a refused request is not sent again.
 */
export function loadJob({ namespace, name, metric, series, perRequest, seconds }: Load): object {
  const script = [
    'sent=0',
    'while [ $sent -lt $SERIES ]; do',
    `  perl -e 'for ($i = $ARGV[0]; $i < $ARGV[0] + $ARGV[1]; $i++) { print "$ARGV[2]\\{series=\\"$i\\",request=\\"/api/v1/items/$i/details\\"\\} 1\\n" }' $sent $PER_REQUEST $METRIC \\`,
    '    | promtool push metrics --remote-write.path=/api/v1/receive $URL || echo "refused at $sent"',
    '  sent=$((sent + PER_REQUEST))',
    'done',
  ].join('\n');
  const env = { SERIES: series, PER_REQUEST: perRequest, METRIC: metric, URL: `http://thanos-receive-lb.monitoring.svc.${CLUSTER_DOMAIN}:${PORTS.remoteWrite}` };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: seconds,
      template: {
        metadata: { labels: { app: name } },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'load', image: 'nightshift.lab/prometheus:0.315.0', command: ['sh', '-c'], args: [script], env: Object.entries(env).map(([key, value]) => ({ name: key, value: String(value) })) }],
        },
      },
    },
  };
}

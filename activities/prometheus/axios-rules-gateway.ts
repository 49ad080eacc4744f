import { z } from 'zod';
import { getJson } from '../axios-http';
import { notUnderstood } from '../http-failures';
import type { RulesGateway } from './gateway';

/** `GET /api/v1/rules?type=alert` of Prometheus and of Thanos Ruler. */
const RULES = z.object({
  status: z.literal('success'),
  data: z.object({
    groups: z.array(
      z.object({
        name: z.string(),
        rules: z.array(
          z.object({
            name: z.string(),
            health: z.string(),
            lastError: z.string().optional(),
            lastEvaluation: z.string().optional(),
            state: z.string().optional(),
            alerts: z.array(z.object({ labels: z.record(z.string(), z.string()), state: z.string() })).nullish(),
          }),
        ),
      }),
    ),
  }),
});

/** @param base URL from the configuration. @param timeoutMs the most that one call may take. */
export function axiosRulesGateway(base: string, system = 'The Ruler', timeoutMs = 10_000): RulesGateway {
  const path = '/api/v1/rules';
  return {
    async alertingRules() {
      const answer = RULES.safeParse(await getJson({ base, path, params: new URLSearchParams({ type: 'alert' }), system, timeoutMs }));
      if (!answer.success) throw notUnderstood({ system, request: `GET ${path}` }, 'it is no list of rules');
      return answer.data.data.groups.flatMap(({ name: group, rules }) =>
        rules.map(({ name, health, lastError, lastEvaluation, alerts }) => ({
          group,
          name,
          health,
          ...(lastError && { lastError }),
          ...(lastEvaluation && { lastEvaluation }),
          firing: (alerts ?? []).filter(({ state }) => state === 'firing').map(({ labels }) => labels),
        })),
      );
    },
  };
}

import { failure, type EvidenceValue, type JsonObject } from '../../workflows/contracts';
import type { Probe, ProbeAnswer } from '../probe';
import type { PracticeCluster } from './cluster';

/** The key of a recorded answer that is the sentence for people, not a field. */
const SENTENCE = 'summary';

/**
 * A probe that answers from the example being played when it is asked about a practice cluster. What the example does not
 * record is asked for real, of the in-memory objects; other clusters are never concerned.
 */
export function withRecordedAnswers<Input>(probe: Probe<Input>, practice: PracticeCluster): Probe<Input> {
  return {
    ...probe,
    ask: async (access, input, request) => {
      if (!access.config.practice) return probe.ask(access, input, request);
      const recorded = practice.recorded(request.probe.id, probe.use);
      if (recorded === undefined) return probe.ask(access, input, request);
      if (recorded === null) throw failure('UpstreamUnavailable', `The probe ${request.probe.id} (${probe.use}) did not answer, as this example has it.`);
      return answerOf(probe, recorded);
    },
  };
}

/** All probes of a registry, answering for the practice cluster as far as it can. */
export function practiceProbes<Probes extends Readonly<Record<string, Probe>>>(probes: Probes, practice: PracticeCluster): Record<keyof Probes & string, Probe> {
  return Object.fromEntries(Object.entries(probes).map(([use, probe]) => [use, withRecordedAnswers(probe, practice)])) as Record<keyof Probes & string, Probe>;
}

function answerOf(probe: Pick<Probe, 'title'>, recorded: JsonObject): ProbeAnswer {
  const { [SENTENCE]: sentence, ...fields } = recorded;
  const known = fields as Record<string, EvidenceValue>;
  const words = Object.entries(known).map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(', ') || 'none' : String(value ?? 'not known')}`);
  return { fields: known, summary: typeof sentence === 'string' ? sentence : `${probe.title}: ${words.join('; ')}.` };
}

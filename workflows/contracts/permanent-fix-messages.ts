import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { FixRecurred, PermanentFixStatus, ProposedFixes, SettleFix } from './record';

export const permanentFixStatus = defineQuery<PermanentFixStatus>('permanentFixStatus');
/** Says what became of one proposed fix: merged, applied, or declined with a reason. */
export const settleFix = defineUpdate<PermanentFixStatus, [SettleFix]>('settleFix');
/** Tries again at once what could not be brought into the repository. */
export const retryFixes = defineUpdate<PermanentFixStatus>('retryFixes');
/** From the fixes of a later incident with the same root cause. */
export const fixRecurred = defineSignal<[FixRecurred]>('fixRecurred');
/** From the fixes of the earlier incident: what became of the one that both wait for. */
export const fixSettledElsewhere = defineSignal<[SettleFix]>('fixSettledElsewhere');
/** From the incident, where it was reopened after its fixes had been proposed. */
export const fixesProposed = defineSignal<[ProposedFixes]>('fixesProposed');

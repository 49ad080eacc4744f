/** What one can ask and tell a running incident. Clients and the workflow both import these definitions. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { AlertsChanged } from './alerts';
import type { ChooseRemedyBody, DecisionAnswer, DecisionBody, Envelope, NoteBody, ReasonBody, TakeOverBody } from './decisions';
import type { IncidentStatus } from './incident';
import type { StormNews } from './storm';

export const incidentStatus = defineQuery<IncidentStatus>('incidentStatus');

export const alertsChanged = defineSignal<[AlertsChanged]>('alertsChanged');
/** Who leads when many incidents of a cluster are one. */
export const stormNews = defineSignal<[StormNews]>('stormNews');
/** The same as `decide`, for clients that can only signal; what is wrong with them is recorded, not answered. */
export const approve = defineSignal<[Envelope<Omit<DecisionBody, 'verdict'>>?]>('approve');
export const reject = defineSignal<[Envelope<Omit<DecisionBody, 'verdict'>>?]>('reject');

export const decide = defineUpdate<DecisionAnswer, [Envelope<DecisionBody>]>('decide');
export const addNote = defineUpdate<void, [Envelope<NoteBody>]>('addNote');
export const chooseRemedy = defineUpdate<void, [Envelope<ChooseRemedyBody>]>('chooseRemedy');
export const takeOver = defineUpdate<void, [Envelope<TakeOverBody> | undefined]>('takeOver');
export const resume = defineUpdate<void, [Envelope<ReasonBody> | undefined]>('resume');
export const cancelIncident = defineUpdate<void, [Envelope<ReasonBody> | undefined]>('cancelIncident');

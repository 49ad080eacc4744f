/**
 * Does nothing, on a worker. Temporal's worker controller calls one when a task is added to a queue; a query adds none. So
 * who wants to ask an incident while nobody polls starts this first.
 */
export async function wakeWorkflow(): Promise<void> {}

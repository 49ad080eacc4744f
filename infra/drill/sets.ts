/** What is drilled together; `main` is what CI drills each time. */
export const SETS = ['main', 'receive', 'rest'] as const;
export type DrillSet = (typeof SETS)[number];

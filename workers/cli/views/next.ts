import pc from 'picocolors';
import type { IncidentStatus } from '../../../workflows/contracts';
import { oneLine } from '../terminal';

/** The exact commands that make sense now, the likeliest first. */
export function nextCommands(status: IncidentStatus): string[] {
  const commands = commandsFor(status).map((command) => `  ${pc.cyan(`npx nightshift ${command}`)}`);
  return commands.length > 0 ? ['', pc.bold('Type next'), ...commands] : [];
}

function commandsFor(status: IncidentStatus): string[] {
  const { publicId: id, phase, waiting, owner, plan, permanentFix } = status;
  if (phase === 'closed') return [`postmortem ${id}`, ...(permanentFix ? ['fixes list   # what stops it from coming back'] : [])];
  if (owner || phase === 'waiting') return [`resume ${id}   # give it back to Nightshift`, ...others(status), `note ${id} "what you found"`, `cancel ${id} --reason "…"`];
  if (waiting?.for === 'approval' && plan) return [`approve ${id}`, `reject ${id} --reason "…"`, ...others(status), `take-over ${id}   # nothing is executed any more`, `pause ${id} --for 15m   # then it goes on`];
  return [`watch ${id}`, `take-over ${id}   # nothing is executed any more`];
}

/** More are in the runbook; at night a screen is for the likeliest. */
const MOST_OTHERS = 2;

/** What the causes that are not ruled out could be treated with instead of the plan that waits, and where it says what that does. */
function others({ publicId: id, causes, rootCause, phase, plan, incidentClass }: IncidentStatus): string[] {
  const offered = new Set(causes.filter(({ verdict }) => verdict !== 'rejected').flatMap(({ remedies }) => remedies));
  if (plan && phase !== 'waiting') offered.delete(plan.remedy);
  const certain = causes.some((cause) => cause.id === rootCause);
  const explained = `runbook explain ${incidentClass}${certain ? ` --cause ${rootCause}` : ''}`;
  const commands = [...offered].slice(0, MOST_OTHERS).map((remedy) => `choose-remedy ${id} ${oneLine(remedy)}`);
  return commands.length > 0 ? [...commands, oneLine(explained)] : [];
}

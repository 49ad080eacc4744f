import pc from 'picocolors';
import type { IncidentStatus } from '../../../workflows/contracts';

/** The exact commands that make sense now, the likeliest first. */
export function nextCommands(status: IncidentStatus): string[] {
  const commands = commandsFor(status).map((command) => `  ${pc.cyan(`npx nightshift ${command}`)}`);
  return commands.length > 0 ? ['', pc.bold('Type next'), ...commands] : [];
}

function commandsFor({ publicId: id, phase, waiting, owner, plan, permanentFix }: IncidentStatus): string[] {
  if (phase === 'closed') return [`postmortem ${id}`, ...(permanentFix ? [`show ${id} --json   # permanentFix: what stops it from coming back`] : [])];
  if (owner || phase === 'waiting') return [`resume ${id}   # give it back to Nightshift`, `note ${id} "what you found"`, `cancel ${id} --reason "…"`];
  if (waiting?.for === 'approval' && plan) return [`approve ${id}`, `reject ${id} --reason "…"`, `take-over ${id}   # nothing is executed any more`, `pause ${id} --for 15m   # then it goes on`];
  return [`watch ${id}`, `take-over ${id}   # nothing is executed any more`];
}

import pc from 'picocolors';
import type { Plan, PlannedStep } from '../../../workflows/contracts';
import { oneLine, safe, type Say } from '../terminal';
import { field, item, list } from './layout';

/** A diff longer than this does not fit a screen; `nightshift show --json` has it whole. */
const MOST_DIFF_LINES = 16;

/** What will be done, exactly: steps, difference, risk, blast radius, gates, undo, and what happens if nothing is done. */
export function planView(plan: Plan, say: Say): string[] {
  const { blastRadius, expectedLoss, ifNothingIsDone, desiredState, gates, dryRun, inverse } = plan;
  return [
    `${pc.bold('THE PLAN')}  ${pc.bold(say(plan.title))}  (${riskOf(plan)}, hash ${plan.hash.slice(0, 12)}…)`,
    ...list('Steps', plan.steps.map((step, index) => [`${index + 1}.`, `${actionText(step)} — ${say(step.reason)}`])),
    ...diffLines(plan.diff),
    ...field('Touches', say(blastRadius.text)),
    ...field('Loses', expectedLoss && pc.red(say(expectedLoss))),
    ...list('Gates', gates.map(({ gate, passed, reason }) => [passed ? pc.green('✓') : pc.red('✗'), `${oneLine(gate)}: ${say(reason)}`])),
    ...field('Dry run', dryRun.map(oneLine).join('; ')),
    ...field('Restores', desiredState && `from ${oneLine(desiredState)}`),
    ...list('Stays?', (plan.reverts ?? []).map(({ text }) => [pc.yellow('!'), say(text)])),
    ...field('Undo', inverse.length > 0 ? inverse.map(actionText).join('; ') : 'not needed or not possible: what was removed is made again by its controller'),
    ...field('If not', say(ifNothingIsDone)),
  ];
}

function riskOf({ risk }: Plan): string {
  return { safe: pc.green('safe'), disruptive: pc.yellow('disruptive'), destructive: pc.red('DESTRUCTIVE') }[risk];
}

function actionText({ action, object }: PlannedStep): string {
  return `${action} ${object.kind} ${oneLine(`${object.namespace}/${object.name}`)}`;
}

function diffLines(diff: string): string[] {
  const lines = safe(diff).trimEnd().split('\n').filter(Boolean);
  const shown = lines.slice(0, MOST_DIFF_LINES).map((line) => `    ${line.startsWith('+') ? pc.green(line) : line.startsWith('-') ? pc.red(line) : line}`);
  return lines.length > MOST_DIFF_LINES ? [...shown, ...item('…', `${lines.length - MOST_DIFF_LINES} more lines: npx nightshift show --json`)] : shown;
}

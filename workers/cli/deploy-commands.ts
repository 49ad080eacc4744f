import path from 'node:path';
import Table from 'cli-table3';
import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import type { NightshiftConfig } from '../config';
import type { Compute } from '../config/serverless-schema';
import type { DeployedVersion, WorkerDeployment } from '../serverless/worker-deployment';
import { CommandError, EXIT } from './exit';
import { oneLine, printJson } from './terminal';

interface DeployOptions {
  config?: string;
  json?: boolean;
}

/** `nightshift deploy serverless`: which build Temporal's worker controller calls when there is work. */
export function registerDeployCommands(program: Command): void {
  const serverless = program.command('deploy').description('make a build of the worker known to Temporal').command('serverless').description('workers that Temporal calls when there is work');
  const command = (name: string, description: string) =>
    serverless.command(name).description(description).option('--config <file>', 'configuration file with "serverless" (NIGHTSHIFT_CONFIG)').option('--json', 'print JSON');

  serverless
    .command('package')
    .description('make the folders of both functions, worker and gateway, ready to be zipped')
    .option('--config <file>', 'configuration file, for the runbooks that it names (NIGHTSHIFT_CONFIG)')
    .option('--json', 'print JSON')
    .action(pack);
  command('plan', 'what "apply" would do, and do nothing').action((options: DeployOptions) => withDeployment(options, plan));
  command('apply', 'make this build known with its compute, and current: new incidents begin on it, open ones stay on theirs')
    .option('--ramp <percent>', 'let only this share of new incidents begin on it; apply again without it when it has proved itself', percentage)
    .action((options: DeployOptions & { ramp?: number }) => withDeployment(options, apply));
  command('status', 'builds, who computes them, and where new incidents begin').action((options: DeployOptions) => withDeployment(options, status));
  command('rollback', 'make an earlier build current again; the newest other one that has compute, if none is named')
    .option('--to <build>', 'build ID, as "status" prints it')
    .action((options: DeployOptions & { to?: string }) => withDeployment(options, rollback));
}

interface Deploying {
  deployment: WorkerDeployment;
  client: Client;
  config: NightshiftConfig;
  /** Of this checkout. */
  buildId: string;
}

async function withDeployment<Options extends DeployOptions>(options: Options, act: (deploying: Deploying, options: Options) => Promise<void>): Promise<void> {
  const { Client, Connection } = require('@temporalio/client') as typeof import('@temporalio/client');
  const { WorkerDeployment } = require('../serverless/worker-deployment') as typeof import('../serverless/worker-deployment.js');
  const { buildId } = require('../serverless/worker-version') as typeof import('../serverless/worker-version.js');
  const { loadConfig } = require('../config') as typeof import('../config.js');
  const { dataConverterOf } = require('../encryption') as typeof import('../encryption.js');
  const { connectionOptions } = require('../temporal-connection') as typeof import('../temporal-connection.js');
  const config = loadConfig(options.config ? { config: options.config } : {});
  const connection = await Connection.connect(connectionOptions(config));
  try {
    const { namespace, encryption } = config.temporal;
    const client = new Client({ connection, namespace, ...dataConverterOf(encryption) });
    await act({ deployment: new WorkerDeployment(client, namespace), client, config, buildId: buildId() }, options);
  } finally {
    await connection.close();
  }
}

/** The module makes what this command line is made of, and is not made by it. */
interface Packing {
  buildFunctions(options: { runbooksDir: string; log: (text: string) => void }): Promise<{ worker: string; gateway: string }>;
}

async function pack({ config: file, json }: DeployOptions): Promise<void> {
  const { loadConfig } = require('../config') as typeof import('../config.js');
  const { projectRoot } = require('../../infra/project') as typeof import('../../infra/project.js');
  const { runbooksDir } = loadConfig(file ? { config: file } : {});
  const { buildFunctions } = (await import(path.join(projectRoot(), 'infra', 'functions', 'build.mjs'))) as Packing;
  const folders = await buildFunctions({ runbooksDir, log: (text) => console.error(text) });
  if (json) return printJson(folders);
  console.log(`worker   ${folders.worker}\ngateway  ${folders.gateway}\nThe handler of each is index.handler; nightshift.yaml goes beside it (NIGHTSHIFT_CONFIG).`);
}

async function plan({ deployment, config, buildId }: Deploying, { json }: DeployOptions): Promise<void> {
  const { provider } = computeOf(config);
  const versions = await deployment.versions();
  const known = versions.find((version) => version.buildId === buildId);
  const current = versions.find(({ state }) => state === 'current');
  if (json) return printJson({ buildId, provider, create: !known, makeCurrent: known?.state !== 'current', ...(current && { current: current.buildId }) });
  console.log(
    [
      sayOfBuild(buildId, provider, known?.state),
      known?.state === 'current' ? 'It is current already.' : `New incidents would begin on it${current ? ` and no longer on ${current.buildId}, where open ones end` : ''}.`,
    ].join('\n'),
  );
}

async function apply({ deployment, client, config, buildId }: Deploying, { ramp, json }: DeployOptions & { ramp?: number }): Promise<void> {
  const { prepare } = require('../gateway/prepare') as typeof import('../gateway/prepare.js');
  const { createLogger } = require('../process') as typeof import('../process.js');
  await prepare(client, config, createLogger('deploy'));
  const isNew = await made(deployment, buildId, computeOf(config));
  await (ramp === undefined ? deployment.makeCurrent(buildId) : deployment.ramp(buildId, ramp));
  if (json) return printJson({ buildId, new: isNew, ...(ramp === undefined ? { current: true } : { ramp }) });
  console.log(`The build ${buildId} is ${isNew ? 'known now' : 'known'}, and ${ramp === undefined ? 'new incidents begin on it' : `${ramp} % of new incidents begin on it`}.`);
}

/** @returns whether the build was not known before. Builds of long-lived workers make themselves known. */
async function made(deployment: WorkerDeployment, buildId: string, compute: Compute): Promise<boolean> {
  if (compute.provider !== 'long-lived') return deployment.create(buildId, compute);
  const known = (await deployment.versions()).some((version) => version.buildId === buildId);
  if (!known) throw new CommandError(`No worker of the build ${buildId} has asked for work yet: start the workers of this build beside those of the one before, then apply again.`);
  return false;
}

async function status({ deployment, buildId }: Deploying, { json }: DeployOptions): Promise<void> {
  const versions = await deployment.versions();
  if (json) return printJson({ buildId, versions });
  if (versions.length === 0) return console.log('Nothing is deployed: "npx nightshift deploy serverless apply".');
  const table = new Table({ head: ['build', 'state', 'compute', 'since'], style: { head: [], border: [] } });
  for (const version of versions) table.push([version.buildId + (version.buildId === buildId ? ' (here)' : ''), stateText(version), version.provider ?? 'long-lived', version.createdAt]);
  console.log(table.toString());
}

async function rollback({ deployment, config }: Deploying, { to, json }: DeployOptions & { to?: string }): Promise<void> {
  const versions = await deployment.versions();
  const target = to === undefined ? versions.find(({ state, provider }) => state !== 'current' && state !== 'ramping' && (provider ?? computeOf(config).provider === 'long-lived')) : versions.find(({ buildId }) => buildId === to);
  if (!target) throw new CommandError(`There is no ${to === undefined ? 'earlier build' : `build ${oneLine(to)}`} to go back to; known: ${versions.map(({ buildId }) => buildId).join(', ') || 'none'}.`, EXIT.notFound);
  await deployment.makeCurrent(target.buildId);
  if (json) return printJson({ buildId: target.buildId, current: true });
  console.log(`New incidents begin on ${target.buildId} again; those that have begun elsewhere end there.`);
}

function sayOfBuild(buildId: string, provider: Compute['provider'], state: DeployedVersion['state'] | undefined): string {
  if (provider === 'long-lived') return state ? `The build ${buildId} is known (${state}).` : `The build ${buildId} is not known: none of its workers runs yet.`;
  return state ? `The build ${buildId} is known (${state}); its compute would be set to ${provider} again.` : `The build ${buildId} would be made known, computed by ${provider}.`;
}

function stateText({ state, rampPercentage }: DeployedVersion): string {
  return state === 'ramping' ? `ramping, ${rampPercentage ?? 0} %` : state;
}

function computeOf({ compute, file }: NightshiftConfig) {
  if (!compute) throw new CommandError(`${file ?? 'There is no nightshift.yaml, so that nothing'} says who computes: write "serverless: { compute: … }" (nightshift.example.yaml shows it).`, EXIT.wrongUse);
  return compute;
}

function percentage(text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number < 0 || number > 100) throw new CommandError(`--ramp ${oneLine(text)}: it must be between 0 and 100.`, EXIT.wrongUse);
  return number;
}

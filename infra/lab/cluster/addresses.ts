import { capture } from '../commands/capture';

/** Gives `lo` of the network namespace one more address. An address that is already there is fine. */
export async function addAddress(ip: string): Promise<void> {
  await capture('ip', ['address', 'replace', `${ip}/32`, 'dev', 'lo']);
}

/** Takes an address away again. An address that is not there is fine. */
export async function removeAddress(ip: string): Promise<void> {
  await capture('ip', ['address', 'del', `${ip}/32`, 'dev', 'lo']).catch(() => undefined);
}

export async function loopbackUp(): Promise<void> {
  await capture('ip', ['link', 'set', 'lo', 'up']);
}

/** The addresses of `lo` that begin with `prefix`, such as `10.244.`. */
export async function addressesWith(prefix: string): Promise<string[]> {
  const output = await capture('ip', ['-4', '-o', 'address', 'show', 'dev', 'lo']);
  return [...output.matchAll(/inet (\d+\.\d+\.\d+\.\d+)\//g)].map((match) => match[1] ?? '').filter((ip) => ip.startsWith(prefix));
}

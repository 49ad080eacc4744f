import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Secrets to plant and look for, each unlike anything else; the names say where each was planted. */
export function plant<Where extends string>(...places: Where[]): Record<Where, string> {
  return Object.fromEntries(places.map((place, index) => [place, `Zq${index}x${Buffer.from(place).toString('hex').slice(0, 12)}Planted`])) as Record<Where, string>;
}

/** Every file below the folder, read as bytes: a database's pages as well as text. */
export function filesBelow(folder: string, skip: (file: string) => boolean = () => false): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(files.map((entry) => path.join(entry.parentPath, entry.name)).filter((file) => !skip(path.relative(folder, file))).map((file) => [path.relative(folder, file), readFileSync(file, 'latin1')]));
}

/** "place in file", for each planted text that stands in one of the texts, as it is or in base64. */
export function found(planted: Record<string, string>, texts: ReadonlyMap<string, string>): string[] {
  return [...texts].flatMap(([name, content]) => Object.entries(planted).filter(([, secret]) => forms(secret).some((form) => content.includes(form))).map(([place]) => `${place} in ${name}`));
}

/** Base64 depends on where in its three bytes the text begins; the middle of each form is the same wherever it ends. */
function forms(secret: string): string[] {
  const shifted = [0, 1, 2].map((shift) => Buffer.from(`${' '.repeat(shift)}${secret}`).toString('base64').slice(shift === 0 ? 0 : 4, -4));
  return [secret, ...shifted];
}

/** A pattern for paths below a volume: `*` and `?` stay within one name, a name of `**` stands for any folders, also none. */
export function globPattern(glob: string): RegExp {
  const names = glob.split('/').map((name) => (name === '**' ? '(?:[^/]+/)*' : `${literal(name)}/`));
  return new RegExp(`^${names.join('').replace(/\/$/, '')}$`);
}

const literal = (name: string): string => name.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*').replaceAll('?', '[^/]');

/** Changes to JSON values, for properties about them. */

export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

export function reversedKeys<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(reversedKeys) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).reverse().map(([key, inner]) => [key, reversedKeys(inner as unknown)])) as Value;
}

type Path = ReadonlyArray<string | number>;

/** Another value in one place; `dice` chooses which. Places below the keys `except` at any depth up to the third are left alone. */
export function changedOneValue<Value>(value: Value, dice: number, except: readonly string[]): Value {
  const places = leaves(value).filter((path) => !path.slice(0, 3).some((key) => except.includes(String(key))));
  return setAt(value, places[dice % places.length]!) as Value;
}

/** Everything that is not a filled object or array. */
function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries = Array.isArray(value) ? value.map((inner, index) => [index, inner] as const) : Object.entries(value);
  return entries.length === 0 ? [path] : entries.flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

function setAt(value: unknown, path: Path): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return typeof value === 'string' ? `${value}!` : [value, 'changed'];
  if (Array.isArray(value)) return value.map((inner: unknown, index) => (index === key ? setAt(inner, rest) : inner));
  const entries = Object.entries(value as object) as Array<[string, unknown]>;
  return Object.fromEntries(entries.map(([name, inner]) => [name, name === key ? setAt(inner, rest) : inner]));
}

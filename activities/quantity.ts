/** Kubernetes quantities of bytes: `100Gi`, `64Mi`, `1.5Ti`, `128974848`, `129e6`, `128974848000m`. */
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;
const DECIMAL: Readonly<Record<string, number>> = { m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 };
const QUANTITY = /^(\d+(?:\.\d+)?)(?:e(\d{1,2}))?(m|k|M|G|T|P|E|[KMGTPE]i)?$/;

/** Bytes; undefined for what is no quantity. */
export function bytesOf(quantity: unknown): number | undefined {
  const [, number, exponent = '0', unit = ''] = QUANTITY.exec(String(quantity)) ?? [];
  if (number === undefined) return undefined;
  const power = (BINARY as readonly string[]).indexOf(unit);
  return Number(number) * 10 ** Number(exponent) * (power >= 0 ? 1024 ** power : DECIMAL[unit]!);
}

/** The shortest whole quantity, rounded up to whole MiB where it is that large: `200Gi`, `1536Mi`. */
export function quantityOf(bytes: number): string {
  const mebibyte = 1024 ** 2;
  const whole = bytes >= mebibyte ? Math.ceil(bytes / mebibyte) * mebibyte : Math.ceil(bytes);
  let power = whole === 0 ? 0 : BINARY.length - 1;
  while (power > 0 && whole % 1024 ** power !== 0) power -= 1;
  return `${whole / 1024 ** power}${BINARY[power]}`;
}

/** For people: "98.2 GiB". */
export function showBytes(bytes: number): string {
  const power = Math.min(BINARY.length - 1, bytes >= 1 ? Math.floor(Math.log2(bytes) / 10) : 0);
  const unit = BINARY[power]!;
  return `${Math.round((bytes / 1024 ** power) * 10) / 10} ${unit}B`;
}

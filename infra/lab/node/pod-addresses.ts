/** Hands out pod addresses in turn, so that a pod that comes back has a new one, as on a real node. */
export class PodAddresses {
  private readonly used = new Set<string>();
  private next = 1;

  /** @param prefix first three numbers of the pod range, such as `10.244.0` */
  constructor(private readonly prefix: string) {}

  /** @param wanted an address the pod had before; kept when nobody else has it. @throws when all are in use */
  allocate(wanted?: string): string {
    if (wanted?.startsWith(`${this.prefix}.`) && !this.used.has(wanted)) return this.take(wanted);
    for (let tried = 0; tried < 254; tried += 1) {
      const ip = `${this.prefix}.${this.next}`;
      this.next = (this.next % 254) + 1;
      if (!this.used.has(ip)) return this.take(ip);
    }
    throw new Error(`All addresses of ${this.prefix}.0/24 are in use`);
  }

  release(ip: string): void {
    this.used.delete(ip);
  }

  private take(ip: string): string {
    this.used.add(ip);
    return ip;
  }
}

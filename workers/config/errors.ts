/** Something in the configuration that a person has to change; the message names file, line, field and remedy. */
export class ConfigError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConfigError';
  }
}

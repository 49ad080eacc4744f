/** A sentence for people, in both languages that Nightshift speaks. */
export interface Text {
  en: string;
  ko: string;
}

export type Locale = keyof Text;

/** What JSON can carry; the only kind of value that crosses a workflow boundary. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

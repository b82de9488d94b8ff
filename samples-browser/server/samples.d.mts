import type { Emulator, EmulatorOptions } from "web-pubsub-emulator";

export interface Samples {
  /** Where the pages are. */
  readonly url: string;
  /** The local service; none when there was a connection string. */
  readonly emulator: Emulator | undefined;
  close(): Promise<void>;
}

export function startSamples(options?: {
  readonly connectionString?: string | undefined;
  readonly port?: number;
  readonly local?: EmulatorOptions;
}): Promise<Samples>;

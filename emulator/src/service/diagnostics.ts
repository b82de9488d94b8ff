/** Something a developer should see: never needed for the service to work. */
export interface Diagnostic {
  readonly level: "warning" | "info";
  /** The empty string: not about a hub. */
  readonly hub: string;
  readonly connectionId: string | undefined;
  readonly message: string;
  /** What was thrown, where something was. */
  readonly cause?: unknown;
}

/** Takes what the service has to tell the developer. */
export type Diagnostics = (diagnostic: Diagnostic) => void;

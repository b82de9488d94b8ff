/** Something a developer should see: never needed for the service to work. */
export interface Diagnostic {
  /** How serious it is. */
  readonly level: "warning" | "info";
  /** The empty string: not about a hub. */
  readonly hub: string;
  /** Id of the connection that it is about; undefined: of none. */
  readonly connectionId: string | undefined;
  /** What happened, in one line. */
  readonly message: string;
  /** What was thrown, where something was. */
  readonly cause?: unknown;
}

/** Takes what the service has to tell the developer. */
export type Diagnostics = (diagnostic: Diagnostic) => void;

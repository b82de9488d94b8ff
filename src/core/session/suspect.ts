import type { ConnectionError } from "../errors.js";

/**
 * What was on its way when the service declined a frame by closing with 1007. Its frames are sent alone from then on,
 * so that the next 1007 shows whether it is the culprit.
 */
export interface Suspect {
  /** The service has declined its frame. @param error the connection's loss */
  onDeclined(error: ConnectionError): void;
}

import type { SendMessageError } from "../../core/errors.js";
import type { OperationMessage } from "../../core/session/operationMessage.js";

/**
 * Asks the service for what it has perhaps forgotten; the application is told of a refusal.
 * `onSettled` gets `lost` when merely the connection took the answer along.
 */
export type Restore = (
  group: string,
  build: () => OperationMessage,
  onSettled: (refusal: SendMessageError | undefined, lost: boolean) => void,
) => void;

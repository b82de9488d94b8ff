/** Entry point of the package: the complete client, its protocols, its errors, and the public types. */
export { WebPubSubClient } from "./webPubSubClient.js";
export { CoreClient } from "./core/coreClient.js";
export { WebPubSubJsonProtocol, WebPubSubJsonReliableProtocol } from "./completeProtocols.js";
export { ConnectionError, SendMessageError } from "./core/errors.js";
export { InvalidMessageError, MessageOverflowError } from "./features/groups/groupErrors.js";
export { InvocationError } from "./features/invocations/invocationError.js";
export { GroupStreamError } from "./features/streams/groupStreamError.js";

export type * from "./core/types.js";
export type { Group } from "./completeGroup.js";
export type { WebPubSubClientEvents } from "./webPubSubClient.js";
export type * from "./features/groups/types.js";
export type * from "./features/history/types.js";
export type * from "./features/invocations/types.js";
export type * from "./features/presence/types.js";
export type * from "./features/streams/types.js";

/** Entry point of the core: connect, recover, join, send, receive. Features have their own entry points. */
export { CoreClient } from "./coreClient.js";
export { WebPubSubJsonProtocol, WebPubSubJsonReliableProtocol } from "./codec/coreProtocols.js";
export { ConnectionError, SendMessageError } from "./errors.js";
export { defineFeature } from "./feature.js";

export type * from "./featureTypes.js";
export type * from "./types.js";

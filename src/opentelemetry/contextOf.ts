import { propagation, ROOT_CONTEXT, type Context } from "@opentelemetry/api";
import type { MessageMetadata } from "../core/index.js";

/**
 * Returns the context with which a message was sent, as the globally registered propagator reads it from the message's
 * metadata: the parent, or the link, of the span in which you handle it.
 * @param message a message to a group or from the server, or an event at its handler
 * @param base the context that is added to. Default: none, because what is active while a message arrives has nothing to
 * do with it
 * @returns `base` if the message brings none
 * @throws TypeError for what isn't an object
 */
export function contextOf(
  message: {
    /** What was sent beside the message's content. */
    readonly metadata?: Readonly<MessageMetadata> | undefined;
  },
  base: Context = ROOT_CONTEXT,
): Context {
  if (typeof message !== "object" || message === null)
    throw new TypeError("contextOf: the first argument must be a message, with its metadata.");
  return propagation.extract(base, message.metadata ?? {});
}

const NAME = /^[\w!#$%&'*+.^`|~-]{1,256}$/;
const VALUE = /^[\x20-\x7e]{1,1024}$/;
/** Leaves out what the service doesn't take as metadata. */
const setter = {
  set(carrier: MessageMetadata, name: string, value: string): void {
    if (NAME.test(name) && VALUE.test(value)) carrier[name] = value;
  },
};

/** The metadata that brings a context to who receives the message. */
export function metadataOf(context: Context): MessageMetadata {
  const metadata: MessageMetadata = {};
  propagation.inject(context, metadata, setter);
  return metadata;
}

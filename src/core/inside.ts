import { Connection } from "./connection/connection.js";
import { toUrlSource, type WebPubSubClientCredential } from "./credential.js";
import { report } from "./util/report.js";
import type { CoreClientEvents } from "./models/events.js";
import type { WebPubSubClientOptions } from "./models/options.js";
import { toSettings, type Parts, type Settings } from "./options.js";
import { Session } from "./session/session.js";
import { Emitter, type OnListenerError } from "./util/emitter.js";

/** Makes and connects the parts of a client: settings, emitter, session, connection and features. */
export class Inside {
  /** The client itself, without any proxy through which it is used. */
  readonly client: object;
  readonly settings: Settings;
  readonly emitter: Emitter<CoreClientEvents>;
  readonly session: Session;
  readonly connection: Connection;
  readonly onListenerError: OnListenerError;
  /** The features in use, by their names. */
  features: Map<string, object> | undefined;

  /** @throws TypeError or RangeError for an invalid credential or invalid options */
  constructor(
    client: object,
    credential: string | WebPubSubClientCredential,
    options: WebPubSubClientOptions | undefined,
    parts: Parts,
  ) {
    const settings = toSettings(options, parts);
    this.client = client;
    this.settings = settings;
    this.onListenerError = (event, error) => report(`A listener of ${event} failed:`, error);
    this.emitter = new Emitter(this.onListenerError, parts.listeners?.());
    this.session = new Session(settings, this.emitter);
    this.connection = new Connection(settings, toUrlSource(credential), this.emitter, this.session);
  }
}

/** Keeps one session as text in a storage. */
import { toError } from "../../core/errors.js";
import type { ClientLogger } from "../../core/log.js";
import type { SavedSession } from "../../core/models/savedSession.js";
import { isSession } from "../../core/savedSession.js";
import { report } from "../../core/util/report.js";

/** What is needed of a storage; `sessionStorage` and `localStorage` fit. */
export interface SessionStorage {
  /** Returns what is kept under a key; null for nothing. */
  getItem(key: string): string | null;
  /** Keeps a value under a key, in place of the earlier one. */
  setItem(key: string, value: string): void;
  /** Forgets what is kept under a key. */
  removeItem(key: string): void;
}

/** A session that is in the storage. */
export interface Stored {
  readonly text: string;
  readonly session: SavedSession;
}

/** One place in a storage. Nothing here throws, and no word that is told quotes what is stored. */
export class SessionStore {
  readonly #storage: SessionStorage;
  readonly #name: string;
  readonly #logger: ClientLogger;

  constructor(storage: SessionStorage, key: string, logger: ClientLogger) {
    this.#storage = storage;
    this.#name = `web-pubsub-client/resume:${key}`;
    this.#logger = logger;
  }

  /** What isn't a session is removed. */
  read(): Stored | undefined {
    try {
      const text = this.#storage.getItem(this.#name);
      if (text === null) return undefined;
      const session: unknown = JSON.parse(text);
      if (isSession(session)) return { text, session };
    } catch {
      // Told below, without words that may quote it.
    }
    this.#logger.warning("What the storage holds isn't a session of this version; it is ignored.");
    this.clear();
    return undefined;
  }

  /** Removes a session. Returns false if it isn't there any more, since another page has taken it. */
  take({ text }: Pick<Stored, "text">): boolean {
    try {
      if (this.#storage.getItem(this.#name) !== text) return false;
      this.#storage.removeItem(this.#name);
      return true;
    } catch {
      return false;
    }
  }

  /** Writes a session, without its operations where there is no room for them. @returns the text that was written */
  write(session: SavedSession): string | undefined {
    let why = "";
    for (const operations of [session.operations, []]) {
      try {
        const text = JSON.stringify({ ...session, operations });
        this.#storage.setItem(this.#name, text);
        if (why !== "")
          this.#tell(
            `The storage has no room for ${session.operations.length} unsettled operations (${why}).`,
          );
        return text;
      } catch (thrown) {
        why = toError(thrown).name;
      }
    }
    this.clear();
    this.#tell(`The session could not be kept over a reload (${why}).`);
    return undefined;
  }

  clear(): void {
    try {
      this.#storage.removeItem(this.#name);
    } catch {
      // Then it can't be read either.
    }
  }

  #tell(words: string): void {
    this.#logger.warning(words);
    report(words);
  }
}

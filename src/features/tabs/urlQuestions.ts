import type { GetClientAccessUrlOptions } from "../../core/models/options.js";
import { deferred, type Deferred } from "../../core/util/deferred.js";
import { whenAborted } from "../../core/util/whenAborted.js";

/** A tab that can be asked for a URL. */
export interface Asked {
  getUrl(id: number): void;
}

type Question = { readonly answer: Deferred<string>; asked: Asked };

/** The questions of the worker's client for a client access URL; a tab answers them. */
export class UrlQuestions {
  /** The newest one last. */
  readonly #tabs = new Set<Asked>();
  readonly #questions = new Map<number, Question>();
  #lastId = 0;

  add(tab: Asked): void {
    this.#tabs.add(tab);
  }

  /** A tab that has gone: another one is asked what it has left unanswered. */
  delete(tab: Asked): void {
    this.#tabs.delete(tab);
    for (const [id, question] of [...this.#questions])
      if (question.asked === tab) this.#ask(id, question.answer);
  }

  ask({ abortSignal }: GetClientAccessUrlOptions = {}): Promise<string> {
    const id = ++this.#lastId;
    const answer = deferred<string>();
    const unlisten = whenAborted(abortSignal, () => {
      this.#questions.delete(id);
      answer.reject(new Error("The attempt has ended before a tab gave a URL."));
    });
    this.#ask(id, answer);
    return answer.promise.finally(unlisten);
  }

  answered(id: number, url: string | undefined, error: string | undefined): void {
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    if (url !== undefined) question?.answer.resolve(url);
    else question?.answer.reject(new Error(error));
  }

  #ask(id: number, answer: Deferred<string>): void {
    const asked = [...this.#tabs].at(-1);
    if (asked === undefined) {
      this.#questions.delete(id);
      return answer.reject(new Error("No tab is there to give a client access URL."));
    }
    this.#questions.set(id, { answer, asked });
    asked.getUrl(id);
  }
}

import { errorCode } from "../refusal.js";

/** A request that is answered with an error. */
export class RestError extends Error {
  readonly status: 400 | 401 | 404 | 409 | 413 | 415;
  /** For programs, in the body and in the header `x-ms-error-code`. */
  readonly code: string;
  /** What of the request the error is about. */
  readonly target: string | undefined;

  constructor(
    status: RestError["status"],
    message: string,
    { code = errorCode(status), target }: { readonly code?: string; readonly target?: string } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.target = target;
  }
}

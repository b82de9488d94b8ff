/** A request that is answered with an error. */
export class RestError extends Error {
  readonly status: 400 | 401 | 403 | 404 | 413;

  constructor(status: RestError["status"], message: string) {
    super(message);
    this.status = status;
  }
}

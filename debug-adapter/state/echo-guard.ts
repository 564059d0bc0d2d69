/**
 * Some clients answer a stop they did not expect with `continue` at once; answered with the next stop, that would go round
 * for ever. A person leaves other requests between: the stack, at the least.
 */
const ECHO_MS = 200;
const ECHOES_ANSWERED = 2;

export class EchoGuard {
  #stoppedAt = Number.NEGATIVE_INFINITY;
  #otherRequests = 0;
  #echoes = 0;

  /** `now` in milliseconds of any steady clock. */
  stopped(now: number): void {
    this.#stoppedAt = now;
    this.#otherRequests = 0;
  }

  /** To be asked for every request; true for a `continue` that must not be answered with a stop. */
  isEcho(command: string, now: number): boolean {
    if (command !== 'continue' || this.#otherRequests > 0 || now - this.#stoppedAt > ECHO_MS) {
      this.#otherRequests += 1;
      this.#echoes = 0;
      return false;
    }
    this.#echoes += 1;
    return this.#echoes > ECHOES_ANSWERED;
  }
}

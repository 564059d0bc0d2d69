/** A failure that the author of the expression can do something about. Its message is all that is told. */
export class ExpressionFailure {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

export function fail(message: string): never {
  throw new ExpressionFailure(message);
}

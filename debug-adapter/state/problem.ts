/** Why a request cannot be served, in words for the person. `quiet` ones are shown where they were asked, not in a dialog. */
export class Problem extends Error {
  readonly quiet: boolean;

  constructor(message: string, options: { quiet?: boolean } = {}) {
    super(message);
    this.quiet = options.quiet ?? false;
  }
}

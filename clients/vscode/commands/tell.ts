/** Runs a command's work; what goes wrong is shown to the person in the server's own words. */
import { window } from 'vscode';

export function told<A extends unknown[]>(work: (...args: A) => Promise<unknown>): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      await work(...args);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      void window.showErrorMessage(`Stillframe: ${message}`);
    }
  };
}

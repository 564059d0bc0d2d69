export interface Workbench {
  /** Opens the folder. */
  url: string;
  exited: Promise<unknown>;
  close(): Promise<void>;
}

export interface WorkbenchOptions {
  folder: string;
  /** 0, the default, takes any free one. */
  port?: number;
  /** For the workbench and everything its extensions start. */
  env?: Record<string, string>;
  /** Hears of the steps that take long. */
  say?: (line: string) => void;
}

export function serveWorkbench(options: WorkbenchOptions): Promise<Workbench>;

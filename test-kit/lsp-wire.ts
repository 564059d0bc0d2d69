/** The wire between a program and a server, in the hands of a test: held, cut in the middle of a question, mended, led elsewhere. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Wire {
  /** The address the program is given. */
  url: string;
  /** From now on nothing that this side says arrives; `lost` resolves when something was. */
  hold(side: 'program' | 'server'): { lost: Promise<void> };
  /** Ends every connection and refuses new ones. */
  cut(): void;
  /** Lets connections through again, to another server if one is given. */
  mend(target?: string): void;
  close(): Promise<void>;
}

export async function startWire(url: string, { isCut = false } = {}): Promise<Wire> {
  const sockets = new Set<Socket>();
  let target = new URL(url);
  let cut = isCut;
  let held: 'program' | 'server' | undefined;
  let onLost = () => {};

  const pass = (side: 'program' | 'server', from: Socket, to: Socket) => {
    sockets.add(from);
    from.on('data', (chunk) => {
      if (held === side) onLost();
      else to.write(chunk);
    });
    // A wire that is cut is no error of anybody's.
    from.on('error', () => {});
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const server = createServer((program) => {
    if (cut) {
      program.destroy();
      return;
    }
    const behind = connect(Number(target.port), target.hostname);
    pass('program', program, behind);
    pass('server', behind, program);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const endAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold(side) {
      held = side;
      const lost = new Promise<void>((resolve) => {
        onLost = resolve;
      });
      return { lost };
    },
    cut() {
      cut = true;
      endAll();
    },
    mend(other) {
      cut = false;
      held = undefined;
      if (other !== undefined) target = new URL(other);
    },
    close() {
      endAll();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

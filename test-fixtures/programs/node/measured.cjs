// What counters, timers and metrics are held against: each line on standard input names a job, each finished one is printed.
const now = () => performance.now();
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Exactly so long, whatever else the machine does, as far as the clock tells. */
function spin(ms) {
  const from = now();
  while (now() - from < ms);
}

function count(order) {
  const total = order.net * 2; // @count
  return total; // @total
}

function section(ms) {
  let rounds = 0; // @tic
  spin(ms);
  rounds += 1; // @toc
  return rounds;
}

/** Leaves by an exception between the two lines when asked to. */
function risky(ms, fails) {
  let step = ms; // @riskytic
  if (fails) throw new Error('asked for');
  spin(step);
  step += 1; // @riskytoc
  return step;
}

function nested(depth, ms) {
  let level = depth; // @nestedtic
  if (depth > 0) nested(depth - 1, ms);
  spin(ms);
  level += 1; // @nestedtoc
  return level;
}

async function handle(ms) {
  let state = 'begun'; // @asynctic
  await sleep(ms);
  await null;
  state = 'done'; // @asynctoc
  return state;
}

function begin(request) {
  request.begun = true; // @begin
}

function end(request) {
  request.ended = true; // @end
}

async function request(ms) {
  const request = {};
  begin(request);
  await sleep(ms);
  end(request);
}

function decide(ms, way) { // @choose
  spin(ms);
  if (way === 0) return 'first';
  if (way === 1) {
    return String(way);
  }
  if (way === 2) throw new Error('no normal exit');
  spin(ms);
}

const arrow = (ms) => spin(ms); // @arrow

class Store {
  static async load(ms) {
    await sleep(ms); // @load
    if (ms > 1000) return undefined;
    return { ms };
  }

  async walk(depth, ms) { // @walk
    await sleep(ms);
    if (depth > 0) await Promise.all([this.walk(depth - 1, ms), this.walk(depth - 1, ms)]);
    return depth;
  }
}

function* values() { // @generator
  yield 1;
}

function looped(list) { // @looped
  while (list.length > 0) list.pop();
}

function search(list, ms) { // @search
  spin(ms);
  for (const item of list) {
    if (item > 1) return item;
  }
  return undefined;
}

function guarded(ms) { // @guarded
  try {
    return spin(ms);
  } finally {
    spin(0);
  }
}

function slow(ms, label) { // @slow
  spin(ms);
  return label;
}

const jobs = {
  /** So many executions, so many a second. */
  async count(times, perSecond = 100, groups = 3) {
    for (let at = 0; at < times; at++) {
      count({ net: at, country: ['DE', 'FR', 'IT', 'ES'][at % groups] ?? `C${at % groups}`, big: 5n, text: 'x' });
      await sleep(1000 / perSecond);
    }
    return times;
  },
  /** As fast as a service that has something to do each time. */
  async busy(ms, workMs) {
    const until = now() + ms;
    let times = 0;
    while (now() < until) {
      count({ net: times, country: 'DE', big: 5n });
      spin(workMs);
      times += 1;
      if (times % 20 === 0) await new Promise(setImmediate);
    }
    return times;
  },
  async section(times, ms, gap = 20) {
    for (let at = 0; at < times; at++) {
      section(ms);
      await sleep(gap);
    }
  },
  async risky() {
    for (let at = 0; at < 20; at++) {
      try {
        risky(2, at % 2 === 0);
      } catch {}
      await sleep(20);
    }
  },
  async nested() {
    for (let at = 0; at < 5; at++) {
      nested(3, 1);
      await sleep(40);
    }
  },
  /** All at once, the later ones ending earlier. */
  concurrent: () => Promise.all([60, 50, 40, 30, 20].map(handle)),
  requests: () => Promise.all([60, 50, 40, 30, 20].map(request)),
  async choose() {
    for (let at = 0; at < 12; at++) {
      try {
        decide(1, at % 4);
      } catch {}
      await sleep(40);
    }
  },
  async arrow() {
    for (let at = 0; at < 10; at++) {
      arrow(1);
      await sleep(20);
    }
  },
  async load() {
    for (let at = 0; at < 5; at++) await Store.load(20);
  },
  walk: () => new Store().walk(2, 15),
  async search() {
    for (let at = 0; at < 10; at++) {
      search(at % 2 === 0 ? [1, 2, 3] : [], 1);
      await sleep(40);
    }
  },
  async guarded() {
    for (let at = 0; at < 5; at++) {
      guarded(1);
      await sleep(40);
    }
  },
  async slow() {
    for (const ms of [1, 3, 2, 8, 4, 1]) {
      slow(ms, `took ${ms}`);
      await sleep(1100);
    }
  },
  async idle() {
    [...values()];
    looped([1, 2]);
  },
};

let input = '';
process.stdin.setEncoding('utf8').on('data', async (text) => {
  input += text;
  const lines = input.split('\n');
  input = lines.pop();
  for (const line of lines) {
    const [name, ...given] = JSON.parse(line);
    const result = await jobs[name](...given);
    console.log(`finished ${name} ${JSON.stringify(result ?? null)}`);
  }
});
console.log('ready'); // @outside

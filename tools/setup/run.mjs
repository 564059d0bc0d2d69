/**
 * From an empty clone to a running job with one command: `node tools/setup/run.mjs test|demo|ci|bench …`. Plain JavaScript without
 * dependencies, since it runs on whatever Node.js (20.11 or newer) the person has before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const BIN = join(ROOT, 'node_modules', '.bin');
const RESULTS = join(ROOT, '.cache', 'results');
const STAMP = join(ROOT, 'node_modules', '.stillframe-installed');
/** The pinned Node.js comes first, for everything started from here. */
const ENV = { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH}` };

const JOBS = { test: testJob, demo: demoJob, ci: ciJob, bench: benchJob };

const [name = 'test', ...rest] = process.argv.slice(2);
const job = JOBS[name];
if (job === undefined) fail(`Name a job: ${Object.keys(JOBS).join(', ')}, not "${name}"`);
requireNode();
process.exitCode = job(rest);

function testJob(args) {
  prepare();
  return report(args.length > 0 ? [unit(args)] : [check(), unit([])]);
}

/** All suites, one closing line over all of them. */
function ciJob() {
  prepare();
  return report([check(), unit([]), ...heavySuites()]);
}

function demoJob(args) {
  prepare();
  return run('node', [join('tools', 'demo', 'main.ts'), ...args]);
}

/** `npm run bench` runs all of them, `npm run bench -- node-http --rounds 2` one. */
function benchJob([only, ...args]) {
  prepare();
  const all = readdirSync(join(ROOT, 'benchmarks'))
    .filter((file) => file.endsWith('.ts') && file !== 'measured.ts')
    .sort();
  const wanted = only === undefined ? all : all.filter((file) => file === `${only}.ts`);
  if (wanted.length === 0)
    fail(`There is no benchmark "${only}"; there are ${all.map((file) => file.slice(0, -3)).join(', ')}`);
  const failed = wanted.filter((file) => {
    process.stdout.write(`\n${file.slice(0, -3)}\n`);
    return run('node', [join('benchmarks', file), ...args]) !== 0;
  });
  return failed.length;
}

function heavySuites() {
  return ['keychain', 'exploration', 'editor'].map((name) =>
    vitest(name, ['run', '--config', `e2e/${name}/vitest.config.ts`]),
  );
}

function unit(args) {
  return vitest('unit', ['run', ...args]);
}

/** Formatter, linter; types were checked by the build. */
function check() {
  const ok = run('biome', ['ci', '--colors=off', '--max-diagnostics=50']) === 0;
  return { name: 'format and lint', passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
}

/** Runs a Vitest suite and reads its own count of what passed and failed; a suite that could not run is one failure. */
function vitest(suite, args) {
  mkdirSync(RESULTS, { recursive: true });
  const file = join(RESULTS, `${suite}.json`);
  rmSync(file, { force: true });
  const code = run('vitest', [...args, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]);
  if (!existsSync(file)) return { name: suite, passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(file, 'utf8'));
  // A file that fails before its first test, or an error outside of any, is counted by no test.
  const outside = code !== 0 && numFailedTests === 0 ? Math.max(1, numFailedTestSuites) : 0;
  return { name: suite, passed: numPassedTests, failed: numFailedTests + outside };
}

function report(suites) {
  const passed = suites.reduce((sum, suite) => sum + suite.passed, 0);
  const failed = suites.reduce((sum, suite) => sum + suite.failed, 0);
  for (const suite of suites) say(`${suite.name}: ${suite.passed} passed, ${suite.failed} failed`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

/** Installs when the lock file has changed since the last time, then builds what has changed. */
function prepare() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  const installed = existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : '';
  if (installed !== wanted) {
    say('Installing packages (a minute or two the first time) …');
    if (run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']) !== 0)
      fail('Installing failed; see above. Is the npm registry reachable?');
    writeFileSync(STAMP, wanted);
  }
  say('Building …');
  for (const [command, ...args] of [
    ['tsc', '-b'],
    ['node', join('tools', 'build', 'bundle-agent.mjs')],
    ['tsc', '-p', join('test-fixtures', 'services', 'orders')],
  ]) {
    if (run(command, args) !== 0) fail(`Building failed at: ${command} ${args.join(' ')}`);
  }
}

function run(command, args) {
  const shell = process.platform === 'win32';
  const { status, error } = spawnSync(command, args, { cwd: ROOT, env: ENV, stdio: 'inherit', shell });
  if (error !== undefined) say(`Cannot start ${command}: ${error.message}`);
  return status ?? 1;
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 11)) fail(`Use Node.js 20.11 or newer; this is ${process.versions.node}`);
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text) {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

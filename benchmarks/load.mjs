// Load from a process of its own: `node load.mjs PORT SECONDS CONNECTIONS`. Raw sockets, one request under way on each, so
// that the client is not what is measured. Prints one line of JSON: requests per second and latencies in milliseconds.
import { connect } from 'node:net';

const [port, seconds, connections] = process.argv.slice(2).map(Number);
const REQUEST = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
const latencies = [];
const end = performance.now() + seconds * 1000;

const all = Array.from({ length: connections }, () => {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let sent = 0;
    let left = 0;
    let head = '';
    const send = () => {
      sent = performance.now();
      if (sent >= end) {
        socket.destroy();
        return resolve();
      }
      socket.write(REQUEST);
    };
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('connect', send).on('error', reject);
    socket.on('data', (text) => {
      if (left > 0) left -= text.length;
      else {
        head += text;
        const at = head.indexOf('\r\n\r\n');
        if (at === -1) return;
        left = Number(/content-length: (\d+)/i.exec(head)[1]) - (head.length - at - 4);
        head = '';
      }
      if (left > 0) return;
      latencies.push(performance.now() - sent);
      send();
    });
  });
});

await Promise.all(all);
latencies.sort((a, b) => a - b);
const quantile = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
const result = {
  perSecond: latencies.length / seconds,
  p50: quantile(0.5),
  p99: quantile(0.99),
  max: latencies.at(-1),
};
console.log(JSON.stringify(result));

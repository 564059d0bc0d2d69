function work(job) {
  return job + 1; // @worker
}
setInterval(() => work(1), 5);

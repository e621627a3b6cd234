// The node's stream of events over one WebSocket that comes back by itself and goes on where it was.

const FIRST_WAIT_MS = 400, LONGEST_WAIT_MS = 4000;
//: Heartbeats that may be missed before the connection counts as dead.
const MOST_MISSED = 2;
//: A connection that lasted so long was a good one: the next begins without waiting longer and longer.
const GOOD_MS = 5000;
//: The node closes with this code when it has more to tell than the page reads.
const LAGGING = 4008;

/** `topics` are always listened to. Handlers of `on`: open, closed, event(topic, data, at_ms), reset. */
export class Stream {
  constructor(topics, on) {
    this.topics = new Map(topics.map((topic) => [topic, 1]));
    this.on = on;
    this.epoch = "";
    this.seq = null;
    this.open = false;
    this.tries = 0;
    this.heartbeat_ms = 15_000;
    addEventListener("online", () => this.retry());
    addEventListener("pagehide", () => this.socket?.close());
    addEventListener("pageshow", (event) => event.persisted && this.connect());
    document.addEventListener("visibilitychange", () => !document.hidden && this.retry());
    this.connect();
  }

  /** Listen to one more topic until the function that is returned is called. */
  follow(topic) {
    this.topics.set(topic, (this.topics.get(topic) ?? 0) + 1);
    if (this.open) this.send({ type: "subscribe", topics: [topic] });
    return () => {
      const left = (this.topics.get(topic) ?? 1) - 1;
      if (left > 0) return void this.topics.set(topic, left);
      this.topics.delete(topic);
      if (this.open) this.send({ type: "unsubscribe", topics: [topic] });
    };
  }

  /** Do not wait any longer. */
  retry() {
    if (this.open || !this.waiting) return;
    this.connect();
  }

  connect() {
    clearTimeout(this.waiting);
    this.waiting = null;
    this.socket?.close();
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/stream`);
    this.socket = socket;
    this.watch();
    socket.onmessage = ({ data }) => socket === this.socket && this.hear(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this.socket && this.closed(code);
  }

  closed(code = 0) {
    clearTimeout(this.silence);
    if (code === LAGGING) {
      this.topics.delete("intents"); // the one topic that has no bound
      this.on.lagging();
    }
    const was = this.open;
    if (was && performance.now() - this.since_ms > GOOD_MS) this.tries = 0;
    this.open = false;
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.tries) * (0.75 + Math.random() / 2);
    this.tries += 1;
    this.waiting = setTimeout(() => this.connect(), wait);
    this.on.closed();
  }

  hear(message) {
    this.watch();
    if (message.type === "hello") this.greet(message);
    else if (message.type === "event") {
      this.seq = message.seq;
      this.on.event(message.topic, message.data, message.at_ms);
    } else if (message.type === "heartbeat") this.send({ type: "alive" });
    else if (message.type === "reset") {
      [this.epoch, this.seq] = [message.epoch, message.seq];
      this.on.reset(message.why);
    }
  }

  greet(message) {
    const resumed = this.seq !== null && this.epoch === message.epoch;
    const since = resumed ? { epoch: this.epoch, since: this.seq } : {};
    this.heartbeat_ms = 1000 * message.heartbeat_s;
    [this.open, this.since_ms] = [true, performance.now()];
    const before = this.seq;
    this.epoch = message.epoch;
    if (!resumed) this.seq = message.seq;
    this.send({ type: "subscribe", topics: [...this.topics.keys()], ...since });
    this.on.open(before !== null);
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** A connection that stays silent for too long is given up. */
  watch() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      const { socket } = this;
      socket.onclose = null;
      socket.close();
      this.closed();
    }, this.heartbeat_ms * (MOST_MISSED + 0.5));
  }
}

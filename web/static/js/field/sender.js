// Sends what is in the outbox: in order, one at a time, in the name of whoever made it and is signed in now.
import { send, sessionNow } from "./net.js";
import { pause, ready, requests, STOPPING, untaken, verdict } from "./outbox.js";

const LOCK = "gridmap-field-outbox"; // two windows do not send the same at once
const RENEWALS = 2;

export class Sender extends EventTarget {
  constructor(vault) {
    super();
    Object.assign(this, { vault, person: null, session: null, busy: false, again: false, failures: 0, named: 0, why: "", timer: 0 });
  }

  // Who is at the phone, as the service says; null if it does not answer. `why` tells what is in the way.
  async identify() {
    const answer = await sessionNow();
    if (answer?.status === 200 && answer.json && answer.told?.person_id) {
      this.session = answer.told;
      this.why = "";
      return this.session;
    }
    this.session = null;
    this.named = answer?.wait ?? 0;
    this.why = verdict(answer, { expect: "person_id", id: null });
    return null;
  }

  // Nobody's records are sent but those of the person who is signed in and at whose page this is.
  async drain() {
    if (this.busy || !this.person) {
      this.again = this.busy;
      return;
    }
    this.busy = true;
    window.clearTimeout(this.timer);
    this.tell("busy");
    try {
      await (navigator.locks ? navigator.locks.request(LOCK, () => this.pass()) : this.pass());
    } finally {
      this.busy = false;
      this.tell("idle");
    }
    if (this.again) {
      this.again = false;
      await this.drain();
    } else await this.later();
  }

  async pass() {
    for (let renewals = 0; renewals <= RENEWALS; renewals += 1) {
      if (!ready(await this.vault.records(), this.person, Date.now()).length) {
        this.settle("");
        return;
      }
      const session = await this.identify();
      if (!session) return this.settle(this.why);
      if (session.person_id !== this.person) return this.settle("other");
      const stopped = await this.each();
      if (stopped !== "renew") return this.settle(stopped);
    }
    this.settle("sign-in");
  }

  settle(why) {
    if (!why) this.named = 0;
    this.why = why;
    this.failures = why ? this.failures + 1 : 0;
  }

  // Answers why everything had to stop; "" if nothing did.
  async each() {
    const passedOver = new Set();
    for (;;) {
      const waiting = ready(await this.vault.records(), this.person, Date.now());
      const record = waiting.find(({ key }) => !passedOver.has(key));
      if (!record) return "";
      passedOver.add(record.key);
      const judged = await this.one(record);
      if (STOPPING.has(judged)) return judged;
    }
  }

  async one(record) {
    const parts = (await this.vault.parts(record.key)).filter(({ sent }) => !sent);
    let now = record;
    let told = null;
    for (const request of requests(record, parts)) {
      const part = parts.find(({ key }) => key === request.part);
      const photo = part && { type: part.type, bytes: await this.vault.bytes(part.key) };
      const answer = await send(request, this.session, photo);
      const judged = verdict(answer, request);
      if (judged !== "done") {
        this.named = answer?.wait ?? 0;
        await this.vault.update(untaken(now, judged, answer, Date.now()));
        this.tell("changed");
        return judged;
      }
      if (part) await this.vault.markSent(part);
      else {
        told = answer.told;
        now = { ...now, sent: true };
        await this.vault.update(now);
      }
    }
    await this.vault.remove(record.key);
    this.tell("sent", { record, told });
    this.tell("changed");
    return "done";
  }

  // By itself again, ever more rarely; sooner when the network or the person comes back.
  async later() {
    window.clearTimeout(this.timer);
    const left = ready(await this.vault.records(), this.person);
    if (!left.length || this.why === "sign-in" || this.why === "other") return;
    this.timer = window.setTimeout(() => this.drain(), 1000 * pause(this.failures, this.named));
  }

  tell(name, detail = null) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

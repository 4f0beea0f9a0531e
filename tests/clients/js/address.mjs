// The server's address. Its name resolves to an address that can change while a client runs; no other name resolves.

import { isIP } from "node:net";
import { Agent, fetch } from "undici";

export class Address {
    #host;
    #address;
    #agent;

    constructor(base, address) {
        this.#host = new URL(base).hostname;
        this.change(address);
    }

    // Pending requests to the old address fail.
    change(address) {
        const before = this.#agent;
        this.#address = address;
        this.#agent = new Agent({
            allowH2: false,
            connect: {
                lookup: (name, options, answer) => this.#lookup(name, options, answer),
                // The lab's certificates are self-signed.
                rejectUnauthorized: false,
            },
        });
        before?.destroy(new Error("the server has another address"));
    }

    fetch = (url, options) => fetch(url, { ...options, dispatcher: this.#agent });

    close() {
        return this.#agent.destroy();
    }

    #lookup(name, options, answer) {
        if (name !== this.#host) {
            answer(new Error(`${name} is not of the lab`));
            return;
        }
        const [address, family] = [this.#address, isIP(this.#address)];
        if (options.all) {
            answer(null, [{ address, family }]);
        } else {
            answer(null, address, family);
        }
    }
}

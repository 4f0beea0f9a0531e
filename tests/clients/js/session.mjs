// A device of a user: matrix-js-sdk with its WebAssembly crypto. It keeps all state in memory while its process runs.

import { ClientEvent, createClient, EventType, MatrixEventEvent, Method, RoomEvent, RoomStateEvent, SyncState } from "matrix-js-sdk";
import { CryptoEvent, DecryptionKeyDoesNotMatchError, decodeRecoveryKey } from "matrix-js-sdk/lib/crypto-api/index.js";
import { RustBackupManager } from "matrix-js-sdk/lib/rust-crypto/backup.js";
import { Address } from "./address.mjs";

// By default it waits up to ten seconds, to spread the load of many clients.
RustBackupManager.maxBackupLoopStartDelayMillis = 0;

const ENCRYPTED = {
    type: EventType.RoomEncryption,
    state_key: "",
    content: { algorithm: "m.megolm.v1.aes-sha2" },
};

export class Session {
    #address;
    #client;
    #password;
    #key;

    get #crypto() {
        return this.#client.getCrypto();
    }

    // Every command is a method that takes the fields of a request and returns the fields of the answer.

    async login({ base, address, user, password, seconds }) {
        this.#address = new Address(base, address);
        this.#password = { type: "m.login.password", identifier: { type: "m.id.user", user }, password };
        const fetchFn = this.#address.fetch;
        const made = await createClient({ baseUrl: base, fetchFn }).loginRequest(this.#password);
        const [userId, deviceId] = [made.user_id, made.device_id];
        const cryptoCallbacks = {
            getSecretStorageKey: async ({ keys }) => [Object.keys(keys)[0], this.#key],
        };
        const session = { userId, deviceId, accessToken: made.access_token };
        this.#client = createClient({ baseUrl: base, fetchFn, cryptoCallbacks, ...session });
        await this.#client.initRustCrypto({ useIndexedDB: false });
        // Requests of the crypto are sent after a sync. One that comes too late for it, such as a new member's devices, waits for the
        // end of the next, which by default is as long as a wait of the tests.
        await this.#client.startClient({ initialSyncLimit: 50, pollTimeout: 5000 });
        await this.#until([ClientEvent.Sync], () => this.#client.isInitialSyncComplete(), "a first sync", seconds);
        return { user: userId, device: deviceId };
    }

    // Sets the server's address, or reports that the server is back: pending requests are retried at once, not seconds
    // later. Fails if the server does not know the session.
    async move({ address, seconds }) {
        this.#address.change(address);
        let synced = false;
        const look = (state) => {
            synced ||= state === SyncState.Syncing;
            setTimeout(() => this.#client.retryImmediately(), 100);
        };
        this.#client.on(ClientEvent.Sync, look);
        this.#client.retryImmediately();
        const holds = () => {
            const error = this.#client.getSyncStateData()?.error;
            if (error?.errcode === "M_UNKNOWN_TOKEN") {
                throw error;
            }
            return synced;
        };
        try {
            await this.#until([ClientEvent.Sync], holds, "a sync", seconds);
        } finally {
            this.#client.off(ClientEvent.Sync, look);
        }
        return {};
    }

    async create({ invite }) {
        const made = await this.#client.createRoom({ invite, initial_state: [ENCRYPTED] });
        return { room: made.room_id };
    }

    async join({ room }) {
        await this.#client.joinRoom(room);
        return {};
    }

    async say({ room, text, seconds }) {
        const known = () => this.#client.getRoom(room)?.hasEncryptionStateEvent();
        await this.#until([RoomStateEvent.Update], known, "an encrypted room", seconds);
        return { event: (await this.#client.sendTextMessage(room, text)).event_id };
    }

    // Makes the next message in the room use a new Megolm session.
    async rotate({ room }) {
        await this.#crypto.forceDiscardSession(room);
        return {};
    }

    async heard({ room, text, seconds }) {
        const events = [RoomEvent.Timeline, MatrixEventEvent.Decrypted];
        await this.#until(events, () => this.#timeline(room).texts.includes(text), `"${text}"`, seconds);
        return {};
    }

    // Waits until the user is in the room and this device of theirs is known.
    async meet({ room, user, device, seconds }) {
        const of = () => this.#client.getRoom(room);
        const member = () =>
            of()?.getMyMembership() === "join" && of().hasEncryptionStateEvent() && of().getMember(user)?.membership === "join";
        await this.#until([ClientEvent.Sync, RoomStateEvent.Update], member, `${user} in the room`, seconds);
        // As a client does when its user begins to type: it asks for the devices of members that no sync has asked for.
        this.#crypto.prepareToEncrypt(of());
        const devices = async () => [...((await this.#crypto.getUserDeviceInfo([user])).get(user)?.keys() ?? [])];
        const known = async () => (await devices()).includes(device);
        try {
            await this.#until([ClientEvent.Sync, CryptoEvent.DevicesUpdated], known, `the device ${device}`, seconds);
        } catch (error) {
            const served = (await this.#crypto.getUserDeviceInfo([user], true)).get(user);
            const seen = { sync: this.#client.getSyncState(), known: await devices(), untracked: [...(served?.keys() ?? [])] };
            throw new Error(`${error.message}: ${JSON.stringify(seen)}`);
        }
        return {};
    }

    // Sets up cross-signing, secret storage and a key backup; returns the recovery key.
    async protect() {
        const made = await this.#crypto.createRecoveryKeyFromPassphrase();
        this.#key = made.privateKey;
        await this.#crypto.bootstrapCrossSigning({
            setupNewCrossSigning: true,
            authUploadDeviceSigningKeys: (upload) => upload(this.#password),
        });
        await this.#crypto.bootstrapSecretStorage({
            createSecretStorageKey: async () => made,
            setupNewSecretStorage: true,
            setupNewKeyBackup: true,
        });
        return { recovery: made.encodedPrivateKey };
    }

    // Replaces the server's backup with a new one under the same recovery key.
    async renew() {
        await this.#crypto.resetKeyBackup();
        return {};
    }

    // Waits until the backup has all keys of this device.
    async saved({ seconds }) {
        const counts = async () => [
            (await this.#crypto.exportRoomKeys()).length,
            (await this.#client.http.authedRequest(Method.Get, "/room_keys/version")).count,
        ];
        const same = async () => new Set(await counts()).size === 1;
        await this.#until([CryptoEvent.KeyBackupSessionsRemaining], same, "all keys in the backup", seconds);
        return { keys: (await counts())[0] };
    }

    // Makes a new device trusted and fetches all keys from the backup.
    async recover({ recovery, seconds }) {
        this.#key = decodeRecoveryKey(recovery);
        if (!(await this.#crypto.userHasCrossSigningKeys(this.#client.getUserId(), true))) {
            throw new Error("the server has no cross-signing keys of this user");
        }
        await this.#crypto.bootstrapCrossSigning({});
        // The key of a backup that was just replaced arrives with a sync, the backup itself is asked for.
        const load = async () => {
            try {
                await this.#crypto.loadSessionBackupPrivateKeyFromSecretStorage();
                return true;
            } catch (error) {
                if (error instanceof DecryptionKeyDoesNotMatchError) {
                    return false;
                }
                throw error;
            }
        };
        await this.#until([ClientEvent.AccountData], load, "the key of the backup", seconds);
        await this.#crypto.checkKeyBackupAndEnable();
        const { imported } = await this.#crypto.restoreKeyBackup();
        const status = await this.#crypto.getDeviceVerificationStatus(this.#client.getUserId(), this.#client.getDeviceId());
        return { keys: imported, verified: status.isVerified() };
    }

    // Reads the whole history of the room: the readable messages, and the ids of the others.
    async read({ room: id }) {
        const room = this.#client.getRoom(id);
        while (room.oldState.paginationToken) {
            await this.#client.scrollback(room, 100);
        }
        for (const event of room.getLiveTimeline().getEvents().filter((event) => event.isEncrypted())) {
            await this.#client.decryptEventIfNeeded(event, { isRetry: true });
        }
        return this.#timeline(id);
    }

    async close() {
        this.#client?.stopClient();
        await this.#address?.close();
        return {};
    }

    // Unencrypted messages do not count.
    #timeline(room) {
        const events = this.#client.getRoom(room)?.getLiveTimeline().getEvents() ?? [];
        const encrypted = events.filter((event) => event.isEncrypted() && !event.isBeingDecrypted());
        const unreadable = encrypted.filter((event) => event.isDecryptionFailure());
        const readable = encrypted.filter((event) => event.getType() === EventType.RoomMessage && !event.isDecryptionFailure());
        return { texts: readable.map((event) => event.getContent().body), unreadable: unreadable.map((event) => event.getId()) };
    }

    // Waits until the condition holds, checking again at each of these events.
    async #until(events, holds, what, seconds) {
        const { promise, resolve, reject } = Promise.withResolvers();
        const look = async () => (await holds()) && resolve();
        const looks = () => void look().catch(reject);
        const late = setTimeout(() => reject(new Error(`no ${what} after ${seconds} s`)), seconds * 1000);
        events.forEach((event) => this.#client.on(event, looks));
        looks();
        try {
            await promise;
        } finally {
            clearTimeout(late);
            events.forEach((event) => this.#client.off(event, looks));
        }
    }
}

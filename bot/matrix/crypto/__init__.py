"""End-to-end encryption that can be trusted: the hardened client, our identity, the trust in others.

Of matrix-nio 0.26 only the Olm machine and its store are loaded (library), and used in machine and store alone. Its
client is replaced, not patched, so that none of its ways to send in plaintext can be called by mistake. Where each of
its faults is met, by its number in the project’s notes on Matrix:

    1   poisonous events           machine.Machine.receive, machine.Machine.open
    2   no backoff                 wire.explain names what backoff can heal; the caller's loop backs off
    3   lost batches               sync_once saves no token: the caller does, after handling
    4   one-time keys, fallback    machine.Machine.prepare_upload, sync.Syncing
    5   skipped answers            sync.Syncing takes every answer, whatever its token
    6   crash while uploading      machine.Machine.prepare_upload saves first
    7   hidden sharing failures    sharing.Sharing._send, wire.Wire
    8   locked for ever            sharing.Sharing.encrypt
    9   newcomers cannot read      sharing.Sharing.encrypt refreshes devices first
    10  key kept after a removal   sharing.Sharing._share compares holders with readers
    11  the room's key periods     rooms.Room, sharing.Sharing._is_worn
    12  devices skipped silently   sharing.Sharing._share, sharing.Sharing.list_unreachable, missing.tell_withheld
    13  keys for the invited       sharing.Sharing._share
    14  short timelines            sync.TIMELINE_LIMIT, client.HardenedClient.history
    15  endless retries            client.HardenedClient.post tries once: the outbox tries again, after find_sent
    16  keys that arrive later     events.Batch.unlocked, client.HardenedClient.retry, missing.MissingKeys
    17  broken sessions            machine._Olm, machine.Machine.mark_broken, sharing.Sharing.mend
    18  members not stored         sync.Syncing.sync
    19  changes during a query     devices.Devices.refresh
    20  the store on disk          store
    21  SQLite in the event loop   sharing.DEVICES_AT_ONCE, sync.…_AT_ONCE: small transactions, others between
    22  deprecated fields          machine.Machine.open finds sessions by their id

What nio lacks is here on raw requests: cross-signing (identity), secret storage and recovery (vault), verification by
emoji started by a person (verification, sas), encrypted files (attachments). tests/interop/ shows that Element agrees.
"""
